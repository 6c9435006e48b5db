"""Whether the measuring tells the truth: the real session on servers of known behaviour, in virtual time.

The servers, the queueing theory and the made campaigns are those of the tests, which hold the same bars. Here figures
are written down: how far means are off, how often an interval holds the truth, how often equal servers are told apart.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.evidence import environment, json_option, write
from vedette.rules.stats.compare import compare_repeats, judged
from vedette.rules.stats.quantiles import quantile_estimate
from vedette.values.evidence import Estimate
from vedette.values.workload import Load, LoadKind

TESTS = Path(__file__).parent.parent / "tests"
RUNS = 200
CAMPAIGNS = 4000
COVERED = 182
FALSE_WORDS = 18

Figure = dict[str, Any]


def main() -> None:
    """Reckon, print, and write the evidence."""
    file = json_option(__doc__ or "")
    sys.path.insert(0, str(TESTS))
    known, compared = _module("flows/bench/test_truth.py"), _module("rules/stats/test_compare.py")
    figures = [
        *_means(known),
        _coverage(known),
        _coverage_in_a_queue(),
        _stall(known),
        *_queues(known),
        *_equal_servers(compared),
        _gain(compared),
    ]
    for figure in figures:
        state = "" if figure["met"] is None else ("  met" if figure["met"] else "  MISSED")
        print(f"{figure['name']}: {figure['value']}  (bar: {figure['bar']}){state}")
    met = all(figure["met"] is not False for figure in figures)
    write(file, {"benchmark": "truth", "met": met, "figures": figures, "environment": environment()})


def _module(path: str) -> Any:
    spec = importlib.util.spec_from_file_location(Path(path).stem, TESTS / path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _figure(name: str, value: object, bar: str, *, met: bool | None) -> Figure:
    return {"name": name, "value": value, "bar": bar, "met": met}


def _means(known: Any) -> list[Figure]:
    servers = {
        "fixed": (known.fixed(10.0), 10.0, 1000),
        "exponential": (known.exponential(10.0), 10.0, 30_000),
        "bimodal": (known.bimodal(10.0, 50.0, 0.1), 14.0, 25_000),
    }
    found = []
    for name, (draw, truth, requests) in servers.items():
        load = Load(LoadKind.POISSON, rate=100.0, requests=requests)
        mean = known.latency_of(load, draw, workers=None).mean.value
        off = abs(mean / truth - 1)
        found.append(_figure(f"mean of a {name} server, relative error", round(off, 5), "<= 0.01", met=off <= 0.01))  # noqa: PLR2004
    return found


def _coverage(known: Any) -> Figure:
    load, truth = Load(LoadKind.POISSON, rate=100.0, requests=800), 10.0 * math.log(100)
    held = sum(
        _holds(dict(known.latency_of(load, known.exponential(10.0), seed, workers=None).percentiles)[99], truth)
        for seed in range(RUNS)
    )
    return _figure(
        f"p99 intervals that hold the truth, of {RUNS} (exponential)", held, f">= {COVERED}", met=held >= COVERED
    )


def _coverage_in_a_queue(requests: int = 20_000, busy: float = 0.6) -> Figure:
    """M/M/1: latencies are autocorrelated (Lindley's recursion, warmed up)."""
    truth, held = math.log(100) / (1 - busy), 0
    for seed in range(RUNS):
        rng = np.random.default_rng(seed)
        gaps, services = rng.exponential(1 / busy, requests + 2000), rng.exponential(1.0, requests + 2000)
        steps = services[:-1] - gaps[1:]
        walk = np.concatenate([[0.0], np.cumsum(steps)])
        waits = walk - np.minimum.accumulate(walk)
        held += _holds(quantile_estimate((waits + services)[2000:], 0.99), truth)
    name = f"p99 intervals that hold the truth, of {RUNS} (M/M/1, load {busy}, {requests} requests)"
    return _figure(name, held, f">= {COVERED}", met=held >= COVERED)


def _holds(estimate: Estimate, truth: float) -> bool:
    return estimate.low is not None and estimate.high is not None and estimate.low <= truth <= estimate.high


def _stall(known: Any) -> Figure:
    load = Load(LoadKind.CONSTANT, rate=20.0, requests=1200)
    stall = known.Stall(known.LEAD_NS + 40 * known.SECOND, known.SECOND)
    late = known.requests_of(load, known.fixed(5.0), stalls=[stall], workers=None).latency_ms
    seen = sorted((round(float(each), 3) for each in late if each > 6), reverse=True)  # noqa: PLR2004 - 5 ms is usual
    expected = [1005.0 - 50.0 * number for number in range(20)]
    name = "1 s stall under 20 requests/s: late requests, and the largest latency in ms"
    return _figure(name, [len(seen), seen[0]], "20 late, 1005 ms", met=seen == expected)


def _queues(known: Any) -> list[Figure]:
    one = known.latency_of(Load(LoadKind.POISSON, rate=50.0, requests=30_000), known.exponential(10.0), workers=1).mean
    two = known.latency_of(Load(LoadKind.POISSON, rate=140.0, requests=30_000), known.fixed(10.0), workers=2).mean
    erlang, crommelin = known.mm1_mean(0.05, 10.0), known.mdc_mean(0.14, 10.0, 2)
    return [
        _queue("M/M/1, load 0.5: mean in ms, interval, theory", one, erlang),
        _queue("M/D/2, load 0.7: mean in ms, interval, theory", two, crommelin),
    ]


def _queue(name: str, mean: Estimate, truth: float) -> Figure:
    values = [mean.value, mean.low, mean.high, truth]
    told = [None if value is None else round(value, 3) for value in values]
    return _figure(name, told, "the interval holds the theory", met=_holds(mean, truth))


def _equal_servers(compared: Any) -> list[Figure]:
    def words(seed: int) -> bool:
        (verdict,) = judged([compare_repeats(*compared.of_one_server(np.random.default_rng(seed)))])
        return bool(verdict.word != compared.Word.UNDECIDED)

    told = sum(map(words, range(RUNS)))
    many = sum(map(words, range(RUNS, RUNS + CAMPAIGNS))) / CAMPAIGNS
    name = f"one server against itself: called faster or slower, of {RUNS}"
    return [
        _figure(name, told, f"<= {FALSE_WORDS}", met=told <= FALSE_WORDS),
        _figure(f"the same, share of {CAMPAIGNS} other campaigns", round(many, 4), "0.05 is the level", met=None),
    ]


def _gain(compared: Any) -> Figure:
    def found(seed: int) -> bool:
        (verdict,) = judged([compare_repeats(*compared.of_one_server(np.random.default_rng(seed), gain=0.05))])
        return bool(verdict.word == compared.Word.FASTER)

    name = f"5 % gain under 2 % noise on that machine, 10 repeats: found, of {RUNS}"
    return _figure(name, sum(map(found, range(RUNS))), "none set", met=None)


if __name__ == "__main__":
    main()
