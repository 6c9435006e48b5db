"""Does few-sample profiling tell the whole curve? Its time against the full grid's, and its error on the other batches.

Each round takes one profile of either kind at the same time, process by process in turns: one of the few samples, three
of the full grid, which has about three times as many. So a drift of the machine within a round is in both and is no
error of either. `time_ratio` is few over full, the median of the rounds, each billed for its own processes. `error` is
the distance of L between the curve of the few samples, which plans read, and what the full grid measured, at batches
that the few samples left out. `again` is the distance at batches that both measured: what measuring twice differs by on
this machine, below which no error can be expected. `level` is the median of few over full at those: how far the two
differ as a whole; it is told, and nothing is divided by it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.evidence import environment, median_interval, write
from benchmarks.turns import TurnDevices, Turns
from vedette.cli.profile_options import parse_batches
from vedette.clock import SystemClock
from vedette.rules.candidates import Wish
from vedette.rules.capacity.column import column
from vedette.values.execution import Precision, RuntimeName
from vedette.values.profile import Profile
from vedette.wiring.devices import ProcessDevices
from vedette.wiring.profile import ProfileAsked, device_kind, take_profile
from vedette.wiring.profiles import home_profiles

MODEL, GRID, ROUNDS, TRIALS, WIDTH = "efficientnet-lite0", "1,2,3,4,6,8,12,16,24,32,48,64", 3, 3, 0.03
WISH = Wish(RuntimeName.ONNXRUNTIME, Precision.FP32)
TIME_BAR, ERROR_BAR = 1 / 3, 0.03
WEIGHTS = {"few": 1.0, "full": 3.0}


def main() -> None:
    """Measure both in turns, print, and write the evidence."""
    asked = _options()
    batches = parse_batches(asked.batch)
    rounds = []
    for number in range(asked.rounds):
        rounds.append(_round(asked.model, batches, number))
        _print_round(number, rounds[-1])
    ratio = median_interval([one["time_ratio"] for one in rounds])
    errors = [error for one in rounds for error in one["errors"].values()]
    again = [error for one in rounds for error in one["again"].values()]
    error, worst = (statistics.median(errors), max(errors)) if errors else (None, None)
    met = error is not None and ratio["median"] <= TIME_BAR and error <= ERROR_BAR
    evidence = {
        "benchmark": "profile_few",
        "met": met,
        "time_ratio": ratio["median"],
        "time_interval": ratio,
        "time_bar": TIME_BAR,
        "error_median": error,
        "error_worst": worst,
        "error_bar": ERROR_BAR,
        "again_median": statistics.median(again),
        "again_worst": max(again),
        "rounds": rounds,
        "settings": {
            "model": asked.model,
            "batches": batches,
            "trials": TRIALS,
            "width": WIDTH,
            "runtime": WISH.runtime,
            "precision": WISH.precision,
        },
        "environment": environment(),
    }
    print(f"time few / full = {ratio['median']:.3f}, bar {TIME_BAR:.3f}")
    if error is None:
        print("no batch was left out: nothing to compare")
    else:
        print(
            f"error at batches that were left out: median {error:.1%}, worst {worst:.1%}, bar {ERROR_BAR:.0%} (median)"
        )
    print(f"the same batch measured twice: median {evidence['again_median']:.1%}, worst {evidence['again_worst']:.1%}")
    print("met" if met else "MISSED")
    write(asked.json, evidence)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--batch", default=GRID, metavar="LIST")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    return parser.parse_args()


def _round(model: str, batches: tuple[int, ...], number: int) -> dict[str, Any]:
    turns = Turns(WEIGHTS, SystemClock())
    with ThreadPoolExecutor(len(WEIGHTS)) as threads:
        under_way = {kind: threads.submit(_profile, model, batches, number, turns, kind) for kind in WEIGHTS}
        taken = {kind: future.result() for kind, future in under_way.items()}
    times = {f"{kind}_s": turns.spent_s(kind) for kind in WEIGHTS}
    return {"time_ratio": times["few_s"] / times["full_s"], **times, **_compared(taken["few"], taken["full"])}


def _profile(model: str, batches: tuple[int, ...], seed: int, turns: Turns, kind: str) -> Profile:
    """A profile that is not kept: a benchmark leaves nothing for plans to find."""
    width = WIDTH if kind == "few" else None
    asked = ProfileAsked(model, device_kind("cpu:1"), WISH, batches, trials=TRIALS, few=width, seed=seed)
    try:
        profile = take_profile(asked, _say, TurnDevices(ProcessDevices(_say), turns, kind)).profile
    finally:
        turns.leave(kind)
    home_profiles().remove(profile.id)
    return profile


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _compared(few: Profile, full: Profile) -> dict[str, Any]:
    told, curve = _means(few), column(few, None).latency
    errors, again = {}, {}
    for batch, mean in _means(full).items():
        guess = curve.at(batch)
        if guess is None:
            continue
        if batch in told:
            again[batch] = abs(told[batch] / mean - 1)
        else:
            errors[batch] = abs(guess.mean / mean - 1)
    return {
        "level": statistics.median([told[batch] / mean for batch, mean in _means(full).items() if batch in told]),
        "form": curve.form,
        "measured": {point.batch: point.latency_s.trials for point in few.points if point.latency_s is not None},
        "errors": errors,
        "again": again,
        "full": _means(full),
    }


def _means(profile: Profile) -> dict[int, float]:
    return {point.batch: point.latency_s.mean for point in profile.points if point.latency_s is not None}


def _print_round(number: int, found: dict[str, Any]) -> None:
    trials = ", ".join(f"{batch}: {count}" for batch, count in found["measured"].items())
    errors = ", ".join(f"{batch}: {error:.1%}" for batch, error in found["errors"].items())
    print(f"round {number + 1}: {found['few_s']:.0f} s of {found['full_s']:.0f} s; trials {trials}; errors {errors}")


if __name__ == "__main__":
    main()
