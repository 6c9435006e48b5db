"""What it costs to make one list of the boxes of all tiles of an image: merging, and suppression alone.

The boxes are those that a perfect detector, a little noisy, would find in the tiles of a 2100 by 2700 image: objects at
random places, each cut where its tile ends, suppressed within the tile as the decoders do. Times are wall times, the
median of nine. Before anything is timed, suppression is compared with the naive loop, and merging with suppression
where they must be the same.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.evidence import environment, json_option, write
from vedette.rules.vision.boxes import iou
from vedette.rules.vision.merge import Part, merge
from vedette.rules.vision.suppress import best_first, suppress
from vedette.rules.vision.tiles import grid
from vedette.values.detection import Detections
from vedette.values.frame import Size
from vedette.values.tiling import Region

BOUNDS = Region(0, 0, Size(2100, 2700))
TILE = Size(300, 300)
IOU = 0.5
REPEATS = 9
SEED = 20
LARGEST = {20_000: 120.0}  # sides in pixels: many boxes of one class fit only if they are small
USUAL_LARGEST = 300.0
BARS_MS = {5_000: 20.0, 20_000: 150.0}
OVERVIEW_BOXES = 300
ROUNDS = 6
VISIBLE = 8


def objects(count: int, classes: int, largest: float, generator: np.random.Generator) -> Detections:
    """Objects at random places of the image, clipped to it."""
    size = generator.uniform(20, largest, (count, 2))
    centre = generator.uniform(0, 1, (count, 2)) * (BOUNDS.right, BOUNDS.bottom)
    boxes = np.clip(np.hstack([centre - size / 2, centre + size / 2]), 0, [BOUNDS.right, BOUNDS.bottom] * 2)
    return Detections(boxes, generator.uniform(0.05, 1, count), generator.integers(0, classes, count))


def seen(tile: Region, things: Detections, generator: np.random.Generator) -> Detections:
    """What is found in a tile: the parts of at least 8 pixels each way, a little off, suppressed."""
    low, high = [tile.left, tile.top] * 2, [tile.right, tile.bottom] * 2
    parts = np.clip(things.boxes, low, high)
    visible = (parts[:, 2:] - parts[:, :2] >= VISIBLE).all(axis=1)
    noisy = np.clip(parts[visible] + generator.normal(0, 0.7, (int(visible.sum()), 4)), low, high)
    scores = things.scores[visible] * generator.uniform(0.9, 1, len(noisy))
    found = Detections(noisy, scores, things.class_ids[visible])
    return found.take(suppress(found, IOU))


def parts_of(count: int, classes: int, overlap: int, *, overview: bool) -> list[Part]:
    """Parts that hold about `count` boxes; of more objects than that, as many are taken as give it."""
    generator = np.random.default_rng(SEED)
    things = objects(4 * count, classes, LARGEST.get(count, USUAL_LARGEST), generator)
    tiles = grid(BOUNDS, TILE, overlap)
    taken = count // 2
    for _ in range(ROUNDS):
        some = things.take(np.arange(min(taken, len(things))))
        parts = [Part(tile, seen(tile, some, generator)) for tile in tiles]
        taken = int(taken * count / max(1, sum(len(part.found) for part in parts)))
    if overview:
        parts.append(Part(BOUNDS, some.take(np.arange(min(OVERVIEW_BOXES, len(some)))), overview=True))
    return parts


def median_ms(work: Callable[[], object]) -> dict[str, float]:
    """The median of nine runs after one more, and the least and the greatest."""
    work()
    taken = []
    for _ in range(REPEATS):
        started = time.perf_counter_ns()
        work()
        taken.append((time.perf_counter_ns() - started) / 1e6)
    return {"median_ms": statistics.median(taken), "least_ms": min(taken), "greatest_ms": max(taken)}


def naive(found: Detections, threshold: float) -> NDArray[np.intp]:
    """Greedy suppression as a loop over all boxes, best first."""
    kept: list[int] = []
    for row in best_first(found).tolist():
        rivals = [other for other in kept if found.class_ids[other] == found.class_ids[row]]
        if not rivals or iou(found.boxes[[row]], found.boxes[rivals]).max() <= threshold:
            kept.append(row)
    return np.array(kept, np.intp)


def sane() -> bool:
    """Whether suppression is the naive loop, and merging of one tile is suppression."""
    found = objects(600, 3, USUAL_LARGEST, np.random.default_rng(SEED))
    wanted = naive(found, IOU)
    merged = merge([Part(BOUNDS, found)], BOUNDS, IOU)
    return bool(np.array_equal(suppress(found, IOU), wanted) and np.array_equal(merged.boxes, found.boxes[wanted]))


def merging_row(count: int, classes: int, overlap: int) -> dict[str, Any]:
    """The time to merge one layout."""
    parts = parts_of(count, classes, overlap, overview=overlap > 0)
    row = {
        "what": "merge",
        "boxes": sum(len(part.found) for part in parts),
        "tiles": len(parts),
        "classes": classes,
        "overlap": overlap,
        "objects": len(merge(parts, BOUNDS, IOU)),
    }
    return judged(row | median_ms(lambda: merge(parts, BOUNDS, IOU)), count)


def suppression_row(count: int, classes: int) -> dict[str, Any]:
    """The time of suppression alone, in one image and without tiles."""
    found = objects(count, classes, LARGEST.get(count, USUAL_LARGEST), np.random.default_rng(SEED))
    row = {"what": "suppress", "boxes": count, "classes": classes, "objects": len(suppress(found, IOU))}
    return judged(row | median_ms(lambda: suppress(found, IOU)), count)


def judged(row: dict[str, Any], count: int) -> dict[str, Any]:
    """With the bar, where the count has one."""
    bar = BARS_MS.get(count) if row["what"] == "merge" else None
    row |= {"bar_ms": bar, "met": None if bar is None else row["median_ms"] <= bar}
    verdict = "" if bar is None else f", bar {bar:g}: {'met' if row['met'] else 'missed'}"
    tiles = f", {row['tiles']} tiles, overlap {row['overlap']}" if row["what"] == "merge" else ""
    print(
        f"{row['what']:8} {row['boxes']:6d} boxes, {row['classes']:2d} classes{tiles}: "
        f"{row['median_ms']:.2f} ms [{row['least_ms']:.2f}, {row['greatest_ms']:.2f}] -> {row['objects']}{verdict}",
        flush=True,
    )
    return row


def main() -> None:
    """Measure, print, and write the evidence."""
    file = json_option(__doc__ or "")
    if not sane():
        raise SystemExit("suppression is not the naive loop: nothing was measured")
    rows = [merging_row(*layout) for layout in product((50, 300, *BARS_MS), (80, 1), (0, 50))]
    rows += [suppression_row(*layout) for layout in product(BARS_MS, (80, 1))]
    evidence = {
        "benchmark": "merging",
        "rows": rows,
        "met": all(row["met"] is not False for row in rows),
        "settings": {"iou_threshold": IOU, "repeats": REPEATS, "seed": SEED, "bars_ms": BARS_MS},
        "environment": environment(),
    }
    write(file, evidence)


if __name__ == "__main__":
    main()
