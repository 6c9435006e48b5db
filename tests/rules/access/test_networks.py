"""Where IP addresses lead."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import ForbiddenError, InvalidError
from vedette.rules.access.networks import Network, demand_reachable, is_loopback, network_of

REFUSED = {
    "127.0.0.1": Network.LOOPBACK,
    "127.255.0.9": Network.LOOPBACK,
    "10.1.2.3": Network.PRIVATE,
    "172.16.0.1": Network.PRIVATE,
    "172.31.255.255": Network.PRIVATE,
    "192.168.1.1": Network.PRIVATE,
    "169.254.169.254": Network.LINK_LOCAL,
    "100.64.0.1": Network.SHARED,
    "100.127.255.255": Network.SHARED,
    "0.0.0.0": Network.UNSPECIFIED,
    "0.1.2.3": Network.UNSPECIFIED,
    "224.0.0.1": Network.MULTICAST,
    "240.0.0.1": Network.RESERVED,
    "255.255.255.255": Network.RESERVED,
    "192.0.2.1": Network.RESERVED,
    "198.18.0.1": Network.RESERVED,
    "::1": Network.LOOPBACK,
    "::": Network.UNSPECIFIED,
    "::ffff:127.0.0.1": Network.EMBEDDED,
    "::ffff:8.8.8.8": Network.EMBEDDED,
    "::7f00:1": Network.EMBEDDED,
    "::ffff:0:127.0.0.1": Network.EMBEDDED,
    "64:ff9b::7f00:1": Network.LOOPBACK,
    "64:ff9b::a9fe:a9fe": Network.LINK_LOCAL,
    "64:ff9b:1::a00:1": Network.PRIVATE,
    "2002:7f00:1::": Network.EMBEDDED,
    "2001:0:4136:e378:8000:63bf:3fff:fdd2": Network.EMBEDDED,
    "fc00::1": Network.PRIVATE,
    "fd12:3456::1": Network.PRIVATE,
    "fe80::1%eth0": Network.LINK_LOCAL,
    "fec0::1": Network.PRIVATE,
    "ff02::1": Network.MULTICAST,
    "2001:db8::1": Network.RESERVED,
    "4000::1": Network.RESERVED,
}
GLOBAL = [
    "8.8.8.8",
    "93.184.216.34",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1111",
    "2a00:1450::1",
    "64:ff9b::808:808",
]


@pytest.mark.parametrize(("address", "kind"), REFUSED.items())
def test_special_networks_are_told_and_refused(address, kind):
    """Each block of the registries is known by its kind, and refused by default with that kind in the message."""
    with pytest.raises(ForbiddenError, match="its network is") as error:
        demand_reachable(address, "camera.example", private=False)

    assert network_of(address) is kind
    assert kind.value in error.value.message


@pytest.mark.parametrize("address", GLOBAL)
def test_public_addresses_pass(address):
    """What the whole internet reaches may be fetched."""
    demand_reachable(address, "camera.example", private=False)

    assert network_of(address) is Network.GLOBAL


def test_private_opens_private_networks_only():
    """`private` opens loopback, private, link-local and shared networks, nothing else."""
    opened = []
    for address, kind in REFUSED.items():
        try:
            demand_reachable(address, address, private=True)
        except ForbiddenError:
            continue
        opened.append(kind)

    assert set(opened) == {Network.LOOPBACK, Network.PRIVATE, Network.LINK_LOCAL, Network.SHARED}


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)))
def test_nothing_passes_that_python_does_not_call_global(address):
    """A second table, that of Python's ipaddress: what it does not call global is global to us neither."""
    if network_of(str(address)) is Network.GLOBAL and address not in ipaddress.ip_network("64:ff9b::/96", strict=False):
        assert address.is_global
        assert not address.is_multicast


@given(st.ip_addresses(v=4))
def test_of_ipv4_both_tables_say_the_same(address):
    """Every IPv4 address is global by both tables or by none; the relays of 6to4 are the exception, given up."""
    if address in ipaddress.ip_network("192.88.99.0/24") or address in ipaddress.ip_network("192.0.0.0/24"):
        return
    assert (network_of(str(address)) is Network.GLOBAL) == (address.is_global and not address.is_multicast)


@given(st.ip_addresses(v=4))
def test_nat64_is_judged_by_the_address_inside(address):
    """Through NAT64 nothing is reached that could not be reached without it."""
    assert network_of(str(ipaddress.IPv6Address(0x0064_FF9B << 96 | int(address)))) is network_of(str(address))


@pytest.mark.parametrize("text", ["", "camera", "1.2.3", "0x7f.0.0.1", "2130706433"])
def test_only_numeric_addresses_are_judged(text):
    """Anything else is an error, never a pass."""
    with pytest.raises(InvalidError):
        network_of(text)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.0.1", False),
        ("localhost", False),
    ],
)
def test_loopback_is_this_machine_alone(address, expected):
    """IPv4, IPv6 and IPv4 inside IPv6; names are resolved before."""
    assert is_loopback(address) is expected
