"""High-definition images in tiles: the pipeline against the bare tile loop, SAHI and supervision's InferenceSlicer.

Mosaics of 2100x2700 (`vedette data mosaic`, seed 0), 63 tiles of 300x300 without overlap, one ONNX graph, one runtime
at fp32, the same number of threads, the same thresholds. Each contestant runs at its best setting, found before: batch
{1, 8}, and streams or worker threads {1, cores} where it has them. A round is one pass of each over the same images, in
an order that rotates. The boxes are compared one by one.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import tile_overhead
from benchmarks.bare_tiles import BareTiles
from benchmarks.evidence import environment, median_interval, write
from benchmarks.tile_agreement import agreement
from benchmarks.tile_engine import Task, start_engine
from benchmarks.tile_images import RECIPE, TILE, TILES, Boxes, mosaic_files, stream
from benchmarks.tile_memory import measured_apart
from benchmarks.tile_peers import BATCHES, PINNED, Peer, Setting, running, settings_of
from vedette.adapters.config.home import default_home
from vedette.adapters.probes.host import probe_host
from vedette.adapters.runtimes.image_plan import composed_file
from vedette.clock import SystemClock
from vedette.flows.inference.runtime import Instance
from vedette.rules.candidates import Wish
from vedette.rules.threads import usable_cores
from vedette.rules.vision.merge import Part, merge
from vedette.values.detection import Detections
from vedette.values.execution import Precision, RuntimeName
from vedette.values.tiling import Region
from vedette.wiring.instances import open_model
from vedette.wiring.process import own_process

MODELS = ("nanodet-g-416", "ssdlite-mobilenet-v2")
ROUNDS = 9
ROUNDS_S = 110.0
"""What the rounds of one model may take; more images a pass are measured where there is time for them."""

QUICK_S = 1.5
"""An image that takes less is measured with the second run of a setting."""

BARS = {"bare": 0.95, "sahi": 2.0, "supervision": 1.5}
CLOCK = SystemClock()

Answer = tuple[float, list[Detections]]
"""Seconds for all images of a pass, and the boxes of each."""

Pass = Callable[[Sequence[Path]], Answer]


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to get boxes: its best setting, and the seconds an image of each setting that was tried."""

    run: Pass
    setting: str
    tried: Mapping[str, float]


def main() -> None:
    """Measure, print, and write the evidence."""
    asked = _arguments()
    own_process()
    files = mosaic_files()
    models = {}
    for name in asked.model or MODELS:
        models[name] = _model(name, RuntimeName(asked.runtime), files, asked.rounds)
    evidence = {
        "benchmark": "tiles",
        "models": models,
        "memory": measured_apart() if asked.memory else None,
        "settings": {
            "images": len(files),
            "size": str(RECIPE.grid.size),
            "tile": str(RECIPE.grid.tile),
            "tiles": TILES,
            "overlap": 0,
            "seed": RECIPE.seed,
            "rounds": asked.rounds,
            "peers": PINNED,
        },
        "environment": environment(),
    }
    write(asked.json, evidence)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    parser.add_argument("--model", action="append", help=f"instead of {' and '.join(MODELS)}; may be repeated")
    parser.add_argument("--runtime", default="openvino", choices=("openvino", "onnxruntime"))
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="9 or more for a figure that is quoted")
    parser.add_argument("--no-memory", dest="memory", action="store_false", help="leave out the stream of 100 images")
    return parser.parse_args()


def _model(name: str, runtime: RuntimeName, files: Sequence[Path], rounds: int) -> dict[str, Any]:
    wish = Wish(runtime, Precision.FP32)
    instance = open_model(name, wish, lambda text: print(text, file=sys.stderr)).instance
    cores = usable_cores(probe_host())
    task = task_of(instance)
    with ExitStack() as stack:
        contestants = {"pipeline": _best_pipeline(instance, files), "bare": _best_bare(task, cores, files)}
        for peer in PINNED:
            process = stack.enter_context(running(peer, task, cores))
            contestants[peer] = _best_peer(process, settings_of(peer, cores), files)
        size = _images_a_pass(contestants, rounds, len(files))
        passes = [_round(contestants, _window(files, number, size), number) for number in range(rounds)]
    report = _report(contestants, passes, size) | {
        "execution": str(instance.runtime.execution),
        "threshold": task.threshold,
        "iou_threshold": task.iou_threshold,
    }
    alone = _merged_alone(task, cores, _window(files, 0, size))
    report["agreement"]["pipeline with its own merging of bare tiles"] = agreement(passes[0]["pipeline"][1], alone)
    _print(name, report)
    return report | {"overhead": tile_overhead.measured(name, instance, runtime, files[:4])}


def task_of(instance: Instance) -> Task:
    """What the others have to do to do the same."""
    manifest = instance.manifest
    assert manifest.input is not None, "a model of images"
    graph = composed_file(Path(manifest.file), manifest.input, default_home() / ".cache" / "graphs")
    runtime = str(instance.runtime.execution.runtime)
    return Task(graph, runtime, manifest, TILE, manifest.confidence_threshold)


def _merged_alone(task: Task, cores: int, files: Sequence[Path]) -> list[Detections]:
    """What the pipeline must give: the boxes of bare tiles, merged by its own rule, which also joins cut objects."""
    loop = BareTiles(task, start_engine(task, 1, cores), batch=1, streams=1)
    whole = Region(0, 0, RECIPE.grid.size)
    images = loop.tiles([file.read_bytes() for file in files])
    return [merge([Part(*tile) for tile in tiles], whole, task.iou_threshold) for tiles in images]


# --- contestants ------------------------------------------------------------------------------------------------------


def _best_pipeline(instance: Instance, files: Sequence[Path]) -> Contestant:
    def run(batch: int, images: Sequence[Path]) -> Answer:
        payloads, boxes = [file.read_bytes() for file in images], Boxes()
        started = CLOCK.now_ns()
        stream(instance, payloads, [boxes], batch)
        return (CLOCK.now_ns() - started) / 1e9, boxes.found

    return _best({f"batch {batch}": partial(run, batch) for batch in BATCHES}, files[0])


def _best_bare(task: Task, cores: int, files: Sequence[Path]) -> Contestant:
    def run(loop: BareTiles, images: Sequence[Path]) -> Answer:
        payloads = [file.read_bytes() for file in images]
        started = CLOCK.now_ns()
        found = loop(payloads)
        return (CLOCK.now_ns() - started) / 1e9, found

    ways: dict[str, Pass] = {}
    for streams in dict.fromkeys((1, cores)):
        engine = start_engine(task, streams, cores // streams)
        for batch in BATCHES:
            loop = BareTiles(task, engine, batch, streams)
            ways[f"batch {batch}, {streams} x {cores // streams} threads"] = partial(run, loop)
    return _best(ways, files[0])


def _best_peer(peer: Peer, settings: Sequence[Setting], files: Sequence[Path]) -> Contestant:
    def run(setting: Setting, images: Sequence[Path]) -> Answer:
        answers = [peer.ask(file, setting) for file in images]
        return sum(seconds for seconds, _ in answers), [found for _, found in answers]

    return _best({str(setting): partial(run, setting) for setting in settings}, files[0])


def _best(ways: Mapping[str, Pass], file: Path) -> Contestant:
    """The quickest of several ways to do one image; the slow ones are run once only, for a warm-up is lost in them."""
    tried = {}
    for name, run in ways.items():
        tried[name], _ = run([file])
        if tried[name] < QUICK_S:
            tried[name] = run([file])[0]
    setting = min(tried, key=lambda name: tried[name])
    return Contestant(ways[setting], setting, tried)


# --- rounds -----------------------------------------------------------------------------------------------------------


def _images_a_pass(contestants: Mapping[str, Contestant], rounds: int, most: int) -> int:
    """As many images as the time allows, one at least."""
    an_image = sum(min(one.tried.values()) for one in contestants.values())
    return max(1, min(most, int(ROUNDS_S / (max(rounds, ROUNDS) * an_image))))


def _window(files: Sequence[Path], number: int, size: int) -> list[Path]:
    """The images of a pass, starting further on in each round, so that all of them take part."""
    return [files[(number * size + offset) % len(files)] for offset in range(size)]


def _round(contestants: Mapping[str, Contestant], images: Sequence[Path], number: int) -> dict[str, Answer]:
    names = list(contestants)
    first = number % len(names)
    return {name: contestants[name].run(images) for name in names[first:] + names[:first]}


def _report(contestants: Mapping[str, Contestant], passes: Sequence[Mapping[str, Answer]], size: int) -> dict[str, Any]:
    rates = [{name: size / one[name][0] for name in contestants} for one in passes]
    ratios = {}
    for name, bar in BARS.items():
        interval = median_interval([rate["pipeline"] / rate[name] for rate in rates])
        ratios[name] = {"interval": interval, "bar": bar, "met": interval["median"] >= bar}
    found = {name: [boxes for one in passes for boxes in one[name][1]] for name in contestants}
    return {
        "ratio_of_pipeline_to": ratios,
        "images_per_s": {name: statistics.median(rate[name] for rate in rates) for name in contestants},
        "setting": {name: one.setting for name, one in contestants.items()},
        "search_s_an_image": {name: dict(one.tried) for name, one in contestants.items()},
        "agreement": {
            f"{name} with {other}": agreement(found[name], found[other])
            for name, other in (("pipeline", "bare"), ("sahi", "bare"), ("supervision", "bare"))
        },
        "images_a_pass": size,
        "rounds": rates,
    }


def _print(name: str, report: Mapping[str, Any]) -> None:
    print(f"{name}, {report['execution']}, {report['images_a_pass']} HD images a pass")
    for other, ratio in report["ratio_of_pipeline_to"].items():
        interval = ratio["interval"]
        print(
            f"  pipeline / {other} = {interval['median']:.3f} [{interval['low']:.3f}, {interval['high']:.3f}] "
            f"({interval['coverage']:.0%} interval, {interval['pairs']} pairs), bar {ratio['bar']}"
        )
    for pair, share in report["agreement"].items():
        print(f"  boxes of {pair}: {share['share']:.2%} of {share['boxes']} agree, {share['share_back']:.2%} back")
    for contestant, rate in report["images_per_s"].items():
        print(f"  {contestant}: {rate:.3f} images/s ({report['setting'][contestant]})")


if __name__ == "__main__":
    main()
