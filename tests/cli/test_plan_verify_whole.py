"""`vedette plan ... --verify` from its words to its exit code: real processes on this machine, a tiny model."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from carried_plans import ready

pytestmark = pytest.mark.alone

GIVEN = """
model: colour
device: {device}
points:
  - {{batch: 1, latency_ms: 4, warm_up_ms: 20, size: 64x64}}
  - {{batch: 4, latency_ms: 10, warm_up_ms: 26, size: 64x64}}
"""


def ran(folder: Path, device: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A process of its own, as a user starts it; photos of one size, so that little is decoded."""
    profile = folder / "colour.yaml"
    profile.write_text(GIVEN.format(device=device))
    asked = ("plan", *words, "--model", "colour", "--profile", str(profile), "--no-profile", "--format", "json")
    return subprocess.run(
        [sys.executable, "-m", "vedette", *asked],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=dict(os.environ),
    )


def told(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(done.stdout)
    assert plan["error"] == pytest.approx((plan["measured_s"] - plan["predicted_s"]) / plan["measured_s"])
    return plan


def test_deadline_is_planned_and_carried_out_in_one_go(home: Path, tmp_path: Path) -> None:
    """Two halves of a core work through every image, each in its mini-batches; what they took is beside the plan."""
    ready(home)

    done = ran(
        tmp_path, "cpu:0.5", "deadline", "--images", "60", "--within", "120ms", "--devices", "cpu:0.5,cpu:0.5",
        "--class", "relaxed", "--size", "64x64", "--verify",
    )  # fmt: skip
    plan = told(done)

    assert (plan["status"], plan["objective"]["value"]) == ("optimal", 2)
    assert [run["failed"] for run in plan["verification"]["runs"]] == ["", ""]
    assert sum(run["images"] for run in plan["verification"]["runs"]) == plan["images"] >= 60
    assert plan["measured_s"] == pytest.approx(max(run["took_s"] for run in plan["verification"]["runs"]))
    assert plan["held"] is (plan["measured_s"] <= 0.12)
    assert done.returncode == (0 if plan["held"] else 1)


def test_plan_is_made_at_the_speed_of_the_machine_now(home: Path, tmp_path: Path) -> None:
    """Two processes work for a second first; the plan rests on a profile of that moment, which is kept."""
    ready(home)

    done = ran(
        tmp_path, "cpu:0.5", "deadline", "--images", "60", "--within", "30s", "--devices", "cpu:0.5,cpu:0.5",
        "--class", "relaxed", "--size", "64x64", "--refresh", "1s", "--verify",
    )  # fmt: skip
    plan = told(done)
    kept = json.loads((home / "profiles" / f"{plan['profiles'][0]}.json").read_text(encoding="utf-8"))
    ratio = kept["points"][0]["latency_s"]["mean"] / 0.004

    assert kept["refreshed_from"].startswith("given-")
    assert kept["points"][1]["latency_s"]["mean"] == pytest.approx(0.010 * ratio)
    assert f"{ratio:.3g} times as long" in " ".join(plan["warnings"])
    assert "looking for 1 s how quick colour is now on 2 devices" in done.stderr
    assert (plan["held"], done.returncode) == (True, 0)


def test_rate_is_planned_and_put_on_a_real_server_in_one_go(home: Path, tmp_path: Path) -> None:
    """An open loop of ten seconds at the rate that was asked; the goal is so wide that any machine keeps it."""
    ready(home)

    done = ran(
        tmp_path, "cpu:1", "rate", "--rate", "200/s", "--p99", "20s", "--devices", "cpu:1", "--class", "relaxed",
        "--max-batch", "1", "--size", "64x64", "--verify",
    )  # fmt: skip
    plan = told(done)
    notes = " ".join(plan["verification"]["notes"])

    assert (plan["status"], plan["replicas"]["count"]) == ("optimal", 1)
    assert plan["predicted_s"] == pytest.approx(plan["replicas"]["p99_ms"]["expected"] / 1000)
    assert plan["verification"]["reason"] == ""
    assert "requests count" in notes
    assert "with the arrivals that were sent" in notes
    assert (plan["held"], done.returncode) == (True, 0)
    assert "besides its image, HTTP above all, is not known" in " ".join(plan["warnings"])


def test_plan_that_nothing_can_do_is_not_carried_out(home: Path, tmp_path: Path) -> None:
    """Exit code 3, and nothing was started: the note says why."""
    ready(home)

    done = ran(
        tmp_path,
        "cpu:0.5",
        "rate",
        "--rate",
        "900/s",
        "--p99",
        "1ms",
        "--devices",
        "cpu:0.5",
        "--size",
        "64x64",
        "--verify",
    )

    assert done.returncode == 3
    assert json.loads(done.stdout)["status"] == "infeasible"
    assert "nothing to verify" in done.stderr
