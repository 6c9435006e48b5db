"""Requests as a stream that grows and as a table."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_runs import made_requests
from scarce import room_for

from vedette.adapters.store.request_table import STREAM, TABLE, RequestStream, read_requests, write_requests
from vedette.adapters.store.room import NO_ROOM
from vedette.errors import ExhaustedError, InvalidError, NotFoundError, UnavailableError
from vedette.values.requests import DTYPES, Requests, joined


def same(one: Requests, other: Requests) -> bool:
    """Whether two tables are equal, types of columns too."""
    pairs = [(getattr(one, field.name), getattr(other, field.name)) for field in fields(Requests)]
    return all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in pairs)


def parts(requests: Requests, size: int) -> list[Requests]:
    """Slices of `size` rows."""
    return [requests.where(slice(first, first + size)) for first in range(0, len(requests), size)]


def append_all(stream: RequestStream, batches: list[Requests]) -> None:
    for batch in batches:
        stream.append(batch)


def test_stream_gives_back_what_was_appended(tmp_path: Path) -> None:
    """The rows of all batches come back in order, with the types of their columns."""
    requests = made_requests(failed=3, warm_up=2)
    stream = RequestStream(tmp_path / STREAM)
    for part in parts(requests, 100):
        stream.append(part)
    stream.close()
    stream.close()

    assert same(read_requests(tmp_path), requests)
    assert stream.rows == len(requests)


def test_other_tools_read_the_stream(tmp_path: Path) -> None:
    """Arrow's own reader gives the same columns to the end mark."""
    requests = made_requests()
    stream = RequestStream(tmp_path / STREAM)
    stream.append(requests)
    stream.close()

    with pa.OSFile(str(tmp_path / STREAM)) as source:
        table = pa.ipc.open_stream(source).read_all()
    assert table.column("done").to_pylist() == requests.done.tolist()
    assert table.schema.field("done").metadata == {b"unit": b"ns"}


def test_table_gives_back_what_was_written(tmp_path: Path) -> None:
    """Parquet keeps every row, and is taken before the stream."""
    requests = made_requests(failed=3, warm_up=2)
    RequestStream(tmp_path / STREAM).close()
    write_requests(tmp_path / TABLE, requests)

    assert same(read_requests(tmp_path), requests)
    assert same(read_requests(tmp_path / TABLE), requests)
    assert sorted(file.name for file in tmp_path.iterdir()) == [STREAM, TABLE]


def test_no_requests_are_a_table_too(tmp_path: Path) -> None:
    """A run in which nothing was sent has a table without rows."""
    write_requests(tmp_path / TABLE, joined([]))

    assert same(read_requests(tmp_path), joined([]))


def test_rows_are_there_before_the_stream_is_closed(tmp_path: Path) -> None:
    """What was appended can be read while the run goes on."""
    requests = made_requests(repeats=1, count=20)
    stream = RequestStream(tmp_path / STREAM)
    stream.append(requests)

    assert same(read_requests(tmp_path), requests)
    stream.close()


def test_killed_process_leaves_whole_batches(tmp_path: Path) -> None:
    """Whatever was appended before a process was killed is there."""
    code = (
        "import os, signal, sys; from pathlib import Path; from made_runs import made_requests;"
        "from vedette.adapters.store.request_table import RequestStream;"
        "stream = RequestStream(Path(sys.argv[1]));"
        "stream.append(made_requests(seed=1)); stream.append(made_requests(seed=2));"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run([sys.executable, "-c", code, tmp_path / STREAM], env=environment, check=False)

    assert done.returncode == -signal.SIGKILL
    assert same(read_requests(tmp_path), joined([made_requests(seed=1), made_requests(seed=2)]))


def test_stream_cut_off_at_any_byte_gives_its_whole_batches(tmp_path: Path) -> None:
    """A torn tail is no error: wherever the file ends, the batches that lie whole before that are read."""
    batches = parts(made_requests(repeats=1, count=6), 2)
    stream = RequestStream(tmp_path / STREAM)
    ends = [(tmp_path / STREAM).stat().st_size]
    for batch in batches:
        stream.append(batch)
        ends.append((tmp_path / STREAM).stat().st_size)
    stream.close()
    data, torn = (tmp_path / STREAM).read_bytes(), tmp_path / "torn.arrows"

    near_the_ends = {end + step for end in ends for step in (-1, 0, 1)}
    for length in sorted({*range(0, len(data) + 1, 11), *near_the_ends, len(data)}):
        torn.write_bytes(data[:length])
        whole = sum(length >= end for end in ends[1:])
        assert same(read_requests(torn), joined(batches[:whole])), length


def test_full_disk_is_told_once_and_costs_one_batch(tmp_path: Path) -> None:
    """Where there is no room, the error says how many rows were kept; later rows are counted, not written."""
    batches = parts(made_requests(), 100)
    stream = RequestStream(tmp_path / STREAM)
    with room_for(20_000):
        with pytest.raises(ExhaustedError, match="requests were kept") as caught:
            append_all(stream, batches)
        kept = stream.rows
        stream.append(batches[0])
        stream.append(batches[1])
        stream.close()

    assert 0 < kept < 1000
    assert f"{kept} requests were kept and can be read" in caught.value.message
    assert stream.dropped == 300
    assert same(read_requests(tmp_path), joined(batches[: kept // 100]))
    assert (tmp_path / NO_ROOM).read_text() == "the largest size of a file was reached"


def test_torn_batch_of_a_full_disk_is_taken_away(tmp_path: Path) -> None:
    """After a write that failed the file ends with a whole batch, so that other tools can read it."""
    stream = RequestStream(tmp_path / STREAM)
    stream.append(made_requests(repeats=1, count=50))
    size = (tmp_path / STREAM).stat().st_size
    with room_for(size + 100), pytest.raises(ExhaustedError):
        stream.append(made_requests(repeats=1, count=50))
    stream.close()

    assert (tmp_path / STREAM).stat().st_size == size


def test_no_room_for_the_first_byte_is_told_at_once(tmp_path: Path) -> None:
    """A stream that cannot even be begun says so before anything is sent."""
    with room_for(10), pytest.raises(ExhaustedError, match="0 requests were kept"):
        RequestStream(tmp_path / STREAM)

    assert same(read_requests(tmp_path), joined([]))


def test_no_room_for_the_table_leaves_the_old_one(tmp_path: Path) -> None:
    """A table is replaced by a whole one or not at all, and nothing else is left behind."""
    requests = made_requests(repeats=1, count=10)
    write_requests(tmp_path / TABLE, requests)
    with room_for(2_000), pytest.raises(ExhaustedError):
        write_requests(tmp_path / TABLE, made_requests())

    assert same(read_requests(tmp_path), requests)
    assert sorted(file.name for file in tmp_path.iterdir()) == [NO_ROOM, TABLE]


def test_stream_is_never_written_over(tmp_path: Path) -> None:
    """Two runs cannot write one stream."""
    RequestStream(tmp_path / STREAM).close()

    with pytest.raises(UnavailableError, match="File exists"):
        RequestStream(tmp_path / STREAM)


def test_folder_without_requests_is_not_found(tmp_path: Path) -> None:
    """A folder that has neither table nor stream is told so."""
    with pytest.raises(NotFoundError, match=r"requests\.parquet is not there"):
        read_requests(tmp_path)


@pytest.mark.parametrize("name", [TABLE, STREAM])
@pytest.mark.parametrize("data", [b"no table", b"\xff" * 400, b"PAR1" + b"\0" * 50 + b"PAR1"])
def test_damaged_file_is_refused_by_name(tmp_path: Path, name: str, data: bytes) -> None:
    """A file that is no table is an error that names it."""
    (tmp_path / name).write_bytes(data)

    with pytest.raises(InvalidError, match=name):
        read_requests(tmp_path)


def test_foreign_table_is_refused(tmp_path: Path) -> None:
    """Parquet of another program, and of other columns, is not taken for requests."""
    pq.write_table(pa.table({"a": [1]}), tmp_path / TABLE)
    with pytest.raises(InvalidError, match="is of schema unknown"):
        read_requests(tmp_path)

    write_requests(tmp_path / TABLE, made_requests(repeats=1))
    pq.write_table(pq.read_table(tmp_path / TABLE).drop_columns(["done"]), tmp_path / TABLE)
    with pytest.raises(InvalidError, match="has no column done of type int64"):
        read_requests(tmp_path)


def test_columns_have_their_types(tmp_path: Path) -> None:
    """The file's columns are those of the table of types, so that they are small and exact."""
    write_requests(tmp_path / TABLE, made_requests(repeats=1))

    schema = pq.read_schema(tmp_path / TABLE)
    assert {name: schema.field(name).type.to_pandas_dtype() for name in schema.names} == DTYPES
