"""`vedette bench cost`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from click.testing import Result
from made_runs import made_run
from typer.testing import CliRunner

from vedette.adapters.store.runs import RunsFolder
from vedette.cli import bench_cost
from vedette.cli.bench_cost import parse_video
from vedette.errors import ConflictError, NotFoundError, UsageError
from vedette.values.evidence import Check, Estimate, State
from vedette.values.reading import Feature, Pace, Reckoning
from vedette.values.run import RunData
from vedette.wiring.runs import home_runs

app = typer.Typer()
app.command()(bench_cost.cost)


def stored(id: str = "a", rate: Estimate = Estimate(1000 / 25.4, 38.0, 41.0), **more: Any) -> RunData:  # noqa: A002, B008
    data = made_run(id=id, repeats=2, **more)
    data = replace(data, run=replace(data.run, summary=replace(data.run.summary, throughput=rate)))
    RunsFolder(home_runs()).create(id).finish(data)
    return data


def called(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def answer(*words: str) -> Any:
    return json.loads(called(*words, "--format", "json").stdout)


def test_the_published_job_takes_the_published_hours_and_euros() -> None:
    """24 hours of video at 24 frames a second: 14.63 h and 18.29 EUR, each with its interval."""
    stored()
    text = called("a", "--video", "24h@24fps", "--device", "gpu-rtx").stdout

    assert "a job of 2,073,600 images" in text
    assert "14.63 [14.05, 15.16]" in text
    assert "18.29 [17.56, 18.95]" in text
    assert "1.25 EUR an hour, every second used is paid" in text
    assert "thesis" in text


def test_images_and_a_video_are_one_job() -> None:
    """2,073,600 images or 24 hours of them."""
    stored()

    assert answer("a", "--images", "2073600") == answer("a", "--video", "24h@24fps")


def test_without_a_device_there_are_hours_only() -> None:
    """No price is made up; why there is no energy is told."""
    stored()
    (one,) = answer("a", "--images", "1000")

    assert one["cost"]["money"] is None
    assert one["cost"]["hours"]["value"] == pytest.approx(25.4 / 3600)
    assert one["energy"] is None
    assert "no device was named" in one["energy_reason"]
    assert "EUR" not in called("a", "--images", "1000").stdout


def test_energy_is_an_estimate_from_the_servers_cpu_time_and_labelled_so() -> None:
    """Half a core at 10 W: 5 W; carbon from the grid that is stated."""
    data = made_run(id="a", repeats=2)
    assert data.samples is not None
    names = "process.server.tree.cpu_user", "process.server.tree.cpu_system"
    features = tuple(Feature(name, "s", "made", "made", Pace.FAST, Reckoning.COUNTER) for name in names)
    seconds = (data.samples.at_ns - data.samples.at_ns[0]) / 1e9
    columns = dict(zip(names, (0.4 * seconds, 0.1 * seconds), strict=True))
    data = replace(data, samples=replace(data.samples, features=features, columns=columns))
    RunsFolder(home_runs()).create("a").finish(data)

    (one,) = answer("a", "--images", "1000000", "--device", "cpu-2-cores", "--grid", "250")
    text = called("a", "--images", "1000000", "--device", "cpu-2-cores", "--grid", "250").stdout

    power = one["energy"]["power"]
    kwh = one["energy"]["job_kwh"]["value"]
    assert power["watts"] == pytest.approx(5.0)
    assert power["basis"] == "estimated"
    assert one["energy"]["job_co2_g"]["value"] == pytest.approx(250 * kwh)
    assert "an estimate: 0.50 busy cores of the server at 10 W each, as assumed for cpu-2-cores" in text
    assert "5, estimated" in text


def test_several_runs_are_rows_of_one_table() -> None:
    """In the order in which they were named."""
    stored("a")
    stored("b", Estimate(1000 / 409.35, reason="one repeat has no interval"))
    found = answer("b", "a", "--images", "2073600", "--device", "gpu-rtx")

    assert [one["run"] for one in found] == ["b", "a"]
    assert found[0]["cost"]["hours"]["value"] == pytest.approx(235.7856)
    assert "b gives no interval: one repeat" in called("b", "a", "--images", "1").stdout


def test_a_run_without_answers_has_no_cost() -> None:
    """A dash and the reason."""
    stored(rate=Estimate(None, reason="no right answer"), failed=200)
    text = called("a", "--images", "10", "--device", "gpu-rtx").stdout

    assert "no right answer" in text
    assert answer("a", "--images", "10", "--device", "gpu-rtx")[0]["cost"]["money"]["job"]["value"] is None


def test_an_invalid_run_is_refused_unless_accepted() -> None:
    """And then marked."""
    stored(checks=(Check("failures", State.FAIL, "2 % of requests failed"),))

    with pytest.raises(ConflictError, match="INVALID"):
        called("a", "--images", "10")
    assert "INVALID and used nevertheless" in called("a", "--images", "10", "--accept-invalid").stdout
    assert answer("a", "--images", "10", "--accept-invalid")[0]["verdict"] == "INVALID"


def test_a_price_file_of_ones_own_needs_the_device(tmp_path: Path) -> None:
    """A device that it does not have lists those that it has."""
    stored()
    file = tmp_path / "mine.yaml"
    file.write_text("devices:\n  mine: {title: x, price_per_hour: 2.0, currency: USD, billing: hour, source: me}\n")
    words = ["a", "--images", "2073600", "--prices", str(file)]

    assert answer(*words, "--device", "mine")[0]["cost"]["money"]["job"]["value"] == 30.0
    with pytest.raises(NotFoundError, match="no device 'gpu-rtx'; it has mine"):
        called(*words, "--device", "gpu-rtx")
    with pytest.raises(UsageError, match="no device of"):
        called(*words)


@pytest.mark.parametrize("words", [[], ["--images", "3", "--video", "1s@1fps"]])
def test_a_job_is_told_once(words: list[str]) -> None:
    """Not at all or twice is refused."""
    stored()

    with pytest.raises(UsageError, match=r"the job is (told twice|not told)"):
        called("a", *words)


@pytest.mark.parametrize(
    ("text", "frames"),
    [("24h@24fps", 2_073_600), ("1min@29.97fps", 1799), ("0.5s@1FPS", 1), ("2d@1fps", 172_800), ("1h@0.1fps", 360)],
)
def test_videos_are_read(text: str, frames: int) -> None:
    """Length times rate, the last frame begun counted."""
    assert parse_video(text) == frames


@pytest.mark.parametrize(
    "text", ["", "24h", "24@24fps", "24h@24", "0h@24fps", "-1h@24fps", "1e9h@1fps", "9999999999d@9999fps"]
)
def test_what_is_no_video_is_refused(text: str) -> None:
    """And the help shows one."""
    with pytest.raises(UsageError, match="--video"):
        parse_video(text)
