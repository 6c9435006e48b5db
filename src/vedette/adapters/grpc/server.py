"""The server of gRPC: where it listens, its limits, its end."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

import grpc

from vedette.adapters.grpc.door import Door
from vedette.adapters.grpc.method import Method
from vedette.errors import ConflictError, UsageError
from vedette.values.serving import Limits, Tls

_KEEPALIVE_ANSWER_MS = 20_000
_PING_EVERY_MS = 10_000
"""How often a client may ping; those of Triton do it every 10 s where they are told to keep a connection alive."""
_CALLS_OVER_QUEUE = 1024
"""Calls beyond those with work in the queue: watches, streams, messages on their way, answers on theirs."""


class GrpcServer:
    """Used by one event loop, asyncio's own or uvloop's.

    Args:
        door: what is done around every method.
        methods: the whole table.
        limits: of messages, calls and connections.
        tls: None: plain text.
    """

    def __init__(self, door: Door, methods: Sequence[Method], limits: Limits, tls: Tls | None = None) -> None:
        self._door, self._methods, self._limits, self._tls = door, tuple(methods), limits, tls
        self._server: grpc.aio.Server | None = None

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen; gives the address in use. Port 0 takes a free one.

        Raises:
            ConflictError: the port is taken.
            UsageError: this machine has no such address, or a file of the TLS is none.
        """
        credentials = None if self._tls is None else _credentials(self._tls)
        _probe(host, port)
        limits = self._limits
        server = grpc.aio.server(
            options=_options(limits), maximum_concurrent_rpcs=limits.queue_images + _CALLS_OVER_QUEUE
        )
        server.add_generic_rpc_handlers(self._door.handlers(self._methods))
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            if credentials is None:
                taken = server.add_insecure_port(address)
            else:
                taken = server.add_secure_port(address, credentials)
        except RuntimeError as error:
            raise _taken(host, port, str(error)) from None
        await server.start()
        self._server = server
        return host, taken

    async def drain(self, timeout_s: float) -> None:
        """Take no new call, let those under way end, and cancel what is left after `timeout_s`."""
        if self._server is None:
            return
        self._door.close()
        await self._server.stop(timeout_s)

    async def stop(self) -> None:
        """End at once: what is under way is cancelled."""
        await self.drain(0)


def _options(limits: Limits) -> list[tuple[str, int]]:
    """Arguments of a channel of gRPC: https://grpc.github.io/grpc/core/group__grpc__arg__keys.html.

    The limit of a message holds for its bytes as they come and after decompression, which stops at the limit.
    """
    return [
        ("grpc.so_reuseport", 0),
        ("grpc.max_receive_message_length", limits.body_bytes),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_concurrent_streams", limits.queue_images + _CALLS_OVER_QUEUE),
        ("grpc.max_metadata_size", limits.head_bytes),
        ("grpc.absolute_max_metadata_size", limits.head_bytes),
        ("grpc.max_allowed_incoming_connections", limits.connections),
        ("grpc.server_handshake_timeout_ms", round(limits.head_s * 1000)),
        ("grpc.max_connection_idle_ms", round(limits.idle_s * 1000)),
        ("grpc.keepalive_time_ms", round(limits.idle_s * 1000)),
        ("grpc.keepalive_timeout_ms", _KEEPALIVE_ANSWER_MS),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", _PING_EVERY_MS),
    ]


def _probe(host: str, port: int) -> None:
    """Whether the address can be taken; gRPC itself says only that it could not."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        raise _taken(host, port, error.strerror or str(error), error.errno) from None


def _taken(host: str, port: int, reason: str, number: int | None = None) -> ConflictError | UsageError:
    import errno

    message = f"gRPC cannot listen on {host}:{port}: {reason}"
    if number in (None, errno.EADDRINUSE):
        return ConflictError(message, help="--grpc-port 0 takes a free port, grpc_port: null leaves gRPC out")
    if number == errno.EACCES:
        return UsageError(message, help="take a port from 1024 on")
    return UsageError(message, help="take an address of this machine, such as 127.0.0.1")


def _credentials(tls: Tls) -> grpc.ServerCredentials:
    """TLS 1.2 or newer, as gRPC has it; where `clients` is given a client must show a certificate.

    Raises:
        UsageError: a file is not there, or is no PEM, or key and certificate do not belong together.
    """
    _check(tls)
    chain, key = _read(tls.certificate, "tls.certificate"), _read(tls.key, "tls.key")
    clients = None if tls.clients is None else _read(tls.clients, "tls.clients")
    return grpc.ssl_server_credentials([(key, chain)], clients, require_client_auth=clients is not None)


def _check(tls: Tls) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(tls.certificate, tls.key, password="")
        if tls.clients is not None:
            context.load_verify_locations(tls.clients)
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        files = ", ".join(file for file in (tls.certificate, tls.key, tls.clients) if file)
        raise UsageError(
            f"the TLS files cannot be used ({files}): {error}",
            help="tls.certificate and tls.key must be PEM files that belong together, tls.clients authorities",
        ) from None


def _read(file: str, key: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{key}: {file} cannot be read: {error.strerror}", help="check path and rights") from None
