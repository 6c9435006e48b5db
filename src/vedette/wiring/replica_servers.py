"""Servers of this machine that are started for a measurement, confined as the devices of a plan.

configuration of each, device, cores -> `vedette serve` in a sandbox of its own -> RunningServer -> first answer
"""

from __future__ import annotations

import asyncio
import os
import shlex
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from vedette.adapters.processes.server import Server
from vedette.adapters.targets.image import ImageTarget
from vedette.clock import Clock
from vedette.flows.bench.cold_start import cold_start_ns
from vedette.flows.bench.sandbox import Confinement, Sandbox, Sandboxes
from vedette.values.device import DeviceKind
from vedette.values.profile import Profile
from vedette.values.trial import TargetKind, TargetSpec
from vedette.wiring.plan_apply import Ports, beside

Configurations = Callable[[Sequence[Ports]], Sequence[str]]
"""The configuration of each server, from its ports."""

_START_S = 120.0


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that runs, where, and what of its confinement this system cannot enforce, in words."""

    server: Server
    target: TargetSpec
    not_enforced: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Confined:
    """What each of the servers has: a kind of device, and the cores that each is bound to."""

    device: DeviceKind
    bound: Sequence[tuple[int, ...]]


@contextmanager
def running_servers(
    model: str, configured: Configurations, profiles: Mapping[str, Profile], confined: Confined, sandboxes: Sandboxes
) -> Iterator[list[RunningServer]]:
    """Servers with one model each; they end with the context.

    Args:
        model: that is asked for.
        configured: makes their configurations.
        profiles: that those name.
        confined: what each has.
        sandboxes: that confine them.
    """
    bound = confined.bound
    with tempfile.TemporaryDirectory(prefix="vedette-rate-") as scratch, ExitStack() as stack:
        folder, ports = Path(scratch), _free_ports(len(bound))
        for file, text in beside(profiles, folder).items():
            file.write_text(text, encoding="utf-8")
        started = []
        for number, text in enumerate(configured([Ports(port) for port in ports])):
            config = folder / f"{number}.yaml"
            config.write_text(text, encoding="utf-8")
            device = confined.device
            sandbox = sandboxes.enforce(Confinement(bound[number], device.cores, device.memory_bytes))
            stack.callback(_close, sandbox)
            server = stack.enter_context(Server(_command(sandbox, config, ports[number]), config.with_suffix(".log")))
            lacking = (*sandbox.not_enforced, *sandbox.bind(server.pid))
            target = TargetSpec(TargetKind.IMAGE, f"http://127.0.0.1:{ports[number]}/infer/{model}")
            started.append(RunningServer(server, target, lacking))
        yield started


async def first_answers(started: Sequence[RunningServer], images: Sequence[bytes], clock: Clock) -> None:
    """Wait until each has given one.

    Raises:
        UnavailableError: a server gives no answer.
    """
    for one in started:
        client = partial(ImageTarget, one.target)
        await cold_start_ns(client, images, lambda _: True, one.server.ended, clock, _START_S)


def usable() -> Sequence[int]:
    """Numbers of the cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)


@contextmanager
def away_from(bound: Sequence[tuple[int, ...]]) -> Iterator[bool]:
    """The calling thread keeps off the cores of the servers, where others are left; tells whether it does."""
    before = usable()
    own = set(before) - {core for cores in bound for core in cores}
    if not own or not hasattr(os, "sched_setaffinity"):
        yield False
        return
    os.sched_setaffinity(0, own)
    try:
        yield True
    finally:
        os.sched_setaffinity(0, before)


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
