"""What `vedette bench run` refuses before anything is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from bench_command import bench


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("null", "--load", "poissson", "--rate", 5, "--requests", 5), "poisson"),
        (("null", "--load", "poisson", "--requests", 5), "--rate"),
        (("null",), "--duration"),
        (("null", "--rate", 5, "--requests", 5), "--rate"),
        (("null", "--requests", 5, "--quality", "top1=0.9"), "--reference"),
        (("null", "--requests", 5, "--input", "/no/such/folder"), "/no/such/folder"),
        (("null", "--requests", 5, "--client-cores", "x"), "--client-cores"),
        (("nul:5ms", "--requests", 5), "null"),
        (("null", "--load", "trace", "--trace", "/no/such/trace"), "/no/such/trace"),
        (("null", "--duration", "5 parsecs"), "--duration"),
        (("null", "--requests", 5, "--start", "sleep 1"), "--start"),
        (("inprocess:no-such-model", "--requests", 5), "no-such-model"),
    ],
)
def test_what_cannot_be_measured_is_told_with_the_next_step(words, told: str, home: Path) -> None:
    """Nothing is sent, nothing is stored, no traceback."""
    ran = bench("run", *words)

    assert ran.returncode in (2, 3)
    assert told in ran.stderr
    assert "help:" in ran.stderr
    assert "Traceback" not in ran.stderr
    assert not (home / "runs").exists() or list((home / "runs").iterdir()) == []
