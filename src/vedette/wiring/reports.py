"""A report: stored runs are opened, held against each other and priced, and the page is written as one whole file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from vedette.adapters.report.sheet import Sheet
    from vedette.adapters.report.view import Pair, View
    from vedette.rules.capacity.cost import Tariff
    from vedette.values.run import RunData


@dataclass(frozen=True, slots=True)
class Pricing:
    """Where prices come from: a file (None: the sample that is shipped), and a device in it (None: its only one)."""

    prices: Path | None
    device: str | None


@dataclass(frozen=True, slots=True)
class Written:
    """A report as it was written: where, how large, and of which runs with what verdict."""

    output: Path
    size_bytes: int
    runs: tuple[tuple[str, bool], ...]


def write_report(names: Sequence[str], output: Path, pricing: Pricing | None = None) -> Written:
    """Write the report of stored runs to one HTML file; a file of that name is replaced once the new one is whole.

    Args:
        names: ids or folders of runs, in the order in which they are shown; the first is what others are held against.
        output: the file.
        pricing: where prices come from; None: no cost.

    Raises:
        NotFoundError: a run, price file or device that is not there.
        UsageError: a run is named twice, or a device is needed and not named.
        InvalidError: a run or price file that is damaged.
        ConflictError, ExhaustedError, UnavailableError: the file cannot be written.
    """
    from vedette.adapters.report.html import page
    from vedette.wiring.runs import open_run

    tariff = None if pricing is None else _tariff(pricing)
    runs = [open_run(name) for name in names]
    ids = [data.run.id for data in runs]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    if twice is not None:
        raise UsageError(f"run {twice} is named twice", help="name each run once")
    data = page(report_view(runs, tariff)).encode()
    _write(output, data)
    return Written(output, len(data), tuple((data.run.id, data.run.verdict.valid) for data in runs))


def report_view(runs: Sequence[RunData], tariff: Tariff | None = None) -> View:
    """The view of a report, with all that is known of its runs together."""
    from vedette.adapters.report.view import build_view

    return build_view(runs, pairs=_pairs(runs), costs=() if tariff is None else (_costs(runs, tariff),))


def _tariff(pricing: Pricing) -> Tariff:
    from vedette.adapters.config.prices import read_prices, tariff_of

    tariffs = read_prices(pricing.prices)
    if pricing.device is not None:
        return tariff_of(tariffs, pricing.device)
    if len(tariffs) > 1:
        raise UsageError(
            f"the price file has {len(tariffs)} devices", help=f"choose one with --device: {', '.join(tariffs)}"
        )
    return next(iter(tariffs.values()))


def _pairs(runs: Sequence[RunData]) -> tuple[Pair, ...]:
    """The first run against each other one: compared where that is allowed, corrected for how many are."""
    from vedette.adapters.report.view import Pair
    from vedette.rules.bench.comparable import incomparable
    from vedette.rules.stats.compare import compare_all
    from vedette.values.comparison import Metric

    first, *others = runs
    reasons = {
        other.run.id: (*incomparable(first.run, other.run), *_unanswered(first), *_unanswered(other))
        for other in others
    }
    allowed = [other for other in others if not reasons[other.run.id]]
    families = [compare_all([first, *allowed], metric=metric) for metric in Metric if allowed]
    found = {other.run.id: tuple(family[place] for family in families) for place, other in enumerate(allowed)}
    return tuple(
        Pair(
            first.run.id,
            other.run.id,
            comparisons=found.get(other.run.id, ()),
            incomparable=reasons[other.run.id],
            invalid=tuple(data.run.id for data in (first, other) if not data.run.verdict.valid),
        )
        for other in others
    )


def _unanswered(data: RunData) -> tuple[str, ...]:
    return () if data.run.summary.latency is not None else (f"{data.run.id} has no right answer",)


def _costs(runs: Sequence[RunData], tariff: Tariff) -> Sheet:
    from vedette.adapters.report.pricing import cost_sheet
    from vedette.rules.capacity.power import power_of

    found = [power_of(data, tariff) for data in runs]
    powers = [f"not told: {reason}" if power is None else power for power, reason in found]
    return cost_sheet([data.run for data in runs], tariff, powers)


def _write(output: Path, data: bytes) -> None:
    from vedette.adapters.sinks.whole_file import WholeFile

    if not output.suffix:
        raise UsageError(f"--output {output} has no suffix", help=f"name an HTML file, such as {output}.html")
    if output.parent.exists() and not output.parent.is_dir():
        raise NotFoundError(f"{output.parent} is no folder", help="choose another place for the report")
    file = WholeFile(output)
    try:
        file.append(data)
    except BaseException:
        file.discard()
        raise
    file.close(complete=True)
