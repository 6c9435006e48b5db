"""Amounts in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.rules.capacity.amounts import (
    amount_text,
    apart,
    enough,
    money_text,
    plural,
    share_text,
    span_text,
    time_text,
    written,
)

UNITS = {"ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0404, "40.4 ms"), (0.5, "500 ms"), (17.43, "17.4 s"), (119, "119 s"), (750, "12.5 min"), (7200, "2 h")],
)
def test_a_time_has_the_unit_that_reads_best(seconds, text) -> None:
    """Milliseconds below a second, minutes from two on, hours from two on."""
    assert time_text(seconds) == text


@given(st.floats(1e-3, 1e6))
def test_a_time_in_words_is_the_time(seconds) -> None:
    """To three figures."""
    number, unit = time_text(seconds).replace(",", "").split()

    assert float(number) * UNITS[unit] == pytest.approx(seconds, rel=0.0051)


@given(st.floats(1e-6, 1 - 1e-6))
def test_a_share_that_is_nearly_certain_is_never_called_certain(share) -> None:
    """Nor one that is nearly nothing nothing."""
    assert share_text(share) not in {"0 %", "100 %"}


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.95, "95 %"), (1.0, "100 %"), (0.0, "0 %"), (0.9997, "99.97 %"), (0.999999, "more than 99.99 %")],
)
def test_a_share_is_in_per_cent(share, text) -> None:
    """As few figures as tell it from all and nothing."""
    assert share_text(share) == text


def test_spans_money_and_counts_have_their_units() -> None:
    """Both ends of a span in the unit of the larger one."""
    assert span_text(0.9, 17.94) == "0.9 to 17.9 s"
    assert span_text(0.039, 0.043) == "39 to 43 ms"
    assert span_text(7000, 7300) == "1.94 to 2.03 h"
    assert money_text(1234.5, "EUR") == "1,234.50 EUR"
    assert money_text(0.00125, "EUR") == "0.00125 EUR"
    assert money_text(0.00001, "EUR") == "0.00001 EUR"
    assert time_text(1e-9) == "0.000001 ms"
    assert amount_text(1200) == "1,200"
    assert plural(1, "image") == "1 image"
    assert plural(6080, "image") == "6,080 images"
    assert plural(2, "mini-batch", "mini-batches") == "2 mini-batches"


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0.00027852, "0.000279"),
        (0.000279, "0.000279"),
        (0.9999, "1"),
        (2.3301, "2.34"),
        (1234.561, "1,234.57"),
        (0, "0"),
    ],
)
def test_an_amount_is_rounded_up_to_what_suffices(amount, text) -> None:
    """Three figures below one, hundredths above; what has no more of them stays as it is."""
    assert written(enough(amount)) == text


@given(st.floats(1e-9, 1e9))
def test_what_is_enough_is_no_less_and_little_more(amount) -> None:
    """By a hundredth at most, or by a hundredth of the amount; what is less by a billionth is rounding."""
    assert amount * (1 - 2e-9) <= enough(amount) <= amount + max(0.01 * (amount >= 0.99), 0.011 * amount)


def test_amounts_that_differ_look_different() -> None:
    """Three figures where those do, else as many as it takes; equal ones stay equal."""
    assert apart(5.0, 6.0, lambda amount: money_text(amount, "EUR")) == ("5.00 EUR", "6.00 EUR")
    assert apart(0.0003501, 0.0003500, lambda amount: money_text(amount, "EUR")) == ("0.0003501 EUR", "0.00035 EUR")
    assert apart(1234.561, 1234.562, lambda amount: money_text(amount, "EUR")) == ("1,234.561 EUR", "1,234.562 EUR")
    assert apart(0.5, 0.5) == ("0.5", "0.5")
