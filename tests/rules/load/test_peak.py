"""The search for the highest rate that holds a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import UsageError
from vedette.rules.load.peak import Search, after, best, next_rate, outcome, start
from vedette.values.run import Probe
from vedette.values.workload import Load, LoadKind

prove = settings(max_examples=200, deadline=None, derandomize=True, database=None)
PEAK = Load(LoadKind.PEAK, limit_ms=50.0, requests=1000)

rates = st.floats(0.5, 50_000)


def probe(rate: float, *, held: bool) -> Probe:
    return Probe(rate, held, 10.0 if held else 99.0, "")


def searched(state: Search, holds: Callable[[float], bool]) -> Search:
    while (rate := next_rate(state)) is not None:
        state = after(state, probe(rate, held=holds(rate)))
    return state


def outcomes(*held: bool) -> Callable[[float], bool]:
    """What comes out, probe for probe, whatever the rate."""
    left: Iterator[bool] = iter(held)
    return lambda _: next(left)


@prove
@given(rates, rates)
def test_a_sharp_peak_is_found(peak: float, first: float) -> None:
    """Where every rate up to a peak holds and none above, the answer holds and is within 5 % of it."""
    found = searched(start(PEAK, first), lambda rate: rate <= peak)

    if peak >= first / 1024:
        assert best(found) <= peak <= best(found) * 1.05
        assert f"{best(found):g} requests a second held twice" in outcome(found)
    else:
        assert best(found) is None
        assert "No rate held the limit" in outcome(found)
        assert "--duration" not in outcome(found), "the search went down as far as it ever does"


@prove
@given(rates, rates, st.floats(1, 1000))
def test_no_rate_beyond_the_most_is_tried(peak: float, first: float, most: float) -> None:
    """Every rate stays at or under `--rate`; where that holds, it is the answer, and the peak may lie higher."""
    found = searched(start(replace(PEAK, rate=most), first), lambda rate: rate <= peak)

    assert max(tried.rate for tried in found.probes) <= most
    if peak >= most:
        assert best(found) == most
        assert "the peak may be higher" in outcome(found)


@prove
@given(st.lists(st.booleans(), min_size=40, max_size=40), rates)
def test_whatever_comes_out_the_search_ends(held: list[bool], first: float) -> None:
    """For any outcomes it ends within its budget, its answer held twice, and neither end rests on one probe."""
    found = searched(start(PEAK, first), outcomes(*held))
    answer = best(found)
    tried = [(one.rate, one.held) for one in found.probes]

    assert len(tried) <= 40
    if answer is not None:
        assert tried.count((answer, True)) >= 2
        assert (answer, False) not in tried[tried.index((answer, True)) :]
        assert found.high is None or answer < found.high <= answer * (1 + found.width)
    if found.high is not None:
        failures = tried.count((found.high, False))
        assert failures >= 2 or (failures == 1 and (found.high, True) in tried)


def test_it_doubles_then_bisects_then_confirms() -> None:
    """With the peak at 100 from 20 on: doubled, each failure twice, then the middle of the ratio, then again."""
    found = searched(start(PEAK), lambda rate: rate <= 100)
    tried = [round(one.rate, 1) for one in found.probes]

    assert tried[:7] == [20.0, 40.0, 80.0, 160.0, 160.0, 113.1, 113.1]
    assert tried[-1] == round(best(found), 1)
    assert len(tried) <= 16


def test_it_goes_down_where_the_first_rate_fails() -> None:
    """The first rate is halved until one holds."""
    tried = [one.rate for one in searched(start(PEAK), lambda rate: rate <= 6).probes]

    assert tried[:6] == [20.0, 20.0, 10.0, 10.0, 5.0, pytest.approx(50**0.5)]


def test_one_failure_does_not_count() -> None:
    """A probe that failed and then held counts as held: the search doubles on."""
    state = start(PEAK)
    state = after(state, probe(20.0, held=False))

    assert next_rate(state) == 20.0
    assert next_rate(after(state, probe(20.0, held=True))) == 40.0


def test_an_answer_that_is_not_confirmed_falls() -> None:
    """Where the confirmation fails, the rate has failed at once, and the search goes on below it."""
    state = after(start(PEAK), probe(20.0, held=True))

    found = searched(state, lambda rate: rate <= 10)

    assert [one.held for one in found.probes if one.rate == 20.0] == [True, False]
    assert best(found) == 10.0
    assert 10.0 < found.high <= 10.5


def test_a_search_that_never_settles_says_so() -> None:
    """A target that holds everything at first and nothing later leaves no answer, with the rate that held last."""
    state = replace(start(PEAK), budget=3)
    found = searched(state, outcomes(True, True, True))

    assert next_rate(found) is None
    assert best(found) is None
    assert outcome(found) == "No rate was confirmed within 3 probes; the last one that held is 80."


def test_a_search_under_way_has_no_outcome_yet() -> None:
    """It says how far it is."""
    assert outcome(after(start(PEAK), probe(20.0, held=True))) == "The search is under way after 1 probes."


def test_a_noisy_peak_is_found_nearly() -> None:
    """Where the chance to hold falls around 500, at least 190 of 200 answers hold with a chance of 0.1 or more.

    The chance is a logistic curve with a scale of 20, so that it is 0.1 at 544.
    """
    rng = np.random.default_rng(11)

    answers = [
        best(searched(start(PEAK), lambda rate: rng.random() < 1 / (1 + np.exp((rate - 500) / 20)))) for _ in range(200)
    ]

    assert all(answer is not None for answer in answers)
    assert sum(answer < 544 for answer in answers) >= 190
    assert 480 < np.median(answers) <= 500


@pytest.mark.parametrize("bad", [0.0, -3.0, float("nan")])
def test_a_start_must_be_a_rate(bad: float) -> None:
    """A search cannot start at nothing."""
    with pytest.raises(UsageError, match="a search cannot start at"):
        start(PEAK, bad)


def test_only_a_peak_load_is_searched() -> None:
    """Another load says what to use."""
    with pytest.raises(UsageError, match="--load poisson is no search"):
        start(Load(LoadKind.POISSON, rate=5.0, requests=5))


@pytest.mark.parametrize("duration_s", [5.0, 100.0])
def test_every_probe_holds_enough_requests(duration_s: float) -> None:
    """Where a duration ends the probes, the search starts and stays at rates that give 1000 requests within it."""
    load = replace(PEAK, requests=None, duration_s=duration_s)
    found = searched(start(load), lambda rate: rate <= 3000)
    failed = searched(start(load), lambda _: False)

    assert 2857 <= best(found) <= 3000
    assert all(one.rate * duration_s >= 1000 for one in found.probes + failed.probes)
    assert best(failed) is None
    assert f"down to {1000 / duration_s:g} requests a second" in outcome(failed)
    assert "a longer --duration allows it" in outcome(failed)


@pytest.mark.parametrize(
    ("load", "message", "help_"),
    [
        (replace(PEAK, requests=600), "--requests 600 are too few", "give --requests 1000 or more"),
        (
            replace(PEAK, requests=None, duration_s=5.0, rate=30.0),
            "5 s at 30 requests a second are too few",
            "give --duration 34s or more",
        ),
    ],
)
def test_probes_that_could_tell_nothing_are_refused(load: Load, message: str, help_: str) -> None:
    """Before anything is sent, with the figure that is needed."""
    with pytest.raises(UsageError, match=message) as raised:
        start(load)

    assert raised.value.help == help_


def test_another_rate_than_the_next_is_a_mistake() -> None:
    """A search takes only the probe that it asked for."""
    with pytest.raises(ValueError, match="33 was tried, 20"):
        after(start(PEAK), probe(33, held=True))
