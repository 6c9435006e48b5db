"""`vedette bench replay`: the same trial once more, from what a run recorded of itself.

run.json -> BenchOrder (same load, seed, images, limits) -> bench -> same bytes? same schedule? -> a new run
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vedette.errors import ConflictError, UsageError
from vedette.rules.candidates import Wish
from vedette.values.execution import Precision, RuntimeName
from vedette.values.requests import Requests
from vedette.values.run import RunData
from vedette.values.trial import SHIPPED_CROPS, TrialSpec
from vedette.wiring.bench import Stored, bench
from vedette.wiring.bench_images import choose_images
from vedette.wiring.bench_order import BenchOrder
from vedette.wiring.targets import Headers

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Replayed:
    """The new run, and whether its requests were due at the same times; None for loads without a schedule."""

    stored: Stored
    same_schedule: bool | None


def replay(old: RunData, headers: Headers, output: Path | None, say: Say) -> Replayed:
    """Measure again what a run measured.

    Args:
        old: the run.
        headers: what is sent with each request; a run does not record it.
        output: folder of the new run; None: the home folder.
        say: told what is going on.

    Raises:
        ConflictError: the images are not what they were.
        UsageError: other headers are given than were sent.
        VedetteError: as `bench`.
    """
    _check_headers(old.run.spec, headers)
    order = order_of(old.run.spec, headers, output)
    now = choose_images(order.images, order.load, order.seed).inputs
    if now.sha256 != old.run.spec.inputs.sha256:
        raise ConflictError(
            f"the images differ from those of {old.run.id}: sha256 {now.sha256[:16]} instead of "
            f"{old.run.spec.inputs.sha256[:16]}",
            help="bring back the files that were sent, or measure anew with `vedette bench run`",
        )
    (stored,) = bench(order, say)
    scheduled = order.load.kind.is_open
    same = same_schedule(old.requests, stored.data.requests) if scheduled else None
    return Replayed(stored, same)


def order_of(spec: TrialSpec, headers: Headers, output: Path | None) -> BenchOrder:
    """What was asked, from a recorded spec."""
    return BenchOrder(
        targets=((spec.target, headers),),
        load=spec.load,
        images=() if spec.inputs.sources == SHIPPED_CROPS else spec.inputs.sources,
        quality=spec.quality,
        reference=spec.reference,
        wish=_wish(spec),
        model_may_change=spec.model_may_change,
        seed=spec.seed,
        repeats=spec.repeats,
        monitor_hz=spec.monitor_hz,
        client_cores=spec.client_cores,
        limits=spec.limits,
        output=output,
    )


def _wish(spec: TrialSpec) -> Wish:
    runtime, precision = spec.reference_runtime, spec.reference_precision
    return Wish(
        None if runtime == "auto" else RuntimeName(runtime), None if precision == "auto" else Precision(precision)
    )


def _check_headers(spec: TrialSpec, headers: Headers) -> None:
    given = tuple(sorted(name for name, _ in headers))
    if given != spec.headers:
        sent, now = (", ".join(names) or "none" for names in (spec.headers, given))
        raise UsageError(
            f"the run was sent with the headers {sent}, given are {now}",
            help="give each with --header NAME:VALUE; a run does not record their values",
        )


def same_schedule(one: Requests, other: Requests) -> bool:
    """Whether the requests of both were due at the same offsets in every repeat, with the same images."""
    repeats = np.unique(one.repeat).tolist()
    return repeats == np.unique(other.repeat).tolist() and all(
        _plan(one, each) == _plan(other, each) for each in repeats
    )


def _plan(requests: Requests, repeat: int) -> list[tuple[int, int]]:
    """(nanoseconds after the first, image) of each request that counts, in the order of both."""
    mine = requests.where((requests.repeat == repeat) & ~requests.warm_up)
    first = mine.scheduled.min() if len(mine) else 0
    return sorted(zip((mine.scheduled - first).tolist(), mine.image.tolist(), strict=True))
