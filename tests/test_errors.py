"""The one tree of errors."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from vedette import errors
from vedette.errors import EXIT_CODES, Kind, UsageError, VedetteError


def every_error() -> list[type[VedetteError]]:
    return [
        found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, VedetteError)
    ]


def test_an_error_says_what_happened_and_the_next_step() -> None:
    """Its text is the message, then a line that starts with help."""
    error = UsageError("no folder x/", help="give a folder that exists")

    assert str(error) == "no folder x/\nhelp: give a folder that exists"
    assert (error.message, error.help) == ("no folder x/", "give a folder that exists")


@pytest.mark.parametrize("error_type", every_error())
def test_no_error_goes_without_a_next_step(error_type: type[VedetteError]) -> None:
    """`help` has no default."""
    with pytest.raises(TypeError, match="help"):
        error_type("it broke")  # type: ignore[call-arg]


def test_the_drawing_is_the_tree() -> None:
    """Each class of the docstring's drawing exists under that parent with that kind, and none is missing."""
    drawn = dict(re.findall(r"── (\w+Error) +([a-z_]+) ", errors.__doc__ or ""))
    children = set(re.findall(r"^    [├└]── (\w+)", errors.__doc__ or "", re.MULTILINE))

    assert drawn == {error.__name__: error.kind for error in every_error() if error is not VedetteError}
    assert children == {error.__name__ for error in VedetteError.__subclasses__()}
    assert issubclass(UsageError, errors.InvalidError)


def test_each_kind_has_one_error_and_one_exit_code() -> None:
    """The kinds of the classes, of the type and of the table are the same."""
    kinds = [error.kind for error in every_error() if error is not VedetteError]

    assert sorted(kinds) == sorted(get_args(Kind))
    assert set(EXIT_CODES) == set(get_args(Kind))


def test_exit_codes_are_the_ones_of_the_contract() -> None:
    """2 is bad usage or config, 3 is nothing worked; 1 and 130 are kept for some failed and interrupted."""
    assert {kind for kind, code in EXIT_CODES.items() if code == 2} == {
        "usage",
        "not_found",
        "conflict",
        "unsupported",
    }
    assert set(EXIT_CODES.values()) == {2, errors.NOTHING_WORKED}
    assert (errors.SOME_FAILED, errors.NOTHING_WORKED, errors.INTERRUPTED) == (1, 3, 130)
