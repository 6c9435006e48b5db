"""A run for Weights & Biases, really written by wandb, offline."""

from __future__ import annotations

import builtins
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from vedette.adapters.exporters.wandb import Journal, export
from vedette.errors import UnavailableError

CODE = """
import json, sys
from pathlib import Path
from vedette.adapters.exporters.wandb import Journal, export
journal = Journal("run-1", {"spec": {"seed": 7}}, {"p99_ms": 16.928138, "verdict": "VALID"},
                  [{"repeat": 0, "repeat.p50_ms": 9.25}, {"repeat": 1, "repeat.p50_ms": 9.75}])
print(export(journal, project="my-project", folder=Path(sys.argv[1]), offline=True))
"""
READ = """
import json, struct, sys
from wandb.proto import wandb_internal_pb2

def records(data):
    # A log in blocks of 32 KiB after a head of 7 bytes; a record is whole (1), or begins (2), goes on (3) and ends (4).
    place, whole = 7, b""
    while place + 7 <= len(data):
        left = 32768 - place % 32768
        if left < 7:
            place += left
            continue
        _, length, kind = struct.unpack_from("<IHB", data, place)
        whole += data[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):
            yield wandb_internal_pb2.Record.FromString(whole)
            whole = b""

def told(items):
    return {item.key or item.nested_key[0]: json.loads(item.value_json) for item in items}

found = {"summary": {}, "config": {}, "steps": [], "project": None, "host": None}
for record in records(open(sys.argv[1], "rb").read()):
    if record.HasField("run"):
        found["project"], found["host"] = record.run.project, record.run.host
        found["config"] |= told(record.run.config.update)
    found["config"] |= told(record.config.update)
    found["summary"] |= told(record.summary.update)
    if record.HasField("history"):
        found["steps"].append(told(record.history.item))
print(json.dumps(found))
"""


def python(code: str, *words: str, cwd: Path, home: Path) -> str:
    """Run code as a user would, in a folder and a home of its own, with no network but a dead end."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("WANDB", "XDG"))}
    environment |= {"HOME": str(home), "HTTPS_PROXY": "http://127.0.0.1:9", "WANDB_BASE_URL": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_offline_run_holds_the_figures_and_nothing_is_left_elsewhere(tmp_path: Path) -> None:
    """wandb's own file gives back config, summary and steps; home and current folder stay empty."""
    pytest.importorskip("wandb", reason="the extra wandb is not installed")
    cwd, home, out = (tmp_path / name for name in ("cwd", "home", "out"))
    cwd.mkdir()
    home.mkdir()

    kept = Path(python(CODE, str(out), cwd=cwd, home=home).strip())

    (file,) = kept.glob("*.wandb")
    found: dict[str, Any] = json.loads(python(READ, str(file), cwd=tmp_path, home=tmp_path))
    assert found["project"] == "my-project"
    assert found["host"] == ""
    assert found["config"]["spec"] == {"seed": 7}
    assert found["summary"]["p99_ms"] == 16.928138
    assert found["summary"]["verdict"] == "VALID"
    assert [step["repeat.p50_ms"] for step in found["steps"]] == [9.25, 9.75]
    assert kept.parent == out / "wandb"
    assert not list(cwd.iterdir())
    assert not list(home.iterdir())
    assert not list(kept.rglob("requirements.txt"))


def test_absent_package_tells_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without wandb the error prints the pip line."""
    real = builtins.__import__

    def without(name: str, *others: Any, **named: Any) -> Any:
        if name == "wandb":
            raise ImportError(name)
        return real(name, *others, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UnavailableError) as caught:
        export(Journal("a", {}, {}, ()), project="p", folder=tmp_path, offline=True)

    assert caught.value.help == "pip install 'vedette[wandb]'"
