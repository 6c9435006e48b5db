"""`vedette plan idle` on given profiles: nothing is measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from vedette.cli.plan import app
from vedette.errors import InvalidError, NotFoundError, UnsupportedError, UsageError
from vedette.rules.capacity.warmth import Instance, warmth

POINTS = """points:
  - {batch: 1, latency_ms: 20, warm_up_ms: 100, load_s: 0.5, memory_mb: 200, between_ms: 0.5, trials: 3}
  - {batch: 8, latency_ms: 120, warm_up_ms: 350, load_s: 0.5, memory_mb: 340, between_ms: 2.5, trials: 3}
"""
ASKED = ("idle", "-m", "det", "--rate", "1/s", "--profile", "det.yaml")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the profile of a detector."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "det.yaml").write_text(f"model: det\ndevice: cpu:1\n{POINTS}", encoding="utf-8")
    return tmp_path


def called(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def answer(*words: str) -> Any:
    return json.loads(called(*words, "--format", "json").stdout)


@pytest.mark.usefixtures("folder")
class TestIdle:
    """What the command answers."""

    def test_timeouts_are_a_table_of_eighty_columns(self) -> None:
        """Kept warm, the one asked about, the shortest that holds the p99, ended at once; then words."""
        result = called(
            *ASKED, "--p99", "300ms", "--price", "1EUR/h", "--kept-price", "0.3EUR/h", "--idle-timeout", "30s"
        )
        lines = result.stdout.splitlines()
        words = " ".join(result.stdout.split())

        assert result.exit_code == 0
        assert max(map(len, lines)) <= 80
        assert [
            name
            for line in lines
            for name in ("kept warm", "asked", "shortest", "at once")
            if line[1:].startswith(name)
        ] == [
            "kept warm",
            "asked",
            "shortest",
            "at once",
        ]
        assert "Let det end after 4.87 s without an image" in words
        assert "images a second on an instance that is kept for 0.3 EUR an hour is cheaper." in words
        assert "was given" in words

    def test_the_json_is_what_the_rule_says(self) -> None:
        """Of the profile's load time, W(1) and L(1)."""
        made = answer(*ASKED, "--idle-timeout", "2s", "--price", "1EUR/h")
        rows = {one["ends"]: one for one in made["timeouts"]}
        expected = warmth(Instance(0.5, 0.1, 0.02, 1.0), 1.0, 2.0)

        assert made["schema"] == "vedette.idle/1"
        assert (made["load_s"], made["warm_up_s"], made["latency_s"]) == pytest.approx((0.5, 0.1, 0.02))
        assert rows["kept warm"]["timeout_s"] is None
        assert rows["asked"]["cold_share"] == pytest.approx(expected.cold_share)
        assert rows["asked"]["p99_s"] == pytest.approx(expected.p99_s)
        assert rows["asked"]["cost_per_hour"] == pytest.approx(expected.cost_per_hour)
        assert made["holds"]

    def test_a_goal_that_nothing_holds_exits_with_3(self) -> None:
        """So does a rate that one instance cannot serve; both name replicas as the next step."""
        late = called(*ASKED, "--p99", "10ms")
        many = called("idle", "-m", "det", "--rate", "60/s", "--profile", "det.yaml")

        assert (late.exit_code, many.exit_code) == (3, 3)
        assert "vedette plan rate" in late.stdout
        assert "it serves 50 images a second at most" in " ".join(many.stdout.split())
        assert answer("idle", "-m", "det", "--rate", "60/s", "--profile", "det.yaml")["timeouts"] == []


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("words", "error", "told"),
    [
        (("--rate", "1"), UsageError, "--rate 1 is none"),
        (("--rate", "0/s"), UsageError, "--rate 0/s"),
        (("--rate", "1e7/s"), UsageError, "a rate lies between"),
        (("--p99", "300"), UsageError, "--p99 300 is no duration"),
        (("--idle-timeout", "-5s"), UsageError, "--idle-timeout -5s"),
        (("--kept-price", "0.3EUR/h"), UsageError, "no price is known of cpu:1"),
        (("--kept-price", "0.3", "--price", "1EUR/h"), UsageError, "--kept-price 0.3 is no money an hour"),
        (("--kept-price", "0.3USD/h", "--price", "1EUR/h"), UsageError, "--kept-price is in USD"),
        (("--devices", "cpu:1,cpu:1"), UsageError, "these are 2"),
        (("--devices", "cpu:0.5", "--no-profile"), NotFoundError, "with 0.5"),
        (("--profile", "cold.yaml", "-m", "cold"), InvalidError, "has no load time"),
        (("--profile", "large.yaml", "-m", "large"), InvalidError, "has no times of single images"),
    ],
)
def test_what_cannot_be_asked_is_told_with_the_next_step(folder, words, error, told) -> None:
    """Every bad input has a help."""
    cold = POINTS.replace("load_s: 0.5, ", "")
    large = "points: [{batch: 4, latency_ms: 20, load_s: 1}]"
    for name, points in (("cold", cold), ("large", large)):
        (folder / f"{name}.yaml").write_text(f"model: {name}\ndevice: cpu:1\n{points}", encoding="utf-8")
    base = ("idle", "-m", "det", "--rate", "1/s") if "cold.yaml" in words or "large.yaml" in words else ASKED
    with pytest.raises(error) as caught:
        called(*base, *words)

    assert told in caught.value.message
    assert caught.value.help


@pytest.mark.usefixtures("folder")
def test_a_rate_of_tiles_is_refused_before_anything_is_measured() -> None:
    """The server batches tiles, a profile of tiles tells whole images: no plan would be right."""
    with pytest.raises(UnsupportedError, match="images that are cut cannot be planned"):
        called("rate", "-m", "det", "--rate", "1/s", "--p99", "1s", "--tile", "300x300", "--profile", "det.yaml")
