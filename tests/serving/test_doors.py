"""Every way into a server with keys: without one, with a wrong one, with one of another right, with the right one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from served import KEYS, MODELS, SECRETS, Server, grpc_table, http_table, repository, running

from vedette.adapters.grpc.method import Unary
from vedette.values.serving import Right

HEALTH = {"/health", "/v2/health/live", "/v2/health/ready", "/health/live", "/health/ready"}
GRPC_HEALTH = {"ServerLive", "ServerReady", "Check", "Watch", "List"}
OTHER = {Right.INFER: "keeper", Right.ADMIN: "reader"}
"""The key that has not this right, but the other one."""
REFUSED = {401: "unauthenticated", 403: "forbidden"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with three keys."""
    folder = tmp_path_factory.mktemp("doors")
    with running(folder, repository(folder), MODELS + KEYS) as found:
        yield found


def ways() -> list[tuple[str, str, Right | None]]:
    """Each method and path of the table with its right; `x` stands for every parameter."""
    return [(method, re.sub(r"\{[^}]*\}", "x", row.path), row.right) for row in http_table() for method in row.methods]


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Bearer vdt_guessed"}, {"x_api_key": ""}, {"x_api_key": "x"}]
)
def test_nobody_comes_in_without_a_key(server: Server, headers: dict[str, str]) -> None:
    """401 on every row of the table but health, with the way to ask, before the request is looked at."""
    for method, path, right in ways():
        answer = server.call(method, path, **headers)

        if path in HEALTH:
            assert (answer.status, right) in ((200, None), (503, None)), (method, path)
        else:  # pages for browsers have no right in the table, because they refuse in HTML
            assert answer.status == 401, (method, path, answer.data)
            assert answer.headers["www-authenticate"]


def test_a_key_of_another_right_stays_outside(server: Server) -> None:
    """403: a key that may infer does not administer, and one that administers does not infer."""
    for method, path, right in ways():
        if right is not None:
            answer = server.call(method, path, authorization=f"Bearer {SECRETS[OTHER[right]]}")

            assert answer.status == 403, (method, path, answer.data)


def test_a_key_opens_what_it_is_for(server: Server) -> None:
    """By both headers; what then fails, fails for another reason, and never by the server's own fault."""
    for method, path, right in ways():
        if right is not None:
            key = "reader" if right is Right.INFER else "keeper"
            bearer = server.call(method, path, authorization=f"Bearer {SECRETS[key]}")
            plain = server.call(method, path, x_api_key=SECRETS[key])

            assert bearer.status not in (401, 403, 500), (method, path, bearer.data)
            assert plain.status not in (401, 403, 500), (method, path, plain.data)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("OPTIONS", "/v2"),
        ("TRACE", "/v2"),
        ("DELETE", "/infer/colour"),
        ("GET", "//v2"),
        ("GET", "/v2/health/live/"),
        ("GET", "/v2/health/../models"),
        ("GET", "/V2/HEALTH/LIVE"),
        ("POST", "/v2/health/live%2f..%2f..%2fmodels"),
    ],
)
def test_what_is_no_way_in_needs_a_key_too(server: Server, method: str, path: str) -> None:
    """Other methods, other paths and spellings of the open ones tell nothing to strangers."""
    with server.line() as line:
        line.send(f"{method} {path} HTTP/1.1\r\nHost: {server.http_address}\r\n\r\n".encode())
        status, _, _ = line.answer()

    assert status == 401


def test_the_whole_table_of_grpc_asks_for_keys(server: Server) -> None:
    """UNAUTHENTICATED without and with a wrong key, PERMISSION_DENIED with one of the other right; health is open."""
    open_ones = set()
    with grpc.insecure_channel(server.grpc) as channel:
        for method in grpc_table():
            if method.right is None:
                open_ones.add(method.path.rpartition("/")[2])
                assert called(channel, method) in (grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE), method.path
                continue
            denied = grpc.StatusCode.PERMISSION_DENIED
            assert called(channel, method) is grpc.StatusCode.UNAUTHENTICATED, method.path
            assert called(channel, method, "vdt_guessed") is grpc.StatusCode.UNAUTHENTICATED, method.path
            assert called(channel, method, SECRETS[OTHER[method.right]]) is denied, method.path
            assert called(channel, method, SECRETS["all"]) not in (denied, grpc.StatusCode.UNAUTHENTICATED), method.path
    assert open_ones <= GRPC_HEALTH


def called(channel: grpc.Channel, method: Any, secret: str | None = None) -> grpc.StatusCode:
    """How a call with an empty message ends; of a stream, what its first answer is."""
    metadata = None if secret is None else (("authorization", f"Bearer {secret}"),)
    try:
        if isinstance(method, Unary):
            channel.unary_unary("/" + method.path)(b"", metadata=metadata, timeout=30)
        else:
            call = channel.stream_stream("/" + method.path)(iter([b""]), metadata=metadata, timeout=30)
            next(call, None)
            call.cancel()
    except grpc.RpcError as error:
        code: grpc.StatusCode = error.code()
        return code
    return grpc.StatusCode.OK


def test_secrets_are_in_no_log(server: Server) -> None:
    """Neither those that are known nor those that were tried."""
    server.call("GET", "/v2", authorization="Bearer vdt_tried_here")
    server.call("GET", "/v2", authorization=f"Bearer {SECRETS['all']}")

    assert [line for line in server.said if "vdt_" in line] == []
