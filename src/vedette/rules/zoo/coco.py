"""The 80 classes of COCO that are used, and the ids 1..90 that the annotations give them.

Source: Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014. Ten of 90 planned classes were never
annotated, so models that count by id answer for places that mean nothing.
"""

from __future__ import annotations

LABELS: tuple[str, ...] = (
    *("person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat", "traffic light"),
    *("fire hydrant", "stop sign", "parking meter", "bench", "bird", "cat", "dog", "horse", "sheep", "cow"),
    *("elephant", "bear", "zebra", "giraffe", "backpack", "umbrella", "handbag", "tie", "suitcase", "frisbee"),
    *("skis", "snowboard", "sports ball", "kite", "baseball bat", "baseball glove", "skateboard", "surfboard"),
    *("tennis racket", "bottle", "wine glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple"),
    *("sandwich", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "chair", "couch"),
    *("potted plant", "bed", "dining table", "toilet", "tv", "laptop", "mouse", "remote", "keyboard", "cell phone"),
    *("microwave", "oven", "toaster", "sink", "refrigerator", "book", "clock", "vase", "scissors", "teddy bear"),
    *("hair drier", "toothbrush"),
)
"""Class names by class_id 0..79."""

_NEVER_USED = (12, 26, 29, 30, 45, 66, 68, 69, 71, 83)

IDS: tuple[int, ...] = tuple(number for number in range(1, 91) if number not in _NEVER_USED)
"""The annotations' id of each class of `LABELS`; models that count so keep 0 for the background."""
