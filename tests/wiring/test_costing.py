"""What a job takes by runs that are open already, as a report asks for it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from made_runs import made_run

from vedette.errors import NotFoundError, UsageError
from vedette.rules.capacity.cost import job_cost
from vedette.values.run import RunData
from vedette.values.workload import LoadKind
from vedette.wiring.costing import Prices, costs_of


def with_load(data: RunData, kind: LoadKind, think_ms: float = 0.0) -> RunData:
    load = replace(data.run.spec.load, kind=kind, think_ms=think_ms)
    return replace(data, run=replace(data.run, spec=replace(data.run.spec, load=load)))


def test_the_cost_is_that_of_the_runs_throughput() -> None:
    """With its interval, by the tariff of the device."""
    data = made_run()
    (found,) = costs_of([data], 1000, Prices(device="gpu-rtx"))

    assert found.cost.hours == job_cost(data.run.summary.throughput, 1000).hours
    assert found.cost.money is not None
    assert found.cost.money.tariff.device == "gpu-rtx"
    assert found.valid


def test_a_run_whose_load_left_the_server_idle_says_so() -> None:
    """An open load and pauses of clients decide the throughput; a closed loop without pauses does not."""
    data = made_run()
    notes = [
        costs_of([run], 10, Prices())[0].note
        for run in (
            with_load(data, LoadKind.POISSON),
            with_load(data, LoadKind.CLOSED, 20.0),
            with_load(data, LoadKind.CLOSED),
        )
    ]

    assert "a poisson load asks for so many" in notes[0]
    assert "paused for 20 ms" in notes[1]
    assert notes[2] == ""


def test_prices_are_read_even_where_no_device_is_named(tmp_path: Path) -> None:
    """A file that is wrong, or given without a device, is told and not ignored."""
    file = tmp_path / "prices.yaml"
    file.write_text("devices: {}\n")

    with pytest.raises(UsageError):
        costs_of([made_run()], 10, Prices(file))
    with pytest.raises(NotFoundError, match="no device 'none'"):
        costs_of([made_run()], 10, Prices(device="none"))
