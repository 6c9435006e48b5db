"""Everything that `vedette bench compare` and a report tell of several runs: verdicts first, then tests of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vedette.errors import InvalidError
from vedette.rules.stats.compare import compare_all, slower_than
from vedette.rules.stats.contrast import contrast, readings, times
from vedette.values.comparison import Centre, Comparison, Metric, SampleTests
from vedette.values.run import RunData

_UNITS = {Metric.LATENCY: "ms", Metric.SERVICE: "ms", Metric.THROUGHPUT: "/s"}


@dataclass(frozen=True, slots=True)
class PairTests:
    """Tests of the values of two runs, by their ids."""

    first: str
    second: str
    tests: SampleTests


@dataclass(frozen=True, slots=True)
class Compared:
    """The first run against each other one.

    Attributes:
        comparisons: verdicts from interleaved repeats.
        tests: of the values of the metric and of features, pair by pair.
        untested: what could not be tested, and why.
        limit: share by which a later run may be slower; None: not asked.
        shown_slower: for each comparison, whether it is shown slower by more than that.
        invalid: ids of the runs whose verdict is INVALID.
    """

    comparisons: tuple[Comparison, ...]
    tests: tuple[PairTests, ...]
    untested: tuple[str, ...]
    limit: float | None
    shown_slower: tuple[bool, ...]
    invalid: tuple[str, ...]


def compared(
    runs: Sequence[RunData],
    metric: Metric = Metric.LATENCY,
    centre: Centre = Centre.MEAN,
    *,
    features: Sequence[str] = (),
    limit: float | None = None,
    round_df: bool = False,
) -> Compared:
    """Compare the first run with each other one.

    Args:
        runs: two or more that may be compared.
        metric: what is compared.
        centre: what stands for the times of a repeat.
        features: of the monitor, that are tested too.
        limit: share by which a later run may be slower.
        round_df: as `t_test` takes it.

    Raises:
        InvalidError, NotFoundError: a feature that was not read in one of the runs.
    """
    comparisons = compare_all(runs, metric=metric, centre=centre)
    tests, untested = [], []
    for other in runs[1:]:
        names = runs[0].run.id, other.run.id
        try:
            values = times(runs[0], metric), times(other, metric)
            tests.append(PairTests(*names, contrast(*values, metric.value, _UNITS[metric], round_df=round_df)))
        except InvalidError as error:
            untested.append(f"{metric} of {names[0]} and {names[1]}: {error.message}")
        tests += [PairTests(*names, _feature(runs[0], other, name, round_df=round_df)) for name in features]
    slower = slower_than(comparisons, limit) if limit is not None else (False,) * len(comparisons)
    invalid = tuple(data.run.id for data in runs if not data.run.verdict.valid)
    return Compared(comparisons, tuple(tests), tuple(untested), limit, slower, invalid)


def _feature(first: RunData, second: RunData, name: str, *, round_df: bool) -> SampleTests:
    values, unit = readings(first, name)
    others, _ = readings(second, name)
    return contrast(values, others, name, unit, round_df=round_df)
