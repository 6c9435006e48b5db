"""Which process serves a port, for sockets that are really open."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from vedette.adapters.probes.listener import pid_listening

SERVE = "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"


def test_our_own_socket_is_ours() -> None:
    """By address and by name."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        assert pid_listening("127.0.0.1", port) == os.getpid()
        assert pid_listening("localhost", port) == os.getpid()


def test_another_process_is_found() -> None:
    """A child that listens."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        port = int(child.stdout.readline())

        assert pid_listening("127.0.0.1", port) == child.pid
        child.communicate("\n")


def test_a_socket_on_every_address_serves_this_machine_only() -> None:
    """0.0.0.0 answers at 127.0.0.2 as well; an address of documentation (RFC 5737) belongs to nobody here."""
    with socket.create_server(("0.0.0.0", 0)) as server:
        port = server.getsockname()[1]

        assert pid_listening("127.0.0.2", port) == os.getpid()
        assert pid_listening("192.0.2.1", port) is None


def test_an_address_that_is_not_bound_is_served_by_nobody() -> None:
    """A server on 127.0.0.1 does not answer at 127.0.0.2."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert pid_listening("127.0.0.2", server.getsockname()[1]) is None


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_version_6_is_found() -> None:
    """With and without brackets, and a dual socket at its version 4 address."""
    with socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True) as server:
        port = server.getsockname()[1]

        assert pid_listening("[::1]", port) == os.getpid()
        assert pid_listening("127.0.0.1", port) == os.getpid()


def test_nothing_is_none(tmp_path: Path) -> None:
    """A port that nobody serves, a name that is none, a system without /proc."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert pid_listening("127.0.0.1", port, tmp_path) is None
        assert pid_listening("no.such.host.invalid", port) is None

    assert pid_listening("127.0.0.1", port) is None
