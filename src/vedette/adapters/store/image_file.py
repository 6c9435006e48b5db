"""The images of a trial in one file, so that every process sends the same bytes (Arrow IPC, one binary column)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa

from vedette.adapters.store.arrow import spare_pandas
from vedette.adapters.store.room import write_error


def write_images(file: Path, images: Sequence[bytes]) -> None:
    """Write them in their order.

    Raises:
        ExhaustedError: there is no room.
        UnavailableError: they cannot be written.
    """
    spare_pandas()
    table = pa.table({"image": pa.array(images, pa.large_binary())})
    try:
        with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    except OSError as error:
        raise write_error(file, error, "nothing was measured yet") from None


def read_images(file: Path) -> list[bytes]:
    """The images in their order."""
    spare_pandas()
    with pa.memory_map(str(file)) as source:
        table = pa.ipc.open_file(source).read_all()
        return [each.as_py() for each in table.column("image")]
