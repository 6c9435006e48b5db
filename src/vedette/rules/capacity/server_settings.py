"""From a plan to the servers that carry it out: a server for each device, and what its configuration cannot say.

    Plan, profiles -> ServerSettings(device, models with their options, remarks) for each device or replica

All that decides which options a plan becomes lives in this file. Writing them down is another's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vedette.rules.batching.policy import policy_for
from vedette.rules.capacity.amounts import plural, time_text
from vedette.rules.capacity.capable import batch_curve
from vedette.rules.capacity.column import why_no_size
from vedette.values.curve import BatchCurve
from vedette.values.device import DeviceKind
from vedette.values.plan import Assignment, Plan, Replicas
from vedette.values.profile import Profile
from vedette.values.serving import ModelOptions, VersionPolicy

_MEGA = 1_000_000


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """One server of a plan.

    Attributes:
        device: what it has to itself.
        number: which one of that kind, from 1.
        models: their options; `profile` is the id of a profile, whose file is still to be named.
        remarks: what the configuration of a server cannot say, a sentence each.
    """

    device: DeviceKind
    number: int
    models: tuple[ModelOptions, ...]
    remarks: tuple[str, ...]


def server_settings(plan: Plan, profiles: Mapping[str, Profile]) -> tuple[ServerSettings, ...]:
    """A server for each replica, or for each device that works; models that share a device share its server."""
    replicas = plan.replicas
    if replicas is not None:
        return tuple(_replica(plan, replicas, profiles, number) for number in range(1, replicas.count + 1))
    devices: dict[tuple[str, int], list[Assignment]] = {}
    for one in plan.assignments:
        if one.images:
            devices.setdefault((one.device.name, one.number), []).append(one)
    return tuple(_worker(plan, mine, profiles) for mine in devices.values())


def _replica(plan: Plan, replicas: Replicas, profiles: Mapping[str, Profile], number: int) -> ServerSettings:
    profile = profiles[replicas.profile]
    curve = _curve(plan, profile)
    options = options_of(profile, replicas.batch, replicas.target_latency_ms)
    rate = plan.demand.rate_per_s
    remarks = [*_device(replicas.device), *_batches(curve, options, replicas.batch), *_streams(profile)]
    if replicas.count > 1:
        remarks.append(f"a proxy before the {replicas.count} servers sends images to them in turn")
    if rate is not None:
        remarks.append(f"planned for {rate:g} images a second in all")
    return ServerSettings(replicas.device, number, (options,), tuple(remarks))


def _worker(plan: Plan, mine: list[Assignment], profiles: Mapping[str, Profile]) -> ServerSettings:
    models, remarks = list[ModelOptions](), list(_device(mine[0].device))
    for one in mine:
        profile = profiles[one.profile]
        options = options_of(profile, one.batch, None)
        models.append(options)
        remarks += [*_batches(_curve(plan, profile), options, one.batch), *_streams(profile)]
        remarks.append(
            f"send it {plural(one.images, 'image')} for {one.model}, {one.batch} or more at a time: predicted are "
            f"{time_text(one.time_s.expected)} without HTTP"
        )
    if plan.demand.tiling is not None:
        remarks.append(f"each request asks for tiles of {plan.demand.tiling.tile}")
    return ServerSettings(mine[0].device, mine[0].number, tuple(models), tuple(dict.fromkeys(remarks)))


def options_of(profile: Profile, batch: int, target: float | None) -> ModelOptions:
    """How a server runs a model as it was profiled, in batches of so many rows at most."""
    execution, version = profile.profiled.execution, profile.profiled.version
    return ModelOptions(
        profile.profiled.model,
        VersionPolicy(None, (version,)) if version else VersionPolicy(),
        runtime=execution.runtime,
        precision=execution.precision,
        device=execution.device,
        threads=execution.streams * execution.threads,
        target_latency_ms=target,
        max_batch=batch,
        profile=profile.id,
    )


def _curve(plan: Plan, profile: Profile) -> BatchCurve:
    """Of the images of the plan; empty where the profile cannot tell."""
    return BatchCurve() if why_no_size(profile, plan.demand.size) else batch_curve(profile, plan.demand.size)


# --- what a configuration cannot say ----------------------------------------------------------------------------------


def _device(device: DeviceKind) -> Iterator[str]:
    if device.cores is None:
        yield f"it belongs on a device of the kind {device.name}"
    else:
        yield (
            f"it has {device.cores:g} of the cores: bind it with taskset, and limit a part of a core with a control "
            "group (systemd-run -p CPUQuota=)"
        )
    if device.memory_bytes is not None:
        yield f"its memory is limited to {device.memory_bytes / _MEGA:.0f} MB (systemd-run -p MemoryMax=)"


def _streams(profile: Profile) -> Iterator[str]:
    execution = profile.profiled.execution
    yield f"streams x threads are those of the profile: {execution.streams} x {execution.threads}"


def _batches(curve: BatchCurve, options: ModelOptions, batch: int) -> Iterator[str]:
    """Where the server's own policy makes other batches than the plan has."""
    size = policy_for(curve, options.max_batch, options.target_latency_ms).size
    if size != batch:
        yield (
            f"the plan has mini-batches of {batch}, the server makes batches of {size} at most: larger ones save less "
            "than a tenth of the time of a row"
        )
