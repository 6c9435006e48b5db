"""CSV is read back by the csv module of the standard library, field by field."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path

import pytest

from vedette.adapters.sinks.csv import CsvSink
from vedette.flows.inference.postprocess import Delivery
from vedette.rules.wire.result import CSV_COLUMNS
from vedette.values.frame import Size
from vedette.values.result import Class, Failure, Outcome, Result
from vedette.values.timeline import Span, Timeline

TIMELINE = Timeline((Span("infer", 0, 1_234_567),))


def result(source: str = "cat.jpg", *classes: Class, frame: int = 0, time_s: float | None = None) -> Result:
    return Result("ab12", source, frame, time_s, Size(40, 30), "lite", "1", "openvino", "bf16", classes, TIMELINE)


def write(target: Path, *outcomes: Outcome, complete: bool = True) -> None:
    sink = CsvSink(target)
    for outcome in outcomes:
        sink.write(Delivery(outcome))
    sink.close(complete=complete)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file, strict=True))


def test_each_class_is_one_row(tmp_path: Path) -> None:
    """Every column of a result that was read back."""
    classes = (Class("tabby", 281, 0.1234567), Class("tiger cat", 282, 0.1))
    write(tmp_path / "a.csv", result("cat.jpg", *classes), result("clip.mp4", classes[0], frame=7, time_s=0.28))

    first, second, third = read(tmp_path / "a.csv")

    assert tuple(first) == CSV_COLUMNS
    assert first == dict(
        zip(
            CSV_COLUMNS,
            [
                "ab12",
                "cat.jpg",
                "0",
                "",
                "40",
                "30",
                "lite",
                "1",
                "openvino",
                "bf16",
                "1",
                "tabby",
                "281",
                "0.123457",
                "",
                "",
                "",
                "",
                "1.235",
                "",
                "",
            ],
            strict=True,
        )
    )
    assert (second["rank"], second["label"], second["score"]) == ("2", "tiger cat", "0.1")
    assert (third["source"], third["frame"], third["time_s"]) == ("clip.mp4", "7", "0.28")


@pytest.mark.parametrize(
    "name",
    [
        "a,b.jpg",
        'the "cat".jpg',
        '"',
        "line\nbreak.jpg",
        "a\r\nb.jpg",
        "a\rb.jpg",
        " spaces ",
        "a;b\tc",
        "Käse\N{CAT FACE}",
    ],
)
def test_every_name_and_label_comes_back_as_it_was(tmp_path: Path, name: str) -> None:
    """Commas, quotes and line breaks are quoted as RFC 4180 says."""
    write(tmp_path / "a.csv", result(name, Class(name, 1, 0.5)), Failure("cd", name, 3, "invalid", name, "help"))

    good, bad = read(tmp_path / "a.csv")

    assert (good["source"], good["label"]) == (name, name)
    assert (bad["source"], bad["frame"], bad["error_kind"], bad["error_message"]) == (name, "3", "invalid", name)
    assert (bad["model"], bad["score"]) == ("", "")


def test_an_answer_without_classes_is_one_row(tmp_path: Path) -> None:
    """Nothing above the threshold is an outcome too."""
    write(tmp_path / "a.csv", result("cat.jpg"))

    (row,) = read(tmp_path / "a.csv")

    assert (row["source"], row["width"], row["rank"], row["label"]) == ("cat.jpg", "40", "", "")


def test_lines_end_as_rfc_4180_says(tmp_path: Path) -> None:
    """Carriage return and line feed, the head line once."""
    write(tmp_path / "a.csv", result("cat.jpg"), result("dog.jpg"))
    lines = (tmp_path / "a.csv").read_bytes().split(b"\r\n")

    assert lines[0] == ",".join(CSV_COLUMNS).encode()
    assert (len(lines), lines[-1]) == (4, b"")


def test_without_outcomes_there_is_the_head_line(tmp_path: Path) -> None:
    """A run over nothing was complete, and its columns are known."""
    write(tmp_path / "a.csv")

    assert (tmp_path / "a.csv").read_bytes() == ",".join(CSV_COLUMNS).encode() + b"\r\n"


def test_a_text_that_is_no_unicode_does_not_stop_the_run(tmp_path: Path) -> None:
    """A lone surrogate, which a library may hand in, becomes an escape."""
    write(tmp_path / "a.csv", result("caf\udcff.jpg"))

    assert read(tmp_path / "a.csv")[0]["source"] == "caf\\udcff.jpg"


def test_an_interrupted_run_leaves_whole_rows_beside_the_name(tmp_path: Path) -> None:
    """What an earlier run wrote under the name stays as it was."""
    write(tmp_path / "a.csv", result("earlier.jpg"))
    write(tmp_path / "a.csv", result("one.jpg", Class("a\nb", 1, 0.5)), complete=False)

    assert [row["source"] for row in read(tmp_path / "a.csv")] == ["earlier.jpg"]
    assert [row["label"] for row in read(tmp_path / "a.csv.partial")] == ["a\nb"]


def test_an_interrupted_run_without_outcomes_leaves_nothing(tmp_path: Path) -> None:
    """An earlier NAME.partial, which may hold work, is not replaced by an empty one."""
    write(tmp_path / "a.csv", result("one.jpg"), complete=False)
    write(tmp_path / "a.csv", complete=False)

    assert [row["source"] for row in read(tmp_path / "a.csv.partial")] == ["one.jpg"]
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv.partial"]


def test_a_head_line_that_finds_no_room_is_an_error_that_leaves_nothing(tmp_path: Path) -> None:
    """A disk that is full at the end of an empty run is told like any other."""
    script = (
        "import resource, signal; from pathlib import Path\n"
        "from vedette.adapters.sinks.csv import CsvSink; from vedette.errors import ExhaustedError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (5, 5))\n"
        "sink = CsvSink(Path('a.csv'))\n"
        "try: sink.close(complete=True)\n"
        "except ExhaustedError as error: print(error.message)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stdout == "a.csv cannot be written: File too large\n"
    assert list(tmp_path.iterdir()) == []
