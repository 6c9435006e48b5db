"""Who may come in."""

from __future__ import annotations

import pytest

from vedette.adapters.http.guard import Guard
from vedette.errors import ForbiddenError, OverloadedError, UnauthenticatedError
from vedette.rules.access.rights import hash_of
from vedette.values.serving import Key, Right

INFER = Key("line-3", hash_of("secret-i"), frozenset({Right.INFER}), rate=2.0)
ADMIN = Key("ops", hash_of("secret-a"), frozenset({Right.ADMIN}))


class HandClock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 0

    def now_ns(self) -> int:
        return self.now


def guard(*keys: Key, clock: HandClock | None = None, local: bool = False) -> Guard:
    return Guard(keys, clock or HandClock(), local=local)


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer secret-i"},
        {"authorization": "bearer  secret-i "},
        {"x-api-key": "secret-i"},
        {"x-api-key": " secret-i", "authorization": "Basic bm86bm8="},
    ],
)
def test_either_header_carries_the_key(headers):
    """Both ways to send a secret give the name of its key, in HTTP headers and in gRPC metadata alike."""
    assert guard(ADMIN, INFER).check(headers, "203.0.113.9", Right.INFER) == "line-3"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer "},
        {"authorization": "secret-i"},
        {"authorization": "Basic secret-i"},
        {"x-api-key": ""},
        {"x-api-key": "secret"},
        {"x-api-key": INFER.hash},
        {"x-api-key": "x" * 100_000},
        {"authorization": "Bearer wrong", "x-api-key": "secret-i"},
        {"cookie": "x-api-key=secret-i"},
    ],
)
@pytest.mark.parametrize("right", list(Right))
def test_without_a_known_key_nobody_comes_in(headers, right):
    """No key, half a key, another header, the hash itself: 401, whose message shows nothing of the secret."""
    with pytest.raises(UnauthenticatedError) as error:
        guard(INFER, ADMIN).check(headers, "203.0.113.9", right)

    assert "secret-i" not in str(error.value)


def test_a_key_opens_what_it_has_the_right_to():
    """Inference and administration are apart."""
    doors = guard(INFER, ADMIN)

    assert doors.check({"x-api-key": "secret-a"}, "", Right.ADMIN) == "ops"
    with pytest.raises(ForbiddenError):
        doors.check({"x-api-key": "secret-i"}, "", Right.ADMIN)
    with pytest.raises(ForbiddenError):
        doors.check({"x-api-key": "secret-a"}, "", Right.INFER)


def test_open_endpoints_ask_for_nothing():
    """Health is open with keys too, and a wrong key there is no matter."""
    assert guard(INFER).check({"x-api-key": "wrong"}, "", None) == ""
    assert guard().check({}, "", Right.ADMIN) == ""


def test_a_key_has_its_rate():
    """Two requests a second: the third waits half a second, says so, and other keys do not wait."""
    clock = HandClock()
    doors = guard(INFER, ADMIN, clock=clock)
    headers = {"x-api-key": "secret-i"}
    for _ in range(2):
        doors.check(headers, "", Right.INFER)

    with pytest.raises(OverloadedError) as error:
        doors.check(headers, "", Right.INFER)
    assert error.value.retry_after_s == pytest.approx(0.5)
    assert doors.check({"x-api-key": "secret-a"}, "", Right.ADMIN) == "ops"
    clock.now = 500_000_001
    assert doors.check(headers, "", Right.INFER) == "line-3"


def test_a_local_server_refuses_pages_of_others():
    """On loopback without keys, a browser's page from elsewhere is refused on every endpoint; programs pass."""
    doors = guard(local=True)
    doors.check({"host": "127.0.0.1:8000"}, "127.0.0.1", Right.ADMIN)
    doors.check({}, "127.0.0.1", Right.ADMIN)

    for right in (*Right, None):
        with pytest.raises(ForbiddenError):
            doors.check({"host": "127.0.0.1:8000", "origin": "https://evil.example"}, "127.0.0.1", right)
        with pytest.raises(ForbiddenError):
            doors.check({"host": "evil.example"}, "127.0.0.1", right)


def test_what_other_pages_only_read_is_refused_too():
    """An image of another page whose address is GET /compute sends no Origin; links to the page may be followed."""
    doors = guard(local=True)
    embedded = {"host": "127.0.0.1:8000", "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    followed = embedded | {"sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}

    for right in (*Right, None):
        with pytest.raises(ForbiddenError):
            doors.check(embedded, "127.0.0.1", right)
    with pytest.raises(ForbiddenError):
        doors.check(followed, "127.0.0.1", Right.INFER)
    assert doors.check(followed, "127.0.0.1", None) == ""
    assert guard(ADMIN).check(embedded | {"x-api-key": "secret-a"}, "203.0.113.9", Right.ADMIN) == "ops"
