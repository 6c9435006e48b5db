"""What the figures of a run allow one to say, what they do not, and the next step. Everything that decides it is here.

It claims no more than the run shows: each sentence carries an interval or the reason why there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

from vedette.adapters.report.words import load_words, number, percent, plural, quoted
from vedette.values.evidence import Distribution, Estimate
from vedette.values.run import Run
from vedette.values.trial import Placement, Scope
from vedette.values.workload import LoadKind

REPEATS_TO_COMPARE = 5
_WIDE = 0.2
"""An interval wider than this share of its figure leaves the figure open."""


@dataclass(frozen=True, slots=True)
class Advice:
    """Sentences: what may be said, what may not, and the next step."""

    may: tuple[str, ...]
    may_not: tuple[str, ...]
    next_steps: tuple[str, ...]


def advice(run: Run) -> Advice:
    """The recommendation of a run, in words."""
    may = _may(run) if run.verdict.valid else ()
    may_not = () if run.verdict.valid else ("Any figure of this run as a result: it is INVALID for the reasons above.",)
    return Advice(may, (*may_not, *_may_not(run)), _next_steps(run))


def _may(run: Run) -> tuple[str, ...]:
    under = f"Under {load_words(run.spec.load)}"
    words = []
    if run.summary.latency is not None:
        words.append(f"{under}, {_tail_words(run.summary.latency)}.")
    if run.summary.throughput.value is not None:
        words.append(f"It gave {quoted(run.summary.throughput, 'right answers a second')}.")
    held = [probe.rate for probe in run.probes if probe.held]
    if held:
        words.append(f"The highest rate tried that held was {number(max(held))} requests/s.")
    if run.quality.reference is not None and run.quality.shares:
        shares = ", ".join(f"{metric} {percent(share)}" for metric, share in run.quality.shares)
        answers = plural(run.quality.checked, "answer")
        words.append(f"Its answers agreed with {run.quality.reference} on {answers}: {shares}.")
    return tuple(words)


def _tail_words(latency: Distribution) -> str:
    half = f"half of the right answers came within {quoted(latency.median, 'ms')}"
    tail = dict(latency.percentiles).get(99)
    if tail is None or tail.value is None:
        return f"{half}, all of {plural(latency.count, 'answer')} within {number(latency.maximum)} ms"
    return f"{half}, 99 of 100 within {quoted(tail, 'ms')}"


def _may_not(run: Run) -> tuple[str, ...]:
    """What a reader could be tempted to conclude, and should not."""
    spec, words = run.spec, []
    for share, estimate in run.summary.latency.percentiles if run.summary.latency else ():
        if estimate.value is None:
            words.append(f"Anything of p{share:g}: {estimate.reason}.")
    words += _wide_words(run)
    if spec.load.kind is LoadKind.CLOSED or spec.load.kind.is_scenario:
        words.append(
            "How it behaves when requests arrive on their own: a closed loop asks a slow target less often, so waiting "
            "does not show."
        )
    if (
        run.environment.placement in {Placement.SHARED, Placement.IN_PROCESS}
        and run.introduction.scope != Scope.HARNESS
    ):
        words.append("How fast the target is with the cores to itself: the client used some of them.")
    if run.introduction.scope is Scope.TENSOR:
        words.append("The time from an image to its answer: decoding and resizing were not timed.")
    if run.introduction.scope is Scope.HARNESS:
        words.append("Anything of a server: this is the cost of the measuring tool itself.")
    elif run.quality.reference is None:
        words.append("That the answers are right: they were compared with no reference.")
    if spec.inputs.count == 1:
        words.append("That other images take as long: one image was sent again and again, which a cache may answer.")
    if run.campaign is None or len(run.summary.repeats) < REPEATS_TO_COMPARE:
        words.append(
            f"That it is faster or slower than something else: that takes {REPEATS_TO_COMPARE} or more repeats of "
            "both, in turns (one campaign)."
        )
    words.append("Anything of another machine, another load or other images.")
    return tuple(words)


def _wide_words(run: Run) -> list[str]:
    latency = run.summary.latency
    tail = dict(latency.percentiles).get(99) if latency else None
    wide = [
        (name, estimate)
        for name, estimate in (("p99", tail), ("the throughput", run.summary.throughput))
        if estimate is not None and _is_wide(estimate)
    ]
    return [
        f"More than the rough size of {name}: its interval is {percent(_width(estimate))} of its value wide."
        for name, estimate in wide
    ]


def _is_wide(estimate: Estimate) -> bool:
    return _width(estimate) > _WIDE


def _width(estimate: Estimate) -> float:
    if estimate.low is None or estimate.high is None or not estimate.value:
        return 0.0
    return (estimate.high - estimate.low) / estimate.value


def _next_steps(run: Run) -> tuple[str, ...]:
    """Commands that would answer what this run leaves open."""
    spec, words = run.spec, []
    if not run.verdict.valid:
        words.append(f"Remove the reasons, then run it again: vedette bench replay {run.id}")
    rate = run.summary.throughput.value
    if run.verdict.valid and spec.load.kind is LoadKind.CLOSED and rate:
        words.append(f"See what waiting does: --load poisson --rate {number(0.7 * rate).replace(',', '')}")
    if run.quality.reference is None and run.introduction.scope is not Scope.HARNESS:
        words.append("Have the answers checked: --reference and --quality")
    return tuple(words)
