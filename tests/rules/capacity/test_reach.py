"""How far devices reach: the most images of one, and the least number of devices, against trying everything."""

from __future__ import annotations

import math
from dataclasses import replace

from deadline_cases import affine, demand
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.rules.capacity.bounds import Terms, bounds, columns_of, table_of, tabled
from vedette.rules.capacity.capability import Capability, Option
from vedette.rules.capacity.prediction import most_uses
from vedette.rules.capacity.reach import best_devices, best_of, fewest, images_of, quickest, ranked, reach, without_best
from vedette.values.deadline import DeadlineClass
from vedette.values.device import DeviceKind
from vedette.values.moment import Moment

FAST = affine("fast", 0.5, 0.2, 0.1, most=4)
SLOW = affine("slow", 0.8, 0.5, 0.2, most=3)


@st.composite
def capabilities(draw: st.DrawFn) -> Capability:
    """Options that follow no law: W may fall with the batch, and deviations may be large or unknown."""
    amounts = st.floats(0.01, 2.0)

    def moment() -> Moment:
        trials = draw(st.integers(1, 5))
        return Moment(draw(amounts), draw(st.floats(0, 1)), draw(st.none() | st.floats(0, 0.3)), trials, trials)

    batches = draw(st.lists(st.integers(1, 20), min_size=1, max_size=6, unique=True))
    rows = tuple(Option(one, moment(), moment(), draw(amounts), draw(amounts)) for one in sorted(batches))
    return Capability("m", "p", DeviceKind("d"), rows)


@settings(deadline=None, max_examples=60)
@given(
    able=capabilities(),
    within=st.floats(0.01, 60),
    deadline=st.sampled_from(list(DeadlineClass)),
    probability=st.floats(0.3, 0.999),
    uses=st.none() | st.integers(0, 20),
)
def test_the_reach_is_the_best_of_all_options(
    able: Capability, within: float, deadline: DeadlineClass, probability: float, uses: int | None
) -> None:
    """What is skipped for its bound never was better: most images, then least time."""
    terms = Terms(deadline, probability, uses)
    columns = columns_of(able)
    images = []
    for row, option in enumerate(able.options):
        later = most_uses(option, within, deadline, probability, uses)
        images.append(0 if later is None else (later + 1) * option.batch)
        assert images[-1] <= bounds(table_of((columns,)), within, terms)[row]

    found = reach(columns, within, terms)

    assert (0 if found is None else found.images) == max(images)


@settings(deadline=None, max_examples=40)
@given(
    drawn=st.lists(st.tuples(capabilities(), st.integers(1, 3)), min_size=1, max_size=4),
    within=st.floats(0.01, 60),
    deadline=st.sampled_from(list(DeadlineClass)),
    devices=st.integers(1, 12),
)
def test_the_ranking_is_that_of_every_kind_reckoned(
    drawn: list[tuple[Capability, int]], within: float, deadline: DeadlineClass, devices: int
) -> None:
    """Kinds that are reckoned only when their bound is the largest come in the order of what each truly reaches."""
    kinds = [replace(one, device=DeviceKind(f"kind{place}")) for place, (one, _) in enumerate(drawn)]
    counts = [count for _, count in drawn]
    asked = demand(list(zip(kinds, counts, strict=True)), None, within, deadline)
    each = asked.probability ** (1 / devices)
    true = []
    for one, count in zip(kinds, counts, strict=True):
        later = [(most_uses(option, within, deadline, each), option.batch) for option in one.options]
        true += [max((0 if uses is None else (uses + 1) * batch) for uses, batch in later)] * count

    found = ranked(asked, tabled(kinds), within, devices)

    assert [one.images for one, count in found for _ in range(count)] == sorted(filter(None, true), reverse=True)
    assert best_devices(asked, tabled(kinds), within, devices) == best_of(found, devices)


def test_the_quickest_option_for_a_number_of_images() -> None:
    """Every mini-batch size was tried: W + (ceil(n / mbs) - 1) L."""
    for images in range(1, 20):
        best = min(
            option.first_s.mean + (math.ceil(images / option.batch) - 1) * option.later_s.mean
            for option in FAST.options
        )
        found = quickest(columns_of(FAST), images, Terms(DeadlineClass.RELAXED, 0.9))
        assert found is not None
        assert found.time_s == best


def test_devices_come_best_first_and_are_lost_best_first() -> None:
    """12 images on a fast one within 2.3 s, 3 on a slow one."""
    asked = demand([(SLOW, 2), (FAST, 2)], 1, 2.3)
    found = ranked(asked, tabled([SLOW, FAST]), 2.3, 1)

    assert [(one.images, count) for one, count in found] == [(12, 2), (3, 2)]
    assert images_of(best_of(found, 3)) == 27
    assert images_of(without_best(found, 3)) == 3
    assert best_of(found, 9) == found


@settings(deadline=None, max_examples=20)
@given(images=st.integers(1, 400), tenths=st.integers(8, 60), probability=st.floats(0.5, 0.99))
def test_the_fixed_point_is_the_first_number_that_suffices(images: int, tenths: int, probability: float) -> None:
    """Counting n up from 1, each device with probability^(1/n)."""
    rows = tuple(
        Option(b, Moment(0.4 + 0.1 * b, 0.1, 0.05, 3, 3), Moment(0.1 * b, 0.03, 0.01, 90, 3), 1, 1) for b in (1, 2, 4)
    )
    noisy = Capability("m", "p", DeviceKind("d"), rows)
    asked = demand([(noisy, 30)], images, tenths / 10, DeadlineClass.SOFT, probability=probability)
    columns = tabled([noisy])
    counts = [n for n in range(1, 31) if images_of(best_of(ranked(asked, columns, tenths / 10, n), n)) >= images]

    assert fewest(asked, columns, images, tenths / 10) == min(counts, default=None)
