"""`vedette plan verify`, `calibration` and `apply` as they print."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import typer
from carried_plans import kept_job, kept_rate, ready
from click.testing import Result
from profiled_models import given_profile
from timed_devices import planned, rate_plan
from typer.testing import CliRunner

from vedette.adapters.store.profile_document import write_profile
from vedette.cli import plan_verify
from vedette.errors import NotFoundError, UsageError
from vedette.rules.capacity.calibration import pair_of
from vedette.rules.capacity.verdict import judged
from vedette.values.verification import DeviceRun
from vedette.wiring.plan_store import home_calibration
from vedette.wiring.profiles import home_profiles

app = typer.Typer()
app.command("verify")(plan_verify.verify)
app.command("calibration")(plan_verify.calibration)
app.command("apply")(plan_verify.apply)

LONG_ID = "20260102-030405-0a1b2c3d"


def called(*words: str) -> Result:
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def widest(text: str) -> int:
    return max(len(line.rstrip()) for line in text.splitlines())


def shown(capsys: pytest.CaptureFixture[str], **changes: object) -> str:
    plan, _ = planned(("cpu:1", 4, 3040), ("cpu:0.5", 2, 3040))
    runs = tuple(
        DeviceRun(name, 1, 3040, 1.25, 0.61, took, speed=0.9) for name, took in (("cpu:1", 1.0), ("cpu:0.5", 1.25))
    )
    found = replace(judged(plan, 1.25), runs=runs, **changes)  # type: ignore[arg-type]
    plan_verify.print_verification(found)
    return capsys.readouterr().out


def test_verification_reads_well_at_80_columns(capsys: pytest.CaptureFixture[str]) -> None:
    """Each device, then predicted and measured, and every note."""
    text = shown(capsys, speed=0.9, not_enforced=("the memory limit",), notes=("a note",))

    assert widest(text) <= 80
    assert "predicted   1 s" in text
    assert "measured    1.25 s" in text
    assert "+20.0%" in text
    assert "it took more than predicted" in text
    assert "limit       held" in text
    assert "measured lies outside of it" in text
    assert "slower now" in text
    assert "note: not enforced: the memory limit" in text
    assert text.rstrip().endswith("note: a note")


def test_failed_device_says_why(capsys: pytest.CaptureFixture[str]) -> None:
    """What was not measured is told with its reason."""
    plan, _ = planned(("cpu:1", 4, 12))
    run = DeviceRun("cpu:1", 1, 0, 0.0, 0.0, 0.0, "killed for want of memory")
    plan_verify.print_verification(replace(judged(plan, None, "cpu:1 1: killed"), runs=(run,)))
    text = capsys.readouterr().out

    assert "measured    nothing: cpu:1 1: killed" in text
    assert "failed" in text


def test_verify_tells_programs_what_was_predicted_and_measured(home: Path) -> None:
    """A model that is not there is a reason in the JSON, and the exit code is 1."""
    ready(home)
    kept_job(("cpu:0.5", 4, 10))
    (home / "colour" / "1" / "model.onnx").unlink()

    ran = called("verify", "plan", "--no-probe", "--format", "json")
    told = json.loads(ran.stdout)

    assert ran.exit_code == 1
    assert told["schema"] == "vedette.verification/1"
    assert (told["plan"], told["predicted_s"], told["measured_s"], told["error"]) == ("plan-1", 1.0, None, None)
    assert told["reason"].startswith("cpu:0.5 1: ")


def test_verify_refuses_what_it_cannot_use() -> None:
    """An unknown plan, and a duration without its unit, are errors with a next step."""
    with pytest.raises(NotFoundError, match="no plan in"):
        called("verify", "none")
    with pytest.raises(UsageError, match="--duration 5"):
        called("verify", "none", "--duration", "5")


# --- calibration ------------------------------------------------------------------------------------------------------


def kept_pairs() -> None:
    plan, _ = planned(("cpu:1", 4, 12), ("cpu:0.5", 2, 6), within_s=1.2)
    plan = replace(plan, id=LONG_ID)
    for measured in (1.25, 1.0, None):
        home_calibration().append(pair_of(plan, judged(plan, measured, "" if measured else "it died")))
    home_calibration().append(pair_of(rate_plan(), judged(rate_plan(), 0.1)))


def test_calibration_shows_every_pair_and_every_group() -> None:
    """Pairs first, in the order of their verification; errors of all and of each group below."""
    kept_pairs()

    text = called("calibration").stdout

    assert widest(text) <= 80
    assert text.count(LONG_ID[:15]) == 3
    assert "failed" in text
    assert "missed" in text
    assert "1 device" in text
    assert "promised with 95 % or more: 67 % held (95 % interval" in text


def test_calibration_tells_programs_all_of_it() -> None:
    """Every pair has predicted_s, measured_s and error; groups have their figures."""
    kept_pairs()

    told = json.loads(called("calibration", "--format", "json").stdout)

    assert [(one["predicted_s"], one["measured_s"]) for one in told["pairs"]] == [
        (1.0, 1.25),
        (1.0, 1.0),
        (1.0, None),
        (0.08, 0.1),
    ]
    assert told["pairs"][0]["error"] == pytest.approx(0.2)
    assert [one["group"] for one in told["groups"]] == ["all", "deadline", "rate", "1 device", "2 devices"]
    assert told["groups"][0]["median_error"] == pytest.approx(0.2)
    assert told["groups"][0]["failed"] == 1


def test_calibration_without_pairs_says_how_to_get_some() -> None:
    """Nothing was verified yet."""
    assert "no plan was verified yet" in called("calibration").stdout
    assert json.loads(called("calibration", "--format", "json").stdout)["pairs"] == []


def test_line_that_cannot_be_used_is_named() -> None:
    """The others are shown."""
    kept_pairs()
    with home_calibration().file.open("a") as file:
        file.write("{\n")

    ran = called("calibration")

    assert "line 5: left out" in ran.stderr
    assert LONG_ID[:15] in ran.stdout


# --- apply ------------------------------------------------------------------------------------------------------------


def test_apply_prints_the_command_of_each_server(home: Path, tmp_path: Path) -> None:
    """Every line of the answer starts a server."""
    ready(home)
    kept_job()

    ran = called("apply", "plan", "--output", str(tmp_path / "own.yaml"), "--port", "9000")

    assert ran.stdout.splitlines() == [f"vedette serve --config {tmp_path}/own-{number}.yaml" for number in (1, 2)]
    assert "port: 9002" in (tmp_path / "own-2.yaml").read_text()


def test_profile_that_is_not_kept_is_named_on_the_command_line(home: Path, tmp_path: Path) -> None:
    """A plan on a profile of a file needs that file again."""
    ready(home)
    kept_rate()
    home_profiles().remove("p-1")
    given = tmp_path / "given.json"
    given.write_text(write_profile(given_profile({1: 0.010, 2: 0.012, 4: 0.016})))
    output = str(tmp_path / "vedette.yaml")

    with pytest.raises(NotFoundError, match="p-1"):
        called("apply", "rate-1", "--output", output)
    assert called("apply", "rate-1", "--output", output, "--profile", str(given)).exit_code == 0
