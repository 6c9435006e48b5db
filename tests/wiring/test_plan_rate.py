"""The servers of a rate plan, started and measured."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from carried_plans import kept_rate, ready
from timed_devices import rate_plan

from vedette.errors import UnsupportedError, UsageError
from vedette.flows.planning.verify_rate import CUT, FEWEST
from vedette.values.device import DeviceKind
from vedette.values.frame import Size
from vedette.values.tiling import Tiling
from vedette.wiring.carried import Carried
from vedette.wiring.plan_rate import duration_s
from vedette.wiring.plan_verify import verify_plan


def test_rate_is_put_on_a_server_and_its_p99_is_beside_the_predicted_one(home: Path) -> None:
    """The p99 is of requests that a real server answered; it has ended afterwards."""
    ready(home)
    plan = kept_rate()
    said: list[str] = []
    before = set(psutil.Process().children(recursive=True))

    found = verify_plan(plan, None, said.append, Carried(duration_s=3.0))
    left = set(psutil.Process().children(recursive=True)) - before

    assert found.predicted_s == 0.08
    assert found.reason == ""
    assert found.measured_s is not None
    assert 0 < found.measured_s < 30
    assert any("requests count" in note for note in found.notes)
    assert said[0] == "starting 1 server"
    assert left == set()


@pytest.mark.parametrize(
    ("rate", "asked", "seconds"), [(1000.0, None, 10.0), (20.0, None, 100.0), (3.0, None, 300.0), (50.0, 20.0, 20.0)]
)
def test_load_lasts_for_two_thousand_images(rate: float, asked: float | None, seconds: float) -> None:
    """Between ten seconds and five minutes; as asked where something is asked."""
    assert duration_s(rate, asked) == seconds


def test_time_that_shows_no_p99_is_refused() -> None:
    """The message tells what would do, and that does."""
    with pytest.raises(UsageError, match=f"it takes {FEWEST}") as refused:
        duration_s(20.0, 10.0)
    needed = float(refused.value.help.removeprefix("add --duration ").removesuffix("s"))

    assert duration_s(20.0, needed) == needed
    assert needed * 20.0 * (1 - CUT) >= FEWEST


def test_plan_that_this_machine_cannot_serve_is_refused(home: Path) -> None:
    """More replicas than cores, devices of elsewhere, tiles."""
    ready(home)
    many, cut = rate_plan(count=500), rate_plan()
    assert cut.replicas is not None
    elsewhere = replace(cut, replicas=replace(cut.replicas, device=DeviceKind("edge-box", None)))
    cut = replace(cut, demand=replace(cut.demand, tiling=Tiling(Size(64, 64))))

    for plan, words in ((many, "500 devices"), (elsewhere, "edge-box is no CPU"), (cut, "cut into tiles")):
        with pytest.raises(UnsupportedError, match=words):
            verify_plan(plan, None, lambda _: None, Carried(duration_s=60.0))
