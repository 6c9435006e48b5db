"""Which process of this machine serves a port: /proc/net/tcp tells the socket, /proc/<pid>/fd who holds it.

0: 0100007F:1F90 00000000:0000 0A ... 3871   -> 127.0.0.1:8080, LISTEN, socket:[3871] -> pid
"""

from __future__ import annotations

import ipaddress
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

_LISTEN = "0A"
_STATE, _INODE = 3, 9
IP = ipaddress.IPv4Address | ipaddress.IPv6Address


def pid_listening(host: str, port: int, root: Path = Path("/")) -> int | None:
    """The process that listens on `host` (a name or an address of this machine) and `port`.

    A socket that was handed on is held by several processes: the one with the lowest number is named, which made it.
    None where nobody listens, where the host is another machine, or where the process may not be looked at.
    """
    wanted = _addresses(host)
    inodes = {inode for address, at, inode in _listening(root) if at == port and _serves(address, wanted)}
    if not wanted or not inodes:
        return None
    names = {f"socket:[{inode}]" for inode in inodes}
    return next((pid for pid in _pids(root) if names & set(_held(root / f"proc/{pid}/fd"))), None)


def _addresses(host: str) -> set[IP]:
    try:
        found = socket.getaddrinfo(host.strip("[]"), None, type=socket.SOCK_STREAM)
    except OSError:
        return set()
    return {_plain(str(one[4][0]).partition("%")[0]) for one in found}


def _plain(text: str) -> IP:
    address = ipaddress.ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address


def _serves(address: IP, wanted: set[IP]) -> bool:
    """Whether a socket bound to `address` answers there; one bound to all does so for those of this machine."""
    if address.is_unspecified:
        return any(_is_local(one) for one in wanted)
    return address in wanted


def _is_local(address: IP) -> bool:
    if address.is_loopback or address.is_unspecified:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6  # noqa: PLR2004
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))  # only an address of this machine can be bound
        except OSError:
            return False
    return True


def _listening(root: Path) -> Iterator[tuple[IP, int, str]]:
    for name in ("tcp", "tcp6"):
        try:
            text = (root / "proc/net" / name).read_text(encoding="ascii", errors="replace")
        except OSError:
            continue
        for line in text.splitlines()[1:]:
            words = line.split()
            if len(words) > _INODE and words[_STATE] == _LISTEN:
                address, _, port = words[1].partition(":")
                yield _address(address), int(port, 16), words[_INODE]


def _address(digits: str) -> IP:
    """Groups of 4 bytes, each in the byte order of the machine."""
    groups = (int(digits[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(digits), 8))
    address = ipaddress.ip_address(b"".join(groups))
    return getattr(address, "ipv4_mapped", None) or address


def _pids(root: Path) -> list[int]:
    try:
        return sorted(int(entry.name) for entry in (root / "proc").iterdir() if entry.name.isdigit())
    except OSError:
        return []


def _held(folder: Path) -> Iterator[str]:
    try:
        links = list(folder.iterdir())
    except OSError:
        return
    for link in links:
        try:
            yield os.readlink(link)  # noqa: PTH115 - a link to a socket is no path
        except OSError:
            continue
