"""Which requests of a repeat count: what is left out at its start and its end, and for which loads.

load               start        end
closed, scenarios  MSER-5       from the first request still under way when a client had nothing more to send
scenario-1         all count    the same
constant, poisson, MSER-5       all count: every request that was scheduled is part of the question
  burst, peak
ramp, trace        all count    all count: the load itself changes, so a change is no warm-up
mlperf-*           all count    all count: the rules are the referee's
"""

from __future__ import annotations

import numpy as np

from vedette.rules.stats.steady import steady_part
from vedette.values.evidence import Cuts
from vedette.values.requests import Requests
from vedette.values.workload import Load, LoadKind

_CHANGING = (LoadKind.RAMP, LoadKind.TRACE)


def cuts_of(requests: Requests, load: Load) -> Cuts:
    """What is left out of one repeat, as numbers of requests at the start and the end of the table.

    Args:
        requests: of one repeat, in the order of `scheduled`, without the declared warm-up.
        load: what was asked.
    """
    if not len(requests):
        return Cuts(0, 0.0, 0, 0.0, "no request was sent")
    cool_down, end_reason = _cool_down(requests, load)
    warm_up, start_reason = _warm_up(requests.where(np.arange(len(requests) - cool_down)), load)
    reason = "; ".join(each for each in (start_reason, end_reason) if each)
    return Cuts(warm_up, _until_s(requests, warm_up), cool_down, _lasting_s(requests, cool_down), reason)


def counting(requests: Requests, cuts: Cuts) -> Requests:
    """The requests of a repeat that count, whatever was answered."""
    return requests.where(np.arange(cuts.warm_up, len(requests) - cuts.cool_down))


def _warm_up(requests: Requests, load: Load) -> tuple[int, str]:
    kind = load.kind
    if kind.is_mlperf:
        return 0, "MLPerf LoadGen decides which queries count: all of them"
    if kind is LoadKind.SCENARIO_1:
        return 0, "no warm-up is cut: this scenario is about the warm-up"
    if kind in _CHANGING:
        return 0, f"no warm-up is cut: the load of a {kind} changes, and latency with it"
    right = np.flatnonzero(requests.ok)
    part = steady_part(requests.latency_ms[right])
    return (int(right[part.skipped]) if part.skipped else 0), part.reason


def _cool_down(requests: Requests, load: Load) -> tuple[int, str]:
    kind = load.kind
    if kind.is_mlperf:
        return 0, ""
    if not is_closed(kind):
        return 0, "nothing is cut at the end: every scheduled request counts"
    clients, place = np.unique(requests.client, return_inverse=True)
    ends = np.zeros(len(clients), np.int64)
    np.maximum.at(ends, place, requests.done)
    stopped = int(ends.min()) + round(load.think_ms * 1e6)
    waiting = np.flatnonzero(requests.done > stopped)
    if not len(waiting):
        return 0, ""
    cut = len(requests) - int(waiting[0])
    if 2 * cut > len(requests):
        return 0, f"the clients were all busy for less than half of {len(requests)} requests: nothing is cut at the end"
    return cut, ""


def is_closed(kind: LoadKind) -> bool:
    """Whether clients wait for an answer before they send again."""
    return kind is LoadKind.CLOSED or kind.is_scenario


def _until_s(requests: Requests, warm_up: int) -> float:
    """From the first scheduled time to that of the first request that is kept."""
    return float(requests.scheduled[warm_up] - requests.scheduled[0]) / 1e9 if warm_up else 0.0


def _lasting_s(requests: Requests, cool_down: int) -> float:
    """From the first scheduled time of those cut at the end to the last answer."""
    return float(requests.done.max() - requests.scheduled[-cool_down]) / 1e9 if cool_down else 0.0
