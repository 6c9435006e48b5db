"""What tiles buy, on a real camera clip: how far a small detector agrees with a larger one, with and without tiles.

The clip is vtest.avi of Debian's opencv-doc (pedestrians, 768x576), fetched at run time with the machine's own apt. The
larger detector sees whole frames and is no truth: what is reported is AGREEMENT with it, never accuracy and never mAP.

    python -m benchmarks.tile_gain --json docs/benchmarks/tile_gain.json
"""

from __future__ import annotations

import itertools
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.evidence import environment, json_option, write
from vedette.adapters.sources.video import video_frames
from vedette.clock import SystemClock
from vedette.flows.inference.infer import RowRunner
from vedette.flows.inference.preprocess import Intake, Preprocess
from vedette.flows.inference.read import Reader
from vedette.rules.accuracy.agreement import Agreement, agreement_by_class
from vedette.rules.candidates import Wish
from vedette.rules.vision.merge import Part, merge
from vedette.rules.vision.places import Kind, hull
from vedette.rules.vision.suppress import suppress
from vedette.values.detection import Detections, concatenate
from vedette.values.execution import Optimise, Precision
from vedette.values.frame import Frame, Size
from vedette.values.tiling import Fill, Region, Tiling
from vedette.wiring.instances import Opened, open_model

REFERENCE, REFERENCE_THRESHOLD = "nanodet-g-640", 0.45
MODELS = ("ssdlite-mobilenet-v2", "nanodet-m-320")
THRESHOLDS = (0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6)
EVERY = 25
PERSON = 0
TILE = Size(192, 192)
"""4 x 3 tiles fit the clip exactly: without an overlap, neighbours share not a single pixel."""

LAYOUTS: dict[str, Tiling | None] = {
    "whole frame": None,
    "tiles": Tiling(TILE),
    "tiles, overview": Tiling(TILE, fill=Fill.OVERVIEW),
    "overlap 48": Tiling(TILE, 48),
    "overlap 48, overview": Tiling(TILE, 48, Fill.OVERVIEW),
}

Parts = Sequence[Part]
Combine = Callable[[Parts, Region, float], Detections]


def merged(parts: Parts, bounds: Region, iou_threshold: float) -> Detections:
    """What Vedette does with the boxes of tiles."""
    return merge(parts, bounds, iou_threshold)


def suppressed(parts: Parts, bounds: Region, iou_threshold: float) -> Detections:
    """What suppression alone makes of them."""
    del bounds
    found = concatenate([part.found for part in parts])
    return found.take(suppress(found, iou_threshold))


COMBINED: dict[str, Combine] = {"merged": merged, "suppressed only": suppressed}


def fetch_clip(folder: Path) -> Path:
    """vtest.avi out of Debian's package opencv-doc."""
    subprocess.run(["apt-get", "download", "-qq", "opencv-doc"], cwd=folder, check=True)  # noqa: S607 - the system's own
    (package,) = folder.glob("opencv-doc_*.deb")
    subprocess.run(["dpkg-deb", "-x", package.name, "unpacked"], cwd=folder, check=True)  # noqa: S607 - the same
    return next((folder / "unpacked").rglob("vtest.avi"))


def frames_of(clip: Path) -> Iterator[Frame]:
    """Every 25th frame."""
    for frame in itertools.islice(video_frames(str(clip), clip.name), 0, None, EVERY):
        assert isinstance(frame, Frame), frame
        yield frame


def search(opened: Opened, frame: Frame, tiling: Tiling | None, threshold: float) -> tuple[list[Part], Region]:
    """Persons in every row of a frame, in pixels of the frame; and what the rows cover."""
    manifest = opened.instance.manifest
    assert manifest.input is not None, "a detector takes images"
    prepared = Preprocess([Intake(manifest.input, tiling)], keep_pixels=False, clock=SystemClock())(frame)
    (placed,) = prepared.places
    rows = [prepared.row(0, number) for number in range(len(placed))]
    run = RowRunner(opened.instance, SystemClock())
    outputs = [run([row])[0][0] for row in rows]
    assert not any(isinstance(output, Exception) for output in outputs), outputs
    read = Reader(manifest, threshold, frozenset((PERSON,)))
    parts = []
    for place, output in zip(placed, outputs, strict=True):
        assert not isinstance(output, Exception), output
        found = read(output, place)
        assert isinstance(found, Detections), "a detector gives boxes"
        parts.append(Part(place.region, found, overview=place.kind is Kind.OVERVIEW))
    return parts, hull(placed)


def open_for_latency(name: str) -> Opened:
    """Loaded at fp32 for one image at a time."""
    wish = Wish(precision=Precision.FP32, optimise=Optimise.LATENCY)
    return open_model(name, wish, lambda text: print(text, file=sys.stderr))


def agreements(reference: Sequence[Detections], found: Sequence[Detections]) -> list[dict[str, Any]]:
    """Agreement of the persons at each threshold."""
    rows = []
    for threshold in THRESHOLDS:
        kept = [one.take(one.scores >= threshold) for one in found]
        total = sum(agreement_by_class(reference, kept).values(), Agreement())
        rows.append(
            {
                "threshold": threshold,
                "f1": total.f1,
                "found_of_the_reference": total.found,
                "confirmed_of_its_own": total.confirmed,
                "mean_iou": total.mean_iou,
                "boxes": total.boxes,
            }
        )
    return rows


def reference_boxes(frames: Sequence[Frame]) -> list[Detections]:
    """What the larger detector finds in whole frames."""
    opened = open_for_latency(REFERENCE)
    found = [search(opened, frame, None, REFERENCE_THRESHOLD)[0][0].found for frame in frames]
    opened.instance.runtime.close()
    return found


def study(frames: Sequence[Frame]) -> dict[str, Any]:
    """Every model in every layout against the reference."""
    reference = reference_boxes(frames)
    rows = []
    for name in MODELS:
        opened = open_for_latency(name)
        for layout, tiling in LAYOUTS.items():
            rows += _compared(opened, frames, reference, layout, tiling)
        opened.instance.runtime.close()
    return {"frames": len(frames), "persons_of_the_reference": sum(map(len, reference)), "rows": rows}


def _compared(
    opened: Opened, frames: Sequence[Frame], reference: Sequence[Detections], layout: str, tiling: Tiling | None
) -> list[dict[str, Any]]:
    manifest = opened.instance.manifest
    assert manifest.detector is not None, "a detector says how its boxes are read"
    searched = [search(opened, frame, tiling, min(THRESHOLDS)) for frame in frames]
    rows = []
    for combined, combine in COMBINED.items():
        if tiling is None and combine is suppressed:
            continue
        found = [combine(parts, bounds, manifest.detector.iou_threshold) for parts, bounds in searched]
        by_threshold = agreements(reference, found)
        best = max(by_threshold, key=lambda row: float(row["f1"]))
        facts = {"model": manifest.name, "layout": layout, "boxes_of_tiles": combined, "rows": len(searched[0][0])}
        rows.append(facts | {"best": best, "by_threshold": by_threshold})
        print(_line(rows[-1]))
    return rows


def _line(row: dict[str, Any]) -> str:
    best = row["best"]
    return (
        f"{row['model']:21} {row['layout']:21} {row['boxes_of_tiles']:15} {row['rows']:2} rows   agreement (F1) "
        f"{best['f1']:.3f} at {best['threshold']}: found {best['found_of_the_reference']:.3f}, "
        f"confirmed {best['confirmed_of_its_own']:.3f}, mean IoU {best['mean_iou']:.3f}"
    )


def main() -> None:
    """Fetch the clip, run the study, write the evidence."""
    file = json_option(__doc__ or "")
    with tempfile.TemporaryDirectory(prefix="vedette-clip-") as folder:
        found = study(list(frames_of(fetch_clip(Path(folder)))))
    circumstances = {
        "benchmark": "tile_gain",
        "clip": f"vtest.avi of Debian's opencv-doc, every {EVERY}th frame",
        "tile": str(TILE),
        "reference": f"{REFERENCE} on whole frames at threshold {REFERENCE_THRESHOLD}: no ground truth",
        "measure": "persons, pairs of IoU >= 0.5, one to one; best F1 over the thresholds",
    }
    write(file, {**circumstances, **found, "environment": environment()})


if __name__ == "__main__":
    main()
