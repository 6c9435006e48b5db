"""Figures and settings of runs in words, the same in every table."""

from __future__ import annotations

from vedette.values.evidence import Estimate
from vedette.values.trial import Introduction, Placement, Scope
from vedette.values.workload import Load, LoadKind, Order

ABSENT = "-"


PLACES = {
    Placement.IN_PROCESS: "in the target's process",
    Placement.SHARED: "on the same cores as the target",
    Placement.DISJOINT: "on other cores than the target",
    Placement.REMOTE: "on another machine than the target",
}
SCOPES = {
    Scope.HARNESS: "the harness alone",
    Scope.TENSOR: "tensor in, tensors out; decoding and resizing were done before",
    Scope.IMAGE: "bytes of an image in, answer out, and all that the target does between",
}


def printable(text: str) -> str:
    """A text that a server or a file gave, without what would steer a terminal."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)


def number(value: float | None) -> str:
    """Four digits, more only before the point; `-` for none."""
    if value is None:
        return ABSENT
    size = abs(value)
    for limit, digits in ((9.9995, 3), (99.995, 2), (999.95, 1)):
        if size < limit:
            return f"{value:.{digits}f}"
    return f"{value:,.0f}"


def between(estimate: Estimate) -> str:
    """`9.66 to 10.11`; `-` where there is no interval."""
    if estimate.low is None or estimate.high is None:
        return ABSENT
    return f"{number(estimate.low)} to {number(estimate.high)}"


def load_words(load: Load) -> str:
    """A load with all of its figures that are not the usual ones: `constant, 50 requests/s, 200 requests`."""
    parts = [str(load.kind), *_rates(load)]
    if load.kind is LoadKind.CLOSED or load.clients > 1:
        parts.append(_count(load.clients, "client"))
    if load.think_ms:
        parts.append(f"{load.think_ms:g} ms of thinking")
    if load.burst is not None:
        parts.append(f"bursts of {load.burst}")
    if load.trace is not None:
        parts.append(f"trace {printable(load.trace)}")
    if load.limit_ms is not None:
        parts.append(f"p99 within {load.limit_ms:g} ms")
    if load.requests is not None:
        parts.append(_count(load.requests, "request"))
    if load.duration_s is not None:
        parts.append(f"{load.duration_s:g} s")
    if load.warm_up:
        parts.append(f"{load.warm_up} before as warm-up")
    if load.order is not Order.CYCLE:
        parts.append(f"images {load.order}")
    return ", ".join(parts)


def target_words(introduction: Introduction) -> str:
    """What the target told of itself."""
    told = [printable(text) for text in (introduction.server, introduction.model) if text]
    tensors = ", ".join(
        f"{printable(one.name)} {one.datatype} {'x'.join(map(str, one.shape))}" for one in introduction.tensors or ()
    )
    words = ", ".join([*told, *([f"tensors {tensors}"] if tensors else [])]) or "it told nothing"
    return f"{words} ({printable(introduction.reason)})" if introduction.reason else words


def _rates(load: Load) -> list[str]:
    if load.rate is None:
        return []
    if load.rate_to is not None:
        return [f"{load.rate:g} to {load.rate_to:g} requests/s"]
    return [f"{'up to ' if load.kind is LoadKind.PEAK else ''}{load.rate:g} requests/s"]


def _count(count: int, one: str) -> str:
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"
