"""`vedette bench ...` as a person types it, in a process of its own.

ran = bench("show", "last")                         whatever it prints
found, stored = measured(url, "--requests", 9)      a run: its JSON, and what lies in its folder
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from vedette.values.run import RunData
from vedette.wiring.runs import open_run

MACHINE = ("generator", "taken by its host", "windows", "pile up")
"""Words of reasons for INVALID that a busy machine can be the cause of."""


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "vedette", "bench", *map(str, words)]


def bench(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), capture_output=True, text=True, check=False, timeout=100)


def printed(ran: subprocess.CompletedProcess[str]) -> dict:
    """The object that a command printed."""
    assert ran.stdout, ran.stderr
    return json.loads(ran.stdout)


def measured(*words: object) -> tuple[dict, RunData]:
    """The figures and the stored run of a measurement that is VALID but for what a busy machine does to it."""
    ran = bench("run", *words, "--format", "json")
    found = printed(ran)
    assert ran.returncode in (0, 1), ran.stderr
    assert not objections(found), found["reasons"]
    return found, open_run(Path(found["folder"]))


def objections(found: dict) -> list[str]:
    """Reasons for INVALID that a busy machine cannot be the cause of."""
    return [reason for reason in found["reasons"] if not any(word in reason for word in MACHINE)]
