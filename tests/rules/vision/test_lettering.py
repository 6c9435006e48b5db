"""Letters: their size, their room, and how a line is cut."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.rules.vision.lettering import plain, scale_for, shortened, width_of, write


@pytest.mark.parametrize("capital", [8, 14, 28, 53])
def test_capitals_are_as_high_as_asked(capital: int) -> None:
    """Rows that an H touches, within a tenth and a pixel on both sides."""
    pixels = np.zeros((2 * capital, 3 * capital, 3), np.uint8)
    write(pixels, "H", (capital, capital + capital // 2), scale_for(capital), 1, (255, 255, 255))
    rows = np.flatnonzero((pixels > 100).any((1, 2)))

    assert rows.max() - rows.min() + 1 == pytest.approx(capital, abs=0.1 * capital + 1.5)


@pytest.mark.parametrize(
    ("line", "expected"),
    [("cat 0.5", "cat 0.5"), ("猫 é", "? ?"), ("two\nlines\t", "two?lines?"), ("\udcff", "?"), ("", "")],
)
def test_letters_that_the_font_lacks_are_question_marks(line: str, expected: str) -> None:
    """One mark a letter; line breaks are no letters."""
    assert plain(line) == expected


def test_a_line_that_fits_is_whole() -> None:
    """Label and score with a space between them, to the last pixel."""
    room = width_of("traffic light 0.91", 0.5, 1)

    assert shortened("traffic light", "0.91", room, 0.5, 1) == "traffic light 0.91"
    assert shortened("", "0.91", room, 0.5, 1) == "0.91"


def test_a_longer_line_keeps_its_score() -> None:
    """Letter by letter the label gives way; what is given fits, and one letter more would not."""
    whole = width_of("traffic light 0.91", 0.5, 1)
    for room in range(whole - 1, 0, -1):
        line = shortened("traffic light", "0.91", room, 0.5, 1)
        if line is None:
            assert room < width_of("0.91", 0.5, 1)
            continue
        assert width_of(line, 0.5, 1) <= room
        assert line.endswith("0.91")
        if line != "0.91":
            kept = line.removesuffix(".. 0.91")
            assert kept
            assert "traffic light".startswith(kept)

    assert shortened("traffic light", "0.91", whole - 1, 0.5, 1) == "traffic lig.. 0.91"


def test_without_room_there_is_no_line() -> None:
    """Not even the score fits into a pixel."""
    assert shortened("cat", "0.91", 1, 0.5, 1) is None


def test_the_longest_label_is_cut() -> None:
    """A hundred thousand letters are no trouble."""
    line = shortened("x" * 100_000, "0.91", 200, 0.5, 1)

    assert line is not None
    assert width_of(line, 0.5, 1) <= 200
