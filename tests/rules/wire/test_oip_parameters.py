"""The parameters of inference requests, as both transports read them."""

from __future__ import annotations

from typing import Any

import pytest

from vedette.errors import InvalidError, UnsupportedError
from vedette.rules.wire.oip_parameters import RequestWishes, binary_size, of_output, of_request
from vedette.values.deadline import DeadlineClass
from vedette.values.inference import OutputWish


@pytest.mark.parametrize(
    ("parameters", "wishes"),
    [
        ({}, RequestWishes(binary=False, deadline_ns=None, deadline_class=None)),
        ({"timeout": 2}, RequestWishes(binary=False, deadline_ns=7 + 2000, deadline_class=None)),
        ({"priority": 0}, RequestWishes(binary=False, deadline_ns=None, deadline_class=None)),
        ({"priority": 2}, RequestWishes(binary=False, deadline_ns=None, deadline_class=DeadlineClass.BEST_EFFORT)),
        ({"binary_data_output": True}, RequestWishes(binary=True, deadline_ns=None, deadline_class=None)),
        ({"sequence_id": 0, "sequence_start": False, "content_type": "np"}, RequestWishes(False, None, None)),
    ],
)
def test_a_request_says_its_form_and_how_much_it_hurries(parameters: dict[str, Any], wishes: RequestWishes) -> None:
    """Microseconds from the arrival; two levels of priority; parameters of others are passed over."""
    assert of_request(parameters, 7) == wishes


def test_an_output_takes_the_form_of_the_request_unless_it_names_its_own() -> None:
    """`binary_data` goes before `binary_data_output`."""
    assert of_output({}, "y", binary=True) == OutputWish("y", binary=True)
    assert of_output({"binary_data": False, "classification": 2}, "y", binary=True) == OutputWish("y", 2)


def test_the_size_of_an_input_is_known_or_not() -> None:
    """None means that the data is in the JSON."""
    assert binary_size({}, "x") is None
    assert binary_size({"binary_data_size": 0}, "x") == 0


@pytest.mark.parametrize("value", [-1, 1.0, "1", None, True, [1]])
def test_a_number_that_is_none_is_refused(value: object) -> None:
    """The message names the parameter."""
    for key in ("timeout", "priority"):
        with pytest.raises(InvalidError, match=key):
            of_request({key: value}, 0)


def test_shared_memory_and_sequences_are_refused() -> None:
    """Whether for an input, an output or a request."""
    with pytest.raises(UnsupportedError, match="shared memory"):
        binary_size({"shared_memory_region": "r"}, "x")
    with pytest.raises(UnsupportedError, match="shared memory"):
        of_output({"shared_memory_offset": 0}, "y")
    with pytest.raises(UnsupportedError, match="sequence"):
        of_request({"sequence_id": "a"}, 0)
