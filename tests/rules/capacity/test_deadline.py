"""Plans of fewest devices: the printed equation repaired, against brute force and what must hold of any plan."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from deadline_cases import affine, brute_fewest, brute_makespan, capability, demand
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.capacity.capability import Capability, Option
from vedette.rules.capacity.deadline import fewest_devices
from vedette.values.deadline import DeadlineClass
from vedette.values.device import DeviceKind
from vedette.values.moment import Moment
from vedette.values.plan import Status

FAST = affine("fast", 0.5, 0.2, 0.1, most=4)
SLOW = affine("slow", 0.8, 0.5, 0.2, most=3)


def noisy(name: str, each: float, spread: float, longest: float, trials: int = 4) -> Capability:
    """Batches 1, 2, 4 and 8 that vary by a share `spread` of their time, within and between trials."""
    rows = []
    for batch in (1, 2, 4, 8):
        later, first = 0.01 + each * batch, 0.3 + each * batch
        moments = [Moment(mean, spread * mean, spread * mean / 3, 40, trials) for mean in (first, later)]
        rows.append(Option(batch, moments[0], moments[1], first * longest, later * longest))
    return Capability("m", "p", DeviceKind(name), tuple(rows))


def makespan_of(able, images: int, within_s: float, **limits) -> float | None:
    found = fewest_devices(demand(able, images, within_s, **limits), [one for one, _ in able])
    return found.time_s


@settings(deadline=None, max_examples=25)
@given(
    fast=st.integers(1, 2),
    slow=st.integers(1, 2),
    images=st.integers(1, 60),
    tenths=st.integers(5, 60),
    uses=st.none() | st.integers(0, 6),
    batch=st.none() | st.integers(1, 3),
)
def test_the_plan_is_that_of_the_brute_force(
    fast: int, slow: int, images: int, tenths: int, uses: int | None, batch: int | None
) -> None:
    """Every set of devices, mini-batch size and number of uses was tried: none has fewer devices, or ends earlier."""
    able = [(FAST, fast), (SLOW, slow)]
    limits = {"uses": uses, "batch": batch}
    best = brute_fewest(able, images, tenths / 10, **limits)

    found = fewest_devices(demand(able, images, tenths / 10, **limits), [FAST, SLOW])

    assert found.value == found.bound == best
    if best is None:
        assert found.status is Status.INFEASIBLE
    else:
        assert found.time_s == pytest.approx(float(brute_makespan(able, images, best, **limits) or 0))
        assert len(found.shares) == best
        assert sum(share.images for share in found.shares) == images


@settings(deadline=None, max_examples=25)
@given(images=st.integers(1, 5000), count=st.integers(1, 20), tenths=st.integers(8, 300))
def test_equal_devices_follow_the_closed_form(images: int, count: int, tenths: int) -> None:
    """ceil(N / c), c being the best of all floor((T - W) / L) + 1 times mbs, if there are so many."""
    within = tenths * 10  # in hundredths of a second, so that the closed form is of whole numbers
    rows = [(batch, 70 + 10 * batch, 20 + 10 * batch) for batch in range(1, 5)]
    most = max(((within - first) // later + 1) * batch for batch, first, later in rows if first <= within)
    needed = math.ceil(images / most)

    found = fewest_devices(demand([(FAST, count)], images, tenths / 10), [FAST])

    assert found.value == (needed if needed <= count else None)


def test_the_printed_equation_would_need_no_device() -> None:
    """Equation 1 of 001 as printed: N_G = 1 beside the images of two devices; the repair counts those that work."""
    two = [(FAST, 2)]
    alone = fewest_devices(demand([(FAST, 1)], 60, 6.0), [FAST])

    assert alone.status is Status.INFEASIBLE
    assert fewest_devices(demand(two, 60, 6.0), [FAST]).value == 2


def test_devices_of_different_speed_end_together() -> None:
    """The faster one gets more; neither could give the other a mini-batch and end earlier."""
    found = fewest_devices(demand([(FAST, 1), (SLOW, 1)], 60, 8.0), [FAST, SLOW])
    ends = {share.capability.device.name: share.spread.mean for share in found.shares}

    assert found.value == 2
    assert found.time_s is not None
    assert abs(ends["fast"] - ends["slow"]) <= 1.1
    assert max(ends.values()) <= found.time_s + 1e-9 <= 8.0


def test_the_last_mini_batch_is_told_with_its_own_time() -> None:
    """Nine images in mini-batches of four: W(4) + L(4) + L(1); what counts against T takes it as full."""
    only = capability("d", [(1, 5.0, 4.9), (4, 5.0, 5.0)])
    found = fewest_devices(demand([(only, 1)], 9, 20.0), [only])

    assert found.time_s == pytest.approx(15.0)
    assert found.makespan_s is not None
    assert found.makespan_s.expected == pytest.approx(14.9)


@pytest.mark.parametrize("deadline", list(DeadlineClass))
def test_what_devices_share_decides_nothing_but_what_is_expected(deadline: DeadlineClass) -> None:
    """The same plan with the same probability and interval, of which the last device is expected sooner."""
    alone = noisy("d", 0.02, 0.06, 1.2)
    side_by_side = replace(
        alone,
        options=tuple(replace(one, later_s=replace(one.later_s, apart=0.001)) for one in alone.options),
    )

    blind, found = (fewest_devices(demand([(one, 4)], 900, 9.0, deadline), [one]) for one in (alone, side_by_side))

    assert (found.value, found.probability, found.time_s) == (blind.value, blind.probability, blind.time_s)
    assert found.makespan_s is not None
    assert blind.makespan_s is not None
    assert (found.makespan_s.low, found.makespan_s.high) == (blind.makespan_s.low, blind.makespan_s.high)
    assert max(share.spread.mean for share in found.shares) < found.makespan_s.expected < blind.makespan_s.expected


@settings(deadline=None, max_examples=10)
@given(images=st.integers(1, 300), tenths=st.integers(6, 200), fast=st.integers(1, 3), slow=st.integers(1, 3))
def test_more_devices_never_need_more_nor_end_later(images: int, tenths: int, fast: int, slow: int) -> None:
    """The count never rises, and where it stays neither does the makespan."""
    able = [(FAST, fast), (SLOW, slow)]
    more = [(FAST, fast + 1), (SLOW, slow)]
    less = fewest_devices(demand(able, images, tenths / 10), [FAST, SLOW])
    found = fewest_devices(demand(more, images, tenths / 10), [FAST, SLOW])

    if less.value is not None:
        assert found.value is not None
        assert found.value <= less.value
        assert found.value < less.value or (found.time_s or 0) <= (less.time_s or 0) * (1 + 1e-8)


@settings(deadline=None, max_examples=10)
@given(
    images=st.integers(1, 300),
    tenths=st.integers(6, 100),
    longer=st.integers(1, 50),
    deadline=st.sampled_from(list(DeadlineClass)),
)
def test_more_time_or_fewer_images_never_need_more_devices(
    images: int, tenths: int, longer: int, deadline: DeadlineClass
) -> None:
    """Of any class."""
    able = [(noisy("a", 0.05, 0.1, 1.5), 3), (noisy("b", 0.08, 0.05, 1.2), 3)]
    kinds = [one for one, _ in able]
    asked = fewest_devices(demand(able, images, tenths / 10, deadline), kinds).value or math.inf
    later = fewest_devices(demand(able, images, (tenths + longer) / 10, deadline), kinds).value or math.inf
    fewer = fewest_devices(demand(able, max(1, images - longer), tenths / 10, deadline), kinds).value or math.inf

    assert later <= asked
    assert fewer <= asked


@settings(deadline=None, max_examples=10)
@given(images=st.integers(1, 400), tenths=st.integers(6, 100))
def test_surer_plans_need_no_fewer_devices(images: int, tenths: int) -> None:
    """Hard needs as many as relaxed or more where the longest are no shorter than the means; so does soft."""
    able = [(noisy("a", 0.05, 0.1, 1.5), 8)]
    counts = {}
    for deadline in DeadlineClass:
        found = fewest_devices(demand(able, images, tenths / 10, deadline), [able[0][0]])
        counts[deadline] = found.value or math.inf

    assert counts[DeadlineClass.HARD] >= counts[DeadlineClass.RELAXED]
    assert counts[DeadlineClass.SOFT] >= counts[DeadlineClass.RELAXED] == counts[DeadlineClass.BEST_EFFORT]


def test_a_soft_plan_of_one_device_at_even_odds_is_the_relaxed_one() -> None:
    """p -> 1/2: the median is the mean."""
    able = [(noisy("a", 0.05, 0.1, 1.5), 1)]
    soft = demand(able, 100, 7.0, DeadlineClass.SOFT, probability=0.500001)
    relaxed = demand(able, 100, 7.0)

    assert fewest_devices(soft, [able[0][0]]).time_s == pytest.approx(
        fewest_devices(relaxed, [able[0][0]]).time_s, rel=1e-5
    )


@settings(deadline=None, max_examples=12)
@given(images=st.integers(1, 900), probability=st.floats(0.6, 0.999), count=st.integers(1, 12))
def test_a_soft_plan_holds_with_the_probability_asked(images: int, probability: float, count: int) -> None:
    """All devices together, not each alone; and no number of devices below the plan's would, tried one by one."""
    able = [(noisy("a", 0.05, 0.1, 1.5), count)]
    kind = able[0][0]
    found = fewest_devices(demand(able, images, 6.0, DeadlineClass.SOFT, probability=probability), [kind])

    if found.value is not None:
        assert found.probability is not None
        assert found.probability >= probability - 1e-6
        fewer = (
            demand([(kind, int(found.value) - 1)], images, 6.0, DeadlineClass.SOFT, probability=probability)
            if (found.value > 1)
            else None
        )
        assert fewer is None or fewest_devices(fewer, [kind]).value is None


@settings(deadline=None, max_examples=10)
@given(images=st.integers(1, 60), tenths=st.integers(6, 80), lost=st.integers(1, 2))
def test_a_plan_holds_when_its_best_devices_are_lost(images: int, tenths: int, lost: int) -> None:
    """What is left of it without the k best still does all images in time; one device fewer would not."""
    able = [(FAST, 3), (SLOW, 2)]
    found = fewest_devices(demand(able, images, tenths / 10, lost=lost), [FAST, SLOW])
    plain = fewest_devices(demand(able, images, tenths / 10), [FAST, SLOW])

    if found.value is None:
        left = [(FAST, 3 - lost), (SLOW, 2)]
        assert brute_fewest(left, images, tenths / 10) is None
    else:
        names = [share.capability.device.name for share in found.shares]
        left = [(FAST, names.count("fast") - lost), (SLOW, names.count("slow"))]
        kept = [(one, count) for one, count in left if count > 0]
        assert brute_fewest(kept, images, tenths / 10) is not None
        assert sum(share.images for share in found.shares) == images
        assert found.value >= (plain.value or 0) + 1


def test_a_kind_without_a_profile_is_not_used() -> None:
    """And one kind with two profiles is a bug of the caller."""
    asked = demand([(FAST, 1), (SLOW, 5)], 10, 9.0)

    assert {share.capability.device.name for share in fewest_devices(asked, [SLOW]).shares} == {"slow"}
    with pytest.raises(ValueError, match="one capability"):
        fewest_devices(asked, [SLOW, SLOW])


def test_memory_keeps_options_out() -> None:
    """Rows that need more than the device has are not chosen."""
    rows = (
        Option(1, Moment(1.0), Moment(1.0), 1, 1, 100),
        Option(8, Moment(1.0), Moment(1.0), 1, 1, 900),
    )
    small = Capability("m", "p", DeviceKind("d", memory_bytes=500), rows)

    found = fewest_devices(demand([(small, 1)], 8, 9.0), [small])

    assert {share.option.batch for share in found.shares} == {1}


def test_a_demand_without_a_time_is_a_bug() -> None:
    """The planner asks for both."""
    with pytest.raises(ValueError, match="a number of images and a time"):
        fewest_devices(demand([(FAST, 1)], None, 9.0), [FAST])
