"""Requests and figures as CSV with a head line; durations in ms beside the stamps in ns, an empty cell is absent."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from vedette.rules.bench.figures import Figure
from vedette.values.requests import Requests, Status

FIGURES = ("figure", "unit", "value", "low", "high", "confidence", "reason")


def write_requests_csv(requests: Requests, file: Path) -> None:
    """Write a line a request: every column, the status in words, latency, service time and lateness.

    Raises:
        OSError: the file cannot be written.
    """
    import pyarrow as pa
    from pyarrow import csv as table_csv

    names = np.array([status.name.lower() for status in Status])
    columns: dict[str, Any] = {
        "repeat": requests.repeat,
        "client": requests.client,
        "image": requests.image,
        "warm_up": requests.warm_up,
        "scheduled_ns": requests.scheduled,
        "sent_ns": requests.sent,
        "done_ns": requests.done,
        "status": names[requests.status],
        "code": requests.code,
        "answer_bytes": requests.answer_bytes,
        "latency_ms": requests.latency_ms,
        "service_ms": requests.service_ms,
        "lateness_ms": requests.lateness_ms,
    }
    table = pa.table({name: pa.array(column) for name, column in columns.items()})
    table_csv.write_csv(table, file, table_csv.WriteOptions(quoting_style="needed"))


def write_figures_csv(found: Sequence[Figure], file: Path) -> None:
    """Write a line a figure: name, unit, value, both ends of its interval, confidence, and why something is absent.

    Raises:
        OSError: the file cannot be written.
    """
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(FIGURES)
        for figure in found:
            one = figure.estimate
            writer.writerow((figure.name, figure.unit, one.value, one.low, one.high, one.confidence, one.reason))
