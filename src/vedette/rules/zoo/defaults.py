"""How the models of each family usually see an image and what is done to their boxes, where nobody says otherwise.

The numbers are those of the projects that train them: YOLOv5 and Ultralytics (`cfg/default.yaml`, `LetterBox`), YOLOX
(`data/data_augment.py preproc`, `exp/yolox_base.py`), nanodet (`config/*.yml`), CenterNet (`datasets/dataset/coco.py`),
DETR (`datasets/coco.py`), darknet and the ONNX model zoo (YOLOv3, YOLOv4), torchvision (SSD's suppression).
"""

from __future__ import annotations

from collections.abc import Mapping

from vedette.values.manifest import ModelType

PIXEL_KEYS = ("reverse_input_channels", "mean_values", "scale_values")

_RGB_255 = {"reverse_input_channels": True, "mean_values": "0", "scale_values": "255"}
_IMAGENET = {
    "reverse_input_channels": True,
    "mean_values": "123.675 116.28 103.53",
    "scale_values": "58.395 57.12 57.375",
}
_NANODET_BGR = {
    "reverse_input_channels": False,
    "mean_values": "103.53 116.28 123.675",
    "scale_values": "57.375 57.12 58.395",
}
_CENTERNET_BGR = {
    "reverse_input_channels": False,
    "mean_values": "104.0136 114.0342 119.9166",
    "scale_values": "73.6028 69.8908 70.9151",
}
_LETTERBOX = {"resize_type": "fit_to_window_letterbox"}
_DONE = {"nms": "none"}

DEFAULTS: Mapping[ModelType, Mapping[str, object]] = {
    ModelType.SSD: {"confidence_threshold": 0.5, "iou_threshold": 0.45},
    ModelType.TF_OD: {"confidence_threshold": 0.5, **_DONE},
    ModelType.YOLOV3: {**_RGB_255, **_LETTERBOX, "pad_value": 128, "confidence_threshold": 0.25, "iou_threshold": 0.45},
    ModelType.YOLOV4: {**_RGB_255, **_LETTERBOX, "pad_value": 128, "confidence_threshold": 0.25, "iou_threshold": 0.45},
    ModelType.YOLOV5: {**_RGB_255, **_LETTERBOX, "pad_value": 114, "confidence_threshold": 0.25, "iou_threshold": 0.45},
    ModelType.YOLOV8: {**_RGB_255, **_LETTERBOX, "pad_value": 114, "confidence_threshold": 0.25, "iou_threshold": 0.7},
    ModelType.YOLO_END2END: {**_RGB_255, **_LETTERBOX, "pad_value": 114, "confidence_threshold": 0.25, **_DONE},
    ModelType.YOLOX: {
        "reverse_input_channels": False,
        "mean_values": "0",
        "scale_values": "1",
        "resize_type": "fit_to_window",
        "pad_value": 114,
        "confidence_threshold": 0.25,
        "iou_threshold": 0.65,
    },
    ModelType.NANODET: {**_NANODET_BGR, **_LETTERBOX, "confidence_threshold": 0.35, "iou_threshold": 0.6},
    ModelType.NANODET_PLUS: {**_NANODET_BGR, "confidence_threshold": 0.35, "iou_threshold": 0.6},
    ModelType.CENTERNET: {**_CENTERNET_BGR, **_LETTERBOX, "confidence_threshold": 0.3, **_DONE},
    ModelType.DETR: {**_IMAGENET, "confidence_threshold": 0.5, **_DONE},
    ModelType.RTDETR: {**_RGB_255, "confidence_threshold": 0.5, **_DONE},
    ModelType.BOXES: {"confidence_threshold": 0.5},
}
"""Keys of the manifest with their values; a key that is not here keeps the default of every model."""

MODEL_API = (ModelType.YOLOV5, ModelType.YOLOV8, ModelType.YOLO_END2END)
"""Families for which OpenVINO Model API itself presumes how pixels are normalised; of others its files tell all."""
