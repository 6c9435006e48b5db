"""A station at its end: no engine is freed under an inference, and none is run after it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

import numpy as np
import pytest
from stations import GatedRuntime, gated_station

from vedette.clock import SystemClock
from vedette.errors import UnavailableError
from vedette.flows.inference.crew import Rank
from vedette.flows.inference.preprocess import Row
from vedette.flows.inference.ticket import BEGUN


@dataclass(frozen=True)
class Part:
    """A row that somebody offers."""

    row: Row
    ready_ns: int = 0
    rank: Rank = BEGUN


class Recorded(GatedRuntime):
    """Notes when an inference ends, and when it is closed."""

    def __init__(self) -> None:
        super().__init__(2)
        self.events: list[str] = []

    def infer(self, *tensors: np.ndarray) -> tuple[np.ndarray, ...]:
        outputs = super().infer(*tensors)
        self.events.append("ran")
        return outputs

    def close(self) -> None:
        self.events.append("closed")


def test_closing_waits_for_inferences_of_callers_who_have_gone() -> None:
    """An admission that has ended does not mean that its inference has: both streams end first."""
    runtime, part = Recorded(), Part(np.zeros((8, 8, 3), np.uint8))
    station = gated_station(SystemClock(), runtime=runtime)

    def infer() -> None:
        assert station.borrow(BEGUN, lambda: None)
        station.run([part])
        station.give_back()

    runs = [threading.Thread(target=infer) for _ in range(2)]
    closing = threading.Thread(target=station.close)

    for run in runs:
        run.start()
        assert runtime.entered.acquire(timeout=10)
    closing.start()
    for _ in runs:
        closing.join(0.02)  # a close that does not wait is done by then
        runtime.gate.release()
    for thread in (*runs, closing):
        thread.join(10)

    assert runtime.events == ["ran", "ran", "closed"]


def test_a_closed_station_runs_nothing() -> None:
    """Some engines would wait for ever; who comes too late is told."""
    runtime = Recorded()
    station = gated_station(SystemClock(), runtime=runtime)

    station.close()

    with pytest.raises(UnavailableError, match="has been unloaded"):
        station.run([Part(np.zeros((8, 8, 3), np.uint8))])
    with pytest.raises(UnavailableError, match="has been unloaded"):
        station.run_tensors([np.zeros((1, 8, 8, 3), np.uint8)])
    assert runtime.events == ["closed"]
