"""Requests and figures as CSV."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from made_runs import made_requests, made_run

from vedette.adapters.exporters.csv import write_figures_csv, write_requests_csv
from vedette.rules.bench.figures import figures
from vedette.values.requests import joined


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_every_request_is_a_line(tmp_path: Path) -> None:
    """Python's own reader gives back each column, with the status in words."""
    requests = made_requests(repeats=2, count=20, failed=3, warm_up=2)
    write_requests_csv(requests, tmp_path / "requests.csv")

    rows = rows_of(tmp_path / "requests.csv")

    assert [int(row["done_ns"]) for row in rows] == requests.done.tolist()
    assert [row["warm_up"] == "true" for row in rows] == requests.warm_up.tolist()
    assert [row["status"] == "ok" for row in rows] == requests.ok.tolist()
    assert {row["status"] for row in rows} == {"ok", "refused"}
    np.testing.assert_array_equal([float(row["latency_ms"]) for row in rows], requests.latency_ms)


def test_no_request_is_a_head_line(tmp_path: Path) -> None:
    """A run in which nothing was sent has a table without lines."""
    write_requests_csv(joined([]), tmp_path / "requests.csv")

    assert rows_of(tmp_path / "requests.csv") == []
    assert (tmp_path / "requests.csv").read_text().count(",") == 12


def test_absent_figure_is_an_empty_cell_with_its_reason(tmp_path: Path) -> None:
    """Figures keep every digit; one that is not there is empty, not 0, and says why."""
    found = figures(made_run().run.summary)
    write_figures_csv(found, tmp_path / "summary.csv")

    rows = {row["figure"]: row for row in rows_of(tmp_path / "summary.csv")}

    assert len(rows) == len(found)
    for figure in found:
        value = rows[figure.name]["value"]
        assert (float(value) if value else None) == figure.estimate.value
    assert rows["p99.9_ms"]["value"] == ""
    assert rows["p99.9_ms"]["reason"].startswith("p99.9 needs")
