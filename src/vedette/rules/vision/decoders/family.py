"""The decoder of every family, and how each was tried: one visible table.

A new family is a new member of `ModelType`, a decoder beside this module, and a row here and in `rules/zoo/looks`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from vedette.rules.vision.decoders.centernet import decode_centernet
from vedette.rules.vision.decoders.decoding import Array, Decoder, Decoding
from vedette.rules.vision.decoders.detr import decode_detr, decode_rtdetr
from vedette.rules.vision.decoders.listed import decode_boxes, decode_tf_od
from vedette.rules.vision.decoders.nanodet import decode_nanodet, decode_nanodet_plus
from vedette.rules.vision.decoders.ssd import decode_ssd
from vedette.rules.vision.decoders.yolo_maps import decode_yolov3, decode_yolov4
from vedette.rules.vision.decoders.yolo_rows import decode_end2end, decode_yolov5, decode_yolov8, decode_yolox
from vedette.values.detection import Detections
from vedette.values.manifest import ModelType


class Proof(StrEnum):
    """How a decoder was tried."""

    WEIGHTS = "run here with real weights"
    FORMULAS = "tested against the published formulas, never run here with real weights"


@dataclass(frozen=True, slots=True)
class Family:
    """A decoder and how it was tried."""

    decode: Decoder
    proof: Proof = Proof.FORMULAS


FAMILIES: Mapping[ModelType, Family] = {
    ModelType.SSD: Family(decode_ssd, Proof.WEIGHTS),
    ModelType.TF_OD: Family(decode_tf_od),
    ModelType.YOLOV3: Family(decode_yolov3),
    ModelType.YOLOV4: Family(decode_yolov4),
    ModelType.YOLOV5: Family(decode_yolov5),
    ModelType.YOLOV8: Family(decode_yolov8),
    ModelType.YOLO_END2END: Family(decode_end2end),
    ModelType.YOLOX: Family(decode_yolox),
    ModelType.NANODET: Family(decode_nanodet, Proof.WEIGHTS),
    ModelType.NANODET_PLUS: Family(decode_nanodet_plus),
    ModelType.CENTERNET: Family(decode_centernet),
    ModelType.DETR: Family(decode_detr),
    ModelType.RTDETR: Family(decode_rtdetr),
    ModelType.BOXES: Family(decode_boxes),
}


def decode(model_type: ModelType, outputs: Sequence[Array], decoding: Decoding) -> Detections:
    """Read the outputs of one image.

    Args:
        model_type: a detector.
        outputs: one array for each output of the graph, without the batch dimension.
        decoding: how they are read.

    Returns:
        Boxes in pixels of the model's input, neither clipped nor suppressed, best first.

    Raises:
        InvalidError: number or shapes of the outputs are not those of the family.
    """
    return FAMILIES[model_type].decode(outputs, decoding)
