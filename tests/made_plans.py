"""Plans, profiles and verifications for tests: figures that nobody measured."""

from __future__ import annotations

from vedette.values.demand import Demand, Goal, PlanKind
from vedette.values.device import DeviceKind, Fleet, Stock
from vedette.values.execution import Execution, Precision, RuntimeName
from vedette.values.moment import Moment
from vedette.values.plan import Assignment, Binding, Objective, Plan, Prediction, Status
from vedette.values.profile import Failed, Origin, Profile, Profiled, ProfilePoint
from vedette.values.verification import DeviceRun, Verification

CORE = DeviceKind("cpu:1", price_per_hour=0.36, watts=10.0)
HALF = DeviceKind("cpu:0.5", 0.5)
EXECUTION = Execution(RuntimeName.OPENVINO, Precision.FP32)


def made_point(batch: int, later_s: float, first_s: float) -> ProfilePoint:
    """A point of three trials."""
    return ProfilePoint(
        batch,
        None,
        Moment(later_s, later_s / 50, later_s / 100, 60, 3),
        Moment(first_s, 0.0, first_s / 50, 3, 3),
        Moment(0.4, 0.0, 0.01, 3, 3),
        peak_bytes=120_000_000 + 2_000_000 * batch,
        longest_s=later_s * 1.2,
    )


def made_profile(id_: str = "lite0-cpu-1", device: DeviceKind = CORE, model: str = "lite0") -> Profile:
    """L(b) = 2 ms + 8 ms b, W(b) = 20 ms + 9 ms b, and no memory for 32 images."""
    points = [made_point(batch, 0.002 + 0.008 * batch, 0.020 + 0.009 * batch) for batch in (1, 2, 4, 8, 16)]
    points.append(ProfilePoint(32, None, failed=Failed.OUT_OF_MEMORY, reason="killed at 256 MB"))
    return Profile(id_, Profiled(model, "1", "", EXECUTION, device), tuple(points), Origin.GIVEN, source="a test")


def made_plan(**changes: object) -> Plan:
    """Two devices, 2000 images, within 10 s."""
    facts: dict[str, object] = {
        "id": "plan-1",
        "demand": Demand(PlanKind.DEADLINE, ("lite0",), Fleet((Stock(CORE, 3),)), images=2000, within_s=10.0),
        "status": Status.OPTIMAL,
        "objective": Objective(Goal.DEVICES, 2.0, 2.0, "devices"),
        "method": "closed form",
        "assignments": tuple(
            Assignment(CORE, number, "lite0", "lite0-cpu-1", 16, 62, 1000, Prediction(8.2, 7.9, 8.6), 0.01, 0.02)
            for number in (1, 2)
        ),
        "makespan_s": Prediction(8.3, 8.0, 8.7),
        "probability": 0.99,
        "images": 2000,
        "cost": 0.02,
        "currency": "EUR",
        "binding": (Binding("devices", "a third device would end it in 5.6 s"),),
        "words": ("Run lite0 on two devices.",),
        "profiles": ("lite0-cpu-1",),
        "created": "2026-01-02T03:04:05+00:00",
    }
    return Plan(**(facts | changes))  # type: ignore[arg-type]


def made_verification(plan: str = "plan-1") -> Verification:
    """Carried out a little slower than predicted."""
    runs = tuple(DeviceRun("cpu:1", number, 1000, 0.4, 0.2, 8.5) for number in (1, 2))
    return Verification(plan, 8.3, 8.5, 0.2 / 8.5, held=True, within_interval=True, runs=runs, created="2026-01-02")
