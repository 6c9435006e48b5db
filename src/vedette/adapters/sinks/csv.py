"""CSV with a head line: one row for each class of each image, RFC 4180, UTF-8."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from vedette.adapters.sinks.whole_file import WholeFile
from vedette.errors import VedetteError
from vedette.flows.inference.postprocess import Delivery
from vedette.rules.wire.result import CSV_COLUMNS, to_rows


class CsvSink:
    """Writes each outcome as rows."""

    def __init__(self, target: Path) -> None:
        self._file = WholeFile(target)
        self._text = io.StringIO(newline="")
        self._writer = csv.DictWriter(self._text, CSV_COLUMNS, restval="")
        self._writer.writeheader()

    def write(self, delivery: Delivery) -> None:
        """See `Sink.write`."""
        self._writer.writerows(to_rows(delivery.outcome))
        self._flush()

    def close(self, *, complete: bool) -> None:
        """See `Sink.close`; a complete file has its head line even without outcomes."""
        try:
            if complete:
                self._flush()
        except VedetteError:
            self._file.close(complete=False)
            raise
        self._file.close(complete=complete)

    def _flush(self) -> None:
        record = self._text.getvalue().encode("utf-8", "backslashreplace")
        self._text.seek(0)
        self._text.truncate()
        self._file.append(record)
