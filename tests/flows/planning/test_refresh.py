"""Profiles at the speed of the machine now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from planned import FakeSource, StoppedClock, made_profile

from vedette.adapters.solvers.cpsat import CpSat
from vedette.errors import NotFoundError, UnavailableError, UnsupportedError, UsageError
from vedette.flows.planning.planner import Planner
from vedette.flows.planning.refresh import Look, RefreshedProfiles
from vedette.rules.capacity.refreshed import Present, refreshed
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, PlanKind
from vedette.values.device import DeviceKind, Fleet, Stock
from vedette.values.plan import Plan
from vedette.values.profile import Profile

ONE, HALF, FAR = DeviceKind("cpu:1", 1.0), DeviceKind("cpu:0.5", 0.5), DeviceKind("gpu", None)


@dataclass
class FakeGauge:
    """Devices of so many cores, whose L is so many times that of their profile; None fails."""

    ratios: dict[str, list[float | None]]
    cores: float = 2.0
    asked: list[list[str]] = field(default_factory=list)

    def __call__(self, looks: Sequence[Look]) -> list[float | None]:
        if sum(look.wanted.device.cores or 0.0 for look in looks) > self.cores:
            raise UnsupportedError("they do not fit", help="-")
        self.asked.append([look.wanted.device.name for look in looks])
        left = {name: list(each) for name, each in self.ratios.items()}
        ratios = [left[look.wanted.device.name].pop(0) for look in looks]
        return [None if one is None else look.later_s * one for look, one in zip(looks, ratios, strict=True)]


def demand(*stocks: Stock, images: int = 100) -> Demand:
    return Demand(
        PlanKind.DEADLINE, ("m",), Fleet(stocks), images=images, within_s=60.0, deadline=DeadlineClass.RELAXED
    )


def at_present(asked: Demand, gauge: FakeGauge, *profiles: Profile, measurable: tuple[Profile, ...] = ()):
    """The source, and the profiles that it kept."""
    kept: list[Profile] = []

    def refresh(profile: Profile, ratio: float) -> Profile:
        kept.append(refreshed(profile, Present(f"{profile.id}-now", "", ratio, "a test")))
        return kept[-1]

    return RefreshedProfiles(FakeSource(profiles, measurable), asked, 2, 10.0, gauge, refresh), kept


def planned(source: RefreshedProfiles, asked: Demand) -> Plan:
    return Planner(source, CpSat(), StoppedClock(), 2).plan(asked)


def test_a_slower_machine_makes_a_plan_that_takes_longer() -> None:
    """By the mean of what its devices of a kind take now; the plan names the refreshed profile, and says the ratio."""
    asked = demand(Stock(ONE, 2), images=1000)
    before = planned(FakeSource((made_profile(device=ONE),)), asked)  # type: ignore[arg-type]
    source, kept = at_present(asked, FakeGauge({"cpu:1": [1.2, 1.4]}), made_profile(device=ONE))

    plan = planned(source, asked)

    assert before.makespan_s is not None
    assert plan.makespan_s is not None
    assert plan.makespan_s.expected == pytest.approx(1.3 * before.makespan_s.expected)
    assert plan.profiles == ("m-cpu-1-now",) == (kept[0].id,)
    assert "brought to the speed of the machine now: 1.3 times as long" in " ".join(plan.warnings)
    assert source.origins(plan.profiles) == ("m-cpu-1",)


def test_all_devices_of_the_fleet_are_looked_at_at_once() -> None:
    """Each kind gets its own ratio."""
    asked = demand(Stock(ONE, 1), Stock(HALF, 2))
    gauge = FakeGauge({"cpu:1": [1.5], "cpu:0.5": [0.5, 0.7]})
    source, kept = at_present(asked, gauge, made_profile(device=ONE), made_profile(device=HALF))

    planned(source, asked)

    assert gauge.asked == [["cpu:1", "cpu:0.5", "cpu:0.5"]]
    old, new = made_profile(device=HALF).points[0].latency_s, kept[1].points[0].latency_s
    assert old is not None
    assert new is not None
    assert (kept[1].refreshed_from, new.mean / old.mean) == ("m-cpu-0.5", pytest.approx(0.6))


def test_a_fleet_that_is_larger_than_the_machine_is_looked_at_kind_by_kind() -> None:
    """Each with the busy neighbours that its profile wants."""
    asked = demand(Stock(ONE, 20), Stock(HALF, 20))
    gauge = FakeGauge({"cpu:1": [1.0] * 20, "cpu:0.5": [1.0] * 20})

    planned(at_present(asked, gauge, made_profile(device=ONE), made_profile(device=HALF))[0], asked)

    assert gauge.asked == [["cpu:1"] * 2, ["cpu:0.5"] * 4]


def test_what_is_not_profiled_is_profiled_before_the_look() -> None:
    """And is looked at, too: measuring takes minutes."""
    asked = demand(Stock(ONE, 1))
    source, kept = at_present(asked, FakeGauge({"cpu:1": [2.0]}), measurable=(made_profile(device=ONE),))

    assert planned(source, asked).profiles == (kept[0].id,) == ("m-cpu-1-now",)


def test_what_cannot_be_profiled_is_told_as_without_a_look() -> None:
    """Nothing is looked at then."""
    asked, gauge = demand(Stock(ONE, 1)), FakeGauge({})

    with pytest.raises(NotFoundError, match="no profile of m on cpu:1 fits"):
        planned(at_present(asked, gauge)[0], asked)
    assert gauge.asked == []


def test_a_device_of_elsewhere_keeps_its_profile() -> None:
    """Its speed cannot be seen from here."""
    asked = demand(Stock(ONE, 1), Stock(FAR, 1), images=10_000)
    source, _ = at_present(
        asked, FakeGauge({"cpu:1": [1.5]}), made_profile(device=ONE), made_profile(device=FAR, c=0.001)
    )

    assert set(planned(source, asked).profiles) <= {"m-cpu-1-now", "m-gpu"}
    assert source.origins(("m-cpu-1-now", "m-gpu")) == ("m-cpu-1", "m-gpu")


def test_a_fleet_of_elsewhere_cannot_be_refreshed() -> None:
    """The option would do nothing."""
    asked = demand(Stock(FAR, 1))

    with pytest.raises(UsageError, match="no device of the fleet is one of this machine"):
        planned(at_present(asked, FakeGauge({}), made_profile(device=FAR))[0], asked)


def test_devices_that_all_fail_tell_nothing() -> None:
    """A plan on old figures would not be what was asked for."""
    asked, gauge = demand(Stock(ONE, 1), Stock(HALF, 1)), FakeGauge({"cpu:1": [None], "cpu:0.5": [None]})

    with pytest.raises(UnavailableError, match="no device could work on m"):
        planned(at_present(asked, gauge, made_profile(device=ONE), made_profile(device=HALF))[0], asked)
    assert len(gauge.asked) == 1


def test_a_device_that_fails_leaves_the_ratio_to_the_others() -> None:
    """Of its kind."""
    asked = demand(Stock(ONE, 2))
    source, _ = at_present(asked, FakeGauge({"cpu:1": [None, 3.0]}), made_profile(device=ONE))

    assert "3 times as long" in " ".join(planned(source, asked).warnings)
