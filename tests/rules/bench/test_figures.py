"""The figures of a run as a flat list."""

from __future__ import annotations

import numpy as np
import pytest
from made_runs import made_environment, made_run, made_spec

from vedette.rules.bench.figures import figures, percentile_estimates
from vedette.rules.bench.unfinished import unfinished
from vedette.values.trial import Introduction, Scope


def test_figures_are_those_of_the_summary() -> None:
    """Latency, service time and throughput are found by name, each once, with the summary's own estimates."""
    summary = made_run().run.summary
    assert summary.latency is not None
    assert summary.service is not None

    found = {figure.name: figure.estimate for figure in figures(summary)}

    assert len(found) == len(figures(summary))
    assert found["p99_ms"] == dict(summary.latency.percentiles)[99.0]
    assert found["service_mean_ms"] == summary.service.mean
    assert found["max_ms"].value == summary.latency.maximum
    assert found["service_min_ms"].value == summary.service.minimum
    assert found["throughput"] == summary.throughput


def test_names_are_the_same_without_an_answer() -> None:
    """A run in which every request failed has every figure's name, None for its value, and the reason."""
    answered = figures(made_run().run.summary)
    failed = figures(made_run(repeats=1, count=5, failed=5).run.summary)

    assert [figure.name for figure in failed] == [figure.name for figure in answered]
    times = [figure.estimate for figure in failed if figure.unit == "ms"]
    assert {(one.value, one.reason) for one in times} == {(None, "no request was answered rightly")}


def test_run_that_broke_off_says_so() -> None:
    """Before the first request the reason is that the run did not come to its end."""
    run = unfinished("a", "", made_spec(), made_environment(), Introduction(Scope.IMAGE))

    assert {figure.estimate.reason for figure in figures(run.summary)} == {"the run did not come to its end"}


@pytest.mark.parametrize("percent", [1.0, 25.0, 50.0, 75.5, 99.0])
def test_percentile_is_numpys(percent: float) -> None:
    """Any percentile is the value at the nearest rank, as numpy takes it."""
    times = np.random.default_rng(0).exponential(10.0, 5000)

    ((found, estimate),) = percentile_estimates(times, (percent,))

    assert found == percent
    assert estimate.value == np.quantile(times, percent / 100, method="inverted_cdf")


def test_percentile_that_the_sample_cannot_give_is_refused() -> None:
    """p99.99 of a thousand values is no figure, and neither is the median of none."""
    (_, rare), (_, median) = percentile_estimates(np.arange(1000.0), (99.99, 50.0))
    ((_, none),) = percentile_estimates(np.empty(0), (50.0,))

    assert rare.value is None
    assert "1000 values are too few" in rare.reason
    assert median.value == 499.0
    assert none.value is None
    assert none.reason == "no request was answered rightly"
