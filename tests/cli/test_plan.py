"""`vedette plan` on given profiles: nothing is measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from vedette.cli.plan import app
from vedette.errors import InvalidError, NotFoundError, UsageError, VedetteError

DETECTOR = """
model: {name}
device: {device}
quality: {quality}
points:
  - {{batch: 1, latency_ms: {first}, warm_up_ms: 60, load_s: 0.5, memory_mb: 200, between_ms: 0.5, trials: 3}}
  - {{batch: 8, latency_ms: {last}, warm_up_ms: 350, load_s: 0.5, memory_mb: 340, between_ms: 2.5, trials: 3}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the profiles of a quick model and of a good one."""
    monkeypatch.chdir(tmp_path)
    for name, quality, first, last in (("quick", 22, 40, 250), ("good", 40, 400, 2500)):
        text = DETECTOR.format(name=name, device="cpu:1", quality=quality, first=first, last=last)
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


DEADLINE = ("deadline", "-m", "quick", "--profile", "quick.yaml", "--devices", "cpu:1,cpu:1,cpu:1")
MODEL = ("model", "--models", "quick,good", "--devices", "cpu:1", "--profile", "quick.yaml", "--profile", "good.yaml")


def called(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def answer(*words: str) -> Any:
    return json.loads(called(*words, "--format", "json").stdout)


@pytest.mark.usefixtures("folder")
class TestPlans:
    """What each command answers."""

    def test_a_deadline_is_answered_in_a_table_of_eighty_columns(self) -> None:
        """Status, what to run where, and the recommendation."""
        result = called(*DEADLINE, "-n", "1000", "--within", "20s")

        assert result.exit_code == 0
        assert "optimal, proven (closed form)" in result.stdout
        assert "- Run quick on 2 x cpu:1 in mini-batches of 8" in result.stdout
        assert "of 20 s" in result.stdout
        assert "was given" in result.stdout
        assert max(map(len, result.stdout.splitlines())) <= 80

    def test_the_json_is_the_plan_as_it_is_kept(self, folder) -> None:
        """With its schema; --output writes the same, and `show` and `list` find it."""
        made = answer(*DEADLINE, "-n", "1000", "--within", "20s", "--output", "plan.json")

        assert made["schema"] == "vedette.plan/1"
        assert made["objective"] == {"goal": "devices", "value": 2.0, "bound": 2.0, "unit": "devices"}
        assert sum(one["images"] for one in made["assignments"]) == 1000
        assert json.loads((folder / "plan.json").read_text(encoding="utf-8")) == made
        assert answer("show", made["id"]) == answer("show", "plan.json") == made
        assert [one["id"] for one in answer("list")] == [made["id"]]
        assert made["id"][:15] in called("list").stdout

    def test_an_infeasible_demand_exits_with_3_and_names_what_would_do(self) -> None:
        """Each relaxation is named; the time that it names suffices."""
        made = answer(*DEADLINE, "-n", "1000", "--within", "5s")
        (needed,) = [one["needed"] for one in made["relaxations"] if one["limit"] == "within"]

        assert called(*DEADLINE, "-n", "1000", "--within", "5s").exit_code == 3
        assert made["status"] == "infeasible"
        assert called(*DEADLINE, "-n", "1000", "--within", f"{needed}s").exit_code == 0
        assert "No plan meets this demand" in called(*DEADLINE, "-n", "1000", "--within", "5s").stdout

    def test_a_time_shorter_than_any_first_mini_batch_is_told(self) -> None:
        """With the time that one image takes."""
        assert "shorter than any first mini-batch" in called(*DEADLINE, "-n", "1", "--within", "10ms").stdout

    def test_a_budget_shows_the_objective_as_printed(self) -> None:
        """NGPU x images."""
        made = answer("budget", *DEADLINE[1:], "--within", "20s")

        assert made["printed_objective"] == 3 * made["images"]
        assert "NGPU x images" in called("budget", *DEADLINE[1:], "--within", "20s").stdout

    @pytest.mark.parametrize(("within", "model"), [("10s", "quick"), ("60s", "good")])
    def test_the_better_model_is_taken_when_the_time_allows_it(self, within, model) -> None:
        """Otherwise the quicker one; of the better one is told what it needs."""
        made = answer(*MODEL, "-n", "150", "--within", within)

        assert {one["model"] for one in made["assignments"]} == {model}
        assert any("good (quality 40) does not do it" in one for one in made["warnings"]) == (model == "quick")

    def test_no_model_in_time_names_the_smallest_change(self) -> None:
        """And exits with 3."""
        result = called(*MODEL, "-n", "1000", "--within", "1s")

        assert result.exit_code == 3
        assert "with quick" in result.stdout

    def test_all_models_that_were_given_are_chosen_from_unless_named(self) -> None:
        """Here two."""
        words = [word for word in MODEL if word not in {"--models", "quick,good"}]

        assert set(answer(*words, "-n", "10", "--within", "60s")["demand"]["models"]) == {"quick", "good"}

    def test_a_model_of_unknown_quality_says_so(self, folder) -> None:
        """It is not called better or worse than another."""
        file = folder / "quick.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace("quality: 22\n", ""), encoding="utf-8")
        made = answer("model", "--models", "quick", "--profile", "quick.yaml", "-n", "10", "--within", "20s")

        assert any("quality unknown: quick" in one for one in made["warnings"])
        assert "Its quality is unknown." in made["words"]

    def test_options_reach_the_demand(self) -> None:
        """None is ignored."""
        words = (*DEADLINE, "-n", "50", "--within", "1min", "--start", "cold", "--class", "hard", "--lost", "1")
        demand = answer(*words, "--max-batch", "4", "--max-uses", "30")["demand"]

        assert (demand["start"], demand["deadline"], demand["lost_devices"]) == ("cold", "hard", 1)
        assert demand["limits"] == {"cost": None, "energy_wh": None, "uses": 30, "batch": 4}
        assert demand["within_s"] == 60.0
        assert answer(*DEADLINE, "-n", "50", "--within", "9s", "--probability", "90%")["demand"]["probability"] == 0.9

    def test_a_profile_that_came_with_the_fleet_is_taken(self, folder) -> None:
        """For a device that one does not own."""
        text = DETECTOR.format(name="quick", device="edge-box", quality=22, first=40, last=250)
        (folder / "edge.yaml").write_text(text, encoding="utf-8")
        (folder / "fleet.yaml").write_text("devices: [{name: edge-box, count: 2, profile: edge.yaml}]", "utf-8")
        made = answer("deadline", "-m", "quick", "-n", "100", "--within", "9s", "--devices", "fleet.yaml")

        assert made["assignments"][0]["device"]["name"] == "edge-box"
        assert made["environment"] is None


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "error", "told"),
    [
        ((*DEADLINE, "-n", "9", "--within", "20"), UsageError, "--within 20 is no duration"),
        ((*DEADLINE, "-n", "9", "--within", "-3s"), UsageError, "--within -3s is no duration"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--refresh", "10"), UsageError, "--refresh 10 is no duration"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--refresh", "0.5s"), UsageError, "0.5 s is no time to look"),
        ((*DEADLINE, "-n", "0", "--within", "20s"), UsageError, "one image at least"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--probability", "95"), UsageError, "95 is no probability"),
        (
            (*DEADLINE, "-n", "9", "--within", "20s", "--probability", "95%", "--class", "hard"),
            UsageError,
            "--probability 95% and --class hard contradict each other",
        ),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--lost", "3"), UsageError, "--lost 3 and --devices contradict"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--lost", "-1"), UsageError, "--lost -1"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--class", "hardly"), UsageError, "--class hardly is not known"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--start", "hot"), UsageError, "--start hot is not known"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--goal", "quality"), UsageError, "for another kind of plan"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--max-batch", "0"), UsageError, "--max-batch 0"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--max-uses", "-1"), UsageError, "--max-uses -1"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--max-cost", "3"), UsageError, "--max-cost 3 is no money"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--max-cost", "3USD"), UsageError, "priced in EUR"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--max-energy", "5"), UsageError, "--max-energy 5"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--max-cost", "3EUR"), InvalidError, "no price is known of cpu:1"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--goal", "energy"), InvalidError, "neither energy nor watts"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--price", "0.12"), UsageError, "--price 0.12 is no price"),
        (
            (*DEADLINE, "-n", "9", "--within", "20s", "--size", "10x10", "--images-from", "."),
            UsageError,
            "--size and --images-from contradict",
        ),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--size", "640x480", "--no-profile"), NotFoundError, "640x480"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--size", "640x480"), NotFoundError, "640x480"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--tile", "300x300", "--no-profile"), NotFoundError, "not cut"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--profile", "none.yaml"), NotFoundError, "none.yaml"),
        ((*DEADLINE, "-n", "9", "--within", "20s", "--profile", "good.yaml"), InvalidError, "is of no use here"),
        (("deadline", "-m", "none", "-n", "9", "--within", "20s", "--no-profile"), NotFoundError, "no model 'none'"),
        (("model", "-n", "9", "--within", "20s"), NotFoundError, "no model was profiled yet"),
        (("model", "--models", ",", "-n", "9", "--within", "20s"), UsageError, "names no model"),
        (("rate", "-m", "quick", "--rate", "20", "--p99", "50ms"), UsageError, "--rate 20"),
        (("rate", "-m", "quick", "--rate", "0/s", "--p99", "50ms"), UsageError, "--rate 0/s"),
        (("rate", "-m", "quick", "--rate", "20/s", "--p99", "50"), UsageError, "--p99 50"),
        (("rate", "-m", "quick", "--rate", "20/s", "--p99", "1s", "--max-cost", "1EUR"), UsageError, "an hour"),
        (("show", "none"), NotFoundError, "none"),
    ],
)
def test_what_cannot_be_planned_is_told_with_the_next_step(words, error, told) -> None:
    """Every bad input is an error of Vedette's with a help; contradictions name the two."""
    with pytest.raises(error) as caught:
        called(*words)

    assert told in caught.value.message
    assert caught.value.help


@pytest.mark.parametrize("limit", [("--max-cost", "3EUR"), ("--goal", "cost")])
def test_a_missing_price_is_told_before_anything_is_measured(
    limit: tuple[str, ...], home: Path, capsys: pytest.CaptureFixture
) -> None:
    """No profile is there and none is begun, nor is the model looked for: the price alone decides."""
    with pytest.raises(InvalidError, match="no price is known of cpu:1"):
        called("deadline", "-m", "none", "-n", "9", "--within", "20s", "--devices", "cpu:1", *limit)

    assert capsys.readouterr().err == ""
    assert not (home / "profiles").exists()


@pytest.mark.usefixtures("folder")
def test_a_plan_that_cannot_be_written_is_told(tmp_path) -> None:
    """Nothing half is left."""
    with pytest.raises(VedetteError, match="there is no folder"):
        called(*DEADLINE, "-n", "9", "--within", "20s", "--output", str(tmp_path / "none" / "plan.json"))


@pytest.mark.usefixtures("folder")
def test_memory_below_the_model_is_told(folder) -> None:
    """The least that it takes, and what the device has."""
    (folder / "small.yaml").write_text("devices: [{name: cpu:1, memory: 100MB}]", "utf-8")
    words = ("deadline", "-m", "quick", "--profile", "quick.yaml", "--devices", "small.yaml", "--no-profile")
    with pytest.raises(NotFoundError, match="smallest mini-batch took 200 MB, cpu:1 has 100 MB"):
        called(*words, "-n", "9", "--within", "20s")


def test_without_plans_the_list_says_how_to_make_one() -> None:
    """An empty array for programs."""
    assert "vedette plan deadline" in called("list").stdout
    assert answer("list") == []
