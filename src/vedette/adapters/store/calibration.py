"""Pairs of predicted and measured, one JSON object a line, only ever appended to.

A line is written in one call, so that two processes never mix theirs. A line that was cut off, or is of another schema,
is named when the file is read, and the others count.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vedette.adapters.store.record import RecordError, from_data, to_data
from vedette.adapters.store.room import write_error
from vedette.errors import UnavailableError
from vedette.values.calibration import Pair

SCHEMA = "vedette.calibration/1"


@dataclass(frozen=True, slots=True)
class CalibrationLog:
    """The file of all pairs; it is made with the first one."""

    file: Path

    def append(self, pair: Pair) -> None:
        """Keep a pair.

        Raises:
            ExhaustedError: there is no room; earlier pairs are still there.
            UnavailableError: the file cannot be written.
        """
        line = json.dumps({"schema": SCHEMA, **to_data(pair)}, allow_nan=False).encode() + b"\n"
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            try:
                _write(handle, line)
            finally:
                os.close(handle)
        except OSError as error:
            raise write_error(self.file, error, "earlier pairs can be read there") from None

    def read(self) -> tuple[tuple[Pair, ...], tuple[str, ...]]:
        """Every pair in the order of their verification, and a sentence for each line that cannot be used.

        Raises:
            UnavailableError: there is a file, and it cannot be read.
        """
        try:
            lines = self.file.read_bytes().split(b"\n")
        except FileNotFoundError:
            return (), ()
        except OSError as error:
            raise UnavailableError(
                f"{self.file} cannot be read: {error.strerror}", help="check the file and its rights"
            ) from None
        pairs, problems = list[Pair](), list[str]()
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                pairs.append(_pair(line))
            except (ValueError, RecursionError) as error:
                problems.append(f"{self.file}, line {number}: left out, {error}")
        return tuple(pairs), tuple(problems)


def _write(handle: int, line: bytes) -> None:
    """One call for a line; one that was cut off before is ended first, so that it spoils no other."""
    end = os.lseek(handle, 0, os.SEEK_END)
    if end and os.pread(handle, 1, end - 1) != b"\n":
        line = b"\n" + line
    written = os.write(handle, line)
    if written < len(line):
        os.write(handle, line[written:])  # says why there was no room for the rest


def _pair(line: bytes) -> Pair:
    data: Any = json.loads(line)
    if not isinstance(data, dict):
        raise RecordError("it is no object")
    schema = data.pop("schema", None)
    if schema != SCHEMA:
        raise RecordError(f"its schema is {schema!r}, not {SCHEMA}")
    return from_data(Pair, data)
