"""What load is put on a target: the kind, its figures, and when it ends."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class LoadKind(StrEnum):
    """The shapes of load; `--load` names them."""

    CLOSED = "closed"
    CONSTANT = "constant"
    POISSON = "poisson"
    BURST = "burst"
    RAMP = "ramp"
    TRACE = "trace"
    PEAK = "peak"
    MLPERF_SINGLE_STREAM = "mlperf-single-stream"
    MLPERF_MULTI_STREAM = "mlperf-multi-stream"
    MLPERF_SERVER = "mlperf-server"
    MLPERF_OFFLINE = "mlperf-offline"
    SCENARIO_1 = "scenario-1"
    SCENARIO_2 = "scenario-2"
    SCENARIO_3 = "scenario-3"
    SCENARIO_4 = "scenario-4"

    @property
    def is_open(self) -> bool:
        """Whether requests are sent on a schedule that was fixed before the run."""
        return self in _OPEN

    @property
    def is_mlperf(self) -> bool:
        """Whether MLPerf LoadGen issues the requests."""
        return self.value.startswith("mlperf-")

    @property
    def is_scenario(self) -> bool:
        """Whether it is one of the four scenarios: one client, a request after the other."""
        return self.value.startswith("scenario-")


_OPEN = frozenset({LoadKind.CONSTANT, LoadKind.POISSON, LoadKind.BURST, LoadKind.RAMP, LoadKind.TRACE})


class Order(StrEnum):
    """In which order images are sent."""

    SAME = "same"
    CYCLE = "cycle"
    SHUFFLED = "shuffled"


@dataclass(frozen=True, slots=True)
class Load:
    """One shape of load with its figures; what does not belong to the kind is None.

    Attributes:
        kind: the shape.
        clients: requests under way at once (closed loops).
        think_ms: pause of a client between an answer and its next request (closed loops).
        rate: requests a second: of the whole run, at the start of a ramp, at most of a peak search.
        rate_to: requests a second at the end of a ramp.
        burst: requests that are due at the same instant (bursts).
        trace: file with the due time of each request in seconds, a line each.
        limit_ms: latency that the 99th percentile must hold (peak, mlperf-server).
        requests: how many, None where the duration decides.
        duration_s: how long, None where the number decides.
        warm_up: requests sent, one after the other, before the first one that counts.
        order: in which order images are sent.
        timeout_s: a request without an answer after that is a failure.
    """

    kind: LoadKind
    clients: int = 1
    think_ms: float = 0.0
    rate: float | None = None
    rate_to: float | None = None
    burst: int | None = None
    trace: str | None = None
    limit_ms: float | None = None
    requests: int | None = None
    duration_s: float | None = None
    warm_up: int = 0
    order: Order = Order.CYCLE
    timeout_s: float = 30.0
