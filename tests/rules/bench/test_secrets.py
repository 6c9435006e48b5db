"""What is sent and must not be recorded."""

from __future__ import annotations

import pytest

from vedette.errors import UsageError
from vedette.rules.bench.secrets import check_metrics_url, secrets_of, shown_address, without


def test_a_server_that_says_a_secret_back_does_not_get_it_recorded() -> None:
    """Whole, as a bearer's token, percent-encoded, a login in base64 and decoded."""
    secrets = secrets_of(
        [("X-Api-Key", "t0p/secret"), ("Authorization", "Basic YW5uOnBhNTV3b3Jk"), ("X-T", "Bearer abc123")]
    )

    told = without("bad key t0p/secret (t0p%2Fsecret), YW5uOnBhNTV3b3Jk is ann:pa55word; abc123 Basic", secrets)

    assert told == "bad key *** (***), *** is ***; *** Basic"


def test_words_that_are_no_secret_stay() -> None:
    """Two letters would hide half of every message."""
    assert without("a bad request", secrets_of([("X-A", "a")])) == "a bad request"


def test_addresses_are_shown_without_login_and_query() -> None:
    """A key may be in either."""
    assert shown_address("http://ann:pw@host:8002/metrics?key=1") == "http://host:8002/metrics"


@pytest.mark.parametrize("url", ["not-a-url", "ftp://host/x", "http://", "http://host:0/"])
def test_what_is_no_address_of_metrics_is_refused(url: str) -> None:
    """Before anything is measured."""
    with pytest.raises(UsageError, match="no address of metrics"):
        check_metrics_url(url)
