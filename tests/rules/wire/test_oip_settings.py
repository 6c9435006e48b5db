"""Settings are told, and changed by the operator only."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from vedette.errors import UnsupportedError
from vedette.rules.wire.oip_settings import check_unchanged, log_settings, trace_settings


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        (logging.DEBUG, (True, True, True, 1)),
        (logging.INFO, (True, True, True, 0)),
        (logging.WARNING, (False, True, True, 0)),
        (logging.ERROR, (False, False, True, 0)),
        (logging.CRITICAL, (False, False, False, 0)),
    ],
)
def test_the_log_is_told_in_tritons_words(level: int, shown: tuple[bool, bool, bool, int]) -> None:
    """From the level of Python's logging."""
    told = log_settings(level)

    assert (told["log_info"], told["log_warning"], told["log_error"], told["log_verbose_level"]) == shown


@pytest.mark.parametrize("wished", [{}, {"trace_level": ["OFF"]}, {"trace_level": "OFF"}, {"trace_rate": None}])
def test_what_stays_as_it_is_may_be_wished(wished: dict[str, Any]) -> None:
    """Clients that set what is set already are not stopped."""
    check_unchanged(trace_settings(), wished, "help")


@pytest.mark.parametrize("wished", [{"trace_level": ["TIMESTAMPS"]}, {"trace_rate": 5}, {"x" * 500: 1}])
def test_a_change_is_refused(wished: dict[str, Any]) -> None:
    """With the name of the setting, and who can change it."""
    with pytest.raises(UnsupportedError, match="cannot be changed here") as caught:
        check_unchanged(trace_settings(), wished, "ask the operator")

    assert caught.value.help == "ask the operator"
    assert len(caught.value.message) < 150
