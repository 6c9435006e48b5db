"""A file is complete or not there; a full disk costs no record that was written before."""

from __future__ import annotations

import errno
import json
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from vedette.adapters.sinks.whole_file import WholeFile, unwritable
from vedette.errors import ConflictError, ExhaustedError, UnavailableError


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_name_appears_when_the_file_is_complete(tmp_path: Path) -> None:
    """Until then the records are in a hidden file."""
    file = WholeFile(tmp_path / "a.txt")
    file.append(b"one\n")
    before = names(tmp_path)
    file.append(b"two\n")
    file.close(complete=True)

    assert len(before) == 1
    assert before[0].startswith(".a.txt.")
    assert before[0].endswith(".part")
    assert names(tmp_path) == ["a.txt"]
    assert (tmp_path / "a.txt").read_bytes() == b"one\ntwo\n"


def test_an_incomplete_file_is_kept_beside_the_earlier_one(tmp_path: Path) -> None:
    """NAME is untouched, NAME.partial holds the records."""
    (tmp_path / "a.txt").write_bytes(b"earlier")
    file = WholeFile(tmp_path / "a.txt")
    file.append(b"one\n")
    file.close(complete=False)

    assert (tmp_path / "a.txt").read_bytes() == b"earlier"
    assert (tmp_path / "a.txt.partial").read_bytes() == b"one\n"


def test_an_incomplete_file_without_records_leaves_nothing(tmp_path: Path) -> None:
    """There is nothing to keep."""
    WholeFile(tmp_path / "a.txt").close(complete=False)

    assert names(tmp_path) == []


def test_a_complete_file_replaces_the_earlier_one(tmp_path: Path) -> None:
    """Also by nothing, if that was all there was."""
    (tmp_path / "a.txt").write_bytes(b"earlier")
    WholeFile(tmp_path / "a.txt").close(complete=True)

    assert (tmp_path / "a.txt").read_bytes() == b""


def test_folders_on_the_way_are_made(tmp_path: Path) -> None:
    """`-o results/today/a.csv` needs no mkdir."""
    WholeFile(tmp_path / "results/today/a.txt").close(complete=True)

    assert names(tmp_path / "results/today") == ["a.txt"]


def test_the_mode_is_that_of_any_new_file(tmp_path: Path) -> None:
    """Colleagues may read what the umask lets them read."""
    (tmp_path / "usual").touch()
    WholeFile(tmp_path / "a.txt").close(complete=True)

    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == stat.S_IMODE((tmp_path / "usual").stat().st_mode)


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """The file that it leads to, on a larger disk perhaps, is replaced."""
    (tmp_path / "big").mkdir()
    (tmp_path / "a.txt").symlink_to("big/real.txt")
    file = WholeFile(tmp_path / "a.txt")
    file.append(b"one\n")
    file.close(complete=True)

    assert (tmp_path / "a.txt").is_symlink()
    assert (tmp_path / "big/real.txt").read_bytes() == b"one\n"


@pytest.fixture
def fifo(tmp_path: Path) -> Iterator[Path]:
    """A FIFO that is open for reading without waiting, so that no writer waits either."""
    path = tmp_path / "fifo.jsonl"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield path
    os.close(reader)


@pytest.mark.parametrize("complete", [True, False])
def test_what_is_no_regular_file_gets_its_records_as_they_come(fifo: Path, *, complete: bool) -> None:
    """A FIFO stays one, and nothing is put beside it."""
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    file = WholeFile(fifo)
    file.append(b"one\n")
    first = os.read(reader, 100)
    file.append(b"two\n")
    file.close(complete=complete)
    rest = os.read(reader, 100)
    end = os.read(reader, 100)
    os.close(reader)

    assert (first, rest, end) == (b"one\n", b"two\n", b"")
    assert stat.S_ISFIFO(fifo.stat().st_mode)
    assert names(fifo.parent) == ["fifo.jsonl"]


def test_a_link_to_a_fifo_writes_into_it(fifo: Path) -> None:
    """As the shell does."""
    link = fifo.parent / "link.jsonl"
    link.symlink_to(fifo.name)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    file = WholeFile(link)
    file.append(b"one\n")
    file.discard()

    assert os.read(reader, 100) == b"one\n"
    os.close(reader)
    assert link.is_symlink()
    assert stat.S_ISFIFO(fifo.stat().st_mode)


def test_a_reader_that_goes_away_is_told(tmp_path: Path) -> None:
    """No record can be taken back from a FIFO."""
    path = tmp_path / "fifo"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    file = WholeFile(path)
    os.close(reader)

    with pytest.raises(UnavailableError, match="fifo cannot be written: Broken pipe"):
        file.append(b"one\n")
    file.close(complete=False)
    assert names(tmp_path) == ["fifo"]


def test_a_socket_is_refused(tmp_path: Path) -> None:
    """It is no regular file, and takes no records in this way."""
    path = Path(os.path.relpath(tmp_path / "s"))
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(path))
        with pytest.raises(UnavailableError, match="s cannot be written: No such device or address"):
            WholeFile(path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_device_stays_one(tmp_path: Path) -> None:
    """Into nothing, and into one that takes nothing; through links, so that a failure would cost no device."""
    for name in ("null", "full"):
        (tmp_path / name).symlink_to(f"/dev/{name}")
    file = WholeFile(tmp_path / "null")
    file.append(b"one\n")
    file.close(complete=True)
    full = WholeFile(tmp_path / "full")
    with pytest.raises(ExhaustedError, match="full cannot be written: No space left"):
        full.append(b"one\n")
    full.close(complete=False)

    assert all(stat.S_ISCHR(Path("/dev", name).stat().st_mode) for name in ("null", "full"))
    assert names(tmp_path) == ["full", "null"]


@pytest.mark.parametrize("name", ["x" * 255, "\N{CAT FACE}" * 60 + "abc.jsonl", "a b'c\".txt", "-.txt"])
def test_the_longest_and_the_oddest_names_work(tmp_path: Path, name: str) -> None:
    """The hidden file does not need more room than the name itself."""
    file = WholeFile(tmp_path / name)
    file.append(b"one\n")
    file.close(complete=True)

    assert names(tmp_path) == [name]


def test_a_folder_of_that_name_is_refused_before_the_work(tmp_path: Path) -> None:
    """Not at the end, when the results would be lost."""
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(ConflictError) as caught:
        WholeFile(tmp_path / "a.txt")

    assert caught.value.message == f"{tmp_path}/a.txt is a folder"
    assert caught.value.help == "choose another name, or remove the folder"
    assert names(tmp_path) == ["a.txt"]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("file/a.txt", "a file stands where a folder is needed"),
        ("file/below/a.txt", "a file stands where a folder is needed"),
        ("x" * 256, "File name too long"),
    ],
)
def test_a_place_that_cannot_be_written_is_told_before_the_work(tmp_path: Path, name: str, reason: str) -> None:
    """The message names the file and the reason, and does not blame the disk."""
    (tmp_path / "file").touch()
    with pytest.raises(UnavailableError) as caught:
        WholeFile(tmp_path / name)

    assert caught.value.message == f"{tmp_path / name} cannot be written: {reason}"
    assert "may be written to" in caught.value.help


def test_a_folder_that_goes_away_meanwhile_is_told(tmp_path: Path) -> None:
    """The name cannot be given at the end."""
    file = WholeFile(tmp_path / "gone/a.txt")
    for path in (tmp_path / "gone").iterdir():
        path.unlink()
    (tmp_path / "gone").rmdir()
    with pytest.raises(UnavailableError, match=r"gone/a\.txt cannot be written: No such file"):
        file.close(complete=True)


def test_a_discarded_file_leaves_nothing(tmp_path: Path) -> None:
    """Neither name nor hidden file."""
    file = WholeFile(tmp_path / "a.txt")
    file.append(b"one\n")
    file.discard()

    assert names(tmp_path) == []


@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT", "EFBIG"])
def test_disk_quota_and_file_size_limit_are_all_a_lack_of_room(code: str) -> None:
    """The help is to make some."""
    error = unwritable(Path("a.csv"), OSError(getattr(errno, code), "reason"))

    assert isinstance(error, ExhaustedError)
    assert (error.message, error.help) == (
        "a.csv cannot be written: reason",
        "free some space or choose another place",
    )


FULL = """
import json, resource, signal, sys
from pathlib import Path
from vedette.adapters.sinks.{module} import {sink}
from vedette.errors import ExhaustedError
from vedette.flows.inference.postprocess import Delivery
from vedette.values.frame import Size
from vedette.values.result import Class, Result
from vedette.values.timeline import Span, Timeline
if {limit}:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
sink = {sink}({arguments})
written = 0
try:
    while True:
        timeline = Timeline((Span("infer", 0, 1),))
        result = Result(str(written), f"{{written}} " + "x" * 1000 + ".jpg", 0, None, Size(4, 3), "m", "1", "r", "p",
                        (Class("cat", 1, 0.5),), timeline)
        sink.write(Delivery(result, bytes(3000)))
        written += 1
except ExhaustedError as error:
    print(json.dumps([written, error.message, error.help]))
sink.close(complete=False)
"""
SINKS = {
    "jsonl": ("jsonl", "JsonLinesSink", "Path(sys.argv[1]) / 'out.jsonl'"),
    "csv": ("csv", "CsvSink", "Path(sys.argv[1]) / 'out.csv'"),
    "images": ("images", "ImagesSink", "Path(sys.argv[1]) / 'out', several_models=False"),
}


def fill(kind: str, folder: Path, limit: int, *before: str) -> tuple[int, str, str]:
    module, sink, arguments = SINKS[kind]
    script = FULL.format(module=module, sink=sink, arguments=arguments, limit=limit)
    command = [*before, sys.executable, "-c", script, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if before and done.returncode == 77:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stderr
    written, message, help_ = json.loads(done.stdout.splitlines()[0])
    return written, message, help_


def records(kind: str, folder: Path) -> int:
    """How many whole records the partial file holds; any half one fails."""
    if kind == "images":
        assert {path.stat().st_size for path in (folder / "out").iterdir()} == {3000}
        return len(names(folder / "out"))
    text = (folder / f"out.{kind}.partial").read_text()
    assert text.endswith("\n")
    lines = text.splitlines()
    if kind == "jsonl":
        assert [json.loads(line)["id"] for line in lines] == [str(number) for number in range(len(lines))]
        return len(lines)
    assert {line.count(",") for line in lines} == {lines[0].count(",")}
    return len(lines) - 1


@pytest.mark.parametrize("kind", SINKS)
def test_a_full_disk_ends_the_run_and_keeps_every_whole_record(tmp_path: Path, kind: str) -> None:
    """A file system of 64 kB (a mount of its own) fills up: the error names the file, and no record is half there."""
    inner, copy = tmp_path / "disk", tmp_path / "copy"
    inner.mkdir()
    copy.mkdir()
    script = f'mount -t tmpfs -o size=64k tmpfs "{inner}" || exit 77; "$@" || exit 1; cp -R "{inner}/." "{copy}"'
    before = ["unshare", "-m", "sh", "-c", script, "sh"]
    if os.geteuid() != 0:
        before.insert(1, "-r")
    written, message, help_ = fill(kind, inner, 0, *before)

    assert written > 10
    assert records(kind, copy) == written
    assert message.startswith(f"{inner}/out")
    assert message.endswith("cannot be written: No space left on device")
    assert help_ == "free some space or choose another place"
    assert list(copy.rglob(".*.part")) == []


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_a_limit_on_the_size_of_files_is_met_in_the_same_way(tmp_path: Path, kind: str) -> None:
    """`ulimit -f` cuts a write in its middle: the half record is taken back."""
    written, message, _ = fill(kind, tmp_path, 20_000)

    assert written > 10
    assert records(kind, tmp_path) == written
    assert message == f"{tmp_path}/out.{kind} cannot be written: File too large"


def test_after_a_failed_record_the_next_one_follows_the_last_whole_one(tmp_path: Path) -> None:
    """No hole of zeros is left where the failed record was."""
    script = (
        "import resource, signal; from pathlib import Path\n"
        "from vedette.adapters.sinks.whole_file import WholeFile; from vedette.errors import ExhaustedError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "file = WholeFile(Path('a')); file.append(b'12345')\n"
        "try: file.append(b'much too long')\n"
        "except ExhaustedError: file.append(b'67890')\n"
        "file.close(complete=True)"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True)

    assert (tmp_path / "a").read_bytes() == b"1234567890"
