"""Options of `vedette profile`: what they mean, and what is no option."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.cli.profile_options import parse_batches, parse_sizes, parse_width
from vedette.errors import UsageError
from vedette.values.frame import Size


@pytest.mark.parametrize(
    ("text", "batches"),
    [
        ("8", (8,)),
        ("8,1, 2", (1, 2, 8)),
        ("1,2,4..64", (1, 2, 4, 8, 16, 32, 64)),
        ("1..48", (1, 2, 4, 8, 16, 32, 48)),
        ("3-6,5", (3, 4, 5, 6)),
        ("7..7", (7,)),
        ("4096", (4096,)),
    ],
)
def test_batches_are_listed_counted_or_doubled(text: str, batches: tuple[int, ...]) -> None:
    """Commas list, `-` counts, `..` doubles and ends with its end."""
    assert parse_batches(text) == batches


@pytest.mark.parametrize(
    "text",
    ["", "0", "-1", "1,", "1,,2", "two", "1.5", "8-2", "8..2", "0-4", "4097", "1-99999999999", "1...4", "٣", "nan"],
)
def test_junk_is_no_list_of_batches(text: str) -> None:
    """The message names the part that is wrong."""
    with pytest.raises(UsageError, match="--batch"):
        parse_batches(text)


@given(st.text(alphabet="0123456789-.,x %", max_size=12))
def test_any_text_is_a_list_or_an_error(text: str) -> None:
    """Never another exception, and never a batch outside 1..4096."""
    try:
        found = parse_batches(text)
    except UsageError:
        return

    assert found
    assert list(found) == sorted(set(found))
    assert 1 <= found[0] <= found[-1] <= 4096


def test_sizes_are_listed_once_each() -> None:
    """None is: as they come."""
    assert parse_sizes("640x480, 1280x960,640x480") == (Size(640, 480), Size(1280, 960))
    assert parse_sizes(None) == ()
    with pytest.raises(UsageError, match="--size"):
        parse_sizes("640x480,")


def test_a_width_is_a_percentage() -> None:
    """A bare number has no unit, and is refused."""
    assert parse_width("3%") == 0.03
    assert parse_width("2.5 %") == 0.025
    for text in ("3", "0%", "100%", "-1%", "nan%", "%", "3%x"):
        with pytest.raises(UsageError, match="--width"):
            parse_width(text)
