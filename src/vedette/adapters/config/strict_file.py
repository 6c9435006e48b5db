"""A small YAML file with a strict schema: read whole, every problem told at once, with its place and what is expected.

    devices: {gpu: {pris: 1}}  ->  FILE: devices.gpu.pris: unknown key, did you mean price_per_hour?

For files that people write about devices: the outer schema has keys, and below them are entries of one kind.
"""

from __future__ import annotations

import reprlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from vedette.errors import NotFoundError, UsageError
from vedette.rules.zoo.names import nearest

Outer = TypeVar("Outer", bound=BaseModel)

_WORDS = {
    "model_type": "keys and values",
    "dict_type": "keys and values",
    "tuple_type": "a list",
    "float_parsing": "a number",
    "float_type": "a number",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "string_type": "a text",
}
"""What was expected, where the library's own words are about Python."""


@dataclass(frozen=True, slots=True)
class StrictFile(Generic[Outer]):
    """One kind of file.

    Attributes:
        noun: for people: a price file.
        schema: of the whole file.
        entry: of what its keys hold.
        missing_help: the next step where there is no such file.
        help: how one is written.
    """

    noun: str
    schema: type[Outer]
    entry: type[BaseModel]
    missing_help: str
    help: str

    def read(self, file: Path) -> Outer:
        """The file's content.

        Raises:
            NotFoundError: there is no such file.
            UsageError: it cannot be read, or one or more of its keys are wrong; all of them are in the message.
        """
        try:
            raw = yaml.safe_load(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise NotFoundError(f"no {self.noun} {file}", help=self.missing_help) from None
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror}", help="check the path and its rights") from None
        except (yaml.YAMLError, RecursionError, ValueError) as error:
            raise UsageError(f"{file} is not YAML: {' '.join(str(error).split())}", help=self.help) from None
        if raw is None:
            raise UsageError(f"{file} is empty", help=self.help)
        if not isinstance(raw, dict):
            what = "a list" if isinstance(raw, list) else reprlib.repr(raw)
            raise UsageError(f"{file} holds {what}, not keys and values", help=self.help)
        try:
            return self.schema.model_validate(raw)
        except ValidationError as error:
            lines = [f"{file}: {self._problem(one)}" for one in error.errors(include_url=False)]
        message = lines[0] if len(lines) == 1 else "\n  ".join([f"{len(lines)} problems", *lines])
        raise UsageError(message, help=self.help)

    def _problem(self, one: Any) -> str:
        place = ".".join(str(part) for part in one["loc"])
        if one["type"] == "missing":
            return f"{place}: missing"
        if one["type"] == "extra_forbidden":
            known = self.schema if len(one["loc"]) == 1 else self.entry
            near = nearest(str(one["loc"][-1]), known.model_fields)
            return f"{place}: unknown key, {f'did you mean {near[0]}?' if near else 'no key is like it'}"
        words = one["msg"].removeprefix("Value error, ").replace("Input should be", "expected", 1)
        expected = f"expected {_WORDS[one['type']]}" if one["type"] in _WORDS else words
        return f"{place}: {reprlib.repr(one['input'])}: {expected[0].lower()}{expected[1:]}"
