"""`vedette report`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import typer
from made_runs import made_run, on_other_machine
from report_runs import monitored, unanswered
from typer.testing import CliRunner

from vedette.adapters.store.runs import RunsFolder
from vedette.cli.report import report
from vedette.errors import ConflictError, NotFoundError, UsageError
from vedette.values.run import RunData
from vedette.wiring.runs import home_runs

app = typer.Typer()
app.command()(report)

PRICES = """
devices:
  box: {title: a box, price_per_hour: 0.5, currency: EUR, billing: second, watts_per_core: 10, source: the seller}
  tin: {title: a tin, price_per_hour: 0.1, currency: EUR, billing: hour, source: the seller}
"""


def stored(data: RunData) -> str:
    RunsFolder(home_runs()).create(data.run.id).finish(data)
    return data.run.id


def reported(folder: Path, *words: object) -> tuple[str, str]:
    """What was printed, and the page."""
    file = folder / "out.html"
    result = CliRunner().invoke(app, [*map(str, words), "--output", str(file)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout, file.read_text(encoding="utf-8")


def test_a_run_becomes_one_file(tmp_path: Path) -> None:
    """Its verdict, the file and its size are printed; the file holds the run."""
    stored(monitored(made_run(id="20260102-a")))

    printed, page = reported(tmp_path, "20260102-a")

    assert printed.splitlines()[0] == "20260102-a: VALID"
    assert printed.splitlines()[1].startswith(f"{tmp_path / 'out.html'} (")
    assert 'data-verdict="VALID"' in page
    assert "vedette bench replay 20260102-a" in page


def test_an_invalid_run_is_reported_as_such(tmp_path: Path) -> None:
    """A report of it is made, and says so before all else."""
    run = stored(unanswered())

    printed, page = reported(tmp_path, run)

    assert printed.splitlines()[0] == f"{run}: INVALID"
    assert 'data-verdict="INVALID"' in page


def test_interleaved_runs_are_compared(tmp_path: Path) -> None:
    """The first against the others, by latency, service time and throughput."""
    stored(made_run(id="20260102-a", campaign="c", order=(0, 3, 4, 7, 8), count=400))
    stored(made_run(id="20260102-b", campaign="c", order=(1, 2, 5, 6, 9), count=400, mean_ms=12.0, seed=3))

    _, page = reported(tmp_path, "20260102-a", "20260102-b")

    assert "Latency: 20260102-a is faster than 20260102-b by" in page
    assert "Service time: 20260102-a is faster than 20260102-b by" in page


def test_runs_of_two_machines_are_not_compared(tmp_path: Path) -> None:
    """Both are shown, with the reason why no comparison is."""
    stored(made_run(id="20260102-a"))
    stored(on_other_machine(made_run(id="20260102-b")))

    _, page = reported(tmp_path, "20260102-a", "20260102-b")

    assert "20260102-a and 20260102-b may not be compared" in page
    assert "is faster than" not in page


def test_a_run_without_answers_beside_another_is_not_compared(tmp_path: Path) -> None:
    """It says that there is nothing to compare."""
    data = unanswered()
    stored(made_run(id="20260102-a"))
    stored(replace(data, run=replace(data.run, id="20260102-b")))

    _, page = reported(tmp_path, "20260102-a", "20260102-b")

    assert "20260102-b has no right answer" in page


def test_prices_add_cost_and_energy(tmp_path: Path) -> None:
    """A million images on the device, energy called an estimate."""
    stored(monitored(made_run(id="20260102-a")))
    prices = tmp_path / "prices.yaml"
    prices.write_text(PRICES)

    _, page = reported(tmp_path, "20260102-a", "--prices", prices, "--device", "box")

    assert "A million images on a box" in page
    assert "EUR a million" in page
    assert "an estimate" in page
    assert "A million images" not in reported(tmp_path, "20260102-a")[1]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("20260102-a", "--prices", "PRICES"), UsageError),
        (("20260102-a", "--prices", "PRICES", "--device", "bux"), NotFoundError),
        (("20260102-a", "--prices", "nowhere.yaml", "--device", "box"), NotFoundError),
        (("20260102-a", "20260102-a"), UsageError),
        (("20260103-x",), NotFoundError),
        (("20260102-a", "--output", "FOLDER"), ConflictError),
        (("20260102-a", "--output", "plain"), UsageError),
    ],
)
def test_bad_input_has_a_message(tmp_path: Path, words: tuple[str, ...], error: type[Exception]) -> None:
    """A missing device, file or run, a run named twice, an output that is a folder or has no suffix."""
    stored(made_run(id="20260102-a"))
    (tmp_path / "prices.yaml").write_text(PRICES)
    (tmp_path / "folder.html").mkdir()
    places = {"PRICES": str(tmp_path / "prices.yaml"), "FOLDER": str(tmp_path / "folder.html")}
    given = [places.get(word, word) for word in words]
    output = [] if "--output" in given else ["--output", str(tmp_path / "out.html")]

    with pytest.raises(error):
        CliRunner().invoke(app, [*given, *output], catch_exceptions=False)

    assert not (tmp_path / "out.html").exists()


def test_an_earlier_report_is_replaced_when_the_new_one_is_whole(tmp_path: Path) -> None:
    """And nothing else is left in the folder."""
    stored(made_run(id="20260102-a"))
    (tmp_path / "out.html").write_text("old")

    _, page = reported(tmp_path, "20260102-a")

    assert page.startswith("<!doctype html>")
    assert [path.name for path in tmp_path.iterdir()] == ["out.html"]
