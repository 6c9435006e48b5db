"""What the network did: each interface, and the protocols IP, TCP and UDP of this network namespace.

/proc/net/dev       eth0: 5243298453 129143 ...        -> network.eth0.received
/proc/net/snmp      Tcp: ... RetransSegs / Tcp: ... 1  -> tcp.retransmitted
/proc/net/netstat   TcpExt: ... ListenDrops / ... 0    -> tcp.listen_drops
/proc/net/sockstat  TCP: inuse 1 orphan 0 tw 0         -> socket.tcp.in_use
"""

from __future__ import annotations

import os
from pathlib import Path

from vedette.adapters.probes.words import Cell, Field, Group, Plan, Planner, WordsProbe, blanked, lines, place
from vedette.values.reading import Pace

_PAGE = float(os.sysconf("SC_PAGE_SIZE")) if hasattr(os, "sysconf") else 4096.0

INTERFACE = Group(
    "network.<interface>",
    "/proc/net/dev",
    Pace.SLOW,
    (
        Field("1", "received", "bytes", "bytes received", grows=True),
        Field("2", "received_packets", "count", "packets received", grows=True),
        Field("3", "receive_errors", "count", "packets received damaged", grows=True),
        Field("4", "receive_drops", "count", "packets received and thrown away", grows=True),
        Field("8", "received_multicast", "count", "packets received for many", grows=True),
        Field("9", "sent", "bytes", "bytes sent", grows=True),
        Field("10", "sent_packets", "count", "packets sent", grows=True),
        Field("11", "send_errors", "count", "packets that could not be sent", grows=True),
        Field("12", "send_drops", "count", "packets thrown away instead of sent", grows=True),
    ),
)
PROTOCOLS = Group(
    "net",
    "/proc/net/snmp",
    Pace.SLOW,
    (
        Field("Ip InReceives", "ip.received", "count", "IPv4 packets received", grows=True),
        Field("Ip InDiscards", "ip.receive_drops", "count", "IPv4 packets received and thrown away", grows=True),
        Field("Ip InDelivers", "ip.delivered", "count", "IPv4 packets handed to a protocol", grows=True),
        Field("Ip OutRequests", "ip.sent", "count", "IPv4 packets sent", grows=True),
        Field("Ip OutDiscards", "ip.send_drops", "count", "IPv4 packets thrown away instead of sent", grows=True),
        Field("Tcp ActiveOpens", "tcp.opened", "count", "TCP connections opened from here", grows=True),
        Field("Tcp PassiveOpens", "tcp.accepted", "count", "TCP connections opened to here", grows=True),
        Field("Tcp AttemptFails", "tcp.failed", "count", "TCP connections that did not come about", grows=True),
        Field("Tcp EstabResets", "tcp.reset", "count", "TCP connections that were reset", grows=True),
        Field("Tcp CurrEstab", "tcp.established", "count", "TCP connections that stand now"),
        Field("Tcp InSegs", "tcp.received", "count", "TCP segments received", grows=True),
        Field("Tcp OutSegs", "tcp.sent", "count", "TCP segments sent", grows=True),
        Field("Tcp RetransSegs", "tcp.retransmitted", "count", "TCP segments sent again", grows=True),
        Field("Tcp InErrs", "tcp.receive_errors", "count", "TCP segments received damaged", grows=True),
        Field("Tcp OutRsts", "tcp.resets_sent", "count", "TCP resets sent", grows=True),
        Field("Udp InDatagrams", "udp.received", "count", "UDP datagrams received", grows=True),
        Field("Udp NoPorts", "udp.no_port", "count", "UDP datagrams for a port that nobody served", grows=True),
        Field("Udp InErrors", "udp.receive_errors", "count", "UDP datagrams that could not be delivered", grows=True),
        Field("Udp OutDatagrams", "udp.sent", "count", "UDP datagrams sent", grows=True),
        Field("Udp RcvbufErrors", "udp.receive_overflows", "count", "those lost to a full receive buffer", grows=True),
    ),
)
EXTENDED = Group(
    "net",
    "/proc/net/netstat",
    Pace.SLOW,
    (
        Field("TcpExt ListenOverflows", "tcp.listen_overflows", "count", "connections refused: queue full", grows=True),
        Field("TcpExt ListenDrops", "tcp.listen_drops", "count", "connections refused for any reason", grows=True),
        Field("TcpExt TW", "tcp.time_waits", "count", "closed connections that waited their time out", grows=True),
        Field("TcpExt DelayedACKs", "tcp.delayed_acks", "count", "acknowledgements sent late on purpose", grows=True),
        Field("TcpExt TCPTimeouts", "tcp.timeouts", "count", "segments that were given up waiting for", grows=True),
        Field("TcpExt TCPLostRetransmit", "tcp.lost_again", "count", "segments lost a second time", grows=True),
        Field("TcpExt TCPSynRetrans", "tcp.open_retries", "count", "openings of a connection sent again", grows=True),
        Field("TcpExt TCPRcvQDrop", "tcp.receive_drops", "count", "segments lost to a full receive buffer", grows=True),
        Field("TcpExt TCPBacklogDrop", "tcp.backlog_drops", "count", "segments lost to a busy socket", grows=True),
        Field("TcpExt TCPAbortOnTimeout", "tcp.aborted_timeout", "count", "connections given up: timeout", grows=True),
        Field("TcpExt TCPAbortOnMemory", "tcp.aborted_memory", "count", "connections given up: memory", grows=True),
        Field("IpExt InOctets", "ip.received_bytes", "bytes", "IPv4 bytes received", grows=True),
        Field("IpExt OutOctets", "ip.sent_bytes", "bytes", "IPv4 bytes sent", grows=True),
    ),
)
SOCKETS = Group(
    "socket",
    "/proc/net/sockstat",
    Pace.SLOW,
    (
        Field("sockets used", "used", "count", "sockets that exist"),
        Field("TCP inuse", "tcp.in_use", "count", "TCP sockets in use"),
        Field("TCP orphan", "tcp.orphans", "count", "TCP sockets that no process holds"),
        Field("TCP tw", "tcp.time_wait", "count", "closed TCP connections that wait their time out"),
        Field("TCP alloc", "tcp.allocated", "count", "TCP sockets that hold memory"),
        Field("TCP mem", "tcp.memory", "bytes", "memory of TCP's buffers", _PAGE),
        Field("UDP inuse", "udp.in_use", "count", "UDP sockets in use"),
        Field("UDP mem", "udp.memory", "bytes", "memory of UDP's buffers", _PAGE),
    ),
)
GROUPS = (INTERFACE, PROTOCOLS, EXTENDED, SOCKETS)
_COLUMNS = 17


def network_probes(root: Path = Path("/")) -> tuple[WordsProbe, ...]:
    """Every probe of this module; `root` is where /proc is found."""
    net = root / "proc/net"
    return (
        WordsProbe(INTERFACE.at(interface="NAME"), net / "dev", _plan_interfaces, trim=blanked(b":|")),
        WordsProbe(PROTOCOLS, net / "snmp", _two_lines(PROTOCOLS)),
        WordsProbe(EXTENDED, net / "netstat", _two_lines(EXTENDED)),
        WordsProbe(SOCKETS, net / "sockstat", _pairs(SOCKETS)),
    )


def _plan_interfaces(data: bytes) -> Plan:
    cells, anchors = [], []
    for at, words in lines(data):
        if len(words) == _COLUMNS and words[1].isdigit():
            group = INTERFACE.at(interface=words[0].decode("utf-8", "replace"))
            anchors.append((at, words[0]))
            cells += [Cell(group.feature(one), at + int(one.key), one.scale) for one in group.fields]
    return Plan(tuple(cells), tuple(anchors))


def _two_lines(group: Group) -> Planner:
    """Plans pairs of lines: `Tcp: RtoAlgorithm RtoMin ...`, then `Tcp: 1 200 ...`."""

    def planner(data: bytes) -> Plan:
        heads: dict[bytes, list[bytes]] = {}
        places: dict[str, int] = {}
        for at, words in lines(data):
            if not words:
                continue
            head = heads.setdefault(words[0], words)
            if head is not words and len(head) == len(words):
                name = words[0].rstrip(b":")
                places |= {f"{name.decode()} {key.decode()}": at + index for index, key in enumerate(head) if index}
        return place(group, places)

    return planner


def _pairs(group: Group) -> Planner:
    """Plans lines `TCP: inuse 1 orphan 0`."""

    def planner(data: bytes) -> Plan:
        places = {
            f"{words[0].rstrip(b':').decode()} {words[index].decode()}": at + index + 1
            for at, words in lines(data)
            for index in range(1, len(words) - 1, 2)
        }
        return place(group, places)

    return planner
