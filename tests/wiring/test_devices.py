"""Devices as processes of their own, confined where this system lets us."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

import vedette
from vedette.adapters.sandboxes.hierarchy import own_groups
from vedette.adapters.sandboxes.none import NoSandboxes
from vedette.clock import SystemClock
from vedette.errors import ExhaustedError, InvalidError, NotFoundError, UnavailableError, UnsupportedError
from vedette.flows.bench.device import Device, DeviceOrder, Loading
from vedette.values.device import DeviceKind
from vedette.values.execution import Execution, RuntimeName
from vedette.values.frame import Size
from vedette.values.tiling import Tiling
from vedette.wiring.devices import ProcessDevices

CORE = min(os.sched_getaffinity(0))
ORDER = DeviceOrder(DeviceKind("cpu:1"), (CORE,), "efficientnet-lite0", "", Execution(RuntimeName.ONNXRUNTIME), ())


@pytest.fixture
def order(pulled: Path, photos: Path) -> DeviceOrder:
    """A device of one core with three photos."""
    del pulled
    names = ("coffee.jpg", "chelsea.jpg", "rocket.jpg")
    return replace(ORDER, images=tuple(str(photos / name) for name in names))


@asynccontextmanager
async def loaded(order: DeviceOrder, devices: ProcessDevices | None = None) -> AsyncIterator[tuple[Device, Loading]]:
    device = (devices or ProcessDevices()).make(order)
    try:
        yield device, await device.load()
    finally:
        await device.close()
        await device.close()


def groups() -> list[Path]:
    folders = {own.folder for own in own_groups().values()}
    return [found for folder in folders for found in folder.glob(f"vedette-{os.getpid()}-*")]


def needs_rights(loading: Loading) -> None:
    if loading.not_enforced:
        pytest.skip(f"needs rights for control groups: {loading.not_enforced[0]}")


def test_a_device_does_what_it_is_told_and_leaves_nothing(order: DeviceOrder) -> None:
    """Bound to its core, as many threads as its kind, mini-batches as ordered, at the instant that was named."""

    async def go() -> None:
        async with loaded(order) as (device, loading):
            process = psutil.Process(loading.pid)
            at_ns = SystemClock().now_ns() + 20_000_000
            work = await device.run(2, 5, at_ns)

            assert {core for one in process.threads() for core in os.sched_getaffinity(one.id)} == {CORE}
            assert loading.load_s > 0
            assert loading.not_enforced == ()
            assert (len(work.batches_ns), work.images) == (3, 5)
            assert work.began_ns >= at_ns
            assert min(work.batches_ns) > 0
            assert work.peak_bytes >= process.memory_info().rss / 2
        assert not process.is_running()

    asyncio.run(go())
    assert groups() == []


def test_its_answers_are_those_of_the_library(order: DeviceOrder) -> None:
    """As many as the library gives for the same images; what they say is compared with the worker's own."""
    with vedette.load_model(order.model, runtime="onnxruntime", threads=1) as model:
        plain = sum(len(model(image).classes or ()) for image in order.images)

    async def go() -> int:
        async with loaded(order) as (device, _):
            return (await device.run(3, 3)).answers

    assert asyncio.run(go()) == plain == 15


def test_half_a_core_is_half_a_core(order: DeviceOrder) -> None:
    """Of the time of its run it works no more than 0.6, plus what the clock of the kernel cannot tell."""
    half = replace(order, device=DeviceKind("cpu:0.5", 0.5))

    async def go() -> float:
        async with loaded(half) as (device, loading):
            needs_rights(loading)
            process = psutil.Process(loading.pid)
            before = sum(process.cpu_times()[:2])
            began = SystemClock().now_ns()
            await device.run(2, 12)
            wall_s = (SystemClock().now_ns() - began) / 1e9
            return (sum(process.cpu_times()[:2]) - before - 0.02) / wall_s

    assert asyncio.run(go()) <= 0.6
    assert groups() == []


def test_a_device_beyond_its_memory_limit_is_out_of_memory(order: DeviceOrder) -> None:
    """Killed by the kernel, told as what it is, with the limit; its group is gone."""
    small = replace(order, device=DeviceKind("cpu:1", 1.0, 40_000_000))

    async def go() -> None:
        async with loaded(small) as (device, loading):
            needs_rights(loading)
            await device.run(8, 8)

    with pytest.raises(ExhaustedError, match="ran out of memory within its limit of 40 MB"):
        asyncio.run(go())
    assert groups() == []


def test_a_limit_of_the_peak_that_was_measured_is_enough(order: DeviceOrder) -> None:
    """The figure and the enforcement agree: what is said to fit a limit does run under it, and is within it then."""

    async def go(limit: int | None) -> int:
        async with loaded(replace(order, device=DeviceKind("cpu:1", 1.0, limit))) as (device, loading):
            needs_rights(loading)
            work = await device.run(8, 24)
            return max(loading.peak_bytes, work.peak_bytes)

    peak = asyncio.run(go(None))

    assert 60_000_000 < peak < 400_000_000
    assert asyncio.run(go(peak)) <= peak


def test_a_device_that_is_killed_is_unavailable(order: DeviceOrder) -> None:
    """It is no want of memory, though the signal is the same; calls after that say so too."""

    async def go() -> None:
        async with loaded(replace(order, device=DeviceKind("cpu:1", 1.0, 2_000_000_000))) as (device, loading):
            os.kill(loading.pid, signal.SIGKILL)
            with pytest.raises(UnavailableError, match="killed by SIGKILL"):
                await device.run(1, 1)
            with pytest.raises(UnavailableError, match="killed by SIGKILL"):
                await device.run(1, 1)

    asyncio.run(go())
    assert groups() == []


def test_a_run_that_is_given_up_ends_the_process(order: DeviceOrder) -> None:
    """In the middle of its work: the answer of one run must not be taken for that of the next."""

    async def go() -> None:
        async with loaded(order) as (device, loading):
            process = psutil.Process(loading.pid)
            running = asyncio.create_task(device.run(1, 1_000_000))
            await device_at_work(process)
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

            assert not process.is_running()
            with pytest.raises(UnavailableError, match="not loaded"):
                await device.run(1, 1)

    asyncio.run(go())


async def device_at_work(process: psutil.Process) -> None:
    """Return when the process has used more CPU time than it had."""
    before = sum(process.cpu_times()[:2])
    while sum(process.cpu_times()[:2]) < before + 0.05:
        await SystemClock().sleep_until(SystemClock().now_ns() + 5_000_000)


def test_a_device_ends_with_its_parent(order: DeviceOrder) -> None:
    """However the parent ends: the end of stdin is enough, in the middle of a run as well."""
    code = f"""
import asyncio
from vedette.flows.bench.device import DeviceOrder
from vedette.values.device import DeviceKind
from vedette.values.execution import Execution, RuntimeName
from vedette.wiring.devices import ProcessDevices

async def go():
    kind, execution = DeviceKind("cpu:1"), Execution(RuntimeName.ONNXRUNTIME)
    order = DeviceOrder(kind, (), "efficientnet-lite0", "", execution, {order.images!r})
    device = ProcessDevices().make(order)
    print((await device.load()).pid, flush=True)
    await device.run(1, 10**6)

asyncio.run(go())
"""
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))

    parent.kill()
    parent.communicate()

    with suppress(psutil.NoSuchProcess):
        child.wait(20)
    assert not child.is_running()


def test_what_cannot_be_enforced_is_in_the_loading(order: DeviceOrder) -> None:
    """And the device works all the same."""
    wanted = replace(order, device=DeviceKind("cpu:0.5", 0.5, 10**9))

    async def go() -> None:
        async with loaded(wanted, ProcessDevices(sandboxes=NoSandboxes())) as (device, loading):
            work = await device.run(1, 1)

            assert len(loading.not_enforced) == 3
            assert work.images == 1

    asyncio.run(go())


def test_orders_that_cannot_be_are_refused(order: DeviceOrder) -> None:
    """Before any process is started."""
    devices = ProcessDevices()

    with pytest.raises(InvalidError, match="without images"):
        devices.make(replace(order, images=()))
    with pytest.raises(UnsupportedError, match="not 2 at the same time"):
        devices.make(replace(order, execution=Execution(RuntimeName.OPENVINO, streams=2)))
    with pytest.raises(NotFoundError, match="no version '7'"):
        asyncio.run(devices.make(replace(order, version="7")).load())
    with pytest.raises(InvalidError, match="one image at least"):
        asyncio.run(devices.make(order).run(0, 1))


def test_what_cannot_be_loaded_is_told_by_the_device(order: DeviceOrder) -> None:
    """So is a wish that a model cannot have; and the process is ended."""
    wrong = replace(order, execution=Execution(RuntimeName.TORCHSCRIPT))
    tiled = replace(order, tiling=Tiling(Size(300, 300)))

    with pytest.raises(UnsupportedError, match="TorchScript"):
        asyncio.run(ProcessDevices().make(wrong).load())
    with pytest.raises(UnsupportedError, match="tiles are for detectors"):
        asyncio.run(ProcessDevices().make(tiled).load())
    assert groups() == []


def test_free_cores_are_those_that_this_process_may_use() -> None:
    """In their order."""
    assert list(ProcessDevices().free_cores()) == sorted(os.sched_getaffinity(0))
