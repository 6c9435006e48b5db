"""`docs/plan-commands.md`: its examples are run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vedette.cli.plan import app
from vedette.values.plan import Plan

PAGE = Path(__file__).parents[2] / "docs/plan-commands.md"
TEXT = PAGE.read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```console\n\$ vedette plan (.*?)\n(.*?)\n```", TEXT, re.DOTALL)
ID = re.compile(r"plan \d{8}-\d{6}-[0-9a-f]{8}")


@pytest.mark.parametrize(("words", "printed"), EXAMPLES, ids=[words[:40] for words, _ in EXAMPLES])
def test_an_example_prints_what_the_page_shows(words, printed, tmp_path, monkeypatch) -> None:
    """To the letter, but for the id."""
    monkeypatch.chdir(tmp_path)
    for name, text in re.findall(r"`([\w.]+\.yaml)`:\n\n```yaml\n(.*?)```", TEXT, re.DOTALL):
        (tmp_path / name).write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, shlex.split(words), catch_exceptions=False)
    shown = "\n".join(line.rstrip() for line in ID.sub("plan ID", result.stdout).splitlines())

    assert shown == printed


def test_the_page_has_every_field_of_a_plan() -> None:
    """Under its own name."""
    told = set(re.findall(r"`([a-z_0-9]+)`", TEXT))

    assert set(Plan.__dataclass_fields__) <= told
    assert len(EXAMPLES) == 5


@pytest.mark.parametrize("command", ["deadline", "budget", "model", "beside", "rate", "idle"])
def test_the_page_has_every_option(command) -> None:
    """None is undocumented."""
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "300"}).stdout
    options = set(re.findall(r"(--[a-z][a-z-]+)", shown)) - {"--help"}

    assert {option for option in options if option not in TEXT} == set()
