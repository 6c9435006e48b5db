"""The load on a server: `wrk` with the images in turn, and the open loop of `vedette bench run`."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyarrow import parquet

from benchmarks.bench_runs import bench_run
from benchmarks.serve_figures import Answered
from benchmarks.serve_process import Request

WRK = "wrk"


class LoadError(Exception):
    """The load could not be put on a server."""


@dataclass(frozen=True, slots=True)
class Level:
    """What `wrk` found at one number of connections; `cpu_s` is its own."""

    rate: float
    mean_ms: float
    p50_ms: float
    p99_ms: float
    failed: int
    seconds: float
    cpu_s: float


@dataclass(frozen=True, slots=True)
class OpenLoop:
    """An open loop: its requests, its CPU time and the generator's, and what `vedette bench run` says of it."""

    answers: tuple[Answered, ...]
    generator_cpu_s: float
    seconds: float
    verdict: str
    reasons: tuple[str, ...]


def wrk_version() -> str | None:
    """What `wrk` says of itself; None where it is not installed."""
    if shutil.which(WRK) is None:
        return None
    printed = subprocess.run([WRK, "--version"], capture_output=True, text=True, check=False)
    return (printed.stdout + printed.stderr).partition("Copyright")[0].strip()


def wrk(script: Path, port: int, connections: int, seconds: float) -> Level:
    """Put a closed loop of `connections` on a port for `seconds` (whole seconds, as wrk knows no others).

    Raises:
        LoadError: wrk could not connect.
    """
    used = _children_cpu_s()
    command = [WRK, "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "30s", "-s", str(script)]
    command.append(f"http://127.0.0.1:{port}/")
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if ended.returncode:
        raise LoadError(f"wrk ended with {ended.returncode}: {(ended.stderr + ended.stdout).strip()}")
    return Level(**json.loads(ended.stdout.splitlines()[-1]), cpu_s=_children_cpu_s() - used)


def wrk_script(folder: Path, requests: Sequence[Request]) -> Path:
    """A script that sends the requests in turn and prints the figures as JSON; wrk counts in microseconds.

    wrk calls `request` of a connection when it is writable, and 503s count as answers in its percentiles: `failed` says
    how many there were.
    """
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for number, request in enumerate(requests):
        file = folder / f"{number:02}.body"
        file.write_bytes(request.body)
        headers = ", ".join(f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in request.headers.items())
        lines.append(f"{{{json.dumps(request.path)}, {{{headers}}}, {json.dumps(str(file))}}}")
    script = folder / "post.lua"
    script.write_text(
        f"""
local told, requests, next = {{{", ".join(lines)}}}, {{}}, 0
init = function()
  for _, one in ipairs(told) do
    local file = io.open(one[3], "rb")
    requests[#requests + 1] = wrk.format("POST", one[1], one[2], file:read("*a"))
    file:close()
  end
end
request = function()
  next = next % #requests + 1
  return requests[next]
end
done = function(summary, latency)
  local e = summary.errors
  print(string.format('{{"rate": %f, "mean_ms": %f, "p50_ms": %f, "p99_ms": %f, "failed": %d, "seconds": %f}}',
    (summary.requests - e.status) / summary.duration * 1e6, latency.mean / 1e3, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.status + e.timeout, summary.duration / 1e6))
end
""",
        encoding="utf-8",
    )
    return script


def open_loop(address: str, load: Sequence[str], options: Sequence[str], output: Path) -> OpenLoop:
    """Requests on a schedule.

    Args:
        address: of the server, with the path.
        load: `--load` and what belongs to it.
        options: wire and headers.
        output: folder for the run, not there yet.
    """
    found = bench_run(f"image:{address}", *load, "--monitor-hz", "0", *options, output=output)
    client = found["client"]
    answers = read_answers(output)
    span = max(one.done_ns for one in answers) - min(one.scheduled_ns for one in answers)
    return OpenLoop(answers, client["cpu_s"], span / 1e9, found["verdict"], tuple(map(str, found["reasons"])))


def read_answers(folder: Path) -> tuple[Answered, ...]:
    """The requests of a stored run that count."""
    table: Mapping[str, list[Any]] = parquet.read_table(folder / "requests.parquet").to_pydict()
    columns = (table[name] for name in ("scheduled", "sent", "done", "status", "code", "warm_up"))
    return tuple(
        Answered(scheduled, sent, done, status == 0, code)
        for scheduled, sent, done, status, code, warm_up in zip(*columns, strict=True)
        if not warm_up
    )


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0))


def _children_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
