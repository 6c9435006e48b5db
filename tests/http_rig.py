"""The HTTP application over models that are ready, on a real server, for tests of its endpoints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import urllib3
from asgi_server import served
from stations import ReadyModels

from vedette.adapters.http.app import App, Told
from vedette.adapters.http.endpoint import Endpoint
from vedette.clock import SystemClock
from vedette.flows.inference.batches import ImageStation
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.service import Service
from vedette.values.serving import Limits, Right

CLOCK = SystemClock()


class OpenGuard:
    """Lets everybody in."""

    def check(self, headers: Mapping[str, str], peer: str, right: Right | None) -> str:
        return ""


class Remembered:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.requests: list[Told] = []

    def told(self, request: Told) -> None:
        self.requests.append(request)


Make = Callable[[Service], Sequence[Endpoint]]


@contextmanager
def http_rig(
    make: Make,
    stations: Callable[[], dict[str, ImageStation]],
    limits: Limits = Limits(),  # noqa: B008
    guard: Any = None,
) -> Iterator[tuple[str, Remembered]]:
    """The address of a server with the endpoints that `make` gives over a service, and what its observer was told."""
    crew, observer = Crew(2, CLOCK), Remembered()

    def application() -> App:
        service = Service(ReadyModels(**stations()), crew, limits, CLOCK)
        return App(make(service), guard or OpenGuard(), (observer,), CLOCK)

    try:
        with served(application) as url:
            yield url, observer
    finally:
        crew.close()


def call(method: str, url: str, body: Any = None, **headers: str) -> urllib3.BaseHTTPResponse:
    """One request; names of headers with `_` for `-`."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return urllib3.request(method, url, body=body, headers=sent, retries=False, timeout=30)
