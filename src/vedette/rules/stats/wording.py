"""What comparisons and tests say, in sentences: the same words on the command line and in reports."""

from __future__ import annotations

from vedette.rules.stats.effect import cliff_word
from vedette.values.comparison import Centre, Comparison, Effect, Metric, RankTest, TestPair, Word
from vedette.values.evidence import Estimate

_LEAST_SHOWN = 0.0001


def sentence(one: Comparison, first: str = "", second: str = "") -> str:
    """Say "A is faster than B by x % [low %, high %], probability p", or why nothing can be said.

    Args:
        one: the comparison.
        first: what to call the first run; empty: its id.
        second: what to call the second.
    """
    ours, theirs = first or one.first, second or one.second
    if one.word is Word.UNDECIDED:
        return f"undecided between {ours} and {theirs}: {_leaning(one, ours)}{one.reason}"
    ratio = one.ratio if one.word is Word.FASTER else inverted(one.ratio)
    chance = one.probability or 0.0
    likely = chance if one.word is Word.FASTER else 1 - chance
    return (
        f"{ours} is {one.word} than {theirs} by {percent_more(ratio)}, probability {probability_words(likely)} "
        f"({_measure(one)}, {one.rounds} rounds)"
    )


def percent_more(ratio: Estimate) -> str:
    """A ratio as "5.2 % [4.1 %, 6.3 %]"; without an interval the figure alone."""
    if ratio.value is None:
        return "-"
    if ratio.low is None or ratio.high is None:
        return _percent(ratio.value)
    return f"{_percent(ratio.value)} [{_percent(ratio.low)}, {_percent(ratio.high)}]"


def inverted(ratio: Estimate) -> Estimate:
    """The ratio the other way round; its interval has its ends exchanged."""
    value, low, high = (None if end is None else 1 / end for end in (ratio.value, ratio.high, ratio.low))
    return Estimate(value, low, high, ratio.confidence, ratio.reason)


def chance_words(p: float) -> str:
    """A p-value: four places, or "< 0.0001"."""
    return f"< {_LEAST_SHOWN}" if p < _LEAST_SHOWN else f"= {p:.4f}"


def probability_words(share: float) -> str:
    """A probability near 1 is never called 1."""
    return f"> {1 - _LEAST_SHOWN}" if share > 1 - _LEAST_SHOWN else f"{share:.4f}"


def tests_sentence(subject: str, unit: str, welch: TestPair, rank: RankTest, effect: Effect) -> str:
    """What the tests of two series say, the naive one beside the one to believe."""
    test = welch.effective
    difference = test.first.mean - test.second.mean
    differ = "differ" if test.p_two_tail < test.level else "do not differ beyond chance"
    tends = "is" if rank.p < test.level else "is not shown to be"
    return (
        f"{subject}: the means {differ} (by {difference:.4g} {unit}, Welch t({test.df:.0f}) = {test.t:.2f}, "
        f"p {chance_words(test.p_two_tail)}{_counted_words(welch)}); one {tends} larger in general "
        f"(Mann-Whitney p {chance_words(rank.p)}); the effect is {cliff_word(effect.cliffs_delta)} "
        f"(Cliff's delta {effect.cliffs_delta:+.2f})"
    )


def _counted_words(tests: TestPair) -> str:
    """What autocorrelation changes."""
    naive, test = tests.naive, tests.effective
    if test.first.count == naive.first.count and test.second.count == naive.second.count:
        return ""
    return (
        f", counting {naive.first.count:.0f} and {naive.second.count:.0f} values as {test.first.count:.0f} and "
        f"{test.second.count:.0f} independent ones; as if all were independent p {chance_words(naive.p_two_tail)}"
    )


def _leaning(one: Comparison, ours: str) -> str:
    if one.ratio.value is None:
        return ""
    ahead = one.ratio.value >= 1
    ratio = one.ratio if ahead else inverted(one.ratio)
    likely = "" if one.probability is None else f", probability that it is faster {one.probability:.2f}"
    return f"{ours} was {'faster' if ahead else 'slower'} by {percent_more(ratio)}{likely}; "


def _measure(one: Comparison) -> str:
    if one.metric is Metric.THROUGHPUT:
        return "throughput"
    return f"{'mean of the logarithms' if one.centre is Centre.MEAN else 'median'} of {one.metric} a repeat"


def _percent(ratio: float) -> str:
    return f"{100 * (ratio - 1):.1f} %"
