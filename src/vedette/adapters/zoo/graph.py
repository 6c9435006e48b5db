"""Writes an ONNX graph node by node: constants and nodes are named, chosen tensors become the outputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, TensorProto, checker, helper, numpy_helper

OPSET = 17
_IR_VERSION = 8


@dataclass(frozen=True, slots=True)
class Answer:
    """A tensor that is given out, with its shape but for the batch."""

    tensor: str
    shape: tuple[int, ...]


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
        return self.nodes(operator, *inputs, outputs=1, **attributes)[0]

    def nodes(self, operator: str, *inputs: str, outputs: int, **attributes: Any) -> tuple[str, ...]:
        """Add a node of several outputs, and return their names."""
        name = f"{operator.lower()}_{len(self._nodes)}"
        names = (name, *(f"{name}_{index}" for index in range(1, outputs)))
        self._nodes.append(helper.make_node(operator, inputs, names, name=name, **attributes))
        return names

    def model(self, output: str, output_name: str, classes: int) -> ModelProto:
        """The checked model; `output` is given out as `output_name`, N x classes."""
        nodes = [*self._nodes, helper.make_node("Identity", [output], [output_name], name=output_name)]
        for node in self._nodes:
            if list(node.output) == [output]:
                nodes.pop()
                node.output[0] = output_name
        return self._checked(nodes, {output_name: Answer(output, (classes,))})

    def answering(self, answers: Mapping[str, Answer]) -> ModelProto:
        """The checked model that gives out several tensors under the names that are the keys, in their order."""
        renamed = [helper.make_node("Identity", [answers[name].tensor], [name], name=name) for name in answers]
        return self._checked([*self._nodes, *renamed], answers)

    def _checked(self, nodes: list[Any], answers: Mapping[str, Answer]) -> ModelProto:
        outputs = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", *answer.shape])
            for name, answer in answers.items()
        ]
        graph = helper.make_graph(nodes, self._name, [self._input], outputs, list(self._constants.values()))
        opsets = [helper.make_opsetid("", OPSET)]
        model = helper.make_model(graph, opset_imports=opsets, ir_version=_IR_VERSION, producer_name="vedette")
        checker.check_model(model)
        return model
