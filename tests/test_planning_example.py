"""The worked example of `docs/planning.md`: every figure of it is reckoned here from its first table."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from pathlib import Path

import pytest
from deadline_cases import brute_makespan, capability, demand

from vedette.rules.capacity.budget import most_images_plan
from vedette.rules.capacity.capability import Capability, Option
from vedette.rules.capacity.deadline import fewest_devices
from vedette.rules.capacity.prediction import makespan
from vedette.rules.capacity.spread import spread
from vedette.values.moment import Moment

TEXT = (Path(__file__).parent.parent / "docs/planning.md").read_text()
EXAMPLE = TEXT.split("## Worked example")[1].split("\n## ")[0]
PROSE = " ".join(EXAMPLE.split())


def table(head: str) -> list[list[float]]:
    rows = EXAMPLE.split(head)[1].split("\n\n")[0].splitlines()[2:]
    return [[float(cell) for cell in row.strip("| ").split("|")] for row in rows]


@pytest.fixture
def kind() -> Capability:
    rows = table("| mbs | W (s) | L (s) |")
    return capability("d", [(int(batch), first, later) for batch, first, later, *_ in rows])


def said(pattern: str) -> tuple[float, ...]:
    found = re.search(pattern, PROSE)
    assert found is not None, pattern
    return tuple(float(group) for group in found.groups())


def test_the_table_of_what_a_device_reaches() -> None:
    """floor((T - W) / L) and (t + 1) mbs, reckoned in hundredths of a second."""
    for batch, first, later, uses, images in table("| mbs | W (s) | L (s) |"):
        assert uses == (300 - round(first * 100)) // round(later * 100)
        assert images == (uses + 1) * batch


def test_the_plan_of_the_example(kind: Capability) -> None:
    """Devices, spare images, makespans, and the table of who does what."""
    found = fewest_devices(demand([(kind, 4)], 200, 3.0), [kind])
    devices, spare, longer = said(r"= (\d) devices, and (\d+) more images .* T would have to be ([\d.]+) s")

    assert found.value == devices == math.ceil(200 / 88)
    assert found.capacity - 200 == spare
    assert longer == float(brute_makespan([(kind, 2)], 200, 2) or 0)
    assert said(r"soonest after ([\d.]+) s") == (float(brute_makespan([(kind, 3)], 200, 3) or 0),)
    assert said(r"fourth would end after ([\d.]+) s") == (float(brute_makespan([(kind, 4)], 200, 4) or 0),)
    rows = [
        [number, one.option.batch, one.later_uses, one.images, round(one.spread.mean, 9)]
        for number, one in enumerate(found.shares, 1)
    ]
    assert rows == table("| device | mbs |")


def test_the_relaxations_of_the_example(kind: Capability) -> None:
    """What would do where 1.5 s are too short."""
    found = fewest_devices(demand([(kind, 4)], 200, 1.5), [kind])
    needed = {one.limit: one.needed for one in found.relaxations}
    most, time, more, again = said(r"do (\d+) images only: .* T = ([\d.]+) s, or (\d) device more, or (\d+) images")

    assert needed == {"images": most, "within": pytest.approx(time), "devices": 4 + more}
    assert most == again


def test_the_budget_of_the_example(kind: Capability) -> None:
    """The sum, and the objective as printed."""
    found = most_images_plan(demand([(kind, 4)], None, 3.0), [kind])

    assert said(r"the four devices do (\d+) images at most .* = (\d+)\)") == (found.value, found.printed_objective)


def test_the_prediction_of_the_example() -> None:
    """Mean, deviations, quantiles and the probability of one device."""
    names = (r"w_W = ([\d.]+),", r"b_W = ([\d.]+) s", r"w_L = ([\d.]+) s", r"b_L = ([\d.]+) s", r"of (\d) trials")
    first_w, first_b, later_w, later_b, trials = (said(name)[0] for name in names)
    count = int(trials)
    first, later = Moment(0.6, first_w, first_b, count, count), Moment(0.22, later_w, later_b, 300, count)
    known = spread(Option(8, first, later, 1, 1), 10)

    assert (round(known.mean, 9), round(known.within, 4)) == said(r"mean is ([\d.]+) s, S_w = ([\d.]+) s")
    assert (round(known.between or 0, 4),) == said(r"S_b = ([\d.]+) s")
    assert (round(known.quantile_s(0.95) or 0, 2),) == said(r"One device ends within ([\d.]+) s with 95 %")
    assert (round((known.probability(3.0) or 0) * 100, 1),) == said(r"within 3 s with ([\d.]+) %")
    assert (round(known.quantile_s(0.95**0.5) or 0, 2),) == said(r"with 95 % needs ([\d.]+) s")


def test_the_makespan_of_the_example() -> None:
    """Of four devices, with and without what was measured side by side; the interval is the same."""
    names = (r"b_W = ([\d.]+) s", r"w_L = ([\d.]+) s", r"b_L = ([\d.]+) s", r"a_L = ([\d.]+) s")
    first_b, later_w, later_b, apart = (said(name)[0] for name in names)
    first, later = Moment(0.6, 0.0, first_b, 3, 3), Moment(0.22, later_w, later_b, 300, 3)
    alone, beside = (
        makespan([spread(Option(8, first, one, 1, 1), 10)] * 4) for one in (later, replace(later, apart=apart))
    )

    assert (round(alone.expected, 2),) == said(r"four such devices is expected after ([\d.]+) s")
    assert (round(beside.expected, 2),) == said(r"measured side by side, after ([\d.]+) s")
    assert (beside.low, beside.high) == (alone.low, alone.high)
    assert (round(beside.low or 0, 2), round(beside.high or 0, 2)) == said(r"interval from ([\d.]+) to ([\d.]+) s")
