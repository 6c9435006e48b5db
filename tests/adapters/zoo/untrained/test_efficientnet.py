"""The table of EfficientNet, as the channels and the number of blocks tell it."""

from __future__ import annotations

import pytest
from untrained_graphs import network

from vedette.adapters.zoo.untrained.architectures import draw
from vedette.values.frame import Size


@pytest.mark.parametrize(
    ("number", "blocks", "stem", "head"), [(0, 16, 32, 1280), (3, 26, 40, 1536), (4, 32, 48, 1792)]
)
def test_depth_and_width_are_those_of_the_authors(number: int, blocks: int, stem: int, head: int) -> None:
    """One depthwise convolution a block; first and last layer as wide as the authors' code makes them."""
    graph = draw(network(f"efficientnet-b{number}"), Size(64, 64)).model.graph
    groups = [item.i for node in graph.node for item in node.attribute if item.name == "group" and item.i > 1]
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    weights = [shapes[node.input[1]] for node in graph.node if node.op_type in ("Conv", "Gemm")]

    assert len(groups) == blocks
    assert weights[0] == (stem, 3, 3, 3)
    assert weights[-1] == (1000, head)


def test_squeeze_and_excite_narrows_to_a_quarter_of_the_block_input() -> None:
    """Of the second block's 16 channels 4 are left, although it expands to 96."""
    graph = draw(network("efficientnet-b0"), Size(64, 64)).model.graph
    shapes = {tensor.name: tuple(tensor.dims) for tensor in graph.initializer}
    means = [node.output[0] for node in graph.node if node.op_type == "GlobalAveragePool"]
    narrow = [shapes[node.input[1]] for node in graph.node if node.op_type == "Conv" and node.input[0] in means]

    assert narrow[:2] == [(8, 32, 1, 1), (4, 96, 1, 1)]
