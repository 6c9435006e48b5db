"""From the outputs of a detector to the objects in an image.

outputs -> decode -> wanted classes -> sound boxes -> suppress -> the best -> Detections in pixels of the input
        -> project -> Detections in pixels of the source image
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from vedette.rules.vision.boxes import sound
from vedette.rules.vision.decoders.decoding import Array, Decoding
from vedette.rules.vision.decoders.family import decode
from vedette.rules.vision.resize import Geometry
from vedette.rules.vision.suppress import keep_best, suppress
from vedette.values.detection import Detections
from vedette.values.manifest import Manifest, Suppression


def detect(
    outputs: Sequence[Array], manifest: Manifest, threshold: float, *, class_ids: frozenset[int] | None = None
) -> Detections:
    """The objects that a detector found in one image.

    Args:
        outputs: of the graph for one image, without the batch dimension.
        manifest: of a detector.
        threshold: lowest score, 0..1.
        class_ids: the classes that are wanted; the others neither count as candidates nor suppress anything.

    Returns:
        At most `max_detections`, best first, in pixels of the model's input; they may reach beyond its edges.

    Raises:
        InvalidError: the outputs are not such as the manifest says.
    """
    decoding = _decoding(manifest, threshold, class_ids)
    spec = decoding.spec
    found = sound(decode(manifest.model_type, outputs, decoding))
    if spec.nms is not Suppression.NONE:
        found = found.take(suppress(found, spec.iou_threshold, agnostic=spec.nms is Suppression.AGNOSTIC))
        return found.take(np.arange(min(len(found), spec.max_detections)))
    return found.take(keep_best(found, spec.max_detections))


def check_shapes(shapes: Sequence[tuple[int, ...]], manifest: Manifest) -> None:
    """Decode outputs of nothing but zeros.

    Args:
        shapes: of the outputs for one image, without the batch dimension.
        manifest: of a detector.

    Raises:
        InvalidError: outputs of such shapes are not those that the manifest describes.
    """
    decode(manifest.model_type, [np.zeros(shape, np.float32) for shape in shapes], _decoding(manifest, 1.0, None))


def _decoding(manifest: Manifest, threshold: float, class_ids: frozenset[int] | None) -> Decoding:
    assert manifest.detector is not None, "only detectors are read"
    assert manifest.input is not None, "a detector takes images"
    return Decoding(manifest.input.size, manifest.detector, len(manifest.labels), threshold, class_ids)


def project(found: Detections, geometry: Geometry) -> Detections:
    """The same objects in pixels of the source image, clipped to it.

    Args:
        found: in pixels of the geometry's target.
        geometry: how the source became the target.
    """
    points = geometry.to_source(found.boxes.reshape(-1, 2, 2))
    inside = np.clip(points, 0, (geometry.source.width, geometry.source.height))
    return Detections(inside.reshape(-1, 4), found.scores, found.class_ids)
