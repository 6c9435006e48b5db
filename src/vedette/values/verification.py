"""A verification: what a plan took when it was carried out, beside what was predicted."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.values.environment import Environment


@dataclass(frozen=True, slots=True)
class DeviceRun:
    """What one device took when a plan was carried out.

    Attributes:
        device: name of its kind.
        number: which one of that kind, from 1.
        images: that it worked through.
        load_s: start of its process until the model was loaded.
        warm_up_s: its first mini-batch that counts.
        took_s: until it was done, counted from the start that all devices had in common; 0 where it failed.
        failed: why it did not do its part; empty where it did.
        speed: L as profiled / L as probed just before; below 1 the machine is slower now. None: not probed.
        model: where several take turns on one device; empty: each device has one.
    """

    device: str
    number: int
    images: int
    load_s: float
    warm_up_s: float
    took_s: float
    failed: str = ""
    speed: float | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class Verification:
    """Measured beside predicted.

    Attributes:
        plan: id.
        predicted_s: makespan as predicted; for a rate the p99.
        measured_s: the same as measured; None where it failed.
        error: (measured - predicted) / measured; None where it failed.
        held: whether the deadline (or the p99) was met; None where the demand has none.
        within_interval: whether the measured value lies in the prediction interval.
        runs: of each device.
        not_enforced: limits that this system cannot enforce, in words.
        environment: where it was measured.
        created: time and zone, ISO 8601.
        speed: mean over the devices of L as profiled / L as probed just before the run: below 1 the machine is slower
            than when it was profiled. The prediction is judged as it stands. None: not probed.
        reason: why there is no measured value; empty where there is one.
        notes: what else a reader must know, a sentence each.
    """

    plan: str
    predicted_s: float
    measured_s: float | None
    error: float | None
    held: bool | None
    within_interval: bool | None
    runs: tuple[DeviceRun, ...]
    not_enforced: tuple[str, ...] = ()
    environment: Environment | None = None
    created: str = ""
    speed: float | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()
