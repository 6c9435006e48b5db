"""What is left out of a profile that was broken off, in words."""

from __future__ import annotations

from vedette.rules.capacity.broken_off import broken_off, broken_off_few
from vedette.rules.capacity.next_point import Point
from vedette.values.frame import Size

SMALL, LARGE = Size(64, 48), Size(640, 480)


def test_points_without_a_trial_come_before_those_with_too_few() -> None:
    """By image size, in the order of the grid."""
    asked = [Point(batch, size) for size in (SMALL, LARGE) for batch in (1, 2, 4)]
    trials = {Point(1, SMALL): 3, Point(2, SMALL): 2, Point(4, SMALL): 1, Point(1, LARGE): 1}

    assert broken_off(asked, trials, 3) == (
        "broken off: batch 2, 4 of 640x480 not measured; "
        "batch 4 of 64x48, batch 1 of 640x480 measured in 1 of 3 trials; batch 2 of 64x48 measured in 2 of 3 trials"
    )


def test_nothing_is_said_of_a_whole_grid() -> None:
    """The interruption came after the last trial."""
    assert broken_off([Point(1), Point(8)], {Point(1): 3, Point(8): 3}, 3) == ""


def test_images_as_they_come_have_no_size() -> None:
    """And are not given one."""
    assert broken_off([Point(1), Point(8)], {Point(1): 1}, 1) == "broken off: batch 8 not measured"


def test_few_samples_tell_what_was_measured_and_what_was_wanted() -> None:
    """They choose their points as they go, so that none is missing; the width is not reached."""
    trials = {Point(64): 1, Point(1): 2, Point(8): 1}

    assert broken_off_few(trials, 0.03) == (
        "broken off after 4 trials, before every mini-batch was certain to 3 %: only batch 1, 8, 64 measured"
    )
    assert "certain to 2.5 %:" in broken_off_few(trials, 0.025)
