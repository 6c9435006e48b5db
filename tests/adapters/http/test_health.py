"""Health is told to everybody: alive, ready, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from http_rig import CLOCK, call, http_rig
from stations import colour_station

from vedette.adapters.http.endpoint import Endpoint
from vedette.adapters.http.guard import Guard
from vedette.adapters.http.health import HealthEndpoints
from vedette.flows.inference.service import Service
from vedette.values.served import IndexEntry, ModelState
from vedette.values.serving import Key, Right

BROKEN = IndexEntry("bird", "2", ModelState.UNAVAILABLE, "its file cannot be read")


class Index:
    """What a repository tells of its models."""

    def __init__(self, *entries: IndexEntry) -> None:
        self.entries = entries

    def index(self) -> tuple[IndexEntry, ...]:
        return self.entries

    def ready(self) -> bool:
        return any(entry.state is ModelState.READY for entry in self.entries)


class Rig:
    """Makes the endpoints, and keeps the service."""

    def __init__(self, *entries: IndexEntry, open_doors: bool = True) -> None:
        self.index, self.open = Index(*entries), open_doors

    def __call__(self, service: Service) -> Sequence[Endpoint]:
        self.service = service
        return HealthEndpoints(self.index, service, CLOCK, "1.2.3", open_doors=self.open).endpoints()


READY = IndexEntry("colour", "1", ModelState.READY)


def test_a_server_that_serves_is_live_and_ready(tmp_path: Path) -> None:
    """All three say so; a HEAD is answered without a body."""
    with http_rig(Rig(READY), lambda: {"colour": colour_station(tmp_path)}) as (url, _):
        live, ready, short = (call("GET", f"{url}/health{end}") for end in ("/live", "/ready", ""))
        head = call("HEAD", f"{url}/health/ready")

    assert (live.status, live.json()) == (200, {"live": True})
    assert (ready.status, ready.json()) == (200, {"ready": True, "reasons": []})
    assert ready.headers["cache-control"] == "no-store"
    assert (head.status, head.data) == (200, b"")
    told = short.json()
    assert told.pop("uptime_s") >= 0
    assert told == {
        "status": "ready",
        "ready": True,
        "reasons": [],
        "version": "1.2.3",
        "models": {"loading": 0, "ready": 1, "unloading": 0, "unavailable": 0},
        "images_under_way": 0,
    }


def test_a_server_without_a_model_that_serves_is_not_ready_and_says_why() -> None:
    """Every version that is not ready is named with its reason."""
    loading = IndexEntry("cat", "1", ModelState.LOADING)
    with http_rig(Rig(BROKEN, loading), dict) as (url, _):
        ready, short, live = (call("GET", f"{url}/health{end}") for end in ("/ready", "", "/live"))

    assert ready.status == 503
    assert ready.json() == {
        "ready": False,
        "reasons": ["bird version 2 is unavailable: its file cannot be read", "cat version 1 is loading"],
    }
    assert (short.status, short.json()["status"]) == (200, "unready")
    assert live.status == 200


def test_one_model_that_is_not_ready_does_not_take_the_others_out() -> None:
    """The server is ready, and tells what is not."""
    with http_rig(Rig(READY, BROKEN), dict) as (url, _):
        ready = call("GET", f"{url}/health/ready")

    assert (ready.status, len(ready.json()["reasons"])) == (200, 1)


def test_what_nobody_wants_served_is_no_reason() -> None:
    """A model that was not chosen is neither told nor counted."""
    other = IndexEntry("cat", "1", ModelState.UNAVAILABLE, "not loaded", wanted=False)
    with http_rig(Rig(READY, other), dict) as (url, _):
        short = call("GET", f"{url}/health")

    assert short.json()["reasons"] == []
    assert short.json()["models"] == {"loading": 0, "ready": 1, "unloading": 0, "unavailable": 0}


def test_a_server_that_drains_is_not_ready_any_more() -> None:
    """Whoever sends requests hears of it before the door is closed."""
    rig = Rig(READY)
    with http_rig(rig, dict) as (url, _):
        rig.service.drain()
        ready, short, live = (call("GET", f"{url}/health{end}") for end in ("/ready", "", "/live"))

    assert (ready.status, ready.json()) == (503, {"ready": False, "reasons": ["the server is shutting down"]})
    assert short.json()["status"] == "draining"
    assert live.status == 200


@pytest.mark.parametrize("end", ["/live", "/ready", ""])
def test_health_is_open_where_keys_are_in_force_and_names_no_model(end: str) -> None:
    """Without a key nobody learns what is served."""
    keys = (Key("camera", "sha256:" + "0" * 64, frozenset({Right.INFER})),)
    guard = Guard(keys, CLOCK, local=False)
    with http_rig(Rig(READY, BROKEN, open_doors=False), dict, guard=guard) as (url, _):
        answer = call("GET", f"{url}/health{end}")

    assert answer.status == 200
    assert b"bird" not in answer.data
    assert end == "/live" or answer.json()["reasons"] == ["models that are not ready: 1"]
