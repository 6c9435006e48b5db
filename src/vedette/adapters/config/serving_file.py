"""`vedette.yaml` as a file: read, checked, and given its types.

    path --text--> Lined --schema--> Linted(serving, problems, lines)

Every problem of a file is told at once, each with its key path, line, value, what is expected, and the fix. Values that
may be secrets are never told: those of `keys`, PEM texts, logins in addresses, and the values of unknown keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from vedette.adapters.config.serving_examples import EXAMPLES
from vedette.adapters.config.serving_schema import ServingFile
from vedette.adapters.config.yaml_lines import MAX_CHARACTERS, Lined, line_of, read_lined
from vedette.errors import NotFoundError, UsageError
from vedette.rules.bench.secrets import HIDDEN
from vedette.rules.zoo.names import nearest
from vedette.values.problem import Problem
from vedette.values.serving import Serving

HELP = "correct these keys; `vedette serve --check` tells whether all is well then"
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Linted:
    """What a file says.

    Attributes:
        serving: the whole of it; None if there is a problem.
        problems: in the order of their lines.
        lines: of each key path.
        sound: what its top-level keys without a problem say; the others are at their defaults.
    """

    serving: Serving | None
    problems: tuple[Problem, ...]
    lines: Mapping[str, int] = field(default_factory=dict)
    sound: Serving = field(default_factory=Serving)


def read_serving(path: Path) -> Serving:
    """The configuration in a file; relative paths in it count from its folder.

    Raises:
        NotFoundError: there is no such file.
        UsageError: one or more problems, all of them in the message.
    """
    linted = lint(path)
    if linted.serving is None or linted.problems:
        raise UsageError(told(linted.problems), help=HELP)
    return linted.serving


def lint(path: Path) -> Linted:
    """As `read_serving`, but problems are collected.

    Raises:
        NotFoundError: there is no such file.
        UsageError: it cannot be read at all.
    """
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(MAX_CHARACTERS + 1)
    except FileNotFoundError:
        raise NotFoundError(f"no configuration {path}", help="check the path after --config") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}", help="check the path and its rights") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is no text in UTF-8", help="save it as UTF-8") from None
    return lint_text(text, str(path), path.absolute().parent)


def lint_text(text: str, file: str, folder: Path) -> Linted:
    """As `lint`, of a text.

    Args:
        text: YAML.
        file: what problems call it.
        folder: that relative paths count from.
    """
    lined = read_lined(text, file)
    if lined.data is None:
        missing = Problem(file, "", "nothing", "keys and values", "write it as `key: value` lines", 1)
        return Linted(None, tuple(lined.problems) or (missing,), lined.lines)
    if not isinstance(lined.data, dict):
        kind = "a list" if isinstance(lined.data, list) else "one value"
        return Linted(None, (Problem(file, "", kind, "keys and values", "write it as `key: value` lines", 1),))
    problems = lined.problems + _schema_problems(lined, file, folder)
    bad = {problem.key.partition(".")[0].partition("[")[0] for problem in problems}
    good = {key: value for key, value in lined.data.items() if key in ServingFile.model_fields and key not in bad}
    sound = ServingFile.model_validate(good, context={"folder": folder}).value()
    return Linted(None if problems else sound, _ordered(problems), lined.lines, sound)


def _schema_problems(lined: Lined, file: str, folder: Path) -> list[Problem]:
    try:
        ServingFile.model_validate(lined.data, context={"folder": folder})
    except ValidationError as error:
        return [_problem(one, file, lined.lines) for one in error.errors(include_url=False)]
    return []


def told(problems: Sequence[Problem]) -> str:
    """Problems as the message of one error."""
    lines = [f"{problem}" for problem in problems]
    return lines[0] if len(lines) == 1 else "\n  ".join([f"{len(lines)} problems", *lines])


def _ordered(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(sorted(dict.fromkeys(problems), key=lambda problem: (problem.line or 0, problem.key)))


def _problem(one: Any, file: str, lines: Mapping[str, int]) -> Problem:
    location = tuple(part for part in one["loc"] if part != "[key]")
    key = key_path(location)
    line = line_of(lines, key)
    if one["type"] == "extra_forbidden":
        known = keys_of(location[:-1])
        near = nearest(str(location[-1]), known)
        fix = f"write {near[0]}" if near else "delete it"
        return Problem(file, key, "an unknown key", near[0] if near else f"one of {', '.join(known)}", fix, line)
    if one["type"] == "missing":
        return Problem(file, key, "nothing", "a value", f"add {example_of(location)}", line)
    expected = one["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if one["type"].startswith(("greater_than", "less_than")):
        expected = f"a number {expected}"
    expected = _PLAIN.get(one["type"], expected)
    return Problem(file, key, shown(location, one["input"]), expected, f"write {example_of(location)}", line)


_PLAIN = {
    "model_type": "keys and values",
    "tuple_type": "a list",
    "dict_type": "keys and values",
    "string_type": "a text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "too_short": "at least one",
}
"""Types of pydantic's errors whose own words are those of a programmer."""


def key_path(location: Sequence[str | int]) -> str:
    """`("models", 2, "versions")` as `models[2].versions`."""
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def keys_of(location: Sequence[str | int]) -> tuple[str, ...]:
    """The keys that a part of the file may have."""
    section: type[BaseModel] = ServingFile
    for part in location:
        if isinstance(part, str):
            section = section_of(section.model_fields[part].annotation) or section
    return tuple(section.model_fields)


def example_of(location: Sequence[str | int]) -> str:
    """How a key is written, as `body_bytes: 64MiB`."""
    names = [part for part in location if isinstance(part, str)]
    for at in range(len(names), 0, -1):
        example = EXAMPLES.get(".".join(names[max(at - 2, 0) : at]), EXAMPLES.get(names[at - 1]))
        if example is not None:
            return f"`{names[at - 1]}: {example}`"
    return f"another value for {key_path(location)}"


def section_of(annotation: Any) -> type[BaseModel] | None:
    """The section inside of a type such as `Section | None` or `tuple[Section, ...]`; None without one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (section_of(argument) for argument in get_args(annotation))
    return next((each for each in inner if each is not None), None)


def shown(location: Sequence[str | int], value: object) -> str:
    """A value as a problem tells it; one that may be a secret is hidden."""
    last = next((part for part in reversed(location) if isinstance(part, str)), "")
    if isinstance(value, dict | list):
        return "keys and values" if isinstance(value, dict) else "a list"
    if location[:1] == ("keys",) and last not in ("rights", "rate"):
        return HIDDEN
    text = str(value).lower() if value is None or isinstance(value, bool) else str(value)
    if "@" in text or "\n" in text or "-----" in text:
        return HIDDEN
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
