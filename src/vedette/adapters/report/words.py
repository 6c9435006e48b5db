"""Figures and facts as words: numbers with as many digits as they are worth, sentences, the glossary.

Estimate(12.345, 11.9, 12.8)    -> "12.3 ms", "11.9 to 12.8 ms"
Estimate(None, reason="...")    -> "-", the reason
"""

from __future__ import annotations

import math

from vedette.values.evidence import Estimate
from vedette.values.run import Run
from vedette.values.trial import Placement, Scope, TargetKind
from vedette.values.workload import Load, LoadKind

ABSENT = "-"
_WHOLE_FROM = 100.0
_TINY = 1e-3

SCOPES = {
    Scope.HARNESS: "nothing but the measuring tool itself",
    Scope.TENSOR: "a tensor in, tensors out; decoding and resizing were done before and are not timed",
    Scope.IMAGE: "the bytes of an image in, the answer out, and all that the target does between",
}
PLACEMENTS = {
    Placement.IN_PROCESS: "the client ran in the target's own process",
    Placement.SHARED: "the client ran on the cores that the target uses too",
    Placement.DISJOINT: "the client ran on cores of its own",
    Placement.REMOTE: "the target ran on another machine",
}
SHAPES = {
    LoadKind.CONSTANT: "a constant rate",
    LoadKind.POISSON: "a Poisson process",
    LoadKind.BURST: "bursts",
    LoadKind.RAMP: "a rising rate",
    LoadKind.TRACE: "a recorded trace",
    LoadKind.PEAK: "a search for the highest rate that holds",
    LoadKind.MLPERF_SINGLE_STREAM: "MLPerf single stream",
    LoadKind.MLPERF_MULTI_STREAM: "MLPerf multi stream",
    LoadKind.MLPERF_SERVER: "MLPerf server",
    LoadKind.MLPERF_OFFLINE: "MLPerf offline",
    LoadKind.SCENARIO_1: "scenario 1: the same image, no warm-up",
    LoadKind.SCENARIO_2: "scenario 2: the same image after a warm-up",
    LoadKind.SCENARIO_3: "scenario 3: different images of one size",
    LoadKind.SCENARIO_4: "scenario 4: different images of different sizes",
}


def number(value: float | None) -> str:
    """Three significant digits; whole from 100 on, with thin groups; `-` for what is absent or no number."""
    if value is None or not math.isfinite(value):
        return ABSENT
    if abs(value) < _TINY:
        return "0" if value == 0 else f"{value:.2g}"
    size = abs(float(f"{value:.3g}"))
    if size >= _WHOLE_FROM:
        return f"{value:,.0f}"
    return f"{value:.{2 - math.floor(math.log10(size))}f}"


def exact(value: float | None) -> str:
    """A number that was asked for, as it was written: 50, 0.25, 12,000; `-` for what is absent."""
    return ABSENT if value is None else f"{value:,.10g}"


def quantity(value: float | None, unit: str) -> str:
    """A number with its unit, or `-`."""
    return f"{number(value)} {unit}" if number(value) != ABSENT else ABSENT


def interval(estimate: Estimate, unit: str) -> str:
    """The interval as `11.9 to 12.8 ms`, or `-`; narrow ones with as many places as tell their ends apart."""
    if estimate.low is None or estimate.high is None:
        return ABSENT
    low, high = number(estimate.low), number(estimate.high)
    if low == high and estimate.high > estimate.low:
        places = min(9, max(0, 1 - math.floor(math.log10(estimate.high - estimate.low))))
        low, high = f"{estimate.low:,.{places}f}", f"{estimate.high:,.{places}f}"
    return f"{low} to {high} {unit}"


def quoted(estimate: Estimate, unit: str) -> str:
    """A figure as it may stand in a sentence: with its interval, or with the reason why there is none."""
    if estimate.value is None:
        return f"not told ({estimate.reason or 'no reason was recorded'})"
    if estimate.low is None or estimate.high is None:
        return f"{quantity(estimate.value, unit)} (no interval: {estimate.reason or 'no reason was recorded'})"
    return f"{quantity(estimate.value, unit)} ({estimate.confidence:.0%} interval {interval(estimate, unit)})"


def percent(share: float | None) -> str:
    """A share 0..1 as a percentage; never 0 % for what is not 0."""
    if share is None or not math.isfinite(share):
        return ABSENT
    return f"{100 * share:.3g} %"


def plural(count: int, one: str, many: str = "") -> str:
    """`1 request`, `2,000 requests`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(words: tuple[str, ...]) -> str:
    """`a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def named(run: Run) -> str:
    """What the target calls itself, or how it is addressed."""
    target = run.spec.target
    if target.kind is TargetKind.NULL:
        return "null target"
    model = target.model or run.introduction.model
    place = target.address if target.kind is not TargetKind.INPROCESS else f"{target.address} in process"
    return f"{model} at {place}" if model and target.kind is not TargetKind.INPROCESS else place


def load_words(load: Load) -> str:
    """The load in a few words, with the figures that belong to its kind."""
    if load.kind is LoadKind.CLOSED:
        pause = f", each pausing {exact(load.think_ms)} ms after an answer" if load.think_ms else ""
        return f"a closed loop of {plural(load.clients, 'client')}{pause}"
    if load.kind is LoadKind.RAMP:
        return f"a rate rising from {exact(load.rate)} to {exact(load.rate_to)} requests/s"
    words = SHAPES[load.kind]
    if load.burst is not None:
        words += f" of {plural(load.burst, 'request')} at once"
    if load.rate is not None:
        words += f" of {exact(load.rate)} requests/s" if load.burst is None else f", {exact(load.rate)} requests/s"
    if load.limit_ms is not None:
        words += f" under a limit of {exact(load.limit_ms)} ms for the 99th percentile"
    return words


def lead(run: Run) -> str:
    """What was measured, in one sentence."""
    spec, sent = run.spec, run.summary.sent
    images = plural(spec.inputs.count, "image")
    timed = SCOPES[run.introduction.scope]
    repeats = plural(len(run.summary.repeats), "repeat")
    name = "The null target" if spec.target.kind is TargetKind.NULL else named(run)
    return (
        f"{name} was put under {load_words(spec.load)}: {plural(sent, 'request')} in {repeats}, "
        f"{images}; timed: {timed}."
    )


GLOSSARY = (
    (
        "scheduled time",
        "When a request was due. Latency counts from it, so waiting behind a slow answer is not hidden.",
    ),
    ("latency", "From the scheduled time to the end of the answer."),
    ("service time", "From the real send to the end of the answer. It hides the wait of a request that was sent late."),
    ("lateness", "How much later than scheduled a request was sent; the measuring tool's own fault if it is large."),
    ("p50, p90, p99", "Half, 90 and 99 of 100 answers came within this time (nearest rank)."),
    ("interval", "Holds the true figure with the stated confidence, as far as the run is like the next one."),
    ("warm-up", "Requests sent before the first one that counts, as was asked for."),
    ("MSER-5", "Rule that finds how many first requests are not yet steady, from means of five (White 1997)."),
    ("cool-down", "The end of a closed loop, when the first clients have stopped and the load falls."),
    ("closed loop", "A client sends its next request after the answer to the last: a slow target is asked less often."),
    ("open loop", "Requests are sent on a schedule made before the run, whether answers come or not."),
    ("Little's law", "Requests under way = arrivals a second x time in the system. A gap means the stamps are wrong."),
    ("backlog", "Requests that are due and not answered; where it grows, the target cannot keep up."),
    ("throughput", "Right answers a second."),
    ("steal", "Time in which the host of a virtual machine ran something else."),
    ("pressure", "Share of time in which some task waited for a core, memory or disk (Linux PSI)."),
    ("context switch", "A core turning from one thread to another."),
    ("ECDF", "Share of answers that came within a time; steep is even, a long flat end is a tail."),
    ("repeat", "The same measurement once more, with another seed; differences between repeats are the noise."),
)
"""The terms that a report uses, one line each."""
