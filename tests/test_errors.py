"""The one tree of errors."""

from __future__ import annotations

import re
from typing import get_args

import pytest

from vedette import errors
from vedette.errors import Kind, UsageError, VedetteError, exit_code


def every_error() -> list[type[VedetteError]]:
    return [found for found in vars(errors).values() if isinstance(found, type) and issubclass(found, VedetteError)]


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


@pytest.mark.parametrize("error_type", every_error())
def test_every_error_has_an_exit_code(error_type: type[VedetteError]) -> None:
    """2 for a wish that cannot be fulfilled as it is, 3 where nothing worked."""
    wishes = {"usage", "unauthenticated", "forbidden", "not_found", "conflict", "unsupported"}
    kind = "usage" if issubclass(error_type, UsageError) else error_type.kind

    assert exit_code(error_type("x", help="y")) == (2 if kind in wishes else 3)


def test_every_kind_belongs_to_an_error() -> None:
    """No kind is announced that nothing has."""
    assert {error.kind for error in every_error()} == set(get_args(Kind))
