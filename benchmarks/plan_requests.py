"""Does a loaded server take what a rate plan thinks: L(1) and what a request takes besides, and no more?

    one core: device at work | server, 1 connection | device | server, 2 | device | server, 4 ... round by round

A server with the configuration of a plan for single images is asked in a closed loop by so many connections, from
another core. The device (`flows/bench/device`, which profiles are made with) works on the same core in between, so that
a machine that drifts is in both. Told is the server's time a request (1 / rate) over L(1) + h of the same round, h
being what a plan of a rate measures with a client alone (`request_s`): 1 means that the model of a request is right.

Then one connection asks after pauses, in turns as well: how much longer does a request take that finds caches cold and
a core that slept? The latency is told over the one without pauses of the same round. Plans count it as it
was measured for the profile (`after_idle`).

    python -m benchmarks.plan_requests --json docs/benchmarks/plan_requests.json
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.evidence import environment, median_interval, write
from benchmarks.own_home import own_home
from vedette.adapters.processes.precise_loop import precise_loop
from vedette.adapters.targets.image import ImageTarget
from vedette.clock import SystemClock
from vedette.flows.bench.device import Device, DeviceOrder
from vedette.flows.planning.request_cost import request_cost
from vedette.values.device import DeviceKind
from vedette.values.profile import Profile
from vedette.values.requests import Status
from vedette.wiring.devices import ProcessDevices, system_sandboxes
from vedette.wiring.plan_apply import lone_configuration
from vedette.wiring.profile import ProfileAsked, take_profile
from vedette.wiring.profile_images import image_files
from vedette.wiring.replica_servers import Confined, away_from, first_answers, running_servers, usable

PAUSES_S, PAUSED = (0.0, 0.02, 0.05, 0.1), 40

MODELS, CONNECTIONS, ROUNDS, SERVED_S, WORKED_S = ("efficientnet-lite0", "nanodet-m-320"), (1, 2, 4, 8), 6, 4.0, 2.0
KIND = DeviceKind("cpu:1", 1.0)
CLOCK = SystemClock()


def main() -> None:
    """Measure, print, and write the evidence."""
    asked = _options()
    found = {}
    with own_home():
        for model in asked.model or MODELS:
            found[model] = _of(model, asked.rounds)
            for connections, ratio in found[model]["ratios"].items():
                print(f"{model:22} {connections} connections: {_text(ratio)} of L(1) + h")
            for pause_s, ratio in found[model]["paused"].items():
                print(f"{model:22} after {pause_s * 1e3:3.0f} ms of pause: {_text(ratio)} of a request without")
    settings = {"rounds": asked.rounds, "served_s": SERVED_S, "worked_s": WORKED_S}
    write(asked.json, {"benchmark": "plan_requests", "models": found, **settings, "environment": environment()})


def _text(ratio: dict[str, float]) -> str:
    return f"{ratio['median']:.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}]"


def _of(model: str, rounds: int) -> dict[str, Any]:
    profile = take_profile(ProfileAsked(model, KIND, batches=(1,), trials=1), lambda _: None).profile
    core = usable()[0]
    confined = Confined(KIND, [(core,)])
    with (
        image_files((), (), 0) as files,
        running_servers(
            model,
            lambda ports: [lone_configuration(profile, one) for one in ports],
            {profile.id: profile},
            confined,
            system_sandboxes(CLOCK),
        ) as started,
        away_from(confined.bound),
        asyncio.Runner(loop_factory=precise_loop) as runner,
    ):
        images = [Path(file).read_bytes() for file in files[None]]
        runner.run(first_answers(started, images, CLOCK))
        of = profile.profiled
        device = ProcessDevices().make(DeviceOrder(KIND, (core,), model, of.version, of.execution, files[None]))
        target = ImageTarget(started[0].target)
        return runner.run(_rounds(device, target, images, profile, rounds))


async def _rounds(
    device: Device, target: ImageTarget, images: Sequence[bytes], profile: Profile, rounds: int
) -> dict[str, Any]:
    """Every round has each number of connections once, with the device before and after."""
    single = next(point.latency_s for point in profile.points if point.batch == 1)
    assert single is not None, "single images were profiled"
    passes = max(10, round(WORKED_S / single.mean))
    await device.load()
    await target.open(images)
    try:
        await device.run(1, passes)
        await _served_s(target, len(images), 1)
        besides_s = (await request_cost(target, images, CLOCK)).besides_s.mean
        rows = []
        for _ in range(rounds):
            before_s = await _later_s(device, passes)
            for connections in CONNECTIONS:
                served_s = await _served_s(target, len(images), connections)
                after_s = await _later_s(device, passes)
                rows.append({"connections": connections, "served_s": served_s, "later_s": (before_s + after_s) / 2})
                before_s = after_s
        paused = [[await _paused_s(target, len(images), pause_s) for pause_s in PAUSES_S] for _ in range(rounds)]
    finally:
        await target.close()
        await device.close()
    ratios = {
        connections: median_interval(
            [row["served_s"] / (row["later_s"] + besides_s) for row in rows if row["connections"] == connections]
        )
        for connections in CONNECTIONS
    }
    longer = {
        pause_s: median_interval([each[place] / each[0] for each in paused])
        for place, pause_s in enumerate(PAUSES_S)
        if pause_s
    }
    return {"besides_s": besides_s, "ratios": ratios, "rows": rows, "paused": longer, "paused_rows_s": paused}


async def _later_s(device: Device, images: int) -> float:
    """L(1) of the device now."""
    work = await device.run(1, images)
    return statistics.fmean(work.batches_ns[1:]) / 1e9


async def _paused_s(target: ImageTarget, images: int, pause_s: float) -> float:
    """Mean latency in seconds of requests one after the other, with a pause before each."""
    took_ns = 0
    for number in range(PAUSED):
        await CLOCK.sleep_until(CLOCK.now_ns() + round(pause_s * 1e9))
        began = CLOCK.now_ns()
        reply = await target.send(number % images)
        took_ns += CLOCK.now_ns() - began
        assert reply.status is Status.OK, reply.reason
    return took_ns / 1e9 / PAUSED


async def _served_s(target: ImageTarget, images: int, connections: int) -> float:
    """Seconds of the server for a request, asked by so many connections in a closed loop."""
    answered = 0
    began = CLOCK.now_ns()
    end = began + round(SERVED_S * 1e9)

    async def one(first: int) -> None:
        nonlocal answered
        number = first
        while CLOCK.now_ns() < end:
            reply = await target.send(number % images)
            assert reply.status is Status.OK, reply.reason
            answered += 1
            number += connections

    await asyncio.gather(*(one(first) for first in range(connections)))
    return (CLOCK.now_ns() - began) / 1e9 / answered


def _options() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    parser.add_argument("--model", action="append", help="a model; may be repeated")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
