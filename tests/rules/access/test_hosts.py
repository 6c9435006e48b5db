"""Patterns of hosts."""

from __future__ import annotations

import pytest

from vedette.errors import UsageError
from vedette.rules.access.hosts import HostPattern, allowed, parse_pattern


@pytest.mark.parametrize(
    ("pattern", "host", "port", "expected"),
    [
        ("camera1.example", "camera1.example", 80, True),
        ("Camera1.Example.", "camera1.example", 443, True),
        ("camera1.example", "camera1.example", 8080, True),
        ("camera1.example", "camera1.example", 25, False),
        ("camera1.example:554", "camera1.example", 554, True),
        ("camera1.example:554", "camera1.example", 80, False),
        ("camera1.example", "a.camera1.example", 80, False),
        ("camera1.example", "camera1.example.evil", 80, False),
        ("*.example", "a.example", 80, True),
        ("*.example", "b.a.example", 80, True),
        ("*.example", "example", 80, False),
        ("*.example", ".example", 80, False),
        ("*.example", "evilexample", 80, False),
        ("*", "anything", 80, True),
        ("*:8080", "anything", 80, False),
        ("10.0.0.7", "10.0.0.7", 80, True),
        ("10.0.0.7", "10.0.0.70", 80, False),
        ("[2001:DB8:0::7]:8080", "2001:db8::7", 8080, True),
    ],
)
def test_a_pattern_means_what_it_shows(pattern, host, port, expected):
    """Names, names below a domain, addresses, all; with a port only this one, without none of other services."""
    assert parse_pattern(pattern).matches(host, port) is expected
    assert allowed(host, port, ["other", pattern]) is expected


@pytest.mark.parametrize(
    "text", ["", "a b", "http://a", "a/*", "a.*.b", "**", "a:0", "a:70000", "[::1", "[1:2]", "a_b:"]
)
def test_what_is_no_pattern_is_told(text):
    """A pattern that would never match as it is meant is an error of the configuration that names it."""
    with pytest.raises(UsageError, match=r"fetch\.hosts"):
        parse_pattern(text)


def test_no_pattern_allows_nothing():
    """Without patterns no host is allowed."""
    assert not allowed("a", 80, ())
    assert parse_pattern("a:81") == HostPattern("a", 81)
