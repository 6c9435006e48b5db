"""What may be asked of a plan."""

from __future__ import annotations

import pytest

from vedette.values.demand import Demand, PlanKind
from vedette.values.device import DeviceKind, Fleet, Stock

FLEET = Fleet((Stock(DeviceKind("cpu:1"), 2),))


def demand(kind: PlanKind = PlanKind.DEADLINE, **others: object) -> Demand:
    return Demand(kind, ("det",), FLEET, **others)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("others", "told"),
    [
        ({"images": 0}, "one image at least, got 0"),
        ({"images": 10**18}, "images may be 1e+15 at most"),
        ({"images": 10**400}, "images may be 1e+15 at most"),
        ({"within_s": 0.0}, "within must be above 0, got 0"),
        ({"within_s": float("nan")}, "within must be above 0, got nan"),
        ({"within_s": 1e18}, r"within may be 1e\+09 s at most, got 1e\+18 s"),
        ({"rate_per_s": 1e-9}, r"a rate lies between 1e-05/s and 1e\+06/s, got 1e-09/s"),
        ({"rate_per_s": 1e9}, r"a rate lies between 1e-05/s and 1e\+06/s, got 1e\+09/s"),
        ({"probability": 1.0}, "a probability lies between 0 and 1, got 1"),
        ({"lost_devices": -1}, "lost devices are 0 or more, got -1"),
    ],
)
def test_what_no_plan_can_be_of_is_told_with_its_value(others: dict[str, object], told: str) -> None:
    """Also what is beyond all reason: counts and nanoseconds would not be exact."""
    with pytest.raises(ValueError, match=told.replace("1e+15", r"1e\+15")):
        demand(**others)


@pytest.mark.parametrize(
    "others", [{"images": 10**15, "within_s": 1e9}, {"within_s": 1e-9}, {"rate_per_s": 1e-5}, {"rate_per_s": 1e6}]
)
def test_largest_and_least_may_be_asked(others: dict[str, object]) -> None:
    """The ends belong to what is allowed."""
    assert demand(**others).models == ("det",)
