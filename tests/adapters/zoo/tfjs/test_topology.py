"""Nodes of TensorFlow.js as both generations of converters write them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from vedette.adapters.zoo.tfjs.topology import read_topology, shards_of
from vedette.errors import InvalidError

OLD = {
    "padding": {"s": [83, 65, 77, 69]},
    "strides": {"list": {"s": [], "i": ["1", "2", "2", "1"], "f": []}},
    "epsilon": {"f": 0.001},
    "axis": {"i": "3"},
    "half": {"b": False},
}
NEW = {**OLD, "padding": {"s": "U0FNRQ=="}, "strides": {"list": {"i": ["1", "2", "2", "1"]}}, "half": {"b": True}}


def model(nodes: list[dict[str, object]]) -> bytes:
    weights = [{"name": "w", "shape": [2], "dtype": "float32"}]
    manifest = [{"paths": ["shard1", "shard2"], "weights": weights}]
    return json.dumps({"modelTopology": {"node": nodes}, "weightsManifest": manifest}).encode()


SHARDS = {"shard1": np.float32([1]).tobytes(), "shard2": np.float32([2]).tobytes()}


@pytest.mark.parametrize("attributes", [OLD, NEW])
def test_both_styles_read_alike(attributes: dict[str, object]) -> None:
    """Text as a list of bytes or as base64; lists with or without the kinds that are empty."""
    content = model([{"name": "c", "op": "Conv2D", "input": ["x", "^first", "w:1"], "attr": attributes}])
    topology = read_topology(content, SHARDS)
    node = topology.nodes["c"]

    assert (node.operator, node.inputs) == ("Conv2D", ("x", "w:1"))
    assert node.text("padding", "") == "SAME"
    assert node.integers("strides", ()) == (1, 2, 2, 1)
    assert (node.real("epsilon", 0), node.integer("axis", 0)) == (0.001, 3)
    assert node.flag("half") is (attributes is NEW)
    np.testing.assert_array_equal(topology.weights["w"], [1, 2])
    assert shards_of(content) == ("shard1", "shard2")


def test_what_is_not_written_has_its_default() -> None:
    """A node may lack inputs and attributes; an empty list counts as none."""
    node = read_topology(model([{"name": "p", "op": "Placeholder", "attr": {"e": {"list": {}}}}]), SHARDS).nodes["p"]

    assert node.inputs == ()
    assert (node.text("t", "NHWC"), node.integers("e", (1, 1)), node.integers("i", ())) == ("NHWC", (1, 1), ())
    assert (node.real("r", 0.5), node.integer("i", 7), node.flag("b")) == (0.5, 7, False)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b'{"modelTopology": {}}', b"\xff\xfe"])
def test_what_is_no_graph_model_is_refused(content: bytes) -> None:
    """The reason follows."""
    with pytest.raises(InvalidError, match=r"this is no graph model of TensorFlow\.js: "):
        shards_of(content)


@pytest.mark.parametrize("topology", [{}, {"node": [{"op": "x"}]}, {"node": 3}])
def test_a_topology_of_another_form_is_refused(topology: object) -> None:
    """Nothing is guessed."""
    content = json.dumps({"modelTopology": topology, "weightsManifest": []}).encode()

    with pytest.raises(InvalidError, match="this is no graph model"):
        read_topology(content, {})
