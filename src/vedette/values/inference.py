"""A request of the Open Inference Protocol and its answer, as REST and gRPC share them."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.values.deadline import DeadlineClass
from vedette.values.served import ModelRef
from vedette.values.tensor import NamedTensor
from vedette.values.timeline import Span


@dataclass(frozen=True, slots=True)
class OutputWish:
    """An output that is asked for.

    Attributes:
        name: as the model calls it.
        classification: the best so many classes instead of the numbers; 0: the numbers.
        binary: as bytes behind the JSON; of no meaning in gRPC.
    """

    name: str
    classification: int = 0
    binary: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class InferRequest:
    """What is asked for, whatever it came by.

    Attributes:
        model: which one.
        inputs: by name, each name once.
        received: when it came in.
        size_bytes: of its body.
        outputs: those that are wanted, each name once; empty for all.
        id: the client's own, given back with the answer; empty without.
        binary: whether outputs that `outputs` does not name go as bytes behind the JSON.
        deadline_ns: instant of the monotonic clock until which the answer is of use; None: any time.
        deadline_class: how much that matters; None takes the model's own class.
        raw: in place of `inputs` the data of the model's only input, without name, shape and length.
    """

    model: ModelRef
    inputs: tuple[NamedTensor, ...]
    received: Span
    size_bytes: int
    outputs: tuple[OutputWish, ...] = ()
    id: str = ""
    binary: bool = False
    deadline_ns: int | None = None
    deadline_class: DeadlineClass | None = None
    raw: bytes | None = None


@dataclass(frozen=True, slots=True, eq=False)
class InferAnswer:
    """What a model version gave, in the order in which it was asked for.

    `wishes` has one entry for each of `outputs`: how it is sent. A classification is already a BYTES tensor.
    """

    model: str
    version: str
    id: str
    outputs: tuple[NamedTensor, ...]
    wishes: tuple[OutputWish, ...]
