"""What the harness itself costs: processor time of the client, lateness, and the rate that one core sustains.

`null` is a target without a network that answers at once: whatever is measured is the harness. The rate is put on a
null HTTP server (`benchmarks.servers`) on one core, by a generator that is bound to another.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.bench_runs import bench_run, write_images
from benchmarks.evidence import environment, json_option, median_interval, write
from benchmarks.servers import serving

ROUNDS = 7
DURATION = "6s"
CLIENT_CPU_BAR_US = 100.0
LATENESS_BAR_MS = 1.0
RATE = 2000
SUSTAINED = 0.99

Found = dict[str, Any]
Measure = Callable[[Path], Found]


def main() -> None:
    """Measure in turns, print, and write the evidence."""
    file = json_option(__doc__ or "")
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as scratch:
        images = Path(scratch) / "images"
        write_images(images)
        measures = {
            "null, closed loop": _null(images, "--load", "closed", "--requests", "20000"),
            "null, 500 requests/s": _null(images, "--load", "constant", "--rate", "500", "--duration", DURATION),
            f"HTTP, {RATE} requests/s on one core": _http(images, cores[0], cores[-1]),
        }
        rounds = [_round(measures, Path(scratch) / str(number)) for number in range(ROUNDS)]
    figures = {name: _figures([one[name] for one in rounds]) for name in measures}
    bars = _bars(*figures.values())
    _print(figures, bars)
    evidence = {
        "benchmark": "harness",
        "met": all(bar["met"] for bar in bars),
        "bars": bars,
        "figures": figures,
        "rounds": rounds,
        "settings": {"rounds": ROUNDS, "duration": DURATION, "cores": {"client": cores[0], "server": cores[-1]}},
        "environment": environment(),
    }
    write(file, evidence)


def _round(measures: dict[str, Measure], folder: Path) -> dict[str, Found]:
    return {name: _facts(measure(folder / str(place))) for place, (name, measure) in enumerate(measures.items())}


def _null(images: Path, *load: str) -> Measure:
    options = (*load, "--input", str(images))
    return lambda output: bench_run("null", *options, output=output)


def _http(images: Path, client_core: int, server_core: int) -> Measure:
    options = ("--load", "constant", "--rate", str(RATE), "--duration", DURATION, "--input", str(images))

    def measured(output: Path) -> Found:
        with serving(core=server_core) as address:
            return bench_run(f"image:{address}", *options, "--client-cores", str(client_core), output=output)

    return measured


def _facts(found: Found) -> dict[str, Any]:
    """What of a run's JSON is judged here."""
    client = found["client"]
    return {
        "client_cpu_us": client["cpu_s"] / client["requests"] * 1e6,
        "client_cpu_share": client["cpu_s"] / client["wall_s"],
        "lateness_p99_ms": found["repeats"][0]["lateness_p99_ms"],
        "throughput": found["throughput"],
        "verdict": found["verdict"],
        "reasons": found["reasons"],
    }


def _figures(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """Medians over the rounds with their intervals, and how many rounds were VALID."""
    names = ("client_cpu_us", "client_cpu_share", "lateness_p99_ms", "throughput")
    figures: dict[str, Any] = {
        name: median_interval([run[name] for run in runs]) for name in names if runs[0][name] is not None
    }
    return figures | {"valid": sum(run["verdict"] == "VALID" for run in runs), "rounds": len(runs)}


def _bars(closed: Found, spaced: Found, http: Found) -> list[dict[str, Any]]:
    cpu = max(closed["client_cpu_us"]["median"], spaced["client_cpu_us"]["median"])
    lateness = spaced["lateness_p99_ms"]["median"]
    rate = http["throughput"]["median"]
    return [
        _bar(
            "client CPU a request, the worse of both null loads", cpu, CLIENT_CPU_BAR_US, "us", cpu <= CLIENT_CPU_BAR_US
        ),
        _bar("lateness p99 at 500 requests/s", lateness, LATENESS_BAR_MS, "ms", lateness <= LATENESS_BAR_MS),
        _bar(
            f"answers a second at {RATE} requests/s, and most rounds VALID",
            rate,
            SUSTAINED * RATE,
            "/s",
            rate >= SUSTAINED * RATE and 2 * http["valid"] > http["rounds"],
        ),
    ]


def _bar(name: str, value: float, bar: float, unit: str, met: bool) -> dict[str, Any]:  # noqa: FBT001 - a field
    return {"name": name, "value": value, "bar": bar, "unit": unit, "met": met}


def _print(figures: dict[str, Found], bars: list[dict[str, Any]]) -> None:
    for name, found in figures.items():
        print(f"{name}: {found['valid']} of {found['rounds']} rounds VALID")
        for figure, interval in found.items():
            if isinstance(interval, dict):
                print(f"  {figure:18} {interval['median']:10.3f} [{interval['low']:.3f}, {interval['high']:.3f}]")
    for bar in bars:
        print(
            f"{bar['name']}: {bar['value']:.3f} {bar['unit']}, bar {bar['bar']:g}, {'met' if bar['met'] else 'MISSED'}"
        )


if __name__ == "__main__":
    main()
