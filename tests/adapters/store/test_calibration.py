"""The file of all pairs."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from timed_devices import planned, rate_plan

from vedette.adapters.store.calibration import CalibrationLog
from vedette.errors import UnavailableError
from vedette.rules.capacity.calibration import pair_of
from vedette.rules.capacity.verdict import judged

PLAN, _ = planned(("cpu:1", 4, 12))
PAIR = pair_of(PLAN, judged(PLAN, 1.25))


def test_pairs_come_back_in_their_order(tmp_path: Path) -> None:
    """What is appended is read, a line each, under its own schema; a failed one too."""
    log = CalibrationLog(tmp_path / "made" / "calibration.jsonl")
    failed = pair_of(PLAN, judged(PLAN, None, "it died"))
    rate = pair_of(rate_plan(), judged(rate_plan(), 0.1))

    for pair in (PAIR, failed, rate):
        log.append(pair)

    assert log.read() == ((PAIR, failed, rate), ())
    lines = log.file.read_text().splitlines()
    assert [json.loads(line)["schema"] for line in lines] == ["vedette.calibration/1"] * 3


def test_no_file_holds_no_pairs(tmp_path: Path) -> None:
    """Nothing was verified yet."""
    assert CalibrationLog(tmp_path / "calibration.jsonl").read() == ((), ())


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"schema": "vedette.calibration/1", "plan"', "line 2: left out"),
        (b'{"schema": "vedette.calibration/2"}', "schema is 'vedette.calibration/2'"),
        (b"[1]", "it is no object"),
        (b"\xff\xfe", "line 2: left out"),
        (b'{"schema": "vedette.calibration/1", "plan": 5}', "left out"),
        (b"[" * 100_000, "line 2: left out"),
    ],
)
def test_line_that_cannot_be_used_is_named_and_the_others_count(tmp_path: Path, line: bytes, words: str) -> None:
    """Cut off, newer, foreign or damaged: the pairs around it are read."""
    log = CalibrationLog(tmp_path / "calibration.jsonl")
    log.append(PAIR)
    with log.file.open("ab") as file:
        file.write(line + b"\n")
    log.append(PAIR)

    pairs, problems = log.read()

    assert pairs == (PAIR, PAIR)
    assert len(problems) == 1
    assert words in problems[0]


def test_line_that_was_cut_off_spoils_no_later_one(tmp_path: Path) -> None:
    """After a kill in the middle of a line the next pair begins on a line of its own."""
    log = CalibrationLog(tmp_path / "calibration.jsonl")
    log.append(PAIR)
    whole = log.file.read_bytes()
    log.file.write_bytes(whole + whole[:50])
    later = replace(PAIR, plan="later")
    log.append(later)

    pairs, problems = log.read()

    assert pairs == (PAIR, later)
    assert len(problems) == 1


def test_file_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    """A folder where the file should be is an error with the next step."""
    (tmp_path / "calibration.jsonl").mkdir()

    with pytest.raises(UnavailableError):
        CalibrationLog(tmp_path / "calibration.jsonl").append(PAIR)
    with pytest.raises(UnavailableError):
        CalibrationLog(tmp_path / "calibration.jsonl").read()
