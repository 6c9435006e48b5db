"""Figures as words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import made_run

from vedette.adapters.report.words import (
    exact,
    interval,
    lead,
    listed,
    load_words,
    number,
    percent,
    plural,
    quoted,
)
from vedette.values.evidence import Estimate
from vedette.values.workload import Load, LoadKind


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "-"),
        (float("nan"), "-"),
        (0.0, "0"),
        (0.1234, "0.123"),
        (9.996, "10.0"),
        (12.34, "12.3"),
        (99.96, "100"),
        (1234.5, "1,234"),
        (-3.456, "-3.46"),
        (0.0000123, "1.2e-05"),
    ],
)
def test_a_number_has_three_digits(value: float | None, words: str) -> None:
    """As many as a measurement is worth; what is absent is a dash, never 0."""
    assert number(value) == words


@given(st.floats(1e-3, 1e9))
def test_a_number_reads_back(value: float) -> None:
    """What is printed lies within half a unit of the third digit."""
    assert float(number(value).replace(",", "")) == pytest.approx(value, rel=0.0051)


def test_what_was_asked_for_is_not_rounded() -> None:
    """A rate of 1234.5 is printed as it was written."""
    assert [exact(value) for value in (50.0, 0.25, 1234.5, None)] == ["50", "0.25", "1,234.5", "-"]


def test_a_narrow_interval_keeps_its_ends_apart() -> None:
    """Ends that agree in three digits get more."""
    assert interval(Estimate(49.4, 49.381, 49.422), "/s") == "49.381 to 49.422 /s"
    assert interval(Estimate(12.3, 11.9, 12.8), "ms") == "11.9 to 12.8 ms"
    assert interval(Estimate(12.3), "ms") == "-"


def test_nothing_is_quoted_without_interval_or_reason() -> None:
    """A figure carries one of both."""
    assert quoted(Estimate(12.3, 11.9, 12.8), "ms") == "12.3 ms (95% interval 11.9 to 12.8 ms)"
    assert quoted(Estimate(12.3, reason="too few"), "ms") == "12.3 ms (no interval: too few)"
    assert quoted(Estimate(None, reason="too few"), "ms") == "not told (too few)"


def test_small_words() -> None:
    """Shares, numbers of things, lists."""
    assert [percent(share) for share in (None, 0.0, 0.005, 0.995)] == ["-", "0 %", "0.5 %", "99.5 %"]
    assert [plural(1, "request"), plural(2000, "request")] == ["1 request", "2,000 requests"]
    assert [listed(()), listed(("a",)), listed(("a", "b", "c"))] == ["", "a", "a, b and c"]


@pytest.mark.parametrize("kind", LoadKind)
def test_every_load_has_words(kind: LoadKind) -> None:
    """No kind is left out."""
    assert load_words(Load(kind, rate=10.0, rate_to=20.0))


def test_the_figures_of_a_load_are_told() -> None:
    """Clients, rates, bursts and limits are in the sentence."""
    assert load_words(Load(LoadKind.CLOSED, clients=4, think_ms=10)) == (
        "a closed loop of 4 clients, each pausing 10 ms after an answer"
    )
    assert load_words(Load(LoadKind.BURST, rate=5.0, burst=3)) == "bursts of 3 requests at once, 5 requests/s"
    assert "limit of 100 ms" in load_words(Load(LoadKind.PEAK, limit_ms=100))


def test_the_lead_says_what_was_measured() -> None:
    """Target, load, how much, and what is timed."""
    run = made_run(count=10, repeats=1).run

    sentence = lead(replace(run, summary=replace(run.summary, sent=1)))

    assert sentence.startswith(
        "classifier at http://127.0.0.1:8000/infer was put under a constant rate of 50 requests/s"
    )
    assert "1 request in 1 repeat" in sentence
    assert "all that the target does" in sentence
