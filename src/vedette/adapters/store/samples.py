"""Samples as Parquet, which stands alone, and as CSV, which everything reads.

    at_ns | took_ns | a column each feature          NaN and null are one thing here: not there, or not read then

What the columns mean, what is absent and why, and the peaks lie in the metadata of the Parquet schema under the key
`vedette.samples`.
The CSV has the table only; an empty cell is what was not there.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import astuple
from pathlib import Path
from typing import Any

from vedette.adapters.store.arrow import spare_pandas
from vedette.errors import InvalidError, NotFoundError
from vedette.values.reading import Absence, Feature, Pace, Reckoning, Samples

SCHEMA = "vedette.samples/1"
_KEY = b"vedette.samples"
_STAMPS = ("at_ns", "took_ns")


def write_parquet(samples: Samples, file: Path) -> None:
    """Write samples.

    Raises:
        OSError: the file cannot be written.
    """
    from pyarrow import parquet

    table = _table(samples)
    parquet.write_table(table.replace_schema_metadata({_KEY: json.dumps(_meta(samples)).encode()}), file)


def write_csv(samples: Samples, file: Path) -> None:
    """Write the table of samples with a head line; an absent value is an empty cell.

    Raises:
        OSError: the file cannot be written.
    """
    from pyarrow import csv

    csv.write_csv(_table(samples), file, csv.WriteOptions(quoting_style="needed"))


def read_parquet(file: Path) -> Samples:
    """Samples as `write_parquet` wrote them.

    Raises:
        NotFoundError: there is no such file.
        InvalidError: it is no Parquet file, or not one of samples.
    """
    from pyarrow import ArrowInvalid, parquet

    spare_pandas()
    try:
        table = parquet.read_table(file)
    except FileNotFoundError:
        raise NotFoundError(f"{file} is not there", help="name the samples.parquet of a run") from None
    except (ArrowInvalid, OSError) as error:
        raise InvalidError(f"{file} cannot be read: {error}", help="name the samples.parquet of a run") from None
    try:
        meta = json.loads((table.schema.metadata or {})[_KEY])
        return _samples(table, meta)
    except (KeyError, ValueError, TypeError) as error:
        raise InvalidError(f"{file} holds no samples of Vedette: {error!r}", help="measure again") from None


def _table(samples: Samples) -> Any:
    import pyarrow as pa

    spare_pandas()
    columns = {
        "at_ns": pa.array(samples.at_ns, pa.int64()),
        "took_ns": pa.array(samples.took_ns, pa.int64()),
        **{one.name: pa.array(samples.columns[one.name], pa.float64(), from_pandas=True) for one in samples.features},
    }
    return pa.table(columns)


def _meta(samples: Samples) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "features": [astuple(feature) for feature in samples.features],
        "peak_features": [astuple(feature) for feature in samples.peak_features],
        "absences": [astuple(absence) for absence in samples.absences],
        "peaks": dict(samples.peaks),
        "cpu_s": None if math.isnan(samples.cpu_s) else samples.cpu_s,
    }


def _samples(table: Any, meta: Mapping[str, Any]) -> Samples:
    if meta["schema"] != SCHEMA:
        raise ValueError(f"its schema is {meta['schema']}")
    features = tuple(_feature(row) for row in meta["features"])
    at_ns, took_ns = (table.column(name).to_numpy() for name in _STAMPS)
    return Samples(
        at_ns=at_ns,
        took_ns=took_ns,
        columns={one.name: table.column(one.name).to_numpy() for one in features},
        features=features,
        absences=tuple(Absence(*row) for row in meta["absences"]),
        peaks=meta["peaks"],
        cpu_s=float("nan") if meta["cpu_s"] is None else meta["cpu_s"],
        peak_features=tuple(_feature(row) for row in meta["peak_features"]),
    )


def _feature(row: list[str]) -> Feature:
    name, unit, source, meaning, pace, reckoning = row
    return Feature(name, unit, source, meaning, Pace(pace), Reckoning(reckoning))
