"""`vedette bench run` where things go wrong: disks, processes, secrets, data, and other programs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fakes import jpeg
from servers import Canned, Queue, service, serving, serving_here

from vedette.wiring.runs import open_run

QUIET = ("--monitor-hz", "0")


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "vedette", "bench", *map(str, words)]


def bench(*words: object, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), capture_output=True, text=True, check=False, timeout=100, **options)


def started(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def children(pid: int) -> dict[str, int]:
    """The children of a command, by what they are."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            continue
        if parent == pid and len(words) > 3:
            found[words[3].decode()] = int(folder.name)
    return found


def until(true, process: subprocess.Popen[str]) -> None:
    """Wait for something that the command does."""
    while not true():
        assert process.poll() is None, process.communicate()[1]


def test_a_full_disk_ends_the_run_and_keeps_what_was_measured(home: Path) -> None:
    """No file may grow beyond 60 kB: some seconds of rows fit, the rest does not."""
    limited = (
        "import resource, os, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    words = command("run", "null:2ms", "--duration", "60s", "--input", home / "a.jpg", *QUIET)
    (home / "a.jpg").write_bytes(jpeg((9, 9, 9), 64, 48))

    ran = subprocess.run(
        [sys.executable, "-c", limited, *words], capture_output=True, text=True, check=False, timeout=50
    )

    (folder,) = (home / "runs").iterdir()
    kept = open_run(folder)
    assert ran.returncode in (1, 3), ran.stderr
    assert "Traceback" not in ran.stderr
    assert 100 < len(kept.requests) < 5000
    assert not kept.run.verdict.valid
    assert "requests.arrows cannot be written" in kept.run.verdict.reasons[0]
    assert "requests were kept" in kept.run.verdict.reasons[0]


def test_two_runs_at_once_are_two_runs_and_one_folder_takes_one(home: Path, tmp_path: Path) -> None:
    """In the home folder both are whole; the same --output is refused to the second."""
    words = ("run", "null:1ms", "--requests", "200", *QUIET)
    both = [started(*words), started(*words)]
    codes = [process.communicate(timeout=60) and process.returncode for process in both]

    first = started("run", "null:1ms", "--duration", "20s", "--output", tmp_path / "same", *QUIET)
    until((tmp_path / "same.partial" / "requests.arrows").exists, first)
    second = bench(*words, "--output", tmp_path / "same")
    first.kill()
    first.communicate()

    assert set(codes) <= {0, 1}
    folders = list((home / "runs").iterdir())
    assert [len(open_run(folder).requests) for folder in folders] == [200, 200]
    assert second.returncode == 2
    assert "help:" in second.stderr


def test_unreadable_images_are_left_out_and_told(tmp_path: Path) -> None:
    """The good ones are sent."""
    (tmp_path / "good.jpg").write_bytes(jpeg((9, 9, 9), 64, 48))
    (tmp_path / "bad.jpg").write_bytes(b"no image at all")

    ran = bench("run", "null", "--requests", 5, "--input", tmp_path, *QUIET, "--format", "json")

    assert ran.returncode == 0, ran.stderr
    assert "left out" in ran.stderr
    assert "bad.jpg" in ran.stderr
    assert open_run(Path(json.loads(ran.stdout)["folder"])).run.spec.inputs.count == 1


def test_answers_that_are_garbage_fail_when_somebody_reads_them(tmp_path: Path) -> None:
    """With a reference they are read, and cannot be."""
    (tmp_path / "a.jpg").write_bytes(jpeg((9, 9, 9), 64, 48))
    (tmp_path / "right.jsonl").write_text('{"classes": [{"label": "cat", "class_id": 1, "score": 0.9}]}\n')
    told = ("--input", tmp_path / "a.jpg", "--reference", tmp_path / "right.jsonl")

    with serving(Canned(b"<html>no JSON</html>")) as url:
        ran = bench("run", url, "--requests", 5, *told, *QUIET, "--format", "json")

    found = json.loads(ran.stdout)
    assert ran.returncode == 3
    assert found["failures"] == {"garbage": 5}


def test_a_generator_that_is_killed_leaves_a_run_that_can_be_read(home: Path) -> None:
    """The message names it, rows until then are there, and no process stays behind."""
    with serving_here(service(Queue([1.0]))) as server:
        process = started("run", server.url, "--duration", "60s")
        until(lambda: len(server.calls) > 1500, process)
        killed = children(process.pid)
        os.kill(killed["generator"], signal.SIGKILL)
        _, told = process.communicate(timeout=30)

    (folder,) = (home / "runs").iterdir()
    assert process.returncode == 3
    assert "generator" in told
    assert "SIGKILL" in told
    assert "Traceback" not in told
    assert len(open_run(folder).requests) >= 100
    assert not Path(f"/proc/{killed['monitor']}").exists()


def test_a_monitor_that_is_killed_does_not_end_the_run() -> None:
    """Requests are measured to their end; samples are those that were read until then."""
    with serving_here(service(Queue([1.0]))) as server:
        process = started("run", server.url, "--requests", 3000, "--format", "json")
        until(lambda: len(server.calls) > 800, process)
        os.kill(children(process.pid)["monitor"], signal.SIGKILL)
        out, told = process.communicate(timeout=60)

    assert "Traceback" not in told
    assert json.loads(out)["requests"] == 3000


def test_children_end_when_their_conductor_is_killed() -> None:
    """Nobody goes on sending to a server whose measurement is over."""
    with serving_here(service(Queue([1.0]))) as server:
        process = started("run", server.url, "--duration", "60s")
        until(lambda: len(server.calls) > 300, process)
        left = children(process.pid)
        process.kill()
        process.communicate()

        assert set(left) == {"generator", "monitor"}
        for pid in left.values():
            while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text():
                pass


def test_secrets_are_sent_and_written_nowhere() -> None:
    """A key in a header and a login in the address reach the server, and no file of the run holds them."""
    with serving_here(Canned()) as server:
        address = server.url.replace("http://", "http://ann:pa55word@")
        ran = bench(
            *("run", address, "--header", "X-Api-Key:t0psecret", "--requests", 5, "--format", "json"),
        )
        sent = server.calls[-1].headers

    found = json.loads(ran.stdout)
    files = [file for file in Path(found["folder"]).rglob("*") if file.is_file()]
    assert sent["x-api-key"] == "t0psecret"
    assert sent["authorization"].startswith("Basic ")
    assert len(files) >= 3
    for text in (ran.stdout.encode(), ran.stderr.encode(), *(file.read_bytes() for file in files)):
        assert b"t0psecret" not in text
        assert b"pa55word" not in text
        assert sent["authorization"].split()[1].encode() not in text


@pytest.mark.parametrize(
    "words",
    [
        ("mlperf-single-stream", "--requests", "200"),
        ("mlperf-multi-stream", "--requests", "160"),
        ("mlperf-server", "--rate", "200", "--limit-ms", "50", "--requests", "300"),
        ("mlperf-offline", "--requests", "200", "--clients", "4"),
    ],
)
def test_the_referee_of_mlperf_issues_the_load_and_gives_its_own_verdict(words: tuple[str, ...]) -> None:
    """Its verdict and figures stand beside ours, its logs lie in the run's folder."""
    pytest.importorskip("mlperf_loadgen")

    ran = bench("run", "null:2ms", "--load", *words, *QUIET, "--format", "json")

    assert ran.returncode in (0, 1), ran.stderr
    stored = json.loads(ran.stdout)
    run = open_run(Path(stored["folder"])).run
    assert run.referee is not None
    assert run.referee.figures
    assert run.summary.sent >= 160
    assert "LoadGen" in run.referee.name
    assert list(Path(stored["folder"]).glob("mlperf/repeat-0/mlperf_log_summary.txt"))


def test_a_trace_is_followed(tmp_path: Path) -> None:
    """Requests are due at the times of the file, whatever the server does."""
    (tmp_path / "due.txt").write_text("# seconds\n0\n0.05\n0.05\n0.3\n")

    ran = bench("run", "null:5ms", "--load", "trace", "--trace", tmp_path / "due.txt", *QUIET, "--format", "json")

    rows = open_run(Path(json.loads(ran.stdout)["folder"])).requests
    assert ((rows.scheduled - rows.scheduled[0]) / 1e6).tolist() == [0, 50, 50, 300]


def test_a_device_without_a_price_is_named_with_those_that_have_one() -> None:
    """`bench cost` of a run, for a device that is in no price file."""
    run = json.loads(bench("run", "null:1ms", "--requests", 50, *QUIET, "--format", "json").stdout)["run"]

    ran = bench("cost", run, "--images", 1000, "--device", "cpu-2-core", "--accept-invalid")

    assert ran.returncode == 2
    assert "cpu-2-cores" in ran.stderr
