"""One process, read through files that stay open."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vedette.adapters.probes.process_figures import FAST, SLOW
from vedette.adapters.probes.process_member import Member


def test_rows_have_a_value_for_every_field() -> None:
    """Their order is that of the groups."""
    member = Member(os.getpid(), 0, Path("/"))

    row = member.fast()
    assert row is not None
    assert len(row) == sum(len(group.fields) for group in FAST)
    assert len(member.slow()) == sum(len(group.fields) for group in SLOW)
    member.close()


def test_a_process_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """The tree that wanted it goes on without."""
    with pytest.raises(OSError, match="No such file"):
        Member(7, 0, tmp_path)
