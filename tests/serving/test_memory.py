"""What a server holds: large images of many sizes, and a crowd that is refused, leave nothing behind."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
import urllib3
from fakes import jpeg
from served import MODELS, Server, repository, running

MIB = 1 << 20
RED = jpeg((255, 0, 0))
_LARGE = 18 * MIB
"""One image of 2000 x 3000 pixels when it is decoded."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in whose queue 4 images find a place."""
    folder: Path = tmp_path_factory.mktemp("memory")
    with running(folder, repository(folder), MODELS + "limits: {queue_images: 4}\n") as found:
        yield found


def photos(count: int) -> list[bytes]:
    """Large images, each of another size; PNG cannot be decoded at a smaller scale, JPEG can."""
    found = []
    for number in range(count):
        picture = np.full((3000 - 37 * number, 2000 - 23 * number, 3), (0, 0, 255), np.uint8)
        found.append(cv2.imencode(".png" if number % 6 == 0 else ".jpg", picture)[1].tobytes())
    return found


def send(server: Server, bodies: list[bytes], count: int) -> set[int]:
    """So many of them, two at a time; which statuses came."""
    statuses: list[int] = []

    def work(first: int) -> None:
        statuses.extend(server.post("/infer/colour", bodies[at % len(bodies)]).status for at in range(first, count, 2))

    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return set(statuses)


def test_large_images_leave_nothing_behind(server: Server) -> None:
    """300 images of about 2000 x 3000: what is resident after the first 100 grows by less than four images more."""
    bodies = photos(12)

    assert send(server, bodies, 100) == {200}
    after_some = server.rss_bytes()
    assert send(server, bodies, 200) == {200}
    assert server.rss_bytes() - after_some < 4 * _LARGE


def test_a_crowd_that_is_refused_costs_no_memory(server: Server) -> None:
    """Some 24 clients with large bodies where 4 find a place: answers are 200 or 503 with Retry-After, at once."""
    body = photos(1)[0] + b"\0" * (2 * MIB)
    send(server, [body], 20)
    before = server.rss_bytes()
    answers: list[urllib3.BaseHTTPResponse] = []

    def ask() -> None:
        for _ in range(3):
            with urllib3.PoolManager() as pool:
                answers.append(pool.request("POST", f"{server.url}/infer/colour", body=body, retries=False, timeout=60))

    threads = [threading.Thread(target=ask) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    turned_away = [answer for answer in answers if answer.status == 503]
    assert {answer.status for answer in answers} == {200, 503}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in turned_away)
    assert server.rss_bytes() - before < 24 * len(body) + 6 * _LARGE
    assert server.post("/infer/colour", RED).status == 200
