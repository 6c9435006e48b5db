"""Requests as files: a stream that grows while a run goes on, a Parquet table when it is done.

    requests.arrows    schema | batch | batch | ... | end      Arrow IPC stream, whole batches only
    requests.parquet   all rows, a column a field of `Requests`

Both can be read by any tool that knows Arrow. A process that is killed, or a disk that is full, costs the batch that
was being written and nothing before it.
"""

from __future__ import annotations

from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from vedette.adapters.store.arrow import spare_pandas
from vedette.adapters.store.room import NO_ROOM, note_lack, write_error, write_whole
from vedette.errors import InvalidError, NotFoundError, VedetteError
from vedette.values.requests import DTYPES, Requests

if TYPE_CHECKING:
    import pyarrow as pa

TABLE = "requests.parquet"
STREAM = "requests.arrows"
SCHEMA = "vedette.requests/1"
_END = b"\xff\xff\xff\xff\x00\x00\x00\x00"
"""The mark at the end of an Arrow IPC stream."""
_UNITS = {"scheduled": "ns", "sent": "ns", "done": "ns", "answer_bytes": "B"}


class RequestStream:
    """A growing file of requests; see `RequestSink`. Each append is one write to the operating system.

    Attributes:
        rows: requests in the file.
        dropped: requests that came after writing had failed.
    """

    def __init__(self, file: Path) -> None:
        """Make the file, which must not exist.

        Raises:
            ExhaustedError: there is no room.
            UnavailableError: it cannot be made.
        """
        spare_pandas()
        self.rows = 0
        self.dropped = 0
        self._path = file
        self._failed = False
        try:
            self._file = file.open("xb", buffering=0)
        except OSError as error:
            raise write_error(file, error, "nothing was kept") from None
        try:
            self._write(_schema().serialize().to_pybytes())
        except VedetteError:
            self._file.close()
            raise

    def append(self, requests: Requests) -> None:
        """Add rows.

        Raises:
            ExhaustedError: there is no room for them; raised once, rows that come later are only counted.
            UnavailableError: they cannot be written for another reason; raised once too.
        """
        if self._failed:
            self.dropped += len(requests)
            return
        if len(requests):
            self._write(_batch(requests).serialize().to_pybytes(), len(requests))

    def close(self) -> None:
        """End the file; nothing can be added after that.

        Raises:
            ExhaustedError: there is no room for the end mark; every row before it stays readable.
        """
        if self._file.closed:
            return
        try:
            if not self._failed:
                self._write(_END)
        finally:
            self._file.close()

    def _write(self, data: bytes, rows: int = 0) -> None:
        before, rest = self._file.tell(), memoryview(data)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            self._failed = True
            self.dropped += rows
            with suppress(OSError):
                self._file.truncate(before)
                self._file.seek(before)
            note_lack(self._path.parent, error)
            raise write_error(self._path, error, f"{self.rows} requests were kept and can be read") from None
        self.rows += rows


def write_requests(file: Path, requests: Requests) -> None:
    """Write the Parquet table; a file of that name is replaced only by a whole one.

    Raises:
        ExhaustedError: there is no room.
        UnavailableError: it cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_batches([_batch(requests)])
    write_whole(file, lambda part: pq.write_table(table, part, compression="zstd"))


def read_requests(folder_or_file: Path) -> Requests:
    """The rows of a table or a stream; of a folder the table, else the stream up to its last whole batch.

    Raises:
        NotFoundError: there is neither.
        InvalidError: it is damaged, or holds something else.
    """
    spare_pandas()
    file = folder_or_file
    if file.is_dir():
        file = next((file / name for name in (TABLE, STREAM) if (file / name).exists()), file / TABLE)
    try:
        table = _read_stream(file) if file.suffix == ".arrows" else _read_table(file)
    except FileNotFoundError:
        raise NotFoundError(f"{file} is not there", help="name a folder that `vedette bench run` made") from None
    except OSError as error:
        raise InvalidError(f"{file} cannot be read: {error}", help=_DAMAGED) from None
    return _requests(table, file)


_DAMAGED = "the file is damaged or another program's: restore it from a copy, or measure again"


def _read_table(file: Path) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(file).read()
    except pa.ArrowException as error:
        raise InvalidError(f"{file} is no Parquet file that can be read: {error}", help=_DAMAGED) from None


def _read_stream(file: Path) -> pa.Table:
    """Whole batches; what follows the last of them was being written when the writer ended."""
    import pyarrow as pa

    schema = _schema()
    data = file.read_bytes()
    if schema.serialize().to_pybytes().startswith(data):
        return schema.empty_table()
    try:
        reader = pa.ipc.open_stream(pa.py_buffer(data))
    except (pa.ArrowException, OSError) as error:
        raise InvalidError(f"{file} is no Arrow stream that can be read: {error}", help=_DAMAGED) from None
    batches = []
    with suppress(StopIteration, pa.ArrowException, OSError):
        while True:
            batches.append(reader.read_next_batch())
    return pa.Table.from_batches(batches, reader.schema)


# --- columns ----------------------------------------------------------------------------------------------------------


@cache
def _schema() -> pa.Schema:
    import pyarrow as pa

    columns = []
    for name, kind in DTYPES.items():
        unit = {"unit": _UNITS[name]} if name in _UNITS else None
        columns.append(pa.field(name, pa.from_numpy_dtype(kind), nullable=False, metadata=unit))
    return pa.schema(columns, metadata={"schema": SCHEMA, "clock": "monotonic, its zero has no meaning"})


def _batch(requests: Requests) -> pa.RecordBatch:
    import pyarrow as pa

    spare_pandas()
    arrays = [pa.array(np.asarray(getattr(requests, name), kind)) for name, kind in DTYPES.items()]
    return pa.RecordBatch.from_arrays(arrays, schema=_schema())


def _requests(table: pa.Table, file: Path) -> Requests:
    told = (table.schema.metadata or {}).get(b"schema", b"").decode("utf-8", "replace")
    if told != SCHEMA:
        raise InvalidError(f"{file} is of schema {told or 'unknown'}, not {SCHEMA}", help=_DAMAGED)
    columns: dict[str, Any] = {}
    for name, kind in DTYPES.items():
        if name not in table.column_names or table.schema.field(name).type != _schema().field(name).type:
            raise InvalidError(f"{file} has no column {name} of type {np.dtype(kind)}", help=_DAMAGED)
        columns[name] = np.asarray(table.column(name).to_numpy(), kind)
    if any(table.column(name).null_count for name in DTYPES):
        raise InvalidError(f"{file} has empty cells", help=_DAMAGED)
    return Requests(**columns)


def remove_stream(folder: Path) -> None:
    """Remove the stream and its mark once the table of the same rows is whole."""
    for name in (STREAM, NO_ROOM):
        with suppress(OSError):
            (folder / name).unlink(missing_ok=True)
