"""Writes an ONNX graph node by node: constants and nodes are named, the last one becomes the output."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

OPSET = 17
_IR_VERSION = 8


class Graph:
    """A graph under construction, for a float input whose batch is open."""

    def __init__(self, name: str, input_name: str, shape: tuple[int, ...]) -> None:
        self._name = name
        self._input = helper.make_tensor_value_info(input_name, TensorProto.FLOAT, ["N", *shape])
        self._nodes: list[Any] = []
        self._constants: dict[str, Any] = {}

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add a constant once, and return its name."""
        if name not in self._constants:
            self._constants[name] = numpy_helper.from_array(np.ascontiguousarray(value).reshape(value.shape), name)
        return name

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node, and return the name of its output."""
        output = f"{operator.lower()}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output

    def model(self, output: str, output_name: str, classes: int) -> ModelProto:
        """The checked model; `output` is given out as `output_name`, N x classes."""
        nodes = [*self._nodes, helper.make_node("Identity", [output], [output_name], name=output_name)]
        for node in self._nodes:
            if list(node.output) == [output]:
                nodes.pop()
                node.output[0] = output_name
        answer = helper.make_tensor_value_info(output_name, TensorProto.FLOAT, ["N", classes])
        graph = helper.make_graph(nodes, self._name, [self._input], [answer], list(self._constants.values()))
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="vedette")
        checker.check_model(model)
        return model
