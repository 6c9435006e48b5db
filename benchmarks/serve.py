"""Vedette against the bare loop and its peers: the same images, answers compared, in turns on one machine.

    python -m benchmarks.serve --prepare                 make the peers' environments (7 GB), outside the repository
    python -m benchmarks.serve --json FILE               everything: some hours, on a machine that does nothing else
    python -m benchmarks.serve --quick --only vedette,fastapi --part throughput

All servers run side by side, and all but the one whose turn it is are stopped (SIGSTOP). A round is a turn of everybody
in an order drawn anew; a ratio is the median over the rounds of the ratio within each, with its interval.
Contenders whose names begin with one of `--only` take part, Vedette always.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from benchmarks.evidence import environment, write
from benchmarks.serve_bare import bare_loop, best_setting
from benchmarks.serve_bars import Field, Measured, bars
from benchmarks.serve_contenders import VEDETTE, Contender, contenders
from benchmarks.serve_envs import environments
from benchmarks.serve_figures import Bar, Verdict
from benchmarks.serve_fleet import fleet, levels, memory, starts
from benchmarks.serve_latency import latency
from benchmarks.serve_load import wrk_version
from benchmarks.serve_overload import DEADLINE_FACTOR, RATES, loading_second, overload
from benchmarks.serve_process import DeadServerError
from benchmarks.serve_setup import Effort, Setup, make_setup
from benchmarks.serve_table import print_all, summary
from vedette.adapters.probes.host import probe_host
from vedette.rules.threads import has_bf16

SEED = 20260
FULL, QUICK = Effort(9, 5.0, SEED), Effort(2, 3.0, SEED)


class Part(StrEnum):
    """What is measured."""

    THROUGHPUT = "throughput"
    LATENCY = "latency"
    START = "start"
    MEMORY = "memory"
    OVERLOAD = "overload"
    LOADING = "loading"


def main() -> None:
    """Prepare, or measure, print, and write the evidence."""
    chosen = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the servers are ended as well
    if chosen.prepare:
        _prepare()
        return
    version = wrk_version()
    if version is None:
        sys.exit("wrk is not installed\nhelp: install the package wrk of your system, as apt-get install wrk")
    parts = set(chosen.part or Part)
    with tempfile.TemporaryDirectory(prefix="vedette-serve-") as scratch:
        effort = QUICK if chosen.quick else FULL
        effort = effort if chosen.seconds is None else replace(effort, seconds=chosen.seconds)
        setup = make_setup(Path(scratch), effort)
        entered = _entered(setup, chosen.only)
        measured, absent, facts = _measure(setup, entered, parts)
    who = Field(
        {one.name: one for one in entered if one.name not in absent or one.name == VEDETTE},
        setup.execution,
        has_bf16(probe_host()),
    )
    reached = bars(measured, who)
    print_all(measured, who, absent, reached, setup.effort.rounds)
    write(chosen.json, _evidence(setup, measured, who, reached, facts | {"absent": absent, "wrk": version}))


def _measure(
    setup: Setup, entered: Sequence[Contender], parts: set[Part]
) -> tuple[Measured, dict[str, str], dict[str, Any]]:
    """Every part that is asked for; a part of Vedette alone that fails is told among the absent."""
    measured = Measured()
    setting, searched = best_setting(setup.job, setup.image_folder, setup.cores, 1.0)
    facts = {"bare": str(setting), "bare_search_images_per_s": searched}
    with fleet(entered, setup) as (entrants, absent), bare_loop(setup.job, setup.image_folder, setting) as bare:
        alive = [entrant.contender for entrant in entrants]
        if Part.THROUGHPUT in parts:
            measured.levels, lost = levels(entrants, bare, setup)
            absent.update(lost)
            alive = [one for one in alive if one.name not in lost]
        if Part.MEMORY in parts:
            still = [entrant for entrant in entrants if entrant.contender in alive]
            measured.memory = memory(still, bare, setup)
    if Part.START in parts:
        measured.starts = starts(alive, setup)
    if Part.LATENCY in parts:
        measured.latency, missing = latency(setup)
        absent.update(missing)
    if Part.OVERLOAD in parts:
        measured.overload = overload(alive, setup)
    if Part.LOADING in parts and (ours := [one for one in alive if one.name == VEDETTE]):
        try:
            measured.loading = loading_second(ours[0], setup)
        except DeadServerError as error:
            absent["loading a second model"] = str(error)
    return measured, absent, facts


def _entered(setup: Setup, only: str | None) -> list[Contender]:
    """Who takes part: all, or those whose names begin with one that was given."""
    wanted = tuple(only.split(",")) if only else ("",)
    everybody = contenders(setup.execution)
    unknown = [name for name in wanted if not any(one.name.startswith(name) for one in everybody)]
    if unknown:
        names = ", ".join(one.name for one in everybody)
        sys.exit(f"--only names {unknown[0]!r}, which is nobody\nhelp: there are {names}")
    return [one for one in everybody if one.name == VEDETTE or one.name.startswith(wanted)]


def _evidence(
    setup: Setup, measured: Measured, who: Field, reached: Sequence[Bar], facts: dict[str, Any]
) -> dict[str, Any]:
    return {
        "benchmark": "serve",
        "met": all(bar.verdict is not Verdict.MISSED for bar in reached),
        "bars": [asdict(bar) for bar in reached],
        "ratios": summary(measured, who),
        "contenders": {
            name: {"runtime": one.runtime, "precision": one.precision, "differs": one.differs}
            for name, one in who.contenders.items()
        },
        "rows": asdict(measured),
        "settings": {
            "execution": str(setup.execution),
            "rounds": setup.effort.rounds,
            "seconds": setup.effort.seconds,
            "seed": setup.effort.seed,
            "images": len(setup.images),
            "open_loop_rates": RATES,
            "deadline": f"{DEADLINE_FACTOR} times the median of one request alone",
            "answers": "top-1 equal to the reference, scores within 0.02; own preprocessing: three quarters of top-1",
            "environments": {name: list(each.packages) for name, each in environments().items()},
            **facts,
        },
        "environment": environment(),
    }


def _prepare() -> None:
    """Make every environment, and say what became of it."""
    for name, each in environments().items():
        reason = each.prepare()
        print(f"{name}: {'ready' if reason is None else f'not installed: {reason}'}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prepare", action="store_true", help="make the peers' environments, and end")
    parser.add_argument("--seconds", type=float, metavar="N", help="length of one measurement; default: 5")
    parser.add_argument("--quick", action="store_true", help="2 rounds of 3 s: a smoke test, no evidence")
    parser.add_argument("--only", metavar="NAME,NAME", help="beginnings of names of those who take part")
    parser.add_argument("--part", action="append", type=Part, choices=list(Part), help="may be given several times")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    return parser.parse_args()


if __name__ == "__main__":
    main()
