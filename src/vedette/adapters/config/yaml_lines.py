"""YAML of unknown origin as plain values, with the line of every key.

    text --nodes--> Lined(data, lines, problems)

Only plain YAML is read: mappings with texts as keys, lists, texts, numbers, truth values. What could blow up (aliases
of aliases), hide a slip (a key that is there twice) or build objects (tags) is a problem with its line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from vedette.values.problem import Problem

MAX_CHARACTERS = 100_000
MAX_VALUES = 20_000
"""Keys and values after aliases are followed."""

_FIX = "write it as `key: value` lines, indented with spaces"
_PLAIN_TAGS = {f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "float", "bool", "null")}
_COLLECTION_TAGS = {"tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}
_TEXT_TAGS = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:value"}


@dataclass(slots=True)
class Lined:
    """What was read: values, the line of each key path (`models[2].versions`), and what is wrong."""

    data: Any = None
    lines: dict[str, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def read_lined(text: str, file: str) -> Lined:
    """Read a text; whatever is wrong with it is in `problems`, and nothing is raised."""
    if len(text) > MAX_CHARACTERS:
        size = f"more than {MAX_CHARACTERS:,} characters"
        return Lined(problems=[Problem(file, "", size, "a configuration", "check that this is the right file")])
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError) as error:
        return Lined(problems=[_syntax(error, text, file)])
    lined = Lined()
    if node is None:
        lined.data = {}
        return lined
    reader = _Reader(file, lined)
    try:
        lined.data = reader.value(node, "", 0)
    except _TooMuchError:
        bomb = f"more than {MAX_VALUES:,} values"
        lined.problems.append(Problem(file, "", bomb, "fewer values", "write them out instead of aliases (*name)"))
        lined.data = None
    return lined


class _TooMuchError(Exception):
    """More values than a configuration may have."""


@dataclass(slots=True)
class _Reader:
    file: str
    lined: Lined
    count: int = 0

    def value(self, node: yaml.Node, key: str, depth: int) -> Any:
        self.count += 1
        deepest = 20
        if self.count > MAX_VALUES or depth > deepest:
            raise _TooMuchError
        self.lined.lines.setdefault(key, node.start_mark.line + 1)
        if not isinstance(node, yaml.ScalarNode) and node.tag not in _COLLECTION_TAGS:
            return self._tagged(node, key)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, key, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, f"{key}[{number}]", depth + 1) for number, each in enumerate(node.value)]
        return self._scalar(node, key)

    def _mapping(self, node: yaml.MappingNode, key: str, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name_node, value_node in node.value:
            line = name_node.start_mark.line + 1
            if not isinstance(name_node, yaml.ScalarNode):
                self._problem(key, line, "a key that is no text", "key: value", _FIX)
                continue
            name = str(name_node.value)
            path = f"{key}.{name}" if key else name
            if name in found:
                first = self.lined.lines[path]
                self._problem(path, line, f"it is on line {first} already", "each key once", "delete one of them")
                continue
            self.lined.lines[path] = line
            found[name] = self.value(value_node, path, depth + 1)
        return found

    def _scalar(self, node: yaml.Node, key: str) -> Any:
        if node.tag in _TEXT_TAGS:
            return str(node.value)
        if node.tag not in _PLAIN_TAGS:
            return self._tagged(node, key)
        try:
            return yaml.SafeLoader("").construct_object(node)
        except (ValueError, yaml.YAMLError):
            line = node.start_mark.line + 1
            self._problem(key, line, "a value that YAML cannot read", "a plain value", "put it in quotes")
            return None

    def _tagged(self, node: yaml.Node, key: str) -> None:
        self._problem(key, node.start_mark.line + 1, "a value with a tag (!)", "a plain value", "put it in quotes")

    def _problem(self, key: str, line: int, value: str, expected: str, fix: str) -> None:
        self.lined.problems.append(Problem(self.file, key, value, expected, fix, line))


def _syntax(error: Exception, text: str, file: str) -> Problem:
    """What the parser says; of names and tags only that they are wrong, because they may be part of a secret."""
    mark = getattr(error, "problem_mark", None)
    line = None if mark is None else mark.line + 1
    said = str(getattr(error, "problem", "") or type(error).__name__)
    if line is not None and _starts_with_tab(text, line):
        return Problem(file, "", "a tab", "spaces", "indent with spaces", line)
    if isinstance(error, RecursionError):
        return Problem(file, "", "values nested too deeply", "a configuration", _FIX)
    if isinstance(error, yaml.composer.ComposerError):
        said = "an alias (*) without its anchor (&), or more than one document"
    if "tag" in said:
        said = "a tag (!) that is not known"
    if isinstance(error, yaml.reader.ReaderError):
        said = "a character that YAML does not allow"
    return Problem(file, "", said, "YAML", _FIX, line)


def _starts_with_tab(text: str, line: int) -> bool:
    lines = text.split("\n")
    start = lines[line - 1] if line <= len(lines) else ""
    return "\t" in start[: len(start) - len(start.lstrip())]


def line_of(lines: Mapping[str, int], key: str) -> int | None:
    """The line of a key, or of the nearest one above it that is written."""
    while key and key not in lines:
        key = key[: max(key.rfind("."), key.rfind("["), 0)]
    return lines.get(key)
