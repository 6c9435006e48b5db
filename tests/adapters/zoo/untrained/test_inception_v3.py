"""Inception V3, as the shapes between its blocks tell them."""

from __future__ import annotations

import onnx
from untrained_graphs import network

from vedette.adapters.zoo.untrained.architectures import draw
from vedette.values.frame import Size


def test_maps_between_blocks_are_those_of_the_paper() -> None:
    """Table 1 of the paper: 35 x 35 x 288, then 17 x 17 x 768, then 8 x 8 x 1280 and 2048."""
    model = draw(network("inception-v3"), Size(299, 299)).model
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    inferred = onnx.shape_inference.infer_shapes(model).graph
    shapes = {
        value.name: [side.dim_value for side in value.type.tensor_type.shape.dim] for value in inferred.value_info
    }
    joined = [shapes[node.output[0]][1:] for node in inferred.node if node.op_type == "Concat"]
    blocks = [shape for shape in joined if shape[0] != 768 or shape[1] != 8]  # fans inside the last blocks

    assert blocks[:3] == [[256, 35, 35], [288, 35, 35], [288, 35, 35]]
    assert blocks[3:8] == [[768, 17, 17]] * 5
    assert blocks[8:] == [[1280, 8, 8], [2048, 8, 8], [2048, 8, 8]]
