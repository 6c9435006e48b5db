"""What a pair of runs says, in sentences: which is faster, or why that cannot be told."""

from __future__ import annotations

from vedette.adapters.report.view import Pair
from vedette.adapters.report.words import number, quantity
from vedette.rules.stats.wording import chance_words, sentence
from vedette.values.comparison import Comparison, Metric

_UNITS = {Metric.LATENCY: "ms", Metric.SERVICE: "ms", Metric.THROUGHPUT: "right answers/s"}
_NAMES = {Metric.LATENCY: "latency", Metric.SERVICE: "service time", Metric.THROUGHPUT: "throughput"}


def pair_words(pair: Pair) -> tuple[str, ...]:
    """Sentences about two runs: why they may not be compared, or what was found for each metric."""
    if pair.incomparable:
        return (f"{pair.first} and {pair.second} may not be compared: {'; '.join(pair.incomparable)}.",)
    are = "is" if len(pair.invalid) == 1 else "are"
    doubts = (f"Not to be quoted: {' and '.join(pair.invalid)} {are} INVALID.",) if pair.invalid else ()
    return (*doubts, *(_words(one) for one in pair.comparisons))


def _words(one: Comparison) -> str:
    """The verdict in the words of the command line, the figures, the chance, and the notes."""
    unit, name = _UNITS[one.metric], _NAMES[one.metric].capitalize()
    values = f"{quantity(one.first_value, unit)} against {quantity(one.second_value, unit)}"
    return " ".join(f"{part}." for part in (f"{name}: {sentence(one)}", f"Figures: {values}{_chance(one)}", *one.notes))


def _chance(one: Comparison) -> str:
    if one.p_corrected is None:
        return ""
    many = f" after correction for {one.family} comparisons" if one.family > 1 else ""
    return f"; t({one.df:g}) = {number(one.t)}, p {chance_words(one.p_corrected)}{many}"
