"""A server's own figures, parsed and scraped from a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from kernel_tree import reading, reasons

from vedette.adapters.probes.scrape import MOST_SERIES, ScrapeProbe, parsed
from vedette.errors import UsageError
from vedette.values.reading import Reckoning

TEXT = """# HELP pool_bytes Bytes held by the allocator.
# TYPE pool_bytes gauge
pool_bytes{device="cpu",kind="a } b"} 1048576 1700000000
# TYPE answered_total counter
answered_total 17
# TYPE took_seconds histogram
took_seconds_bucket{le="+Inf"} 3
took_seconds_sum 1.5e-1
broken
nothing NaN
twice 1
twice 2
"""


def test_series_become_values_with_their_help_and_type() -> None:
    """Labels may hold blanks and braces; a broken line, a NaN and a second value of one name are passed over."""
    values, features = parsed(TEXT, "http://x/metrics")

    assert values == {
        'server.pool_bytes{device="cpu",kind="a } b"}': 1048576,
        "server.answered_total": 17,
        'server.took_seconds_bucket{le="+Inf"}': 3,
        "server.took_seconds_sum": 0.15,
        "server.twice": 1,
    }
    assert [one.reckoning for one in features] == [Reckoning.GAUGE, *[Reckoning.COUNTER] * 3, Reckoning.GAUGE]
    assert features[0].meaning == "Bytes held by the allocator."
    assert [one.unit for one in features] == ["bytes", "count", "s", "s", "as the server says"]


def test_a_server_does_not_decide_how_many_columns_there_are() -> None:
    """Series beyond the limit are left out, and so are names that are longer than a line."""
    many = "".join(f"series_{number} 1\n" for number in range(MOST_SERIES + 10))

    assert len(parsed(many, "x")[0]) == MOST_SERIES
    assert parsed("n" * 1000 + " 1\n", "x")[0] == {}


@contextmanager
def serving(status: int = 200) -> Iterator[tuple[str, threading.Semaphore]]:
    """A server of TEXT; its semaphore counts the answers that were given."""
    answered = threading.Semaphore(0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(TEXT.encode())
            answered.release()

        def log_message(self, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/metrics?all=1", answered
        finally:
            server.shutdown()
            thread.join()


def until(probe: ScrapeProbe, answered: threading.Semaphore, wanted: str) -> dict[str, float]:
    """What it reads once it knows a name, or has a reason that says it; each try waits for one more answer."""
    for _ in range(20):
        found = reading(probe)
        if wanted in found or any(wanted in reason for reason in reasons(probe).values()):
            return found
        answered.acquire(timeout=5)
    raise AssertionError(reasons(probe))


def test_a_scrape_never_waits_for_the_server() -> None:
    """The first row has nothing yet, and says so; a later one has the newest answer."""
    with serving() as (url, answered):
        probe = ScrapeProbe(url)
        assert probe.features == ()
        found = until(probe, answered, "server.answered_total")

        assert found["server.answered_total"] == 17
        assert not reasons(probe)  # while the server is there: every reading asks it once more


def test_a_server_that_answers_no_more_gives_nan_and_a_reason() -> None:
    """Never its last figures again."""
    with serving() as (url, answered):
        probe = ScrapeProbe(url, timeout_s=1)
        until(probe, answered, "server.answered_total")

    gone = threading.Semaphore(0)
    for _ in range(200):
        found = reading(probe)
        if reasons(probe):
            break
        gone.acquire(timeout=0.02)
    assert str(reading(probe)["server.answered_total"]) == "nan"
    assert "127.0.0.1" in reasons(probe)["server"]
    assert found.keys() >= {"server.answered_total"}


def test_another_status_is_a_reason() -> None:
    """An error page is no metrics."""
    with serving(404) as (url, answered):
        until(ScrapeProbe(url), answered, "status 404")


@pytest.mark.parametrize("url", ["ftp://x/", "metrics", "http://", "http://x:99999/", "http://[::1/"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    """Before the run, not in it."""
    with pytest.raises(UsageError, match="no address of metrics"):
        ScrapeProbe(url)
