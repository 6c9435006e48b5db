"""LoadGen as a referee: the real package, on sends that take a known time."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path

import mlperf_loadgen
import numpy as np
import pytest

from vedette.adapters.referees import loadgen
from vedette.adapters.referees.loadgen import LoadGenReferee
from vedette.adapters.referees.scenarios import scenario_settings
from vedette.adapters.referees.schedule import server_offsets_ns
from vedette.clock import SystemClock
from vedette.errors import ConflictError, InternalError, UnavailableError, UsageError
from vedette.values.run import RefereeReport
from vedette.values.workload import Load, LoadKind, Order

CLOCK = SystemClock()
SINGLE = Load(LoadKind.MLPERF_SINGLE_STREAM, requests=100)
MULTI = Load(LoadKind.MLPERF_MULTI_STREAM, requests=80)
SERVER = Load(LoadKind.MLPERF_SERVER, requests=100, rate=400.0, limit_ms=500.0)
OFFLINE = Load(LoadKind.MLPERF_OFFLINE, requests=100, clients=4)


@dataclass
class Sends:
    """A send that takes `service_s` and notes each image, its times, and how many were under way."""

    service_s: float = 0.001
    first: asyncio.Event = field(default_factory=asyncio.Event)
    rows: list[tuple[int, int, int, int]] = field(default_factory=list)
    under_way: int = 0
    most: int = 0

    async def __call__(self, image: int, scheduled_ns: int) -> None:
        sent_ns = CLOCK.now_ns()
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(self.service_s)
        self.under_way -= 1
        self.first.set()
        self.rows.append((image, scheduled_ns, sent_ns, CLOCK.now_ns()))

    @property
    def images(self) -> list[int]:
        return [row[0] for row in self.rows]

    @property
    def latency_ms(self) -> np.ndarray:
        return np.array([done - scheduled for _, scheduled, _, done in self.rows]) / 1e6


def refereed(
    load: Load, folder: Path, send: Callable[[int, int], Awaitable[None]], images: int = 5, seed: int = 3
) -> RefereeReport:
    return asyncio.run(LoadGenReferee(CLOCK).run(load, images, seed, folder, send))


def test_single_stream(tmp_path: Path) -> None:
    """Single-stream sends one image after the other, and LoadGen's mean latency agrees with the recorded one."""
    sends = Sends()

    report = refereed(SINGLE, tmp_path, sends)

    figures = dict(report.figures)
    assert (len(sends.rows), sends.most) == (100, 1)
    assert report.valid
    assert report.name.startswith("MLPerf LoadGen ")
    assert 0 <= figures["Mean latency (ms)"] - sends.latency_ms.mean() < 5.0
    assert figures["50.00 percentile latency (ms)"] <= figures["97.00 percentile latency (ms)"]
    assert "99.00 percentile latency (ms)" not in figures, "the largest of 100 values is no 99th percentile"


def test_multi_stream(tmp_path: Path) -> None:
    """Multi-stream sends eight images at once; too few queries are INVALID with LoadGen's own sentence."""
    sends = Sends()

    report = refereed(MULTI, tmp_path, sends)

    assert (len(sends.rows), sends.most) == (80, 8)
    assert len({scheduled for _, scheduled, _, _ in sends.rows}) == 10
    assert not report.valid
    assert "Need to process at least 662 queries for early stopping." in report.reasons


def test_server(tmp_path: Path) -> None:
    """Server sends on LoadGen's schedule, however many are under way, near the rate that was asked."""
    sends = Sends(service_s=0.05)

    report = refereed(SERVER, tmp_path, sends)

    assert len(sends.rows) == 100
    assert sends.most > 5
    assert dict(report.figures)["Scheduled samples per second"] == pytest.approx(400, rel=0.3)
    assert (sends.latency_ms >= 50).all()


def test_server_latency_holds_what_loadgen_was_late(tmp_path: Path) -> None:
    """Due times are LoadGen's own: gaps of the schedule, whatever it was late, and so both find the same latency."""
    sends = Sends()

    report = refereed(SERVER, tmp_path, sends)

    due = sorted(scheduled for _, scheduled, _, _ in sends.rows)
    settings = scenario_settings(mlperf_loadgen, SERVER, 3)
    offsets = [*islice(server_offsets_ns(400.0, settings.schedule_rng_seed), 100)]
    assert due[-1] - due[0] <= offsets[-1], "the start that is assumed only moves back"
    assert all(scheduled <= sent for _, scheduled, sent, _ in sends.rows)
    assert dict(report.figures)["Mean latency (ms)"] == pytest.approx(sends.latency_ms.mean(), abs=5.0)


def test_server_with_another_schedule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A LoadGen that draws another schedule than is reckoned is found out, and its run is no evidence."""
    monkeypatch.setattr(loadgen, "server_offsets_ns", lambda rate, seed: server_offsets_ns(rate, seed + 1))

    with pytest.raises(UnavailableError, match="another schedule"):
        refereed(SERVER, tmp_path, Sends(service_s=0.0))


def test_server_over_its_limit(tmp_path: Path) -> None:
    """A server that misses its limit is INVALID by LoadGen's own constraint."""
    report = refereed(replace(SERVER, limit_ms=5.0), tmp_path, Sends(service_s=0.02))

    assert not report.valid
    assert "Performance constraints satisfied: NO" in report.reasons
    assert "Reduce target QPS to improve latency." in report.reasons


def test_offline(tmp_path: Path) -> None:
    """Offline is one query: `clients` lanes work it off, and every image is due when it was issued."""
    sends = Sends()

    report = refereed(OFFLINE, tmp_path, sends)

    assert (len(sends.rows), sends.most) == (100, 4)
    assert len({scheduled for _, scheduled, _, _ in sends.rows}) == 1
    assert sorted(sends.images) == sorted([0, 1, 2, 3, 4] * 20)
    assert dict(report.figures)["Max latency (ms)"] >= 25.0


def test_offline_by_rate(tmp_path: Path) -> None:
    """Offline with a duration and an expected rate makes a query of 1.1 times their product."""
    sends = Sends(service_s=0.0)

    refereed(Load(LoadKind.MLPERF_OFFLINE, rate=500.0, duration_s=0.2, clients=2), tmp_path, sends)

    assert len(sends.rows) == 110


@pytest.mark.parametrize("load", [SINGLE, MULTI, SERVER, OFFLINE])
def test_one_image(load: Load, tmp_path: Path) -> None:
    """Every scenario works with a single image, and the order `same` sends only the first of several."""
    alone, same = Sends(service_s=0.0), Sends(service_s=0.0)

    refereed(load, tmp_path / "alone", alone, images=1)
    refereed(replace(load, order=Order.SAME), tmp_path / "same", same)

    assert set(alone.images) == set(same.images) == {0}


def test_seed(tmp_path: Path) -> None:
    """The seed decides which images are sent."""
    first, again, other = (Sends(service_s=0.0) for _ in range(3))

    for sends, seed in ((first, 3), (again, 3), (other, 4)):
        refereed(SINGLE, tmp_path, sends, images=50, seed=seed)

    assert first.images == again.images
    assert first.images != other.images


def test_least_duration(tmp_path: Path) -> None:
    """A run by duration goes on until LoadGen calls its least duration reached."""
    sends = Sends()

    report = refereed(Load(LoadKind.MLPERF_SINGLE_STREAM, duration_s=0.3), tmp_path, sends)

    assert (sends.rows[-1][3] - sends.rows[0][1]) / 1e9 >= 0.3
    assert report.valid


def test_logs_stay_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Logs go to the folder, and neither settings nor logs lie where the command is run."""
    cwd = tmp_path / "cwd"
    cwd.mkdir()
    (cwd / "audit.config").write_text("*.SingleStream.min_query_count = 7\n*.SingleStream.max_query_count = 7\n")
    monkeypatch.chdir(cwd)
    sends = Sends()

    refereed(SINGLE, tmp_path / "logs", sends)

    assert len(sends.rows) == 100, "an audit.config of the working directory changes nothing"
    assert [path.name for path in cwd.iterdir()] == ["audit.config"]
    assert {path.name for path in (tmp_path / "logs").iterdir()} == {"mlperf_log_summary.txt", "mlperf_log_detail.txt"}


@pytest.mark.parametrize("load", [SINGLE, MULTI, OFFLINE, replace(SERVER, rate=2000.0)])
def test_error_of_send(load: Load, tmp_path: Path) -> None:
    """An error that `send` raises ends the run and reaches the caller; the next run works."""

    async def send(image: int, scheduled_ns: int) -> None:
        raise InternalError("the recorder is closed", help="report it")

    with pytest.raises(InternalError, match="recorder is closed"):
        refereed(load, tmp_path, send)

    assert refereed(SINGLE, tmp_path, Sends(service_s=0.0)).valid


def test_send_that_is_cancelled(tmp_path: Path) -> None:
    """A send that somebody else cancels ends the run as cancelled; LoadGen does not wait for its answer."""

    async def send(image: int, scheduled_ns: int) -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        refereed(SINGLE, tmp_path, send)


@pytest.mark.parametrize("load", [SINGLE, MULTI, OFFLINE, replace(SERVER, rate=2000.0)])
def test_cancelled(load: Load, tmp_path: Path) -> None:
    """A cancelled run sends nothing more, and the next run works."""
    sends = Sends(service_s=0.005)

    async def cancelled() -> None:
        run = asyncio.create_task(LoadGenReferee(CLOCK).run(load, 5, 3, tmp_path, sends))
        await sends.first.wait()
        run.cancel()
        await run

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())

    assert len(sends.rows) < 80
    assert refereed(SINGLE, tmp_path, Sends(service_s=0.0)).valid


ABANDONED = """
import asyncio, sys
from pathlib import Path
from vedette.adapters.referees import loadgen
from vedette.clock import SystemClock
from vedette.errors import ConflictError
from vedette.values.workload import Load, LoadKind

loadgen.DRAIN_S = 0.05
referee, folder = loadgen.LoadGenReferee(SystemClock()), Path(sys.argv[1])
load = Load(LoadKind.MLPERF_SERVER, rate=float(sys.argv[2]), limit_ms=15.0, duration_s=600.0)
first = asyncio.Event()

async def send(image, scheduled_ns):
    first.set()

async def main():
    run = asyncio.create_task(referee.run(load, 5, 3, folder, send))
    await first.wait()
    run.cancel()
    try:
        await run
    except asyncio.CancelledError:
        print("cancelled")
    try:
        await referee.run(load, 5, 3, folder, send)
    except ConflictError:
        print("refused")

asyncio.run(main())
sys.exit(7)
"""


@pytest.mark.parametrize("rate", ["0.1", "1000"])
def test_abandoned_server_run(rate: str, tmp_path: Path) -> None:
    """A server run that was cancelled long before its end refuses a second one; the process keeps its exit code."""
    ended = subprocess.run(
        [sys.executable, "-c", ABANDONED, str(tmp_path), rate], capture_output=True, text=True, timeout=60, check=False
    )

    assert (ended.returncode, ended.stdout.split(), ended.stderr) == (7, ["cancelled", "refused"], "")


def test_two_at_once(tmp_path: Path) -> None:
    """LoadGen has one state a process: a second run at the same time is refused, and the first goes on."""
    sends = Sends()

    async def both() -> RefereeReport:
        first = asyncio.create_task(LoadGenReferee(CLOCK).run(SINGLE, 5, 3, tmp_path / "a", sends))
        await asyncio.sleep(0)
        with pytest.raises(ConflictError, match="already runs"):
            await LoadGenReferee(CLOCK).run(SINGLE, 5, 3, tmp_path / "b", sends)
        return await first

    assert asyncio.run(both()).valid
    assert len(sends.rows) == 100


@pytest.mark.parametrize(
    ("load", "lacking"),
    [
        (Load(LoadKind.MLPERF_SERVER, requests=10, limit_ms=15.0), "a rate"),
        (Load(LoadKind.MLPERF_SERVER, requests=10, rate=5.0), "a limit"),
        (Load(LoadKind.MLPERF_OFFLINE, duration_s=1.0), "a number of requests"),
    ],
)
def test_lacking_figure(load: Load, lacking: str, tmp_path: Path) -> None:
    """A load without a figure that its scenario needs is refused with an example of the option."""
    with pytest.raises(UsageError, match=lacking) as refused:
        refereed(load, tmp_path, Sends())

    assert "--" in refused.value.help


def test_folder_that_is_a_file(tmp_path: Path) -> None:
    """Logs that cannot be written are refused before the run."""
    (tmp_path / "file").write_text("")
    sends = Sends()

    with pytest.raises(UsageError, match="cannot write its logs"):
        refereed(SINGLE, tmp_path / "file", sends)

    assert not sends.rows


def test_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the package, the error prints the pip line."""
    monkeypatch.setitem(sys.modules, "mlperf_loadgen", None)

    with pytest.raises(UnavailableError, match="mlcommons-loadgen") as missing:
        refereed(SINGLE, tmp_path, Sends())

    assert missing.value.help == "pip install 'vedette[loadgen]'"
