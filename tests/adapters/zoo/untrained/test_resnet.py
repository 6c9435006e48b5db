"""ResNet-50 v1.5, as its strides tell it."""

from __future__ import annotations

from untrained_graphs import network

from vedette.adapters.zoo.untrained.architectures import draw
from vedette.values.frame import Size


def test_the_3x3_convolution_has_the_stride() -> None:
    """Three 3x3 convolutions halve the map, and beside each a 1x1; nothing else does but the stem."""
    strided = []
    for node in draw(network("resnet-50"), Size(64, 64)).model.graph.node:
        settings = {item.name: list(item.ints) for item in node.attribute}
        if node.op_type == "Conv" and settings["strides"] == [2, 2]:
            strided.append(settings["kernel_shape"][0])

    assert sorted(strided) == [1, 1, 1, 3, 3, 3, 7]
