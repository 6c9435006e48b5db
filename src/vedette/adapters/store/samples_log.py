r"""The samples of a run while it goes on: a file that is only appended to, readable after a kill at any byte.

    8 bytes `VEDMON1\n`, then records: kind (1 byte), length (4 bytes, little endian), body

    C  columns   JSON {"pace", "features": [[name, unit, source, meaning, reckoning], ...]}
    F  fast row  at_ns, took_ns (int64), then a float64 for each column
    S  slow row  the same; it belongs to the fast row before it
    R  remark    JSON {"absences": [[name, reason], ...], "peaks": {name: value}, "cpu_s"}

The writer needs the standard library only: it lives in the monitor's process, which must stay small. A record that was
cut off ends the reading; the rows before it are whole.
"""

from __future__ import annotations

import json
import struct
from array import array
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vedette.errors import InvalidError, NotFoundError
from vedette.values.reading import Absence, Feature, Pace, Reckoning, Samples

MAGIC = b"VEDMON1\n"
_HEAD = struct.Struct("<cI")
_STAMPS = struct.Struct("<qq")
_ROWS = {Pace.FAST: b"F", Pace.SLOW: b"S"}


class SampleWriter:
    """Implements `SampleLog`. A file that exists is replaced.

    Raises:
        OSError: the file cannot be made, or, by `flush`, written.
    """

    def __init__(self, file: Path) -> None:
        self._file = file.open("wb", buffering=0)
        self._parts = [MAGIC]
        self._said = b""
        try:
            self.flush()
        except OSError:
            self.close()
            raise

    def columns(self, pace: Pace, features: Sequence[Feature]) -> None:
        """See `SampleLog.columns`."""
        rows = [(one.name, one.unit, one.source, one.meaning, one.reckoning) for one in features]
        self._add(b"C", json.dumps({"pace": pace, "features": rows}).encode())

    def row(self, pace: Pace, at_ns: int, took_ns: int, values: Sequence[float]) -> None:
        """See `SampleLog.row`."""
        self._add(_ROWS[pace], _STAMPS.pack(at_ns, took_ns) + array("d", values).tobytes())

    def remark(self, absences: Sequence[Absence], peaks: Mapping[str, float], cpu_s: float) -> None:
        """See `SampleLog.remark`. Absences and peaks are written when they have changed."""
        known: dict[str, Any] = {"absences": [(one.name, one.reason) for one in absences], "peaks": dict(peaks)}
        said = json.dumps(known).encode()
        body = {"cpu_s": cpu_s} if said == self._said else {"cpu_s": cpu_s} | known
        self._said = said
        self._add(b"R", json.dumps(body).encode())

    def flush(self) -> None:
        """See `SampleLog.flush`."""
        parts, self._parts = b"".join(self._parts), []
        while parts:
            parts = parts[self._file.write(parts) :]

    def close(self) -> None:
        """Close the file; what was not flushed is lost."""
        self._file.close()

    def _add(self, kind: bytes, body: bytes) -> None:
        self._parts.append(_HEAD.pack(kind, len(body)) + body)


def read_samples(file: Path) -> Samples:
    """The samples of a log, whole or cut off.

    Raises:
        NotFoundError: there is no such file.
        InvalidError: it is no log of the monitor, or a row does not fit its columns.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise NotFoundError(
            f"{file} cannot be read: {error.strerror}", help="name the log that the monitor wrote"
        ) from None
    if not data.startswith(MAGIC):
        raise InvalidError(f"{file} is not a log of the monitor", help="name the log that the monitor wrote")
    reading = _Reading()
    try:
        for kind, body in _records(data):
            reading.take(kind, body)
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidError(f"{file} is damaged: {error}", help="measure again") from None
    return reading.samples()


def _records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(MAGIC)
    while at + _HEAD.size <= len(data):
        kind, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size
        if at + length > len(data):
            return
        yield kind, data[at : at + length]
        at += length


class _Reading:
    """Joins the records: each stretch of rows with the same columns is one block."""

    def __init__(self) -> None:
        self._features: dict[Pace, dict[str, Feature]] = {pace: {} for pace in Pace}
        self._names: dict[bytes, list[str]] = {b"F": [], b"S": []}
        self._blocks: list[tuple[list[str], list[int], list[bytes]]] = []
        self._open: dict[bytes, tuple[list[str], list[int], list[bytes]] | None] = {b"F": None, b"S": None}
        self._stamps: list[tuple[int, int]] = []
        self._remarks: dict[str, Any] = {"absences": [], "peaks": {}, "cpu_s": float("nan")}

    def take(self, kind: bytes, body: bytes) -> None:
        """Add a record; kinds of later versions are passed over."""
        if kind == b"C":
            self._take_columns(json.loads(body))
        elif kind == b"R":
            self._remarks |= json.loads(body)
        elif kind in self._names:
            self._take_row(kind, body)

    def _take_columns(self, told: dict[str, Any]) -> None:
        pace = Pace(told["pace"])
        features = [_feature(row, pace) for row in told["features"]]
        self._features[pace] |= {feature.name: feature for feature in features}
        if pace in _ROWS:
            self._names[_ROWS[pace]] = [feature.name for feature in features]
            self._open[_ROWS[pace]] = None

    def _take_row(self, kind: bytes, body: bytes) -> None:
        names = self._names[kind]
        if len(body) != _STAMPS.size + 8 * len(names):
            raise ValueError(f"a row has {(len(body) - _STAMPS.size) // 8} values for {len(names)} columns")
        at_ns, took_ns = _STAMPS.unpack_from(body)
        if kind == b"F":
            self._stamps.append((at_ns, took_ns))
        elif self._stamps:
            first, took = self._stamps[-1]
            self._stamps[-1] = (first, took + took_ns)
        else:
            raise ValueError("a slow row stands before the first fast one")
        block = self._open[kind]
        if block is None:
            block = self._open[kind] = (names, [], [])
            self._blocks.append(block)
        block[1].append(len(self._stamps) - 1)
        block[2].append(body[_STAMPS.size :])

    def samples(self) -> Samples:
        """Everything that was taken."""
        import numpy as np

        features = tuple((self._features[Pace.FAST] | self._features[Pace.SLOW]).values())
        columns = {feature.name: np.full(len(self._stamps), np.nan) for feature in features}
        for names, rows, bodies in self._blocks:
            values = np.frombuffer(b"".join(bodies), "<f8").reshape(len(rows), len(names))
            for index, name in enumerate(names):
                columns[name][rows] = values[:, index]
        stamps = np.array(self._stamps, np.int64).reshape(-1, 2)
        return Samples(
            at_ns=stamps[:, 0].copy(),
            took_ns=stamps[:, 1].copy(),
            columns=columns,
            features=features,
            absences=tuple(Absence(name, reason) for name, reason in self._remarks["absences"]),
            peaks=dict(self._remarks["peaks"]),
            cpu_s=float(self._remarks["cpu_s"]),
            peak_features=tuple(self._features[Pace.PEAK].values()),
        )


def _feature(row: Sequence[str], pace: Pace) -> Feature:
    name, unit, source, meaning, reckoning = row
    return Feature(name, unit, source, meaning, pace, Reckoning(reckoning))
