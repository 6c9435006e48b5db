"""How good predictions were: all pairs of predicted and measured, together and in groups.

Plan + Verification -> Pair      Pairs -> groups -> Calibration each
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median

from vedette.rules.capacity.amounts import plural
from vedette.rules.capacity.verdict import limit_s, predicted_s
from vedette.rules.stats.proportion import proportion_estimate
from vedette.rules.stats.quantiles import nearest_rank
from vedette.values.calibration import Calibration, Pair
from vedette.values.evidence import Estimate
from vedette.values.plan import Plan
from vedette.values.verification import Verification

PROMISE = 0.95
"""Plans with this probability or more count as promised."""

_ROUNDING = 1e-9


def pair_of(plan: Plan, verification: Verification) -> Pair:
    """What the plan predicted beside what was measured, in seconds for a rate too."""
    environment = verification.environment
    return Pair(
        plan=plan.id,
        kind=plan.demand.kind,
        models=_models(plan),
        devices=_devices(plan),
        start=plan.demand.start,
        deadline=plan.demand.deadline,
        predicted=predicted_s(plan),
        measured_s=verification.measured_s,
        limit_s=limit_s(plan),
        held=verification.held,
        within_interval=verification.within_interval,
        probability=plan.probability,
        speed=verification.speed,
        machine="" if environment is None else environment.machine,
        created=verification.created,
        reason=verification.reason,
    )


def calibrate(pairs: Sequence[Pair], group: str = "all", promise: float = PROMISE) -> Calibration:
    """How the predictions of these pairs came out; from the probability `promise` on they count as promised."""
    measured = [pair for pair in pairs if pair.measured_s is not None]
    errors = [pair.error for pair in measured if pair.error is not None]
    sizes = [abs(error) for error in errors]
    promised = [pair.held for pair in measured if _is_promised(pair, promise) and pair.held is not None]
    return Calibration(
        group=group,
        pairs=len(measured),
        failed=len(pairs) - len(measured),
        median_error=median(sizes) if sizes else None,
        p90_error=nearest_rank(sizes, 0.9) if sizes else None,
        bias=median(errors) if errors else None,
        within=_share([pair.within_interval for pair in measured if pair.within_interval is not None]),
        held=_share(promised),
        promise=promise,
    )


def calibrations(pairs: Sequence[Pair], promise: float = PROMISE) -> tuple[Calibration, ...]:
    """All pairs together, then by kind of plan, by model and by number of devices; a single group is not repeated."""
    found = [calibrate(pairs, promise=promise)]
    for key in (_by_kind, _by_models, _by_devices):
        groups: dict[tuple[int, str], list[Pair]] = {}
        for pair in pairs:
            groups.setdefault(key(pair), []).append(pair)
        if len(groups) > 1:
            found += [calibrate(groups[rank, name], name, promise) for rank, name in sorted(groups)]
    return tuple(found)


Key = Callable[[Pair], tuple[int, str]]


def _by_kind(pair: Pair) -> tuple[int, str]:
    return 0, str(pair.kind)


def _by_models(pair: Pair) -> tuple[int, str]:
    return 0, " + ".join(pair.models)


def _by_devices(pair: Pair) -> tuple[int, str]:
    return len(pair.devices), plural(len(pair.devices), "device")


def _is_promised(pair: Pair, promise: float) -> bool:
    return pair.probability is not None and pair.probability >= promise - _ROUNDING


def _share(held: Sequence[bool]) -> Estimate:
    return proportion_estimate(sum(held), len(held))


def _models(plan: Plan) -> tuple[str, ...]:
    if plan.replicas is not None:
        return (plan.replicas.model,)
    return tuple(sorted({one.model for one in plan.assignments}))


def _devices(plan: Plan) -> tuple[str, ...]:
    if plan.replicas is not None:
        return (plan.replicas.device.name,) * plan.replicas.count
    return tuple(one.device.name for one in plan.assignments)
