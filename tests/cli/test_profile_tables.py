"""Profiles as tables: figures, failures, intervals."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vedette.cli.profile_tables import list_row, print_profile
from vedette.values.device import DeviceKind
from vedette.values.execution import Execution, RuntimeName
from vedette.values.frame import Size
from vedette.values.moment import Moment
from vedette.values.profile import Failed, Origin, Profile, Profiled, ProfilePoint
from vedette.values.tiling import Tiling

POINTS = (
    ProfilePoint(
        1, None, Moment(0.0125, 0.001, 0.0001, 300, 3), Moment(0.05, 0, 0.01, 3, 3), Moment(0.8), 175_000_000,
        170_000_000, Moment(0.25), 0.02,
    ),
    ProfilePoint(64, Size(640, 480), Moment(1.5, 0.1), Moment(2.25)),
    ProfilePoint(128, Size(640, 480), failed=Failed.OUT_OF_MEMORY, reason="it was killed"),
)  # fmt: skip
PROFILE = Profile(
    "p1",
    Profiled(
        "ssd", "2", "", Execution(RuntimeName.OPENVINO), DeviceKind("cpu:1", 1.0, 512_000_000),
        Tiling(Size(300, 300)), 1, 24.3,
    ),
    POINTS,
    Origin.GIVEN,
)  # fmt: skip


def test_a_profile_reads_well_at_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """L with Student's interval of three trials: 4.303 x 0.0001 / sqrt(3) of 0.0125 s is 2.0 %."""
    print_profile(PROFILE)

    lines = [line.split() for line in capsys.readouterr().out.splitlines() if line.strip()]
    text = [" ".join(line) for line in lines]
    assert text[0] == "ssd version 2 on cpu:1, 512 MB: openvino fp32 on cpu, 1 x 1 threads"
    assert text[1] == "given, tiles of 300x300, overlap 0, 1 busy neighbour, quality 24.3 %"
    assert text[2] == "batch load s W ms L ms +/- images/s peak MB J/image notes"
    assert text[4] == "1 0.80 50.00 12.50 2.0% 80.0 175 0.25 3 trials"
    assert text[5] == "images of 640x480"
    assert text[8] == "64 - 2,250 1,500 - 42.7 - 1 trial"
    assert text[9] == "128 - - - - - - out of memory"
    assert text[10] == "batch 128, 640x480: it was killed"
    assert all(len(" ".join(line)) <= 80 for line in lines)


def test_what_was_left_out_is_told_in_lines_of_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """A list says that the profile was broken off."""
    told = f"broken off: batch {', '.join(map(str, range(8, 65)))} of 640x480 not measured"
    part = replace(PROFILE, broken_off=told)

    print_profile(part)
    lines = capsys.readouterr().out.splitlines()
    begins = next(number for number, line in enumerate(lines) if line.startswith("broken off"))

    assert " ".join(lines[begins:-1]) == told
    assert all(len(line) <= 80 for line in lines[begins:])
    assert list_row(part)[-1] == "broken off"


def test_a_list_tells_profiles_apart() -> None:
    """Id, model, device, neighbours, batches that worked, and what ran them."""
    assert list_row(PROFILE) == ("p1", "ssd", "cpu:1, 512 MB", "1", "1..64", "given")
