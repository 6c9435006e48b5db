"""The five groups into which a published table sorts detectors by their mAP: Lowest, Low, Medium, High, Highest.

The table is Table I of A. Srivastava et al., "Performance and Memory Trade-offs of Deep Learning Object Detection in
Fast Streaming High-Definition Images". It prints no boundaries, and each group's name once, in the middle of its rows:
with groups of 1, 3, 5, 5 and 4 rows the names stand where they are printed. Where the reading stays open the lower
group is taken, so that no model is called better than the table may mean:

- the mAP of faster_rcnn_nas, the only model of Highest, cannot be read in our copy; it stands above 37;
- mask_rcnn_resnet101_atrous (33) is the last of High or the first of Medium;
- ssdlite_mobilenet_v2 and ssd_mobilenet_v2 have 22 both; the first is the last of Low, the second the first of Lowest.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class QualityGroup(IntEnum):
    """In rising order."""

    LOWEST = 1
    LOW = 2
    MEDIUM = 3
    HIGH = 4
    HIGHEST = 5


@dataclass(frozen=True, slots=True)
class Listed:
    """A row of Table I: name, mAP as reported and as tested there, and group; None: not printed, or not readable."""

    model: str
    reported: float | None
    tested: float | None
    group: QualityGroup


TABLE_I = (
    Listed("faster_rcnn_nas", None, 57.7, QualityGroup.HIGHEST),
    Listed("faster_rcnn_incept_resnet_v2_atrous", 37, 45.2, QualityGroup.HIGH),
    Listed("mask_rcnn_incept_resnet_v2_atrous", 36, 45.6, QualityGroup.HIGH),
    Listed("ssd_resnet50_v1_fpn", 35, None, QualityGroup.HIGH),
    Listed("mask_rcnn_resnet101_atrous", 33, 41.5, QualityGroup.MEDIUM),
    Listed("ssd_mobilenet_v1_fpn", 32, None, QualityGroup.MEDIUM),
    Listed("faster_rcnn_resnet101", 32, 40.3, QualityGroup.MEDIUM),
    Listed("rfcn_resnet101", 30, 37.3, QualityGroup.MEDIUM),
    Listed("faster_rcnn_resnet50", 30, 34.5, QualityGroup.MEDIUM),
    Listed("mask_rcnn_resnet50_atrous", 29, 35.7, QualityGroup.LOW),
    Listed("faster_rcnn_incept_v2", 28, 31.1, QualityGroup.LOW),
    Listed("mask_rcnn_incept_v2", 25, 32.7, QualityGroup.LOW),
    Listed("ssd_inception_v2", 24, 30.9, QualityGroup.LOW),
    Listed("ssdlite_mobilenet_v2", 22, 27.4, QualityGroup.LOW),
    Listed("ssd_mobilenet_v2", 22, None, QualityGroup.LOWEST),
    Listed("ssd_mobilenet_v1", 21, 26.3, QualityGroup.LOWEST),
    Listed("ssd_mobilenet_v1_ppn", 20, None, QualityGroup.LOWEST),
    Listed("ssd_mobilenet_v1_0.75_depth", 18, 21.7, QualityGroup.LOWEST),
)

ABOVE = ((37.0, QualityGroup.HIGHEST), (33.0, QualityGroup.HIGH), (29.0, QualityGroup.MEDIUM), (22.0, QualityGroup.LOW))
"""A reported mAP above the figure, the best of the group below, belongs to the group."""


def group_of(reported: float) -> QualityGroup:
    """The group of a COCO mAP in 0..100; one that falls between two groups of the table counts as the upper one."""
    return next((group for above, group in ABOVE if reported > above), QualityGroup.LOWEST)
