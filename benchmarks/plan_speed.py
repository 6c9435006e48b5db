"""How long an exact plan takes over many devices, models and mini-batch sizes.

The fleet has 100 kinds of devices, 1 to 8 of each, with prices and watts of their own; 20 models, of which any will
do or each of which has images of its own; mini-batches of 1 to 64 images. All of it is drawn with a seed: W and L are
nearly straight lines in the batch, and a kind that is twice as fast costs about twice as much. So many kinds are nearly
as good as each other, which is what makes a proof hard. Questions of one model that have a closed form are among them,
with all that they say of one more unit. Times are wall times of everything from the figures to the answer, with the CPU
time beside them; importing the solver is told apart. Bar: every case within a second, proven optimal.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import numpy as np

from benchmarks.evidence import environment, json_option, write
from vedette.adapters.solvers.cpsat import CpSat
from vedette.flows.planning.allocate import allocate
from vedette.rules.capacity.allocation import Job, Order
from vedette.rules.capacity.answer import Answer
from vedette.rules.capacity.budget import most_images_plan
from vedette.rules.capacity.capability import Capability, Option
from vedette.rules.capacity.deadline import fewest_devices
from vedette.values.deadline import DeadlineClass
from vedette.values.demand import Demand, Goal, Limits, PlanKind
from vedette.values.device import Billing, DeviceKind, Fleet, Stock
from vedette.values.moment import Moment
from vedette.values.plan import Status

KINDS, MODELS, BATCHES = 100, 20, 64
SEEDS = (1, 2, 3)
WITHIN_S = 20.0
IMAGES = 100_000
BAR_S = 1.0
SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Case:
    """One question: goal, limits, and how the images are shared by the models."""

    name: str
    goal: Goal
    deadline: DeadlineClass = DeadlineClass.RELAXED
    each_model: bool = False
    limits: Limits = field(default_factory=Limits)
    billing: Billing = Billing.SECOND
    one_model: bool = False


CLOSED = tuple(
    Case(f"{goal} in closed form, {deadline}", goal, deadline)
    for goal in (Goal.DEVICES, Goal.IMAGES)
    for deadline in (DeadlineClass.RELAXED, DeadlineClass.HARD, DeadlineClass.SOFT)
)
CASES = (
    Case("cost", Goal.COST),
    Case("cost, one model", Goal.COST, one_model=True),
    Case("cost, each model has its images", Goal.COST, each_model=True),
    Case("cost by the hour", Goal.COST, billing=Billing.HOUR),
    Case("cost, soft deadline", Goal.COST, DeadlineClass.SOFT),
    Case("cost, hard deadline", Goal.COST, DeadlineClass.HARD),
    Case("energy", Goal.ENERGY),
    Case("devices, with a limit of cost", Goal.DEVICES, limits=Limits(cost=0.5)),
    Case("images, with a limit of cost", Goal.IMAGES, limits=Limits(cost=0.05)),
)


def fleet(seed: int, billing: Billing) -> tuple[Fleet, list[float]]:
    """Kinds with prices and watts, and the speed of each."""
    generator = np.random.default_rng([seed, 1])
    speeds = np.exp(generator.uniform(0, 3, KINDS))
    prices = 0.2 * speeds * generator.uniform(0.7, 1.4, KINDS)
    watts = 20 * speeds**0.8 * generator.uniform(0.7, 1.4, KINDS)
    counts = generator.integers(1, 9, KINDS)
    stocks = [
        Stock(
            DeviceKind(f"kind{one}", None, None, float(prices[one]), "EUR", billing, float(watts[one])),
            int(counts[one]),
        )
        for one in range(KINDS)
    ]
    return Fleet(tuple(stocks)), speeds.tolist()


def capabilities(seed: int, stocks: Fleet, speeds: list[float]) -> tuple[Capability, ...]:
    """Every model on every kind."""
    generator = np.random.default_rng([seed, 2])
    sizes = np.exp(generator.uniform(0, 2, MODELS))
    made = []
    for stock, speed in zip(stocks.stocks, speeds, strict=True):
        for model, size in enumerate(sizes.tolist()):
            a, b, warm = generator.uniform(0.8, 1.2, 3) * (0.02, 0.02, 0.5) * size / speed
            noise = generator.uniform(1.0, 1.05, BATCHES)
            later = (a + b * np.arange(1, BATCHES + 1)) * noise
            options = tuple(
                Option(batch, _moment(warm + one), _moment(one), 1.3 * (warm + one), 1.3 * one)
                for batch, one in enumerate(later.tolist(), 1)
            )
            made.append(Capability(f"model{model}", "drawn", stock.kind, options))
    return tuple(made)


def _moment(mean: float) -> Moment:
    return Moment(mean, 0.02 * mean, 0.01 * mean, 30, 5)


def measured(case: Case, seed: int) -> dict[str, Any]:
    """One case of one seed."""
    stocks, speeds = fleet(seed, case.billing)
    known = capabilities(seed, stocks, speeds)
    models = tuple(f"model{one}" for one in range(MODELS))
    images = None if case.goal is Goal.IMAGES else IMAGES
    jobs: tuple[Job, ...] = (Job(models[:1] if case.one_model else models, images),)
    if case.each_model:
        jobs = tuple(Job((model,), IMAGES // MODELS // 4) for model in models)
    order = Order(jobs, known, stocks, WITHIN_S, case.deadline, 0.95, case.goal, case.limits)
    return _timed(case, seed, lambda: allocate(order, CpSat(), SECONDS))


def closed(case: Case, seed: int) -> dict[str, Any]:
    """One case of one seed and one model that has a closed form."""
    stocks, speeds = fleet(seed, case.billing)
    known = [one for one in capabilities(seed, stocks, speeds) if one.model == "model0"]
    fewest = case.goal is Goal.DEVICES
    kind, images = (PlanKind.DEADLINE, IMAGES) if fewest else (PlanKind.BUDGET, None)
    demand = Demand(kind, ("model0",), stocks, images, WITHIN_S, deadline=case.deadline, probability=0.95)
    return _timed(case, seed, lambda: (fewest_devices if fewest else most_images_plan)(demand, known))


def _timed(case: Case, seed: int, answered: Callable[[], Answer]) -> dict[str, Any]:
    started, busy = time.perf_counter(), time.process_time()
    answer = answered()
    took, worked = time.perf_counter() - started, time.process_time() - busy
    print(
        f"{case.name:34} seed {seed}: {took:.3f} s ({worked:.3f} s of CPU), {answer.status}, {answer.value}, "
        f"bound {answer.bound}, {len(answer.shares)} devices",
        flush=True,
    )
    return {
        "seed": seed,
        "case": case.name,
        "seconds": took,
        "cpu_seconds": worked,
        "status": answer.status.value,
        "value": answer.value,
        "bound": answer.bound,
        "devices": len(answer.shares),
    }


def main() -> None:
    """Measure, print, and write the evidence."""
    file = json_option(__doc__ or "")
    started = time.perf_counter()
    allocate(*_smallest())
    importing = time.perf_counter() - started
    print(f"solver imported and once used: {importing:.2f} s")
    rows = [closed(case, seed) for case in CLOSED for seed in SEEDS]
    rows += [measured(case, seed) for case in CASES for seed in SEEDS]
    proven = all(row["status"] == Status.OPTIMAL for row in rows)
    slowest = max(row["seconds"] for row in rows)
    print(f"median {statistics.median(row['seconds'] for row in rows):.3f} s, slowest {slowest:.3f} s, bar {BAR_S:g} s")
    evidence = {
        "benchmark": "plan_speed",
        "rows": rows,
        "importing_s": importing,
        "met": proven and slowest <= BAR_S,
        "settings": {"kinds": KINDS, "models": MODELS, "batches": BATCHES, "within_s": WITHIN_S, "images": IMAGES},
        "environment": environment() | {"ortools": version("ortools")},
    }
    write(file, evidence)


def _smallest() -> tuple[Order, CpSat]:
    kind = DeviceKind("one", None)
    able = Capability("model0", "drawn", kind, (Option(1, _moment(1.0), _moment(1.0), 1.0, 1.0),))
    return Order((Job(("model0",), 2),), (able,), Fleet((Stock(kind, 1),)), 5.0), CpSat()


if __name__ == "__main__":
    main()
