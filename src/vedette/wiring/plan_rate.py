"""The servers of a rate plan on this machine, and the load of the plan on them.

Plan -> configurations -> confined `vedette serve` processes -> first answers -> open loop -> p99 beside predicted
"""

from __future__ import annotations

import asyncio
import gc
import shlex
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from vedette.adapters.processes.precise_loop import precise_loop
from vedette.adapters.processes.server import Server
from vedette.adapters.targets.image import ImageTarget
from vedette.clock import Clock, SystemClock
from vedette.errors import UnsupportedError, UsageError
from vedette.flows.bench.cold_start import cold_start_ns
from vedette.flows.bench.sandbox import Confinement, Sandbox, Sandboxes
from vedette.flows.planning.verify_rate import CUT, FEWEST, RateLoad, RateMeasured, measure_rate
from vedette.rules.capacity.placement import place
from vedette.rules.capacity.verdict import judged
from vedette.values.plan import Plan, Replicas
from vedette.values.profile import Profile
from vedette.values.trial import TargetKind, TargetSpec
from vedette.values.verification import Verification
from vedette.wiring.carried import Carried, share_of
from vedette.wiring.devices import system_sandboxes
from vedette.wiring.plan_apply import Ports, beside, configurations
from vedette.wiring.profile_images import image_files

Say = Callable[[str], None]

_IMAGES = 2000
_SHORTEST_S, _LONGEST_S = 30.0, 300.0
_START_S = 120.0


@dataclass(frozen=True, slots=True)
class _Started:
    """A server that runs, and where."""

    server: Server
    sandbox: Sandbox
    target: TargetSpec


def verify_rate(plan: Plan, profiles: Mapping[str, Profile], how: Carried, say: Say) -> Verification:
    """Start the servers of a plan as it says, put its rate on them, and put the measured p99 beside the predicted one.

    Raises:
        UnsupportedError: a replica is of no device of this machine, they do not fit on its cores, or images are cut.
        UsageError: the time is too short for a p99.
        UnavailableError: a server gives no answer.
    """
    replicas, rate = plan.replicas, plan.demand.rate_per_s
    assert replicas is not None, "asked for such plans only"
    assert rate is not None, "a plan for a rate has one"
    load = RateLoad(rate, duration_s(rate, how.duration_s), how.seed)
    size = plan.demand.size
    clock = SystemClock()
    sandboxes = system_sandboxes(clock)
    bound = place([_share(plan, replicas)] * replicas.count, _cores())
    with image_files(how.names, () if size is None else (size,), how.seed) as files:
        images = [Path(file).read_bytes() for file in files[size]]
        with _servers(plan, profiles, bound, sandboxes) as started, asyncio.Runner(loop_factory=precise_loop) as runner:
            found = runner.run(_measured(started, images, load, clock, say))
    return _told(plan, replicas, found, started, bound)


def duration_s(rate_per_s: float, asked_s: float | None) -> float:
    """How long the load lasts: as asked, else for 2000 images, between 30 s and 5 minutes.

    Raises:
        UsageError: too few images come in that time for a p99.
    """
    duration = min(_LONGEST_S, max(_SHORTEST_S, _IMAGES / rate_per_s)) if asked_s is None else asked_s
    needed = FEWEST / (1 - CUT) / rate_per_s
    if duration < needed:
        raise UsageError(
            f"{duration:g} s at {rate_per_s:g} images a second are too few for a p99: it takes {FEWEST} that count",
            help=f"add --duration {needed * 1.1:.0f}s",
        )
    return duration


def _share(plan: Plan, replicas: Replicas) -> float:
    if plan.demand.tiling is not None:
        raise UnsupportedError(
            "a plan for a rate of images that are cut into tiles cannot be verified here",
            help="verify one of whole images, or measure the server with `vedette bench run`",
        )
    return share_of(replicas.device)


def _cores() -> Sequence[int]:
    import os

    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)


# --- servers ----------------------------------------------------------------------------------------------------------


@contextmanager
def _servers(
    plan: Plan, profiles: Mapping[str, Profile], bound: Sequence[tuple[int, ...]], sandboxes: Sandboxes
) -> Iterator[list[_Started]]:
    """The servers of a plan, each confined as its device; they end with the context."""
    replicas = plan.replicas
    assert replicas is not None, "see verify_rate"
    with tempfile.TemporaryDirectory(prefix="vedette-rate-") as scratch, ExitStack() as stack:
        folder, ports = Path(scratch), _free_ports(len(bound))
        for file, text in beside(profiles, folder).items():
            file.write_text(text, encoding="utf-8")
        started = []
        for number, text in enumerate(configurations(plan, profiles, [Ports(port) for port in ports])):
            config = folder / f"{number}.yaml"
            config.write_text(text, encoding="utf-8")
            device = replicas.device
            sandbox = sandboxes.enforce(Confinement(bound[number], device.cores, device.memory_bytes))
            stack.callback(_close, sandbox)
            server = stack.enter_context(Server(_command(sandbox, config, ports[number]), config.with_suffix(".log")))
            sandbox.bind(server.pid)
            address = f"http://127.0.0.1:{ports[number]}/infer/{replicas.model}"
            started.append(_Started(server, sandbox, TargetSpec(TargetKind.IMAGE, address)))
        yield started


def _command(sandbox: Sandbox, config: Path, port: int) -> str:
    """Its ports are named on the command line as well, which goes before variables of the environment."""
    words = (sys.executable, "-m", "vedette", "serve", "--config", str(config), "--host", "127.0.0.1")
    return shlex.join((*sandbox.prefix, *words, "--port", str(port), "--grpc-port", "off"))


def _close(sandbox: Sandbox) -> None:
    asyncio.run(sandbox.close())


def _free_ports(count: int) -> list[int]:
    """Ports that nobody listens on now; all are held until the last is known, so that they differ."""
    with ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in held]


# --- load -------------------------------------------------------------------------------------------------------------


async def _measured(
    started: Sequence[_Started], images: Sequence[bytes], load: RateLoad, clock: Clock, say: Say
) -> RateMeasured:
    say(f"starting {len(started)} server{'s'[: len(started) > 1]}")
    for one in started:
        client = partial(ImageTarget, one.target)
        await cold_start_ns(client, images, lambda _: True, one.server.ended, clock, _START_S)
    targets = [ImageTarget(one.target) for one in started]
    try:
        for target in targets:
            await target.open(images)
        say(f"putting {load.rate_per_s:g} images a second on for {load.duration_s:.0f} s")
        gc.freeze()
        return await measure_rate(targets, images, load, clock)
    finally:
        for target in targets:
            await target.close()


def _told(
    plan: Plan, replicas: Replicas, found: RateMeasured, started: Sequence[_Started], bound: Sequence[tuple[int, ...]]
) -> Verification:
    p99 = found.p99_ms
    verification = judged(plan, None if p99.value is None else p99.value / 1e3, p99.reason if p99.value is None else "")
    if p99.value is None and found.failed:
        verification = replace(verification, held=False)
    notes = list(found.notes)
    if p99.low is not None and p99.high is not None:
        notes.insert(0, f"the measured p99 lies between {p99.low:.4g} and {p99.high:.4g} ms (95 %)")
    if replicas.count > 1:
        notes.append(f"images went to the {replicas.count} replicas in turn")
    if set(_cores()) <= {core for cores in bound for core in cores}:
        notes.append("the generator of the load had no core of its own")
    lacking = dict.fromkeys(told for one in started for told in one.sandbox.not_enforced)
    return replace(
        verification, notes=tuple(notes), not_enforced=tuple(lacking), created=SystemClock().wall().isoformat()
    )
