"""What can be read of a model without running it, and what one run of it shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

Shape = tuple[int | None, ...]
"""Dimensions of a tensor; None stands for one that the model leaves open."""


@dataclass(frozen=True, slots=True)
class Port:
    """An input or output: name, shape (None if not even the rank is known), NumPy name of its number type."""

    name: str
    shape: Shape | None
    dtype: str


@dataclass(frozen=True, slots=True)
class Signature:
    """A model seen from outside.

    Attributes:
        inputs, outputs: in the order of the graph.
        metadata: what the file says of itself, under OpenVINO's `model_info` names without that prefix.
        properties: what else it says, under names of the exporter's own.
        softmax: whether the first output comes out of a softmax; None if the graph does not tell.
        layout: order of the dimensions of the first input if the file names it.
        parameters, gflops: numbers of weights, and 2 x multiply-adds of one image in 10^9; None if not known.
    """

    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    metadata: Mapping[str, str] = field(default_factory=dict)
    properties: Mapping[str, str] = field(default_factory=dict)
    softmax: bool | None = None
    layout: str = ""
    parameters: int | None = None
    gflops: float | None = None


@dataclass(frozen=True, slots=True)
class Output:
    """What one run gave for one output. `chances`: every row lies in 0..1 and sums to 1."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    chances: bool


class Origin(StrEnum):
    """Who said the value of a key."""

    GIVEN = "you"
    METADATA = "the model's metadata"
    GRAPH = "the graph"
    RUN = "a run"
    FAMILY = "the family"
    DEFAULT = "a default"


@dataclass(frozen=True, slots=True)
class Setting:
    """A key of the manifest with its value as text or number, and who said it."""

    key: str
    value: object
    origin: Origin


Settings = dict[str, Setting]
"""Settings by their key."""
