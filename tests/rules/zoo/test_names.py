"""Names of models."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.zoo.names import is_name, name_from, nearest


@pytest.mark.parametrize("name", ["efficientnet-lite0", "a", "0", "my_model.v2"])
def test_plain_names(name: str) -> None:
    """Lower-case letters, digits, dots, underscores and dashes make a name."""
    assert is_name(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "-x", "A", "é", "a b", "a\n", "a" * 101]
)
def test_names_that_could_leave_the_folder_are_none(name: str) -> None:
    """Nothing that a path could make something of is a name."""
    assert not is_name(name)


@given(st.text())
def test_every_text_gives_a_name_or_nothing(text: str) -> None:
    """What is made from a free text is a name, or empty."""
    made = name_from(text)

    assert made == "" or is_name(made)


def test_a_file_name_becomes_a_name() -> None:
    """Capitals and spaces are replaced."""
    assert name_from("My Net (v2)") == "my-net-v2"


def test_the_nearest_names_come_first() -> None:
    """The most similar words come first; equally similar ones in the order of the alphabet."""
    among = ["mnist-softmax", "efficientnet-lite2", "efficientnet-lite0", "efficientnet-lite1"]

    assert nearest("mnist-sofmax", among) == ("mnist-softmax",)
    assert nearest("efficientnet-lite", among) == ("efficientnet-lite0", "efficientnet-lite1", "efficientnet-lite2")
    assert nearest("zzz", among) == ()
