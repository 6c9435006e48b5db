"""The choices of `auto`, one JSON file each: `<folder>/<key>.json`. A damaged, older or foreign file counts as none."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vedette.values.curve import BatchCurve, BatchPoint
from vedette.values.execution import Choice, Execution, Optimise, Precision, RuntimeName, Trial

_SCHEMA = "vedette.choice/2"


@dataclass(frozen=True, slots=True)
class ChoiceFolder:
    """Remembers choices by key. A folder that cannot be written remembers nothing: the next run measures again."""

    folder: Path

    def get(self, key: str) -> Choice | None:
        """See `ChoiceStore.get`."""
        try:
            data = json.loads((self.folder / f"{key}.json").read_text(encoding="utf-8"))
            if data["schema"] != _SCHEMA:
                return None
            trials = tuple(_trial(trial) for trial in data["trials"])
            curve = BatchCurve(tuple(_point(point) for point in data["curve"]["points"]))
            return Choice(_execution(data["execution"]), Optimise(data["optimise"]), trials, cached=True, curve=curve)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def put(self, key: str, choice: Choice) -> None:
        """See `ChoiceStore.put`."""
        text = json.dumps({"schema": _SCHEMA, **asdict(choice)}, indent=2)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".part")
        except OSError:
            return
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            Path(part).replace(self.folder / f"{key}.json")
        except OSError:
            Path(part).unlink(missing_ok=True)


def _execution(data: dict[str, Any]) -> Execution:
    return Execution(
        RuntimeName(data["runtime"]),
        Precision(data["precision"]),
        _text(data["device"]),
        _whole(data["streams"]),
        _whole(data["threads"]),
    )


def _trial(data: dict[str, Any]) -> Trial:
    return Trial(
        _execution(data["execution"]),
        _figure(data["images_per_s"]),
        _figure(data["latency_ms"]),
        _figure(data["agreement"]),
        _text(data["reason"]),
    )


def _point(data: dict[str, Any]) -> BatchPoint:
    latency_ms, high_ms = _figure(data["latency_ms"]), _figure(data["high_ms"])
    if latency_ms is None or high_ms is None:
        raise TypeError(f"a point of a curve without its time: {data!r}")
    return BatchPoint(_whole(data["batch"]), latency_ms, high_ms, _whole(data["count"]))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"not a text: {value!r}")
    return value


def _whole(value: Any) -> int:
    if type(value) is not int:
        raise TypeError(f"not a whole number: {value!r}")
    return value


def _figure(value: Any) -> float | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise TypeError(f"not a number: {value!r}")
    return value
