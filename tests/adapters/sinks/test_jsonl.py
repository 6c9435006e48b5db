"""JSON lines are strict JSON, one object of the schema a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vedette.adapters.sinks.jsonl import JsonLinesSink
from vedette.flows.inference.postprocess import Delivery
from vedette.rules.wire.result import to_object
from vedette.values.frame import Size
from vedette.values.result import Class, Failure, Outcome, Result
from vedette.values.timeline import Span, Timeline

ODD = 'a,b "c" \\ d\ne\r\n\t\u2028 \N{CAT FACE} \x00é.jpg'


def result(source: str = "cat.jpg", score: float = 0.5) -> Result:
    classes = (Class("tabby, cat", 281, score), Class('"tiger"\ncat', 282, 0.25))
    timeline = Timeline((Span("acquire", 0, 1_500_000), Span("infer", 2_000_000, 5_000_000)))
    return Result("ab12", source, 0, None, Size(40, 30), "lite", "1", "openvino", "bf16", classes, timeline)


def strict(line: str) -> object:
    """Parse as RFC 8259 says: no NaN, no Infinity."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(line, parse_constant=refuse)


def write(target: Path, *outcomes: Outcome, complete: bool = True) -> None:
    sink = JsonLinesSink(target)
    for outcome in outcomes:
        sink.write(Delivery(outcome))
    sink.close(complete=complete)


def test_each_outcome_is_one_line_that_equals_its_object(tmp_path: Path) -> None:
    """Results and failures, with any character in a name, in the order of the run."""
    outcomes = [result(), Failure("cd34", ODD, 0, "invalid", 'no "image"\n', "help, \\ me"), result(ODD)]
    write(tmp_path / "a.jsonl", *outcomes)
    text = (tmp_path / "a.jsonl").read_bytes().decode("utf-8")

    assert text.endswith("\n")
    assert [strict(line) for line in text[:-1].split("\n")] == [to_object(outcome) for outcome in outcomes]


def test_characters_are_written_as_they_are(tmp_path: Path) -> None:
    """UTF-8, so that grep finds a name."""
    write(tmp_path / "a.jsonl", result("Käse.jpg"))

    assert "Käse.jpg".encode() in (tmp_path / "a.jsonl").read_bytes()


def test_a_text_that_is_no_unicode_does_not_stop_the_run(tmp_path: Path) -> None:
    """A lone surrogate, which a library may hand in, becomes an escape."""
    write(tmp_path / "a.jsonl", result("caf\udcff.jpg"))

    assert strict((tmp_path / "a.jsonl").read_bytes().decode("utf-8"))["source"] == "caf\udcff.jpg"


def test_without_outcomes_the_file_is_there_and_empty(tmp_path: Path) -> None:
    """A run over nothing was complete."""
    write(tmp_path / "a.jsonl")

    assert (tmp_path / "a.jsonl").read_bytes() == b""


def test_an_interrupted_run_leaves_whole_lines_beside_the_name(tmp_path: Path) -> None:
    """What an earlier run wrote under the name stays as it was."""
    write(tmp_path / "a.jsonl", result("earlier.jpg"))
    write(tmp_path / "a.jsonl", result("one.jpg"), result("two.jpg"), complete=False)

    partial = (tmp_path / "a.jsonl.partial").read_text().splitlines()
    assert [strict(line)["source"] for line in partial] == ["one.jpg", "two.jpg"]
    assert strict((tmp_path / "a.jsonl").read_text())["source"] == "earlier.jpg"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jsonl", "a.jsonl.partial"]


def test_a_score_that_is_no_number_is_a_bug_and_is_not_written(tmp_path: Path) -> None:
    """The pipeline refuses such answers before; the file never holds NaN."""
    sink = JsonLinesSink(tmp_path / "a.jsonl")
    sink.write(Delivery(result()))
    with pytest.raises(ValueError, match="JSON"):
        sink.write(Delivery(result(score=float("nan"))))
    sink.close(complete=False)

    assert strict((tmp_path / "a.jsonl.partial").read_text()) == to_object(result())
