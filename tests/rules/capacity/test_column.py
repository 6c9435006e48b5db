"""What a profile says at an image size: its own points, or those between two sizes, or why nothing."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.made_profiles import failed_point, made_point, made_profile, profile_of
from vedette.errors import InvalidError
from vedette.rules.capacity.column import column, why_no_size
from vedette.values.frame import Size
from vedette.values.profile import Failed, Profile
from vedette.values.tiling import Tiling

SMALL, LARGE = Size(100, 100), Size(300, 200)


def two_sizes() -> Profile:
    """Batches 1 and 4 of small images, 1, 2 and 4 of large ones: 10 ms an image and 30 ms an image."""
    return profile_of(
        *(made_point(b, 10.0 * b, size=SMALL, peak_mb=100 + b, energy_j=b) for b in (1, 4)),
        *(made_point(b, 30.0 * b, size=LARGE, peak_mb=200 + b, energy_j=3 * b) for b in (1, 2, 4)),
        failed_point(8, LARGE),
    )


def test_images_as_they_come_have_the_points_without_a_size() -> None:
    """And no others."""
    found = column(made_profile({1: 10.0, 2: 19.0}), None)

    assert found.batches == (1, 2)
    assert found.load.mean == pytest.approx(0.5)
    assert found.load.trials == 6
    assert found.longest == ((1, pytest.approx(0.0125)), (2, pytest.approx(0.02375)))


def test_a_profiled_size_has_its_own_points() -> None:
    """Nothing of the other size, and it ends before the batch that failed."""
    found = column(two_sizes(), LARGE)

    assert found.batches == (1, 2, 4)
    assert found.latency.at(4).mean == pytest.approx(0.12)
    assert found.failed.batch == 8
    assert column(two_sizes(), SMALL).failed is None


@given(st.integers(10_000, 60_000))
@settings(max_examples=60, deadline=None)
def test_between_two_sizes_everything_lies_on_a_straight_line_over_the_pixels(pixels: int) -> None:
    """Here L is 10 ms an image at 10,000 pixels and 30 ms at 60,000."""
    found = column(two_sizes(), Size(pixels, 1))
    share = (pixels - 10_000) / 50_000

    for batch in (1, 2, 3, 4):
        assert found.latency.at(batch).mean == pytest.approx(batch * (0.010 + 0.020 * share))
    assert dict(found.peaks)[4] == pytest.approx(104e6 + 100e6 * share)
    assert found.energy.at(4).mean == pytest.approx(4 + 8 * share)


def test_between_two_sizes_a_batch_that_fails_at_either_ends_the_column() -> None:
    """What the larger images have no memory for is not planned."""
    found = column(two_sizes(), Size(200, 100))

    assert found.failed.batch == 8
    assert found.between == (SMALL, LARGE)


def test_a_batch_that_the_engine_refuses_does_not_end_the_column() -> None:
    """The engine takes 4 and 16: what lies next to a refused one is not taken for possible."""
    refused = [failed_point(batch, failed=Failed.REFUSED) for batch in (1, 2, 8, 32)]
    found = column(profile_of(*refused, made_point(4, 40.0), made_point(16, 150.0), failed_point(64)), None)

    assert found.batches == (4, 16)
    assert found.refused == (1, 2, 8, 32)
    assert found.failed.batch == 64
    assert [batch for batch in range(4, 17) if found.takes(batch)] == [4, 16]


def test_between_measured_batches_only_multiples_of_a_fixed_batch_are_taken() -> None:
    """L is a stair of a step a part of four rows: 5 takes as long as 8, and a line from 4 to 8 would promise less."""
    stair = [made_point(batch, 10.0 * math.ceil(batch / 4)) for batch in (1, 2, 4, 8, 16)]
    found = column(profile_of(*stair, fixed_batch=4), None)

    taken = [batch for batch in range(1, 17) if found.takes(batch)]
    assert taken == [1, 2, 4, 8, 12, 16]
    assert [found.latency.at(batch).mean for batch in taken] == pytest.approx([0.01] * 3 + [0.02, 0.03, 0.04], rel=0.03)
    assert all(column(profile_of(*stair), None).takes(batch) for batch in range(1, 17))


def test_a_fixed_batch_counts_between_two_sizes_of_images_and_not_for_tiles() -> None:
    """A cut image is many rows, so that a step is a small part of its time."""
    points = [made_point(batch, 10.0 * batch, size=size) for size in (SMALL, LARGE) for batch in (4, 8)]
    whole, cut = (profile_of(*points, fixed_batch=4, tiling=tiling) for tiling in (None, Tiling(SMALL)))

    assert [batch for batch in range(4, 9) if column(whole, Size(200, 100)).takes(batch)] == [4, 8]
    assert all(column(cut, Size(200, 100)).takes(batch) for batch in range(4, 9))


def test_refused_at_either_size_is_refused_between_them() -> None:
    """Batch 2 at the smaller images: at sizes between them neither 2 nor 3 is taken, at the larger one both are."""
    small = (made_point(1, 10.0, size=SMALL), failed_point(2, SMALL, Failed.REFUSED), made_point(4, 40.0, size=SMALL))
    large = (made_point(batch, 30.0 * batch, size=LARGE) for batch in (1, 2, 4))
    profile = profile_of(*small, *large)

    assert [b for b in range(1, 5) if column(profile, Size(200, 100)).takes(b)] == [1, 4]
    assert all(column(profile, LARGE).takes(batch) for batch in range(1, 5))


def test_another_shape_with_as_many_pixels_counts_as_the_profiled_size() -> None:
    """300x200 and 200x300."""
    assert column(two_sizes(), Size(200, 300)) == column(two_sizes(), LARGE)


@pytest.mark.parametrize(
    ("profile", "size", "told", "step"),
    [
        (two_sizes(), Size(99, 100), "images of 99x100 lie beyond those that were profiled (100x100,", "--size 99x100"),
        (two_sizes(), Size(301, 200), "nothing is extrapolated", "vedette profile lite0 --size 301x200"),
        (two_sizes(), None, "it is of images of 100x100, 300x200, and the demand names no size", "--size"),
        (made_profile({1: 10.0}), SMALL, "it is of images as they come, not of images of 100x100", "--size 100x100"),
        (profile_of(), None, "it has no points", "profile it again"),
        (profile_of(), SMALL, "it has no points", "profile it again"),
    ],
)  # fmt: skip
def test_a_size_that_the_profile_does_not_tell_is_refused(
    profile: Profile, size: Size | None, told: str, step: str
) -> None:
    """With the reason and the next step."""
    with pytest.raises(InvalidError) as error:
        column(profile, size)

    assert told in error.value.message
    assert step in error.value.help
    assert told.endswith(why_no_size(profile, size)) or told in why_no_size(profile, size)


def test_sizes_without_a_common_batch_cannot_be_interpolated() -> None:
    """One was measured at 1 and 2, the other at 4."""
    profile = profile_of(*(made_point(b, b, size=SMALL) for b in (1, 2)), made_point(4, 9.0, size=LARGE))

    with pytest.raises(InvalidError, match="no mini-batch was measured at both 100x100 and 300x200"):
        column(profile, Size(150, 100))


def test_a_failure_hides_larger_batches_even_if_they_went_well() -> None:
    """Batch 4 failed, so that 8 is not trusted."""
    found = column(profile_of(made_point(1, 1.0), made_point(2, 2.0), failed_point(4), made_point(8, 8.0)), None)

    assert found.batches == (1, 2)
    assert found.latency.at(3) is None


def test_a_profile_of_failures_alone_says_which() -> None:
    """There is nothing to plan with."""
    with pytest.raises(InvalidError, match=r"no mini-batch with figures: killed at 1.0 GB"):
        column(profile_of(failed_point(1), failed_point(2)), None)


def test_memory_never_falls_with_the_batch() -> None:
    """Samples of high-water marks may; the larger of both ways counts."""
    found = column(profile_of(made_point(1, 1.0, peak_mb=200), made_point(2, 2.0, peak_mb=150)), None)

    assert found.peaks == ((1, 200e6), (2, 200e6))
