"""Overload in the open loop, and a second model that is loaded while the first serves.

Capacity is what a closed loop of 16 connections gets just before; the deadline is ten times what one request takes
alone. Then requests arrive by a Poisson process at 0.9, 1 and 3 times the capacity. Goodput counts answers within the
deadline for each CPU-second that the generator leaves, since both share the machine.
"""

from __future__ import annotations

import http.client
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.serve_contenders import VEDETTE, Contender
from benchmarks.serve_figures import goodput, loading, quantile, rejections_ms
from benchmarks.serve_fleet import Entrant, Row, enter
from benchmarks.serve_load import open_loop, read_answers, wrk
from benchmarks.serve_process import DeadServerError, Request
from benchmarks.serve_setup import Setup
from vedette.clock import SystemClock

RATES = (0.9, 1.0, 3.0)
DEADLINE_FACTOR = 10
OVERLOADED = 3.0
HIGH = 2.0
"""Latencies above this multiple of the p99 before count as high; it is the bar as well."""

SECOND_MODEL = "ssdlite-mobilenet-v2"
SHARE = 0.5
"""Of the capacity that is asked for while the second model is loaded."""

BEFORE_S, AFTER_S, BEGIN_S = 6.0, 4.0, 3.0
"""Load before the loading and after it, and what `vedette bench run` needs until it sends."""


def overload(contenders: Sequence[Contender], setup: Setup) -> list[Row]:
    """Every contender on a fresh server in every round, at all rates."""
    rows: list[Row] = []
    for number in range(setup.effort.rounds):
        order = list(contenders)
        setup.effort.order("overload", number).shuffle(order)
        for contender in order:
            entrant = enter(contender, setup)
            try:
                rows += _overload(entrant, number, setup)
            finally:
                entrant.server.end()
        print(f"overload: round {number + 1} of {setup.effort.rounds}", file=sys.stderr)
    return rows


def _overload(entrant: Entrant, number: int, setup: Setup) -> list[Row]:
    script, port, effort = entrant.script, entrant.server.port, setup.effort
    wrk(script, port, 16, effort.warm_up_s)
    alone_ms = wrk(script, port, 1, effort.seconds).p50_ms
    capacity = wrk(script, port, 16, effort.seconds).rate
    deadline_ms = DEADLINE_FACTOR * alone_ms
    facts = {"round": number, "contender": entrant.contender.name, "capacity": capacity, "deadline_ms": deadline_ms}
    rows: list[Row] = []
    for factor in RATES:
        options = (*entrant.contender.load_options, *_deadline(entrant, deadline_ms))
        folder = setup.folder / f"open-{port}-{factor}"
        load = ["--load", "poisson", "--rate", f"{factor * capacity:.3f}", "--duration", f"{effort.seconds:g}s"]
        load += ["--seed", str(effort.seed + number), "--input", str(setup.image_folder), "--timeout", "30s"]
        rows.append({**facts, "factor": factor, **_offered(entrant, load, options, folder, setup, deadline_ms)})
    return rows


def _offered(
    entrant: Entrant, load: Sequence[str], options: Sequence[str], folder: Path, setup: Setup, deadline_ms: float
) -> Row:
    found = open_loop(entrant.address, load, options, folder)
    # The rate is counted over the time in which requests were due; what the generator left, over the whole run.
    left = setup.cores * found.seconds - found.generator_cpu_s
    refused = rejections_ms(found.answers)
    return {
        "goodput": goodput(found.answers, round(deadline_ms * 1e6), left),
        "requests": len(found.answers),
        "good": sum(one.good for one in found.answers),
        "refused": len(refused),
        "refused_p50_ms": quantile(refused, 0.5) if refused else None,
        "refused_p99_ms": quantile(refused, 0.99) if refused else None,
        "generator_cpu_s": found.generator_cpu_s,
        "seconds": found.seconds,
        "peak_rss_bytes": entrant.server.peak_bytes(),
        "pss_bytes": entrant.server.pss_bytes(),
        "verdict": found.verdict,
        "reasons": list(found.reasons),
    }


def _deadline(entrant: Entrant, deadline_ms: float) -> tuple[str, ...]:
    """Vedette takes a deadline with the request; its peers know none."""
    if not entrant.contender.name.startswith(VEDETTE):
        return ()
    return ("--header", f"X-Timeout-Ms:{deadline_ms:.0f}")


def loading_second(contender: Contender, setup: Setup) -> list[Row]:
    """Load a second model under a steady load of the first, on a fresh server in every round.

    Raises:
        DeadServerError: the server refuses to load it.
    """
    _once_unmeasured(contender, setup)
    rows: list[Row] = []
    for number in range(setup.effort.rounds):
        entrant = enter(contender, setup)
        try:
            rows.append({"round": number, **_load_under_load(entrant, number, setup)})
        finally:
            entrant.server.end()
        print(f"loading: round {number + 1} of {setup.effort.rounds}", file=sys.stderr)
    return rows


def _once_unmeasured(contender: Contender, setup: Setup) -> None:
    """Load once before, so that the choice of its runtime and its graph are in the caches."""
    entrant = enter(contender, setup)
    try:
        _ask_to_load(entrant)
    finally:
        entrant.server.end()


def _load_under_load(entrant: Entrant, number: int, setup: Setup) -> Row:
    port = entrant.server.port
    wrk(entrant.script, port, 16, setup.effort.warm_up_s)
    rate = SHARE * wrk(entrant.script, port, 16, setup.effort.seconds).rate
    folder = setup.folder / f"loading-{port}"
    command = [sys.executable, "-m", "vedette", "bench", "run", f"image:{entrant.address}", "--load", "constant"]
    command += ["--rate", f"{rate:.3f}", "--duration", f"{BEGIN_S + BEFORE_S + AFTER_S:g}s", "--monitor-hz", "0"]
    command += ["--input", str(setup.image_folder), "--seed", str(number), "--output", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as generator:
        time.sleep(BEGIN_S + BEFORE_S)
        begun, ended = _ask_to_load(entrant)
        generator.wait()
    found = loading(read_answers(folder), begun, ended, HIGH)
    if found is None:
        raise DeadServerError("no answer came before or during the loading: the machine is too slow for its times")
    return asdict(found) | {"ratio": found.ratio, "rate": rate}


def _ask_to_load(entrant: Entrant) -> tuple[int, int]:
    """When the loading was asked for and when it was answered, in monotonic nanoseconds."""
    clock = SystemClock()
    path = f"/v2/repository/models/{SECOND_MODEL}/load"
    begun = clock.now_ns()
    status, body = entrant.server.ask(Request("POST", path, {"Content-Type": "application/json"}, b"{}"))
    if status != http.client.OK:
        raise DeadServerError(f"loading {SECOND_MODEL} was answered by {status}: {body[:300].decode(errors='replace')}")
    return begun, clock.now_ns()
