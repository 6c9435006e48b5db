"""When the files of a version may be read."""

from __future__ import annotations

import pytest

from vedette.rules.repository.settle import settled, unfinished
from vedette.values.found import FileState

SECOND = 1_000_000_000
QUIET = 2 * SECOND
FILES = (FileState("1/model.onnx", 100, 10 * SECOND), FileState("model.yaml", 5, 3 * SECOND))


def test_two_equal_scans_and_quiet_files_are_settled() -> None:
    """What two scans saw alike and nobody has changed for long enough may be read."""
    assert settled(FILES, FILES, 12 * SECOND, QUIET)


def test_what_is_seen_for_the_first_time_is_not_settled() -> None:
    """A single scan does not tell whether somebody still copies."""
    assert not settled(None, FILES, 100 * SECOND, QUIET)


@pytest.mark.parametrize(
    "before",
    [
        (FileState("1/model.onnx", 99, 10 * SECOND), FILES[1]),
        (FileState("1/model.onnx", 100, 9 * SECOND), FILES[1]),
        FILES[:1],
        (*FILES, FileState("labels.txt", 1, SECOND)),
    ],
    ids=["grown", "touched", "new file", "file gone"],
)
def test_what_changed_between_two_scans_is_not_settled(before: tuple[FileState, ...]) -> None:
    """A file that grew, was touched, came or went keeps the version from being read."""
    assert not settled(before, FILES, 100 * SECOND, QUIET)


def test_a_file_that_has_just_changed_is_not_settled() -> None:
    """Two scans may fall into a pause of the copy: the youngest file must be old enough too."""
    assert not settled(FILES, FILES, 12 * SECOND - 1, QUIET)


def test_a_clock_that_is_ahead_does_not_keep_a_model_out_for_ever() -> None:
    """Files whose time lies far in the future are judged by the two scans alone."""
    ahead = (FileState("1/model.onnx", 100, 10_000 * SECOND),)

    assert settled(ahead, ahead, 12 * SECOND, QUIET)
    assert not settled(ahead, ahead, 10_000 * SECOND - 1, QUIET)


def test_no_file_at_all_is_not_settled() -> None:
    """An empty folder is one whose files are still to come."""
    assert not settled((), (), 100 * SECOND, QUIET)


@pytest.mark.parametrize("name", ["1/model.onnx.part", "1/model.bin.tmp", "model.yaml.SWP", "1/model.onnx.filepart"])
def test_the_names_of_unfinished_copies_keep_a_version_out(name: str) -> None:
    """Copying programs give what they still write a name of its own."""
    files = (FileState(name, 1, 0),)

    assert unfinished(name)
    assert not settled(files, files, 100 * SECOND, QUIET)
    assert not unfinished("1/model.onnx")
