"""The parameters of inference requests: of the request, of an input, of an output. REST and gRPC read the same.

Those of others are passed over, as the protocol asks for; those of sequences and shared memory are refused.

Source: Triton's "Parameters", "Binary Tensor Data", "Classification", "Sequence" and "Shared Memory" extensions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from vedette.errors import InvalidError, UnsupportedError
from vedette.values.deadline import DeadlineClass
from vedette.values.inference import OutputWish

_US = 1000
_MOST_US = 2**53
_MOST_CLASSES = 2**31


@dataclass(frozen=True, slots=True)
class RequestWishes:
    """What the parameters of a whole request say; see `InferRequest`."""

    binary: bool
    deadline_ns: int | None
    deadline_class: DeadlineClass | None


def of_request(parameters: Mapping[str, Any], received_ns: int) -> RequestWishes:
    """`binary_data_output`, `timeout` (microseconds from `received_ns` on, 0: none) and `priority`.

    Priority 1 is the highest, as Triton counts; 0 takes the model's own. There are two levels: what is asked for with
    2 or more is run where nothing else waits.

    Raises:
        InvalidError: a value that cannot be.
        UnsupportedError: the request belongs to a sequence.
    """
    _refuse_sequence(parameters)
    timeout_us = _whole(parameters, "timeout", _MOST_US)
    priority = _whole(parameters, "priority", 2**64)
    return RequestWishes(
        _flag(parameters, "binary_data_output"),
        received_ns + timeout_us * _US if timeout_us else None,
        DeadlineClass.BEST_EFFORT if priority > 1 else None,
    )


def binary_size(parameters: Mapping[str, Any], name: str) -> int | None:
    """`binary_data_size` of an input; None where its data is in the JSON.

    Raises:
        InvalidError: it is no size.
        UnsupportedError: the data lies in shared memory.
    """
    _refuse_shared_memory(parameters, name)
    if parameters.get("binary_data_size") is None:
        return None
    return _whole(parameters, "binary_data_size", 2**63)


def of_output(parameters: Mapping[str, Any], name: str, *, binary: bool = False) -> OutputWish:
    """`classification` and `binary_data` of an output; without the latter `binary` holds.

    Raises:
        InvalidError: a value that cannot be.
        UnsupportedError: the data shall go to shared memory.
    """
    _refuse_shared_memory(parameters, name)
    classes = _whole(parameters, "classification", _MOST_CLASSES)
    return OutputWish(name, classes, _flag(parameters, "binary_data", unset=binary))


def _refuse_sequence(parameters: Mapping[str, Any]) -> None:
    asked = parameters.get("sequence_id") not in (None, 0, "")
    if asked or _flag(parameters, "sequence_start") or _flag(parameters, "sequence_end"):
        raise UnsupportedError(
            "the request belongs to a sequence, and models here keep no state between requests",
            help="leave out sequence_id, sequence_start and sequence_end",
        )


def _refuse_shared_memory(parameters: Mapping[str, Any], name: str) -> None:
    if any(key.startswith("shared_memory_") for key in parameters):
        raise UnsupportedError(
            f"tensor {name[:60]!r} is said to lie in shared memory, which is not offered",
            help="send the data with the request: binary tensors cost no conversion",
        )


def _whole(parameters: Mapping[str, Any], key: str, most: int) -> int:
    """A whole number of 0 or more; 0 where it is not given."""
    value = parameters.get(key, 0)
    if type(value) is not int or not 0 <= value <= most:
        raise InvalidError(
            f"parameter `{key}` is {str(value)[:60]!r}"
            if type(value) is not int
            else f"parameter `{key}` is out of its range",
            help=f"`{key}` is a whole number from 0 to {most}",
        )
    return value


def _flag(parameters: Mapping[str, Any], key: str, *, unset: bool = False) -> bool:
    value = parameters.get(key, unset)
    if not isinstance(value, bool):
        raise InvalidError(f"parameter `{key}` is {str(value)[:60]!r}", help=f"`{key}` is true or false")
    return value
