"""Where a server may listen without keys."""

from __future__ import annotations

import pytest

from vedette.errors import UsageError
from vedette.rules.access.bind import check_bind, only_loopback

OPEN = [
    ("0.0.0.0", ("0.0.0.0",)),
    ("::", ("::",)),
    ("", ("0.0.0.0",)),
    ("box", ("127.0.1.1", "192.168.0.7")),
    ("x", ()),
]


@pytest.mark.parametrize(("host", "addresses"), OPEN)
def test_without_keys_other_machines_stay_out(host, addresses):
    """An address that others reach is refused without keys; the help names the three ways on."""
    with pytest.raises(UsageError) as error:
        check_bind(host, addresses, keys=False, insecure=False)

    assert all(way in error.value.help for way in ("vedette keys new", "127.0.0.1", "--insecure"))


@pytest.mark.parametrize(("host", "addresses"), OPEN)
@pytest.mark.parametrize(("keys", "insecure"), [(True, False), (False, True)])
def test_keys_or_the_operators_word_open_every_address(host, addresses, keys, insecure):
    """With keys, or told to be insecure, a server listens wherever it is told to."""
    check_bind(host, addresses, keys=keys, insecure=insecure)


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("::1", "127.0.0.1"), ("::ffff:127.0.0.1",)])
def test_loopback_needs_no_key(addresses):
    """What only this machine reaches is open."""
    check_bind("localhost", addresses, keys=False, insecure=False)

    assert only_loopback(addresses)
