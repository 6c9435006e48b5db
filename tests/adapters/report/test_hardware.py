"""Charts of the machine on the time axis of the requests."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from made_runs import made_run
from report_runs import monitored

from vedette.adapters.report.hardware import STEP_NS, Rates, hardware, track
from vedette.adapters.report.plot import Plot
from vedette.adapters.report.times import stretches
from vedette.values.reading import Feature, Pace, Reckoning, Samples
from vedette.values.run import RunData


def plots(data: RunData) -> dict[str, Plot]:
    found = hardware(data.samples, stretches(data.requests), "run1")
    return {plot.key.removeprefix("run1-"): plot for plot in found}


def counter(at_s: list[float], values: list[float]) -> Samples:
    feature = Feature("f", "count", "/proc", "made up", Pace.FAST, Reckoning.COUNTER)
    at = (np.array(at_s) * 1e9).astype(np.int64)
    return Samples(at, np.zeros(len(at), np.int64), {"f": np.array(values)}, (feature,), (), {}, 0.0)


def of(at_s: list[float], values: list[float]) -> Rates:
    return Rates(counter(at_s, values))


def test_every_strip_is_there_in_its_unit() -> None:
    """Cores, processes, switches, memory, pressure and steal, on one axis with the requests."""
    data = monitored(made_run(repeats=2))

    found = plots(data)

    assert list(found) == ["cores", "processes", "switches", "memory", "available", "pressure", "steal"]
    assert {plot.x.high for plot in found.values()} == {stretches(data.requests)[-1].end_s}
    assert {plot.group for plot in found.values()} == {"run1"}
    assert [one.label for one in found["cores"].series] == ["core 0", "core 1"]
    assert [one.label for one in found["processes"].series] == ["server", "client", "monitor"]
    assert np.mean(found["processes"].series[0].y) == pytest.approx(1.0, rel=0.01)
    assert np.mean(found["processes"].series[1].y) == pytest.approx(0.12, rel=0.01)
    assert 190 < np.mean(found["memory"].series[0].y) < 200
    assert max(found["steal"].series[0].y) == 0.0


def test_a_counter_becomes_a_rate_over_half_seconds() -> None:
    """10 Hz readings of a counter that grows by 5 a second: 5, at steps of half a second."""
    at = [0.1 * step for step in range(41)]

    found = track(of(at, [0.5 * step for step in range(41)]), "f")

    assert found is not None
    assert found[1] == pytest.approx(5.0)
    assert np.all(np.diff(found[0]) >= STEP_NS * 0.99)


def test_a_counter_that_fell_tells_nothing_for_that_step() -> None:
    """A process ended and another took its place: no negative rate."""
    found = track(of([0, 1, 2, 3], [10, 20, 0, 10]), "f")

    assert found is not None
    assert found[1].tolist() == [10.0, 10.0]


def test_a_pause_between_repeats_tells_nothing() -> None:
    """A step of a minute among steps of a second is left out."""
    found = track(of([0, 1, 2, 62, 63], [0, 1, 2, 602, 603]), "f")

    assert found is not None
    assert found[1].tolist() == [1.0, 1.0, 1.0]


def test_slow_readings_are_taken_where_they_are() -> None:
    """NaN between two slow readings is no value and no zero."""
    data = monitored(made_run(repeats=1))
    assert data.samples is not None

    found = track(Rates(data.samples), "process.server.tree.pss")

    assert found is not None
    assert not np.isnan(found[1]).any()
    assert len(found[0]) == np.count_nonzero(~np.isnan(data.samples.columns["process.server.tree.pss"]))


def test_lines_are_broken_between_repeats() -> None:
    """A repeat begins a line of its own."""
    plot = plots(monitored(made_run(repeats=3)))["cores"]

    assert len(plot.series[0].breaks) == 3
    assert plot.series[0].breaks[0] == 0


def test_many_cores_become_three_lines() -> None:
    """Busiest, mean and idlest of sixteen, in this order everywhere."""
    plot = plots(monitored(made_run(repeats=1), cores=16))["cores"]

    assert [one.label for one in plot.series] == ["busiest core", "mean of 16 cores", "idlest core"]
    busiest, mean, idlest = (np.array(one.y) for one in plot.series)
    assert np.all(busiest >= mean)
    assert np.all(mean >= idlest)


def test_what_was_not_read_is_not_drawn() -> None:
    """A machine that gives memory only has one strip; without a monitor there is none."""
    data = monitored(made_run(repeats=1))
    assert data.samples is not None
    columns = {"memory.available": data.samples.columns["memory.available"]}
    only = replace(data, samples=replace(data.samples, columns=columns))

    assert list(plots(only)) == ["available"]
    assert plots(made_run(repeats=1, monitored=False)) == {}


def test_short_repeats_have_lines_too() -> None:
    """Repeats of less than half a second are read in shorter steps."""
    plot = plots(monitored(made_run(repeats=3, count=20, rate=50.0)))["switches"]

    starts = [*plot.series[0].breaks, len(plot.series[0].x)]
    assert all(last - first >= 2 for first, last in pairwise(starts))
