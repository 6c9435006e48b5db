"""COCO's names and ids."""

from __future__ import annotations

from vedette.rules.zoo.coco import IDS, LABELS


def test_eighty_names() -> None:
    """Each once, in the order that every COCO-80 model answers in; two words keep their blank."""
    assert len(LABELS) == len(set(LABELS)) == 80
    assert [LABELS[number] for number in (0, 5, 9, 15, 41, 60, 79)] == [
        "person",
        "bus",
        "traffic light",
        "cat",
        "cup",
        "dining table",
        "toothbrush",
    ]


def test_ids_of_the_annotations() -> None:
    """The ids that COCO's own category list gives: 13 is the stop sign, 90 the toothbrush, 12 nothing."""
    by_id = dict(zip(IDS, LABELS, strict=True))

    assert {number: by_id[number] for number in (1, 11, 13, 25, 27, 44, 46, 65, 67, 70, 72, 82, 84, 90)} == {
        1: "person",
        11: "fire hydrant",
        13: "stop sign",
        25: "giraffe",
        27: "backpack",
        44: "bottle",
        46: "wine glass",
        65: "bed",
        67: "dining table",
        70: "toilet",
        72: "tv",
        82: "refrigerator",
        84: "book",
        90: "toothbrush",
    }
    assert not {12, 26, 29, 30, 45, 66, 68, 69, 71, 83} & set(IDS)
