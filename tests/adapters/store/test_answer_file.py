"""Bodies of answers on their way to the judge."""

from __future__ import annotations

from pathlib import Path

import pytest
from scarce import room_for

from vedette.adapters.store.answer_file import AnswerFile, read_answers
from vedette.errors import ExhaustedError, UnavailableError


def test_bodies_come_back_with_their_rows_in_the_order_they_were_kept(tmp_path: Path) -> None:
    """Over several batches, empty ones and empty bodies too; any bytes."""
    kept = AnswerFile(tmp_path / "answers")
    kept.append({0: b"{}", 4: b""})
    kept.append({})
    kept.append({7: bytes(range(256)) * 100})
    kept.close()

    assert list(read_answers(tmp_path / "answers")) == [(0, b"{}"), (4, b""), (7, bytes(range(256)) * 100)]


def test_a_run_without_an_answer_leaves_a_file_without_a_row(tmp_path: Path) -> None:
    """Nothing answered."""
    AnswerFile(tmp_path / "answers").close()

    assert list(read_answers(tmp_path / "answers")) == []


def test_a_full_disk_is_told_with_what_is_missing(tmp_path: Path) -> None:
    """The error says that answers cannot be checked; it is no failure of the target."""
    kept = AnswerFile(tmp_path / "answers")
    with room_for(10_000), pytest.raises(ExhaustedError, match="could not be kept to be checked"):
        kept.append({0: b"x" * 50_000})
    kept.close()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Before anything is measured."""
    with pytest.raises(UnavailableError, match="nothing was measured yet"):
        AnswerFile(tmp_path / "none" / "answers")
