"""Network figures, from a fake /proc/net and from a connection that is really made."""

from __future__ import annotations

import socket
from pathlib import Path

from kernel_tree import plant, reading, reasons

from vedette.adapters.probes.network import network_probes

FILES = {
    "proc/net/dev": "Inter-|   Receive  |  Transmit\n face |bytes packets|bytes\n"
    "    lo: 100 1 2 3 4 5 6 7 200 8 9 10 11 12 13 14\n  eth0:5243298453 1 0 0 0 0 0 0 300 0 0 0 0 0 0 0\n",
    "proc/net/snmp": "Ip: Forwarding InReceives\nIp: 2 77\n"
    "Tcp: RtoMin MaxConn CurrEstab RetransSegs\nTcp: 200 -1 4 5\n",
    "proc/net/netstat": "TcpExt: SyncookiesSent ListenDrops\nTcpExt: 0 6\nIpExt: InOctets\nIpExt: 99\n",
    "proc/net/sockstat": "sockets: used 17\nTCP: inuse 1 orphan 0 tw 2 alloc 3 mem 4\nUDP: inuse 5 mem 0\n",
}


def test_interfaces_protocols_and_sockets(tmp_path: Path) -> None:
    """Whether or not a blank follows the name; protocols by the names in their head line."""
    found = reading(*network_probes(plant(tmp_path, FILES)))

    assert (found["network.lo.received"], found["network.lo.sent"], found["network.lo.send_drops"]) == (100, 200, 10)
    assert found["network.eth0.received"] == 5243298453
    assert (found["net.ip.received"], found["net.tcp.established"], found["net.tcp.retransmitted"]) == (77, 4, 5)
    assert (found["net.tcp.listen_drops"], found["net.ip.received_bytes"]) == (6, 99)
    assert (found["socket.used"], found["socket.tcp.time_wait"], found["socket.udp.in_use"]) == (17, 2, 5)
    assert "has no Udp InDatagrams" in reasons(*network_probes(tmp_path))["net.udp.received"]


def test_a_connection_that_is_made_is_counted() -> None:
    """A socket pair over the loopback: opened, accepted and the bytes carried."""
    probes = network_probes()
    before = reading(*probes)

    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        accepted, _ = server.accept()
        with accepted:
            client.sendall(b"x" * 100_000)
            while len(accepted.recv(1 << 20, socket.MSG_PEEK)) < 50_000:
                pass
            after = reading(*probes)

    grown = {name: after[name] - before[name] for name in before if name in after}
    assert grown["net.tcp.opened"] >= 1
    assert grown["net.tcp.accepted"] >= 1
    assert grown["network.lo.received"] >= 50_000
    assert grown["net.ip.sent_bytes"] >= 50_000
