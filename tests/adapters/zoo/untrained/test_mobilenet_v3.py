"""MobileNetV3-Large, as the operators of its table tell it."""

from __future__ import annotations

from collections import Counter

from untrained_graphs import network

from vedette.adapters.zoo.untrained.architectures import draw
from vedette.values.frame import Size


def test_operators_are_those_of_the_table() -> None:
    """Eight blocks weigh their channels; hard swish in stem, head, classifier and the last nine blocks, twice each."""
    graph = draw(network("mobilenet-v3-large"), Size(64, 64)).model.graph
    counts = Counter(node.op_type for node in graph.node)
    depthwise = [item.i for node in graph.node for item in node.attribute if item.name == "group" and item.i > 1]

    assert depthwise == [16, 64, 72, 72, 120, 120, 240, 200, 184, 184, 480, 672, 672, 960, 960]
    assert counts["HardSigmoid"] == 8
    assert counts["HardSwish"] == 3 + 2 * 9
    assert counts["Add"] == 10
