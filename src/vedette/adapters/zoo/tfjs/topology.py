"""The nodes of a graph model of TensorFlow.js, as its `model.json` lists them.

    {"name": "a/Relu6", "op": "Relu6", "input": ["a/Conv2D"], "attr": {"T": {"type": "DT_FLOAT"}}}

Text is written in two styles: older converters list its bytes, newer ones encode them in base64.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vedette.adapters.zoo.tfjs.weights import Array, read_weights, shard_names
from vedette.errors import InvalidError


@dataclass(frozen=True, slots=True)
class Node:
    """One operation; an input is `name`, or `name:1` for the second output of a node."""

    name: str
    operator: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Mapping[str, Any]]

    def integer(self, key: str, default: int) -> int:
        """A whole number."""
        return int(self.attributes.get(key, {}).get("i", default))

    def real(self, key: str, default: float) -> float:
        """A number."""
        return float(self.attributes.get(key, {}).get("f", default))

    def flag(self, key: str) -> bool:
        """A truth value; false if it is not written."""
        return bool(self.attributes.get(key, {}).get("b", False))

    def text(self, key: str, default: str) -> str:
        """A text of either style."""
        value = self.attributes.get(key, {}).get("s")
        if value is None:
            return default
        return (base64.b64decode(value) if isinstance(value, str) else bytes(value)).decode()

    def integers(self, key: str, default: tuple[int, ...]) -> tuple[int, ...]:
        """A list of whole numbers, which are written as texts."""
        values = self.attributes.get(key, {}).get("list", {}).get("i") or default
        return tuple(int(value) for value in values)


@dataclass(frozen=True, slots=True)
class Topology:
    """All nodes and all weights by name."""

    nodes: Mapping[str, Node]
    weights: Mapping[str, Array]


def shards_of(model_json: bytes) -> tuple[str, ...]:
    """The files that hold the weights, relative to the model file.

    Raises:
        InvalidError: it is no graph model.
    """
    return shard_names(_parsed(model_json)["weightsManifest"])


def read_topology(model_json: bytes, shards: Mapping[str, bytes]) -> Topology:
    """The graph with its weights; `shards` holds what `shards_of` names.

    Raises:
        InvalidError: it is no graph model, or the shards are too short.
        UnsupportedError: a number type that is not read.
    """
    parsed = _parsed(model_json)
    try:
        nodes = {node["name"]: _node(node) for node in parsed["modelTopology"]["node"]}
        return Topology(nodes, read_weights(parsed["weightsManifest"], shards))
    except (KeyError, TypeError) as error:
        raise _no_graph_model(f"{type(error).__name__}: {error}") from None


def _node(node: Mapping[str, Any]) -> Node:
    """An input that starts with ^ only says what must run before."""
    inputs = tuple(name for name in node.get("input", ()) if not name.startswith("^"))
    return Node(node["name"], node["op"], inputs, node.get("attr", {}))


def _parsed(model_json: bytes) -> Mapping[str, Any]:
    try:
        parsed = json.loads(model_json)
    except ValueError as error:
        raise _no_graph_model(str(error)) from None
    if not isinstance(parsed, dict) or not {"modelTopology", "weightsManifest"} <= parsed.keys():
        raise _no_graph_model("it lacks modelTopology or weightsManifest")
    return parsed


def _no_graph_model(reason: str) -> InvalidError:
    return InvalidError(f"this is no graph model of TensorFlow.js: {reason}", help="pull the model again")
