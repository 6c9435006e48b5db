"""The same server measured by Vedette, by wrk, and by MLPerf LoadGen: do they find the same figures?

The server (`benchmarks.servers`) has two workers with exponential service times of 5 ms. In each round it is started
anew for every client with the same seed: request number n takes the same time, whoever sends it. What differs between
two clients of a round is then what they measure, not what they met.

    closed loop, 4 clients       Vedette `closed`                   wrk -t1 -c4
    one after the other          Vedette `closed`, 1 client         LoadGen single-stream
    Poisson arrivals, 200/s      Vedette `poisson`                  LoadGen server (another schedule: its own generator)

Two agree on a figure where the interval of the median ratio over the rounds holds 1, or lies within 1 % of it: ratios
of equal service times are so exact that what a client itself takes, some 0.1 ms, can be told from nothing. An interval
that is too wide to tell is no agreement. The seed of a round is the seed of every schedule as well.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.bench_runs import bench_run, write_images
from benchmarks.evidence import environment, json_option, median_interval, write
from benchmarks.servers import serving

ROUNDS = 7
SECONDS = 10
SERVICE_MS, WORKERS = 5.0, 2
CLIENTS, RATE, LIMIT_MS = 4, 200, 200
MARGIN = 0.01
WIDEST = 0.3
LEAST_PAIRS = 6
"""Fewer have no order-statistic interval of 95 %."""

WRK = "wrk"

Figures = dict[str, float | None]
Client = Callable[[str, Path, int], Figures]
"""Measures the server at an address, stores what it stores in a folder, draws from a seed."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two clients that measure the same thing: ours and the other."""

    name: str
    other: str
    ours: Client
    theirs: Client


def main() -> None:
    """Measure in turns, print, and write the evidence."""
    file = json_option(__doc__ or "")
    if shutil.which(WRK) is None:
        sys.exit("wrk is not installed\nhelp: install the package wrk of your system, as apt-get install wrk")
    with tempfile.TemporaryDirectory() as scratch:
        images = Path(scratch) / "images"
        script = _wrk_script(Path(scratch), write_images(images))
        comparisons = _comparisons(images, script)
        rounds = [_round(comparisons, number, Path(scratch) / str(number)) for number in range(ROUNDS)]
    rows = [row for each in comparisons for row in _rows(each, [one[each.name] for one in rounds])]
    _print(rows)
    evidence = {
        "benchmark": "referees",
        "met": all(row["met"] for row in rows),
        "bar": f"the interval of the median ratio holds 1, no wider than {WIDEST:g}, or lies within {MARGIN:.0%} of 1",
        "figures": rows,
        "rounds": rounds,
        "settings": {
            "server": f"{WORKERS} workers, exponential service times of {SERVICE_MS:g} ms, seed of the round",
            "seconds": SECONDS,
            "rounds": ROUNDS,
            "wrk": _wrk_version(),
        },
        "environment": environment(),
    }
    write(file, evidence)


def _comparisons(images: Path, script: Path) -> list[Comparison]:
    closed = ("--load", "closed", "--clients")
    server = ("--rate", str(RATE), "--limit-ms", str(LIMIT_MS))
    return [
        Comparison(
            f"closed loop, {CLIENTS} clients", "wrk", _vedette(images, *closed, str(CLIENTS)), _wrk(script, CLIENTS)
        ),
        Comparison(
            "one after the other",
            "LoadGen",
            _vedette(images, *closed, "1"),
            _loadgen(images, "QPS w/ loadgen overhead (per s)", "--load", "mlperf-single-stream"),
        ),
        Comparison(
            f"Poisson arrivals, {RATE}/s",
            "LoadGen",
            _vedette(images, "--load", "poisson", "--rate", str(RATE)),
            _loadgen(images, "Completed samples per second", "--load", "mlperf-server", *server),
        ),
    ]


def _round(comparisons: list[Comparison], number: int, folder: Path) -> dict[str, dict[str, Figures]]:
    """Every comparison once, each client on a server of its own; who begins changes from round to round."""
    found: dict[str, dict[str, Figures]] = {}
    for place, each in enumerate(comparisons):
        clients = {"ours": each.ours, "theirs": each.theirs}
        order = list(clients) if number % 2 else list(reversed(clients))
        found[each.name] = {}
        for who in order:
            with serving(service_ms=SERVICE_MS, kind="exponential", workers=WORKERS, seed=number) as address:
                found[each.name][who] = clients[who](address, folder / f"{place}-{who}", number)
    return found


def _vedette(images: Path, *load: str) -> Client:
    def measured(address: str, output: Path, seed: int) -> Figures:
        found = bench_run(f"image:{address}", *load, *_shared(images, seed), output=output)
        return {name: found[name] for name in ("mean_ms", "p50_ms", "p99_ms", "throughput")}

    return measured


def _loadgen(images: Path, rate: str, *load: str) -> Client:
    """LoadGen's own figures of a run that it issued; `rate` is what it calls its throughput."""

    def measured(address: str, output: Path, seed: int) -> Figures:
        found = bench_run(f"image:{address}", *load, *_shared(images, seed), output=output)
        told = dict(found["referee"]["figures"])
        names = {
            "mean_ms": "Mean latency (ms)",
            "p50_ms": "50.00 percentile latency (ms)",
            "p99_ms": "99.00 percentile latency (ms)",
            "throughput": rate,
        }
        return {name: told.get(theirs) for name, theirs in names.items()}

    return measured


def _shared(images: Path, seed: int) -> tuple[str, ...]:
    return ("--duration", f"{SECONDS}s", "--input", str(images), "--seed", str(seed))


def _wrk(script: Path, clients: int) -> Client:
    command = [WRK, "-t1", f"-c{clients}", f"-d{SECONDS}s", "-s", str(script)]

    def measured(address: str, output: Path, seed: int) -> Figures:
        del output, seed
        printed = subprocess.run([*command, address], capture_output=True, text=True, check=True).stdout
        told: Figures = json.loads(printed.splitlines()[-1])
        return told

    return measured


def _wrk_script(folder: Path, images: list[Path]) -> Path:
    """A script that posts the images in turn and prints the figures as JSON; wrk counts in microseconds."""
    files = ", ".join(json.dumps(str(file)) for file in images)
    script = folder / "post.lua"
    script.write_text(
        f"""
local requests, next = {{}}, 0
init = function()
  for _, name in ipairs({{{files}}}) do
    local file = io.open(name, "rb")
    requests[#requests + 1] = wrk.format("POST", nil, nil, file:read("*a"))
    file:close()
  end
end
request = function()
  next = next % #requests + 1
  return requests[next]
end
done = function(summary, latency)
  local lost = summary.errors.connect + summary.errors.read + summary.errors.write
  assert(lost + summary.errors.status + summary.errors.timeout == 0, "requests failed")
  print(string.format('{{"mean_ms": %f, "p50_ms": %f, "p99_ms": %f, "throughput": %f}}', latency.mean / 1e3,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, summary.requests / summary.duration * 1e6))
end
"""
    )
    return script


def _wrk_version() -> str:
    printed = subprocess.run([WRK, "--version"], capture_output=True, text=True, check=False)
    return (printed.stdout + printed.stderr).partition("Copyright")[0].strip()


def _rows(each: Comparison, rounds: list[dict[str, Figures]]) -> list[dict[str, Any]]:
    return [{"what": each.name, "other": each.other, **_row(name, rounds)} for name in rounds[0]["ours"]]


def _row(name: str, rounds: list[dict[str, Figures]]) -> dict[str, Any]:
    """Both medians, the ratio ours / theirs with its interval, and whether they agree; nothing is concluded from few.

    A client gives no figure where its sample was too small.
    """
    both = [(one["ours"][name], one["theirs"][name]) for one in rounds]
    pairs = [(ours, theirs) for ours, theirs in both if ours is not None and theirs is not None]
    if len(pairs) < LEAST_PAIRS:
        reason = f"both clients gave it in {len(pairs)} of {len(rounds)} rounds, {LEAST_PAIRS} are needed"
        return {"figure": name, "ratio": None, "met": False, "reason": reason}
    ratio = median_interval([ours / theirs for ours, theirs in pairs])
    holds_1 = ratio["low"] <= 1 <= ratio["high"] <= ratio["low"] + WIDEST
    return {
        "figure": name,
        "ours": statistics.median(ours for ours, _ in pairs),
        "theirs": statistics.median(theirs for _, theirs in pairs),
        "ratio": ratio,
        "met": holds_1 or (ratio["low"] >= 1 - MARGIN and ratio["high"] <= 1 + MARGIN),
    }


def _word(row: dict[str, Any]) -> str:
    if row["met"]:
        return "agree"
    return "too wide to tell" if row["ratio"]["high"] - row["ratio"]["low"] > WIDEST else "DIFFER"


def _print(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        head = f"{row['what']:26} {row['figure']:10}"
        if row["ratio"] is None:
            print(f"{head} {row['reason']}")
            continue
        ratio = row["ratio"]
        print(
            f"{head} Vedette {row['ours']:9.3f}  {row['other']:7} {row['theirs']:9.3f}  ratio {ratio['median']:.4f} "
            f"[{ratio['low']:.4f}, {ratio['high']:.4f}]  {_word(row)}"
        )


if __name__ == "__main__":
    main()
