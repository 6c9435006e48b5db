"""What `vedette serve --check` prints."""

from __future__ import annotations

import json

import pytest

from vedette.cli.serve_check import print_checked, print_problems
from vedette.cli.tables import Format
from vedette.values.problem import Problem
from vedette.wiring.check_serving import Checked

PROBLEMS = (
    Problem("v.yaml", "port", "eighty", "a whole number", "write `port: 8000`", 2),
    Problem("/models/cats", "", "[red]no version[/red]", "a version", "add one"),
)


def test_no_problem_is_exit_code_0(capsys: pytest.CaptureFixture[str]) -> None:
    """The models that would be served are listed; notes go to standard error."""
    code = print_checked(Checked(("cats version 1",), (), ("cats: a note",)), Format.TABLE)

    out, err = capsys.readouterr()
    assert code == 0
    assert out == "cats version 1\nno problem found\n"
    assert err == "note: cats: a note\n"


def test_problems_are_a_table_and_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    """File, line, key, value, expected and fix of each, word for word."""
    code = print_checked(Checked((), PROBLEMS, ()), Format.TABLE)

    out, err = capsys.readouterr()
    head, _, first, second = [line.split() for line in out.splitlines() if line.strip()]
    assert code == 2
    assert head == ["file", "line", "key", "value", "expected", "fix"]
    assert first == ["v.yaml", "2", "port", "eighty", "a", "whole", "number", "write", "`port:", "8000`"]
    assert second == ["/models/cats", "[red]no", "version[/red]", "a", "version", "add", "one"]
    assert err.startswith("2 problems")


def test_json_is_an_array_of_objects(capsys: pytest.CaptureFixture[str]) -> None:
    """Empty without a problem; a missing line is null."""
    codes = print_problems(PROBLEMS, Format.JSON), print_problems((), Format.JSON)

    decoder, text = json.JSONDecoder(), capsys.readouterr().out
    found, end = decoder.raw_decode(text)
    assert codes == (2, 0)
    assert json.loads(text[end:]) == []
    assert found == [
        {
            "file": "v.yaml",
            "line": 2,
            "key": "port",
            "value": "eighty",
            "expected": "a whole number",
            "fix": "write `port: 8000`",
        },
        {
            "file": "/models/cats",
            "line": None,
            "key": "",
            "value": "[red]no version[/red]",
            "expected": "a version",
            "fix": "add one",
        },
    ]
