"""Bodies of answers on their way from the generator to the judge (Arrow IPC stream; number of the row, body)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa

from vedette.adapters.store.arrow import spare_pandas
from vedette.adapters.store.room import write_error

_SCHEMA = pa.schema([("row", pa.int64()), ("body", pa.large_binary())])


class AnswerFile:
    """Appends bodies; close it before it is read."""

    def __init__(self, file: Path) -> None:
        spare_pandas()
        self._file = file
        try:
            self._sink = pa.OSFile(str(file), "wb")
            self._writer = pa.ipc.new_stream(self._sink, _SCHEMA)
        except OSError as error:
            raise write_error(file, error, "nothing was measured yet") from None

    def append(self, answers: Mapping[int, bytes]) -> None:
        """Keep these bodies, by the number of their row.

        Raises:
            ExhaustedError: there is no room.
            UnavailableError: they cannot be written.
        """
        if not answers:
            return
        try:
            self._writer.write_batch(pa.record_batch([list(answers), list(answers.values())], schema=_SCHEMA))
        except OSError as error:
            raise write_error(self._file, error, "answers could not be kept to be checked") from None

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()
        self._sink.close()


def read_answers(file: Path) -> Iterator[tuple[int, bytes]]:
    """(number of the row, body) of every answer that was kept, in order."""
    with pa.memory_map(str(file)) as source:
        for batch in pa.ipc.open_stream(source):
            for row, body in zip(batch.column(0), batch.column(1), strict=True):
                yield row.as_py(), body.as_py()
