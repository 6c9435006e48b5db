"""JSON lines: one object of the schema `vedette.result/1` a line, UTF-8."""

from __future__ import annotations

import json
from pathlib import Path

from vedette.adapters.sinks.whole_file import WholeFile
from vedette.flows.inference.postprocess import Delivery
from vedette.rules.wire.result import to_object


class JsonLinesSink:
    """Writes each outcome as one line."""

    def __init__(self, target: Path) -> None:
        self._file = WholeFile(target)

    def write(self, delivery: Delivery) -> None:
        """See `Sink.write`."""
        line = json.dumps(to_object(delivery.outcome), ensure_ascii=False, allow_nan=False)
        self._file.append(line.encode("utf-8", "backslashreplace") + b"\n")

    def close(self, *, complete: bool) -> None:
        """See `Sink.close`."""
        self._file.close(complete=complete)
