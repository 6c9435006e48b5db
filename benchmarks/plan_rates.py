"""Plans for a rate that are carried out on this machine: the predicted p99 beside the measured one.

    for each model and number of replicas: profile -> for each load, up to 0.8 of what they serve:
                                           10 s of the devices (--refresh) -> plan -> servers, open loop

A server is started from the plan's own configuration and bound to one core; the generator keeps to the other. With two
replicas there is no core left for it, so those rows say how much that costs and count for nothing else.
Requests are Poisson arrivals at scheduled times; 1000 of each configuration count at least. By chance alone the p99 of
one run differs from that of another, from 5 % at a fifth of the load to 20 % at four fifths. So each row has two
errors: against the plan, which knows the rate only, and against its simulation of the very arrivals that were sent.
Bar: the p99 within 15 % of the plan's on 10 configurations at least.

    python -m benchmarks.plan_rates --json docs/benchmarks/plan_rates.json --picture docs/pictures/plan_rates.svg
    python -m benchmarks.plan_rates --quick
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.evidence import environment, write
from benchmarks.own_home import own_home
from benchmarks.plan_rates_picture import picture
from vedette.errors import VedetteError
from vedette.flows.planning.verify_rate import CUT
from vedette.rules.capacity.verdict import judged
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, PlanKind
from vedette.values.device import DeviceKind
from vedette.values.plan import Plan, Replicas
from vedette.wiring.carried import Carried
from vedette.wiring.plan import Sources, devices_of, make_plan
from vedette.wiring.plan_rate import CarriedRate, carry_rate, told
from vedette.wiring.plan_store import profiles_of
from vedette.wiring.profile import ProfileAsked, take_profile

MODELS = ("efficientnet-lite0", "nanodet-m-320", "ssdlite-mobilenet-v2")
LOADS = (0.2, 0.35, 0.5, 0.65, 0.8)
"""Shares of what the replicas serve at most."""

PAIR_LOADS = (0.6, 0.8)
"""Of two replicas: at these one alone cannot keep up."""

BATCHES, TRIALS = (1, 4), 3
COUNTED = 1100
LEAST_S = 45.0
"""Of a configuration, unless told otherwise: near saturation 1100 requests show little."""

REFRESH_S = 10.0
"""How long the devices of a plan work before it is made."""

HEADROOM = 1.25
"""The goal for the p99, over what is predicted."""

BAR, CONFIGURATIONS = 0.15, 10
GENEROUS_MS = 60_000.0

_AS_PROFILED = Sources()

Block = tuple[str, int, tuple[float, ...]]
"""A model, how many replicas, and their loads."""


@dataclass(frozen=True, slots=True)
class Row:
    """One plan that was carried out; times in milliseconds, errors as shares of what was measured."""

    model: str
    replicas: int
    load: float
    rate_per_s: float
    goal_ms: float
    batch: int
    utilisation: float
    service_ms: float
    request_ms: float | None
    predicted_ms: float
    low_ms: float | None
    high_ms: float | None
    replayed_ms: float | None = None
    measured_ms: float | None = None
    measured_low_ms: float | None = None
    measured_high_ms: float | None = None
    error: float | None = None
    error_same_arrivals: float | None = None
    counted: int = 0
    failed: int = 0
    speed: float | None = None
    apart: bool = True
    held: bool | None = None
    notes: tuple[str, ...] = ()


def main() -> None:
    """Measure, print, and write the evidence."""
    chosen = _arguments()
    blocks: list[Block] = [*((model, 1, LOADS) for model in MODELS), (MODELS[0], 2, PAIR_LOADS)]
    if chosen.quick:
        blocks = [(MODELS[0], 1, (0.5,))]
    began, rows = time.monotonic(), list[Row]()
    with own_home():
        for model, count, loads in blocks:
            for row in _block(model, count, loads, chosen.seconds):
                rows.append(row)
                print(_line(row), flush=True)
                if time.monotonic() - began > 60 * chosen.minutes:
                    break
            if time.monotonic() - began > 60 * chosen.minutes:
                print(f"stopped after {chosen.minutes:g} min, {len(rows)} configurations", file=sys.stderr)
                break
    found = summary(rows)
    for name, value in found.items():
        print(f"{name}: {value}")
    write(
        chosen.json,
        {
            "benchmark": "plan_rates",
            **found,
            "rows": [asdict(row) for row in rows],
            "seconds": chosen.seconds,
            **_settings(),
        },
    )
    if chosen.picture is not None:
        chosen.picture.write_text(picture([asdict(row) for row in rows]), encoding="utf-8")


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """The bar, and what was reached: of the configurations whose generator had a core of its own."""
    own = [row for row in rows if row.apart]
    errors = [abs(row.error) for row in own if row.error is not None]
    same = [abs(row.error_same_arrivals) for row in own if row.error_same_arrivals is not None]
    within = sum(error <= BAR for error in errors)
    return {
        "configurations": len(errors),
        "failed": sum(row.measured_ms is None for row in rows),
        "median_error": statistics.median(errors) if errors else None,
        "within_15_percent": within,
        "median_error_same_arrivals": statistics.median(same) if same else None,
        "within_15_percent_same_arrivals": sum(error <= BAR for error in same),
        "goals_held": sum(row.held is True for row in own),
        "shared_core": [row.error for row in rows if not row.apart],
        "met": within >= CONFIGURATIONS,
    }


def _block(model: str, count: int, loads: Sequence[float], least_s: float = LEAST_S) -> Iterator[Row]:
    """Profile a model, and carry plans out at once: the machine drifts."""
    asked = ProfileAsked(model, DeviceKind("cpu:1", 1.0), batches=BATCHES, trials=TRIALS, neighbours=count - 1)
    take_profile(asked, lambda _: None)
    for load in loads:
        yield _row(model, count, load, least_s)


def _row(model: str, count: int, load: float, least_s: float) -> Row:
    """The load is a share of what the replicas serve at most at the speed of the machine now."""
    now = _planned(model, count, 1e-3, GENEROUS_MS, Sources(refresh_s=REFRESH_S))
    if now.replicas is None:
        raise SystemExit(f"{model}: no plan for an image now and then")
    rate_per_s = load * now.replicas.most_per_s * count
    free = _planned(model, count, rate_per_s, GENEROUS_MS, Sources(named=now.profiles))
    if free.replicas is None:
        raise SystemExit(f"{model}: no plan at {rate_per_s:g} images a second")
    goal_ms = math.ceil(free.replicas.p99_ms.expected * HEADROOM)
    plan = _planned(model, count, rate_per_s, float(goal_ms), Sources(named=now.profiles))
    if plan.replicas is None:
        raise SystemExit(f"{model}: the p99 of a plan is no goal that can be kept")
    how = Carried(duration_s=max(least_s, COUNTED / (1 - CUT) / rate_per_s))
    carried: CarriedRate | None = None
    notes: tuple[str, ...] = ()
    try:
        carried = carry_rate(plan, profiles_of(plan, {}), how, lambda _: None)
    except VedetteError as error:
        notes = (error.message,)
    return _told(plan, plan.replicas, load, carried, notes)


def _planned(model: str, count: int, rate_per_s: float, p99_ms: float, sources: Sources = _AS_PROFILED) -> Plan:
    fleet = devices_of(",".join(["cpu:1"] * count)).fleet
    demand = Demand(
        PlanKind.RATE, (model,), fleet, rate_per_s=rate_per_s, p99_ms=p99_ms, deadline=DeadlineClass.RELAXED
    )
    return make_plan(demand, sources, lambda _: None).plan


def _told(plan: Plan, given: Replicas, load: float, carried: CarriedRate | None, notes: tuple[str, ...]) -> Row:
    demand, profile = plan.demand, profiles_of(plan, {})[given.profile]
    single = next(point.latency_s for point in profile.points if point.batch == 1)
    facts: dict[str, Any] = {} if carried is None else _came(plan, carried)
    return Row(
        given.model,
        given.count,
        load,
        demand.rate_per_s or 0.0,
        demand.p99_ms or 0.0,
        given.batch,
        given.utilisation,
        0.0 if single is None else single.mean * 1e3,
        None if profile.request_s is None else profile.request_s.mean * 1e3,
        given.p99_ms.expected,
        given.p99_ms.low,
        given.p99_ms.high,
        **{"notes": notes, **facts},
    )


def _came(plan: Plan, carried: CarriedRate) -> dict[str, Any]:
    p99, verification = carried.found.p99_ms, told(plan, carried)
    assert verification.predicted_s == judged(plan, None).predicted_s, "the plan's own prediction is judged"
    replayed = carried.replayed_ms.expected
    return {
        "replayed_ms": replayed,
        "measured_ms": p99.value,
        "measured_low_ms": p99.low,
        "measured_high_ms": p99.high,
        "error": verification.error,
        "error_same_arrivals": None if p99.value is None else (p99.value - replayed) / p99.value,
        "counted": carried.found.counted,
        "failed": carried.found.failed,
        "speed": carried.speed,
        "apart": carried.apart,
        "held": verification.held,
        "notes": (*verification.notes, *verification.not_enforced),
    }


def _line(row: Row) -> str:
    request = "-" if row.request_ms is None else f"{row.request_ms:.2f}"
    head = (
        f"{row.model:22} x{row.replicas} load {row.load:.1f} {row.rate_per_s:6.1f}/s  L {row.service_ms:6.2f} + "
        f"{request} ms  p99 predicted {row.predicted_ms:7.1f}"
    )
    if row.measured_ms is None or row.error is None or row.error_same_arrivals is None:
        return f"{head}  failed  {'; '.join(row.notes)}"
    known = row.measured_low_ms is not None and row.measured_high_ms is not None
    interval = f"[{row.measured_low_ms:.1f} to {row.measured_high_ms:.1f}]" if known else "[no interval]"
    return (
        f"{head}  measured {row.measured_ms:7.1f} {interval} {row.error:+7.1%}  same arrivals "
        f"{row.replayed_ms:7.1f} {row.error_same_arrivals:+7.1%}  n {row.counted}  "
        f"{'held' if row.held else 'missed'}  speed {row.speed or math.nan:.2f}{'' if row.apart else '  shared core'}"
    )


def _settings() -> dict[str, Any]:
    return {
        "settings": {
            "models": MODELS,
            "loads": LOADS,
            "pair_loads": PAIR_LOADS,
            "batches": BATCHES,
            "trials": TRIALS,
            "counted": COUNTED,
            "headroom": HEADROOM,
            "refresh_s": REFRESH_S,
        },
        "environment": environment(),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="one configuration: a smoke test, no evidence")
    parser.add_argument("--minutes", type=float, metavar="N", default=20.0, help="begin nothing further after so long")
    parser.add_argument("--seconds", type=float, metavar="N", default=LEAST_S, help="of each configuration, at least")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    parser.add_argument("--picture", type=Path, metavar="FILE", help="draw predicted against measured, SVG")
    return parser.parse_args()


if __name__ == "__main__":
    main()
