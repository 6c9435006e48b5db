"""A comparison for people: the sentence first, then the repeats behind it, then tests of all values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vedette.cli.tables import print_line, print_table
from vedette.rules.stats.wording import chance_words, percent_more, probability_words, sentence
from vedette.values.comparison import Comparison, Metric, SampleTests, TestPair, TTest

if TYPE_CHECKING:
    from vedette.rules.stats.compared import Compared, PairTests

_NONE = "-"


def print_compared(found: Compared) -> None:
    """Print verdicts, what --fail-if-slower found, and every test."""
    for run in found.invalid:
        print_line(f"note: run {run} is INVALID and used nevertheless")
    for one, slower in zip(found.comparisons, found.shown_slower, strict=True):
        print_line(sentence(one))
        for note in one.notes:
            print_line(f"note: {note}")
        if found.limit is not None:
            print_line(_limit_words(one, found.limit, slower=slower))
    print_line()
    _print_verdicts(found.comparisons)
    for tests in found.tests:
        _print_tests(tests)
    for reason in found.untested:
        print_line(f"not tested: {reason}")


def _limit_words(one: Comparison, limit: float, *, slower: bool) -> str:
    shown = "is" if slower else "is not"
    why = "" if one.ratio.low is not None else " (nothing can be shown without a verdict)"
    return f"{one.second} {shown} shown slower than {one.first} by more than {100 * limit:g} %{why}"


def _print_verdicts(comparisons: tuple[Comparison, ...]) -> None:
    metric = comparisons[0].metric
    unit = "/s" if metric is Metric.THROUGHPUT else "ms"
    heads = (
        "first", "second", ">rounds", f">{metric} of first ({unit})", f">of second ({unit})", ">first faster by",
        ">probability", ">p", ">p, Holm", "verdict",
    )  # fmt: skip
    rows = [
        (
            one.first,
            one.second,
            str(one.rounds),
            _figure(one.first_value),
            _figure(one.second_value),
            percent_more(one.ratio),
            _NONE if one.probability is None else probability_words(one.probability),
            _chance(one.p),
            _chance(one.p_corrected),
            one.word.value,
        )
        for one in comparisons
    ]
    print_table(heads, rows, title="from interleaved repeats (geometric means, 95 % intervals)")


def _print_tests(pair: PairTests) -> None:
    tests = pair.tests
    print_line(tests.sentence)
    of = f"{tests.subject} in {tests.unit}"
    _print_t_tests(tests.student, pair, f"{of}: Student's t-test, equal variances")
    _print_t_tests(tests.welch, pair, f"{of}: Welch's t-test, unequal variances")
    _print_ranks(tests, f"{of}: Mann-Whitney and size of the effect")


def _print_t_tests(tests: TestPair, pair: PairTests, title: str) -> None:
    heads = ("", f">{pair.first}", f">{pair.second}", ">first, autocorrelation counted", ">second, the same")
    rows = [
        (name, *ours, *theirs)
        for (name, ours), (_, theirs) in zip(_rows(tests.naive), _rows(tests.effective), strict=True)
    ]
    print_table(heads, rows, title=title)


def _rows(test: TTest) -> list[tuple[str, tuple[str, str]]]:
    """The rows of a spreadsheet's t-test, in its order."""
    first, second = test.first, test.second
    pooled = _NONE if test.pooled_variance is None else f"{test.pooled_variance:.6g}"
    single = [
        ("pooled variance", pooled),
        ("hypothesized mean difference", f"{test.hypothesized:g}"),
        ("df", f"{test.df:.6g}"),
        ("t", f"{test.t:.6g}"),
        ("P(T<=t) one-tail", f"{test.p_one_tail:.4g}"),
        ("t critical one-tail", f"{test.critical_one_tail:.6g}"),
        ("P(T<=t) two-tail", f"{test.p_two_tail:.4g}"),
        ("t critical two-tail", f"{test.critical_two_tail:.6g}"),
    ]
    return [
        ("mean", (f"{first.mean:.6g}", f"{second.mean:.6g}")),
        ("variance", (f"{first.variance:.6g}", f"{second.variance:.6g}")),
        ("observations", (f"{first.count:.6g}", f"{second.count:.6g}")),
        *((name, (cell, "")) for name, cell in single),
    ]


def _print_ranks(tests: SampleTests, title: str) -> None:
    heads = ("", ">U", ">z", ">p two-tail", ">values of first", ">of second")
    rows = [
        (name, f"{one.u:.6g}", _figure(one.z), _chance(one.p), f"{one.first_count:.6g}", f"{one.second_count:.6g}")
        for name, one in (("as if independent", tests.rank_naive), ("autocorrelation counted", tests.rank))
    ]
    print_table(heads, rows, title=title)
    size = tests.effect
    sizes = (">Cohen's d", ">Hedges' g", ">Cliff's delta")
    print_table(sizes, [(_figure(size.cohens_d), _figure(size.hedges_g), _figure(size.cliffs_delta))])


def _chance(p: float | None) -> str:
    return _NONE if p is None else chance_words(p).removeprefix("= ")


def _figure(value: float | None) -> str:
    return _NONE if value is None else f"{value:.4g}"
