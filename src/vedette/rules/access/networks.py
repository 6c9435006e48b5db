"""What kind of network an IP address belongs to, and whether the server may connect to it by itself.

The blocks are those of IANA's special-purpose address registries (RFC 6890 and its updates), with RFC 4291, 5771 and
1112 for multicast and reserved space. Of IPv6 only 2000::/3 is given out as global unicast; the rest is refused.
Addresses that carry an IPv4 address inside lead to other places than they show: none of them is reached, but NAT64,
through which whole networks see the internet, is judged by the address inside.
"""

from __future__ import annotations

from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from vedette.errors import ForbiddenError, InvalidError


class Network(StrEnum):
    """Where an address leads."""

    GLOBAL = "global"
    LOOPBACK = "loopback"
    PRIVATE = "private"
    LINK_LOCAL = "link-local"
    SHARED = "shared by a provider (CGNAT)"
    UNSPECIFIED = "unspecified"
    MULTICAST = "multicast"
    RESERVED = "reserved"
    EMBEDDED = "an IPv4 address inside an IPv6 address"


_PRIVATE = frozenset({Network.LOOPBACK, Network.PRIVATE, Network.LINK_LOCAL, Network.SHARED})
"""What `FetchPolicy.private` opens."""

_V4 = tuple(
    (IPv4Network(block), kind)
    for block, kind in (
        ("0.0.0.0/8", Network.UNSPECIFIED),
        ("10.0.0.0/8", Network.PRIVATE),
        ("100.64.0.0/10", Network.SHARED),
        ("127.0.0.0/8", Network.LOOPBACK),
        ("169.254.0.0/16", Network.LINK_LOCAL),
        ("172.16.0.0/12", Network.PRIVATE),
        ("192.0.0.0/24", Network.RESERVED),  # protocol assignments
        ("192.0.2.0/24", Network.RESERVED),  # documentation
        ("192.88.99.0/24", Network.RESERVED),  # relays of 6to4
        ("192.168.0.0/16", Network.PRIVATE),
        ("198.18.0.0/15", Network.RESERVED),  # benchmarks
        ("198.51.100.0/24", Network.RESERVED),  # documentation
        ("203.0.113.0/24", Network.RESERVED),  # documentation
        ("224.0.0.0/4", Network.MULTICAST),
        ("240.0.0.0/4", Network.RESERVED),  # with 255.255.255.255, broadcast
    )
)
_NAT64 = IPv6Network("64:ff9b::/96")
_V6 = tuple(
    (IPv6Network(block), kind)
    for block, kind in (
        ("::/128", Network.UNSPECIFIED),
        ("::1/128", Network.LOOPBACK),
        ("::/96", Network.EMBEDDED),  # IPv4-compatible
        ("::ffff:0:0/96", Network.EMBEDDED),  # IPv4-mapped
        ("::ffff:0:0:0/96", Network.EMBEDDED),  # IPv4-translated
        ("64:ff9b:1::/48", Network.PRIVATE),  # NAT64 of a local network
        ("fc00::/7", Network.PRIVATE),
        ("fe80::/10", Network.LINK_LOCAL),
        ("fec0::/10", Network.PRIVATE),  # site-local, given up
        ("ff00::/8", Network.MULTICAST),
        ("2001::/32", Network.EMBEDDED),  # Teredo
        ("2001::/23", Network.RESERVED),  # protocol assignments
        ("2001:db8::/32", Network.RESERVED),  # documentation
        ("2002::/16", Network.EMBEDDED),  # 6to4
        ("3fff::/20", Network.RESERVED),  # documentation
    )
)
_V6_GLOBAL = IPv6Network("2000::/3")


def network_of(address: str) -> Network:
    """Where a numeric address leads; the zone of `fe80::1%eth0` is left out.

    Raises:
        InvalidError: it is no numeric address.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        raise InvalidError(f"{address!r} is no IP address", help="write 192.0.2.1 or 2001:db8::1") from None
    return _network_v4(found) if isinstance(found, IPv4Address) else _network_v6(found)


def demand_reachable(address: str, shown: str, *, private: bool) -> None:
    """Let an address pass that the server may connect to.

    Args:
        address: numeric, as the resolver gave it.
        shown: the host as the caller wrote it.
        private: whether private, loopback, link-local and shared networks are open.

    Raises:
        ForbiddenError: it leads elsewhere; the message names the kind of network.
    """
    kind = network_of(address)
    if kind is Network.GLOBAL or (private and kind in _PRIVATE):
        return
    help_ = "take an address of a public network"
    if kind in _PRIVATE:
        help_ = "the operator opens such networks by `fetch: private: true` in vedette.yaml"
    where = address if address == shown else f"{shown} leads to {address}, which"
    raise ForbiddenError(f"{where} is not fetched: its network is {kind.value}", help=help_)


def is_loopback(address: str) -> bool:
    """Whether only this machine reaches an address; an IPv4 address inside an IPv6 one counts as itself."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped.is_loopback
    return found.is_loopback


def _network_v4(address: IPv4Address) -> Network:
    return next((kind for block, kind in _V4 if address in block), Network.GLOBAL)


def _network_v6(address: IPv6Address) -> Network:
    if address in _NAT64:
        return _network_v4(IPv4Address(int(address) & 0xFFFF_FFFF))
    kind = next((kind for block, kind in _V6 if address in block), None)
    return kind or (Network.GLOBAL if address in _V6_GLOBAL else Network.RESERVED)
