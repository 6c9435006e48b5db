"""Figures and settings in words."""

from __future__ import annotations

import pytest

from vedette.cli.bench_words import PLACES, SCOPES, between, load_words, number, printable, target_words
from vedette.values.evidence import Estimate
from vedette.values.trial import Introduction, Placement, Scope
from vedette.values.workload import Load, LoadKind, Order


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0, "0.000"),
        (1.23456, "1.235"),
        (9.9994, "9.999"),
        (9.9996, "10.00"),
        (99.996, "100.0"),
        (999.96, "1,000"),
        (123456.7, "123,457"),
        (-12.345, "-12.35"),
    ],
)
def test_number_has_four_digits(value: float | None, text: str) -> None:
    """Every figure has four digits or all before the point, and rounding never adds one."""
    assert number(value) == text


def test_interval_needs_both_ends() -> None:
    """Half an interval is none."""
    assert between(Estimate(5.0, 4.0, 6.5)) == "4.000 to 6.500"
    assert between(Estimate(5.0, 4.0, None)) == "-"


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (Load(LoadKind.CLOSED, clients=4, think_ms=2.0, duration_s=20.0), "closed, 4 clients, 2 ms of thinking, 20 s"),
        (Load(LoadKind.CLOSED, requests=1), "closed, 1 client, 1 request"),
        (Load(LoadKind.POISSON, rate=50.0, requests=2000), "poisson, 50 requests/s, 2,000 requests"),
        (Load(LoadKind.RAMP, rate=1.0, rate_to=9.5, duration_s=8.0), "ramp, 1 to 9.5 requests/s, 8 s"),
        (Load(LoadKind.BURST, rate=10.0, burst=5), "burst, 10 requests/s, bursts of 5"),
        (Load(LoadKind.PEAK, rate=900.0, limit_ms=50.0), "peak, up to 900 requests/s, p99 within 50 ms"),
        (Load(LoadKind.TRACE, trace="due\n.txt"), "trace, trace due?.txt"),
        (Load(LoadKind.SCENARIO_2, warm_up=5, order=Order.SAME), "scenario-2, 5 before as warm-up, images same"),
    ],
)
def test_load_is_told_with_its_figures(load: Load, words: str) -> None:
    """A load says its shape and every figure that belongs to it."""
    assert load_words(load) == words


def test_target_that_tells_nothing_is_said_to() -> None:
    """Absence has words, and its reason."""
    assert target_words(Introduction(Scope.IMAGE, reason="an image service tells nothing")) == (
        "it told nothing (an image service tells nothing)"
    )


def test_every_place_and_scope_has_words() -> None:
    """No value of the two enumerations lacks its sentence."""
    assert set(PLACES) == set(Placement)
    assert set(SCOPES) == set(Scope)


def test_text_keeps_its_letters() -> None:
    """Only what steers a terminal is replaced."""
    assert printable("Ünïcode 図 \u202e\x1b") == "Ünïcode 図 ??"
