"""A device of a plan against a bare loop: the same images in the same mini-batches, interleaved pairs on one core.

A device (`flows/bench/device`) is the process that profiles and verified plans are made with: bound to a core, its
memory sampled, each mini-batch stamped. The bare loop (`benchmarks/bare`) is a process on the same core with the same
engine, precision and threads, and nothing of ours around it. Both are loaded and warm; one works while the other waits.
A pair is one pass of each, in alternating order; the ratio is the device's time over the bare loop's.
Bar: 1.03 at most, at every mini-batch.

    python -m benchmarks.device_overhead --json FILE
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
from collections.abc import Sequence
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.bare import BareLoop, bare_infer
from benchmarks.evidence import environment, median_interval, write
from vedette.adapters.config.home import default_home
from vedette.clock import SystemClock
from vedette.flows.bench.device import Device, DeviceOrder
from vedette.values.device import DeviceKind
from vedette.values.execution import Execution, Precision, RuntimeName
from vedette.values.frame import Size
from vedette.values.manifest import Manifest
from vedette.wiring.devices import ProcessDevices
from vedette.wiring.instances import find_manifest, seeded_crops

MODEL, BATCHES, PAIRS, IMAGES, SEED, BAR = "efficientnet-lite0", (1, 8), 11, 64, 20260, 1.03
EXECUTION = Execution(RuntimeName.ONNXRUNTIME, Precision.FP32, "cpu", 1, 1)


def main() -> None:
    """Measure, print, and write the evidence."""
    asked = _options()
    manifest = find_manifest(asked.model, print)
    core = min(ProcessDevices().free_cores())
    with tempfile.TemporaryDirectory(prefix="vedette-overhead-") as scratch:
        files = _written(Path(scratch), seeded_crops(IMAGES, Size(500, 375), SEED))
        found = {batch: asyncio.run(_measured(manifest, core, files, batch, asked.pairs)) for batch in BATCHES}
    ratios = {batch: median_interval([one["device_s"] / one["bare_s"] for one in found[batch]]) for batch in BATCHES}
    for batch, ratio in ratios.items():
        print(f"batch {batch}: device / bare loop = {ratio['median']:.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}]")
    met = all(ratio["median"] <= BAR for ratio in ratios.values())
    print("met" if met else "MISSED")
    settings = {"model": asked.model, "execution": str(EXECUTION), "images": IMAGES, "seed": SEED, "pairs": asked.pairs}
    evidence = {"benchmark": "device_overhead", "ratio_to_bare": ratios, "bar": BAR, "met": met}
    write(asked.json, {**evidence, "settings": settings, "pairs": found, "environment": environment()})


async def _measured(
    manifest: Manifest, core: int, files: Sequence[str], batch: int, pairs: int
) -> list[dict[str, float]]:
    """The seconds of each pair, after one pass of either that does not count."""
    order = DeviceOrder(DeviceKind("cpu:1"), (core,), manifest.name, manifest.version, EXECUTION, tuple(files))
    device = ProcessDevices().make(order)
    near, far = get_context("spawn").Pipe()
    bare = get_context("spawn").Process(target=_bare, args=(far, manifest, core, files, batch), daemon=True)
    bare.start()
    try:
        await device.load()
        found = [await _pair(device, near, batch, number) for number in range(pairs + 1)]
    finally:
        near.send("end")
        bare.join()
        await device.close()
    return found[1:]


async def _pair(device: Device, bare: Connection, batch: int, number: int) -> dict[str, float]:
    seconds: dict[str, float] = {}
    for name in ("device_s", "bare_s")[:: 1 if number % 2 else -1]:
        if name == "device_s":
            work = await device.run(batch, IMAGES)
            assert work.images == IMAGES, "every image is worked through"
            seconds[name] = (work.ended_ns - work.began_ns) / 1e9
        else:
            bare.send("pass")
            seconds[name] = bare.recv()
    return seconds


def _bare(orders: Connection, manifest: Manifest, core: int, files: Sequence[str], batch: int) -> None:
    """What the process of the bare loop does: a pass for each order, and its seconds back."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    assert manifest.input is not None, "a model of images"
    images = [Path(file).read_bytes() for file in files]
    infer = bare_infer(manifest, EXECUTION, default_home() / ".cache" / "graphs")
    loop = BareLoop(infer, manifest.input.size.width, manifest.input.crop_fraction, batch, 1)
    clock = SystemClock()
    while orders.recv() == "pass":
        began = clock.now_ns()
        answers = loop(images)
        orders.send((clock.now_ns() - began) / 1e9)
        assert min(answers) >= 0, "every image has an answer"


def _written(folder: Path, images: Sequence[bytes]) -> list[str]:
    files = [folder / f"{number:04}.jpg" for number in range(len(images))]
    for file, image in zip(files, images, strict=True):
        file.write_bytes(image)
    return [str(file) for file in files]


def _options() -> Any:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    parser.add_argument("--model", default=MODEL, help="a classifier")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
