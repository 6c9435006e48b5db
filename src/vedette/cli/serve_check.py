"""What `vedette serve --check` prints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from vedette.cli.tables import Format, note, print_json, print_line, print_table
from vedette.errors import BAD_USAGE
from vedette.values.problem import Problem

if TYPE_CHECKING:
    from vedette.wiring.check_serving import Checked

_COLUMNS = ("file", ">line", "key", "value", "expected", "fix")


def print_problems(problems: Sequence[Problem], output_format: Format) -> int:
    """Print every problem; the exit code: 0 without one, 2 with some."""
    if output_format is Format.JSON:
        print_json([problem_json(problem) for problem in problems])
    elif problems:
        print_table(_COLUMNS, [_row(problem) for problem in problems])
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        note(f"{count}: a server would not start, or not do as it is told")
    return BAD_USAGE if problems else 0


def print_checked(checked: Checked, output_format: Format) -> int:
    """Print problems and notes, or that all is well; the exit code."""
    code = print_problems(checked.problems, output_format)
    for text in checked.notes:
        note(f"note: {text}")
    if not checked.problems and output_format is Format.TABLE:
        for model in checked.models:
            print_line(model)
        print_line("no problem found")
    return code


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem for programs."""
    keys = ("file", "line", "key", "value", "expected", "fix")
    return {key: getattr(problem, key) for key in keys}


def _row(problem: Problem) -> tuple[str, ...]:
    line = "" if problem.line is None else str(problem.line)
    return problem.file, line, problem.key, problem.value, problem.expected, problem.fix
