"""`vedette plan beside` on given profiles: nothing is measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import Result
from typer.testing import CliRunner

import vedette
from vedette.cli.plan import app
from vedette.errors import InvalidError, NotFoundError, UsageError
from vedette.values.demand import PlanKind

PROFILE = """
model: {name}
device: cpu:1
quality: {quality}
points:
  - {{batch: 1, latency_ms: {first}, warm_up_ms: 60, load_s: 0.5, memory_mb: 200, between_ms: 0.5, trials: 3}}
  - {{batch: 2, latency_ms: {last}, warm_up_ms: 350, load_s: 0.5, memory_mb: 240, between_ms: 2.5, trials: 3}}
"""
BOTH = ("--profile", "quick.yaml", "--profile", "good.yaml")
ASKED = ("beside", "-n", "50", "--within", "60s", "--memory", "1GB", *BOTH)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the profiles of a quick model and of a good one."""
    monkeypatch.chdir(tmp_path)
    for name, quality, first, last in (("quick", 22, 40, 70), ("good", 40, 400, 700)):
        text = PROFILE.format(name=name, quality=quality, first=first, last=last)
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def called(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def answer(*words: str) -> Any:
    return json.loads(called(*words, "--format", "json").stdout)


@pytest.mark.usefixtures("folder")
class TestBeside:
    """What the command answers."""

    def test_both_models_fit_and_take_turns(self) -> None:
        """A row for each, with its memory; 80 columns; the plan is kept."""
        result = called(*ASKED)

        assert result.exit_code == 0
        assert "optimal, proven (CP-SAT)" in result.stdout
        words = " ".join(result.stdout.split())
        assert "let them work in turn: quick in mini-batches of" in words
        assert "of the 1,000 MB allowed" in words
        assert "Their qualities add up to 62." in words
        assert max(map(len, result.stdout.splitlines())) <= 80
        assert "quick, good" in called("list").stdout

    def test_too_little_memory_leaves_the_better_one_and_tells_what_both_need(self) -> None:
        """With so much memory both are chosen."""
        made = answer("beside", "-n", "50", "--within", "60s", "--memory", "300MB", *BOTH, "--models", "good,quick")
        (text,) = [one["one_more"] for one in made["binding"] if one["limit"] == "memory"]
        needed = text.removeprefix("with ").split(" of ")[0].replace(" ", "")

        assert [one["model"] for one in made["assignments"]] == ["good"]
        assert made["assignments"][0]["peak_bytes"] <= 300_000_000
        wider = answer("beside", "-n", "50", "--within", "60s", "--memory", needed, *BOTH)
        assert {one["model"] for one in wider["assignments"]} == {"quick", "good"}

    def test_what_is_needed_and_does_not_fit_exits_with_3(self) -> None:
        """Each relaxation that is named suffices when it is asked for."""
        words = ("--memory", "1GB", *BOTH, "--one-of", "quick", "--one-of", "good")
        made = answer("beside", "-n", "50", "--within", "5s", *words)
        needed = {one["limit"]: one["needed"] for one in made["relaxations"]}

        assert called("beside", "-n", "50", "--within", "5s", *words).exit_code == 3
        assert made["status"] == "infeasible"
        assert called("beside", "-n", "50", "--within", f"{needed['within'] + 0.001}s", *words).exit_code == 0
        assert called("beside", "-n", str(int(needed["images"])), "--within", "5s", *words).exit_code == 0
        assert called("beside", "-n", str(int(needed["images"]) + 1), "--within", "5s", *words).exit_code == 3

    def test_one_of_several_is_taken_where_that_is_asked(self) -> None:
        """The better one; the demand has the group."""
        made = answer(*ASKED, "--one-of", "quick,good")

        assert made["demand"]["groups"] == [["quick", "good"]]
        assert [one["model"] for one in made["assignments"]] == ["good"]

    def test_options_reach_the_demand(self) -> None:
        """None is ignored."""
        made = answer(*ASKED, "--class", "hard", "--start", "cold", "--max-batch", "1")

        assert (made["demand"]["deadline"], made["demand"]["start"]) == ("hard", "cold")
        assert made["demand"]["limits"]["batch"] == 1
        assert made["demand"]["fleet"]["stocks"][0]["kind"]["memory_bytes"] == 1_000_000_000
        assert {one["batch"] for one in made["assignments"]} == {1}

    def test_apply_writes_one_server_with_both_models(self, folder) -> None:
        """In one file, with a limit of memory in its comments."""
        plan = answer(*ASKED)["id"]
        called("apply", plan, "--profile", "quick.yaml", "--profile", "good.yaml")
        text = (folder / "vedette.yaml").read_text(encoding="utf-8")

        assert [one["name"] for one in yaml.safe_load(text)["models"]] == ["quick", "good"]
        assert "its memory is limited to 1000 MB" in text

    def test_report_shows_turns_one_after_the_other(self, folder) -> None:
        """The second model begins where the first ends."""
        plan = answer(*ASKED)["id"]
        called("report", plan, "--profile", "quick.yaml", "--profile", "good.yaml")

        assert "good on cpu:1" in (folder / "plan.html").read_text(encoding="utf-8")

    def test_the_library_takes_the_same_words(self) -> None:
        """`vedette.plan("beside", ...)`, with groups or without; the device is one core."""
        files = ["quick.yaml", "good.yaml"]
        best = vedette.plan("beside", images=50, within="60s", profiles=files).plan
        needed = vedette.plan("beside", images=50, within="60s", profiles=files, one_of=["quick", ["good"]]).plan

        assert best.demand.kind is PlanKind.BESIDE
        assert best.demand.fleet.count == 1
        assert best.objective.value == needed.objective.value == 62.0
        assert needed.demand.groups == (("quick",), ("good",))
        with pytest.raises(InvalidError, match="lost is of no use"):
            vedette.plan("beside", images=50, within="60s", profiles=files, lost=1)
        with pytest.raises(InvalidError, match="without model"):
            vedette.plan("beside", model="quick", images=50, within="60s", profiles=files, one_of=["good"])
        with pytest.raises(InvalidError, match="in one group"):
            vedette.plan("beside", images=50, within="60s", profiles=files, one_of=["good", "good"])


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "error", "told"),
    [
        (("--devices", "cpu:1,cpu:1"), UsageError, "one device is asked about, these are 2"),
        (("--memory", "1"), UsageError, "--memory 1 is no amount"),
        (("--memory", "0GB"), UsageError, "--memory 0GB"),
        (("--devices", "fleet.yaml", "--memory", "1GB"), UsageError, "--memory 1GB and fleet.yaml contradict"),
        (("--models", "quick", "--one-of", "good"), UsageError, "--models and --one-of contradict"),
        (("--one-of", "quick", "--one-of", "quick"), UsageError, "--one-of names quick twice"),
        (("--one-of", ","), UsageError, "names no model"),
        (("--max-batch", "0"), UsageError, "--max-batch 0"),
        (("--probability", "2"), UsageError, "no probability"),
        (("--one-of", "none"), NotFoundError, "no model 'none'"),
        (("--memory", "100MB"), NotFoundError, "smallest mini-batch took 200 MB"),
    ],
)
def test_what_cannot_be_asked_is_told_with_the_next_step(folder, words, error, told) -> None:
    """Contradictions name the two."""
    (folder / "fleet.yaml").write_text("devices: [{name: cpu:1, memory: 2GB}]", "utf-8")
    with pytest.raises(error) as caught:
        called("beside", "-n", "50", "--within", "60s", "--no-profile", *BOTH, *words)

    assert told in caught.value.message
    assert caught.value.help
