"""Requests are counted by protocol, route, method and status, in a bounded number of rows."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

import pytest
from ended import ended
from hypothesis import given
from hypothesis import strategies as st

from vedette.adapters.grpc.method import Told as Call
from vedette.flows.inference.traffic import OTHER, Traffic
from vedette.values.statistics import BUCKETS_MS


def test_requests_are_counted_by_status() -> None:
    """One row a route and method, with a count for each status."""
    traffic = Traffic()

    for status in (200, 503, 200):
        traffic.told(ended(status=status))
    traffic.told(Call("inference.GRPCInferenceService/ModelInfer", "OK", "r2", "", "", 0, 5_000_000))

    grpc, http = traffic.snapshot()
    assert (grpc.protocol, grpc.route, grpc.method, grpc.statuses) == (
        "grpc",
        "inference.GRPCInferenceService/ModelInfer",
        "",
        (("OK", 1),),
    )
    assert (http.protocol, http.route, http.method) == ("http", "/infer/{models}", "POST")
    assert http.statuses == (("200", 2), ("503", 1))
    assert http.times.sum_ms == pytest.approx(36.9)


def test_methods_that_nobody_uses_share_a_row() -> None:
    """A client cannot make the server remember what it invents."""
    traffic = Traffic()

    for method in ("PROPFIND", "MKCOL", "M-SEARCH"):
        traffic.told(ended(method=method, route="", status=405))

    assert [(row.method, row.statuses) for row in traffic.snapshot()] == [(OTHER, (("405", 3),))]


@given(st.lists(st.integers(0, 20_000_000_000), max_size=50))
def test_times_fall_into_their_buckets(took_ns: list[int]) -> None:
    """A bucket holds what is no longer than its bound, and longer than the one before."""
    traffic = Traffic()

    for one in took_ns:
        traffic.told(ended(received_ns=7, ended_ns=7 + one))

    expected = Counter(bisect_left(BUCKETS_MS, one / 1e6) for one in took_ns)
    for row in traffic.snapshot():
        assert row.times.buckets == tuple(expected[place] for place in range(len(BUCKETS_MS) + 1))
        assert row.times.count == len(took_ns)
