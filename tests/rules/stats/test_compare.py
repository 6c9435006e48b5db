"""Which of two runs is faster: seldom said of one server against itself, nearly always of one that is."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from made_runs import made_run
from scipy import stats

from vedette.rules.stats.compare import (
    MINIMUM_ROUNDS,
    Repeats,
    compare,
    compare_all,
    compare_repeats,
    judged,
    slower_than,
)
from vedette.values.comparison import Centre, Comparison, Metric, Word
from vedette.values.evidence import Estimate
from vedette.values.run import RunData

ABBA = ((0, 3, 4, 7, 8, 11, 12, 15, 16, 19), (1, 2, 5, 6, 9, 10, 13, 14, 17, 18))


def repeats(log_times: list[float | None], run: str = "a", campaign: str | None = "c", side: int = 0) -> Repeats:
    return Repeats(run, campaign, ABBA[side][: len(log_times)], tuple(log_times))


def compared(first: list[float | None], second: list[float | None]) -> Comparison:
    return judged([compare_repeats(repeats(first), repeats(second, "b", side=1))])[0]


def pair_of_runs(mean_a: float = 10.0, mean_b: float = 10.0, count: int = 8, seed: int = 0) -> tuple[RunData, RunData]:
    return tuple(
        made_run(
            id=name,
            campaign="c",
            repeats=count,
            order=ABBA[side][:count],
            mean_ms=mean,
            seed=seed + 100 * side,
            count=150,
        )
        for side, (name, mean) in enumerate((("a", mean_a), ("b", mean_b)))
    )


def of_one_server(rng: np.random.Generator, gain: float = 0.0, noise: float = 0.02) -> tuple[Repeats, Repeats]:
    """Ten repeats of two names for a server, in turns, on a machine that drifts, warms up and has moods."""
    trend = np.cumsum(rng.normal(0, noise / 2, 20)) + rng.normal(0, 0.002) * np.arange(20)
    mood = np.zeros(20)
    for turn in range(1, 20):
        mood[turn] = 0.6 * mood[turn - 1] + rng.normal(0, noise / 2)
    order = [np.array(side) for side in ABBA]
    own = [math.log(10) + (trend + mood)[turns] + rng.normal(0, noise, 10) for turns in order]
    return repeats(own[0].tolist()), repeats((own[1] + math.log1p(gain)).tolist(), "b", side=1)


# --- chances, counted over seeds --------------------------------------------------------------------------------------


def test_one_server_against_itself_is_seldom_called_faster_or_slower() -> None:
    """200 campaigns with drift and moods of the machine: 18 verdicts at most, both words together."""
    words = [judged([compare_repeats(*of_one_server(np.random.default_rng(seed)))])[0].word for seed in range(200)]

    assert sum(word is not Word.UNDECIDED for word in words) <= 18


def test_the_level_is_held_over_many_campaigns() -> None:
    """Of 2,000 such campaigns 6.5 % at most: 5 % and three standard deviations."""
    words = [judged([compare_repeats(*of_one_server(np.random.default_rng(seed)))])[0].word for seed in range(2000)]

    assert sum(word is not Word.UNDECIDED for word in words) <= 130


def test_one_server_against_itself_out_of_its_requests() -> None:
    """200 campaigns of autocorrelated requests that share the luck of their repeat: 18 verdicts at most."""
    template = [replace(data, samples=None) for data in pair_of_runs(count=6)]
    said = 0
    for seed in range(200):
        rng = np.random.default_rng(1000 + seed)
        drift = np.cumsum(rng.normal(0, 0.01, 12))
        runs = [with_times(data, rng, drift[list(ABBA[side][:6])]) for side, data in enumerate(template)]
        said += compare(*runs).word is not Word.UNDECIDED

    assert said <= 18


def with_times(data: RunData, rng: np.random.Generator, levels: np.ndarray) -> RunData:
    """The same run with the service times of an AR(1) process around a level for each repeat."""
    rows = data.requests
    noise = rng.normal(0, 0.1, len(rows))
    for at in range(1, len(noise)):
        noise[at] += 0.7 * noise[at - 1]
    service = 10 * np.exp(noise + rng.normal(0, 0.02, len(levels))[rows.repeat] + levels[rows.repeat])
    return replace(data, requests=replace(rows, done=rows.sent + (service * 1e6).astype(np.int64)))


def test_a_gain_of_five_percent_is_found_nearly_always() -> None:
    """2 % of noise a repeat, 10 rounds, a quiet machine: 190 of 200 at least, and never the other way."""
    words = []
    for seed in range(200):
        rng = np.random.default_rng(seed)
        first, second = (math.log(10) + rng.normal(0, 0.02, 10) for _ in range(2))
        words.append(compared(first.tolist(), (second + math.log(1.05)).tolist()).word)

    assert words.count(Word.FASTER) >= 190
    assert Word.SLOWER not in words


def test_the_interval_covers_the_true_ratio_as_often_as_it_says() -> None:
    """95 % of 400 campaigns, within what chance leaves open (3 standard deviations: 367 to 393)."""
    covered = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        first, second = (math.log(10) + rng.normal(0, 0.02, 7) for _ in range(2))
        ratio = compared(first.tolist(), (second + math.log(1.05)).tolist()).ratio
        covered += (ratio.low or 0) <= 1.05 <= (ratio.high or 0)

    assert 367 <= covered <= 393


def test_six_servers_that_are_one_are_seldom_told_apart() -> None:
    """Five comparisons at once, 200 times: any word at all in 18 at most, thanks to Holm's correction."""
    said = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        sides = [Repeats(str(n), "c", tuple(range(n, 60, 6)), tuple(rng.normal(0, 0.02, 10))) for n in range(6)]
        found = judged([compare_repeats(sides[0], other) for other in sides[1:]])
        said += any(one.word is not Word.UNDECIDED for one in found)

    assert said <= 18


# --- figures ----------------------------------------------------------------------------------------------------------


def test_the_chance_is_that_of_scipys_paired_test() -> None:
    """Statistic, chance, interval and probability out of the same differences."""
    rng = np.random.default_rng(5)
    first, second = rng.normal(2, 0.1, 8), rng.normal(2.05, 0.1, 8)

    one = compared(first.tolist(), second.tolist())
    theirs = stats.ttest_rel(second, first)
    low, high = theirs.confidence_interval(0.95)

    assert one.t == pytest.approx(theirs.statistic, rel=1e-12)
    assert one.p == pytest.approx(theirs.pvalue, rel=1e-12)
    assert (one.ratio.low, one.ratio.high) == pytest.approx((math.exp(low), math.exp(high)), rel=1e-9)
    assert one.probability == pytest.approx(1 - stats.ttest_rel(second, first, alternative="greater").pvalue, rel=1e-9)


def test_the_probability_is_a_posterior() -> None:
    """A million draws of (mean, deviation) under flat priors put the mean above 0 as often as it says."""
    rng = np.random.default_rng(7)
    differences = rng.normal(0.01, 0.02, 9)
    one = compared([0.0] * 9, differences.tolist())

    variance = differences.var(ddof=1) * 8 / rng.chisquare(8, 1_000_000)
    above = np.mean(rng.normal(differences.mean(), np.sqrt(variance / 9)) > 0)

    assert one.probability == pytest.approx(above, abs=0.002)


def test_runs_give_the_ratio_that_was_put_in() -> None:
    """A server that takes 8 % longer, found out of its requests within the interval, by mean and by median."""
    runs = pair_of_runs(10.0, 10.8)

    for centre in Centre:
        one = compare(*runs, metric=Metric.SERVICE, centre=centre)
        assert one.word is Word.FASTER
        assert (one.ratio.low or 0) < 1.08 < (one.ratio.high or 0)
        assert one.rounds == 8


def test_latency_counts_from_the_schedule() -> None:
    """Requests sent 5 ms late have the same service time and a longer latency."""
    first, second = pair_of_runs()
    late = replace(second.requests, scheduled=second.requests.scheduled - 5_000_000)
    second = replace(second, requests=late)

    assert compare(first, second, metric=Metric.LATENCY).word is Word.FASTER
    assert compare(first, second, metric=Metric.SERVICE).word is Word.UNDECIDED


def test_more_answers_a_second_are_faster() -> None:
    """Throughput: the first answers 10 % more."""
    first, second = pair_of_runs(count=6)
    one = compare(with_rates(first, 1.1), with_rates(second, 1.0), metric=Metric.THROUGHPUT)

    assert one.word is Word.FASTER
    assert one.ratio.value == pytest.approx(1.1, rel=0.01)
    assert one.first_value == pytest.approx(110, rel=0.01)


def with_rates(data: RunData, factor: float) -> RunData:
    rng = np.random.default_rng(int(100 * factor))
    each = tuple(
        replace(one, throughput=Estimate(100 * factor * math.exp(rng.normal(0, 0.003))))
        for one in data.run.summary.repeats
    )
    return replace(data, run=replace(data.run, summary=replace(data.run.summary, repeats=each)))


def test_the_other_way_round_says_the_opposite() -> None:
    """Word, ratio and probability are mirrored."""
    here, there = pair_of_runs(10.0, 10.8)
    one, other = compare(here, there), compare(there, here)

    assert (one.word, other.word) == (Word.FASTER, Word.SLOWER)
    assert one.ratio.value == pytest.approx(1 / (other.ratio.value or 1))
    assert one.probability == pytest.approx(1 - (other.probability or 0))


# --- what gives no verdict --------------------------------------------------------------------------------------------


def test_fewer_than_five_repeats_give_a_figure_and_no_verdict() -> None:
    """The reason says how many are needed."""
    one = compared([0.0] * 4, [1.0] * 4)

    assert one.word is Word.UNDECIDED
    assert one.ratio.value == pytest.approx(math.e)
    assert one.ratio.low is None
    assert f"{MINIMUM_ROUNDS} at least" in one.reason


@pytest.mark.parametrize("campaigns", [(None, None), ("c", None), ("c", "d")])
def test_runs_that_were_not_interleaved_give_figures_and_no_verdict(campaigns: tuple[str | None, str | None]) -> None:
    """However clear the difference is."""
    first, second = ([math.log(ms) + 0.001 * n for n in range(10)] for ms in (10.0, 20.0))
    one = judged([compare_repeats(repeats(first, campaign=campaigns[0]), repeats(second, "b", campaigns[1], 1))])[0]

    assert one.word is Word.UNDECIDED
    assert one.ratio.value == pytest.approx(2.0)
    assert one.p is None
    assert one.probability is None
    assert "not interleaved" in one.reason


def test_one_after_the_other_in_one_campaign_is_not_interleaved() -> None:
    """AAAAA BBBBB: sharing a campaign is not enough."""
    first = Repeats("a", "c", tuple(range(5)), (0.0, 0.1, 0.0, 0.1, 0.0))
    second = Repeats("b", "c", tuple(range(5, 10)), (1.0, 1.1, 1.0, 1.1, 1.0))

    one = judged([compare_repeats(first, second)])[0]

    assert one.word is Word.UNDECIDED
    assert "take turns" in one.reason


def test_a_round_without_an_answer_is_left_out_and_told() -> None:
    """Five whole rounds are left of six."""
    one = compared([0.0, 0.01, 0.02, None, 0.01, 0.0], [0.5, 0.52, 0.51, 0.5, 0.52, 0.51])

    assert one.rounds == 5
    assert any("1 rounds are left out" in note for note in one.notes)
    assert one.word is Word.FASTER


def test_a_run_without_a_right_answer_has_no_figure() -> None:
    """None, with the reason, and nothing crashes."""
    first, second = pair_of_runs(count=5)
    rows = second.requests
    second = replace(second, requests=replace(rows, status=np.full_like(rows.status, 1)))

    one = compare(first, second)

    assert one.word is Word.UNDECIDED
    assert one.second_value is None
    assert one.ratio.value is None
    assert "no time" in one.ratio.reason


def test_repeats_without_a_partner_are_told() -> None:
    """Eight against six."""
    one = compared([0.0, 0.01] * 4, [0.5, 0.52, 0.51] * 2)

    assert one.rounds == 6
    assert any("first 6" in note for note in one.notes)


def test_always_going_first_is_told() -> None:
    """A drift would count as a difference."""
    first = Repeats("a", "c", (0, 2, 4, 6, 8), (0.0, 0.1, 0.0, 0.1, 0.0))
    second = Repeats("b", "c", (1, 3, 5, 7, 9), (0.1, 0.2, 0.1, 0.2, 0.15))

    assert any("went first" in note for note in compare_repeats(first, second).notes)
    assert not compared([0.0] * 6, [0.1] * 6).notes


# --- several at once, and the limit -----------------------------------------------------------------------------------


def test_several_comparisons_are_corrected() -> None:
    """Each against the first; the smallest chance of two is doubled."""
    runs = [
        made_run(
            id=name, campaign="c", repeats=6, order=tuple(range(place, 18, 3)), mean_ms=mean, seed=place, count=150
        )
        for place, (name, mean) in enumerate((("a", 10.0), ("b", 10.4), ("c", 12.0)))
    ]

    found = compare_all(runs, metric=Metric.SERVICE)

    assert [(one.first, one.second, one.family) for one in found] == [("a", "b", 2), ("a", "c", 2)]
    smaller = min(found, key=lambda one: one.p or 1)
    assert smaller.p_corrected == pytest.approx(2 * (smaller.p or 0))


@pytest.mark.parametrize("slowdown", [1.02, 1.04, 1.06, 1.08, 1.12])
def test_slower_by_more_than_a_limit_is_when_the_interval_lies_above(slowdown: float) -> None:
    """For one comparison: exactly when the lower end is above 1.05."""
    rng = np.random.default_rng(3)
    first, second = rng.normal(0, 0.01, 6), rng.normal(math.log(slowdown), 0.01, 6)
    one = compared(first.tolist(), second.tolist())

    assert slower_than([one], 0.05) == ((one.ratio.low or 0) > 1.05,)


def test_nothing_is_shown_slower_without_a_verdict() -> None:
    """Four repeats, and a run that is faster."""
    few = compared([0.0] * 4, [1.0] * 4)
    faster = compared([0.5, 0.51, 0.5, 0.52, 0.5], [0.0, 0.01, 0.0, 0.0, 0.01])

    assert slower_than([few, faster], 0.05) == (False, False)


def test_equal_times_are_undecided_and_equal_differences_sure() -> None:
    """Without any noise t is infinite, or 0."""
    assert compared([0.0] * 5, [0.0] * 5).word is Word.UNDECIDED
    sure = compared([0.0] * 5, [0.5] * 5)
    assert sure.word is Word.FASTER
    assert slower_than([sure], 0.05) == (True,)
