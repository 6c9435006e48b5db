"""The schema `vedette.result/1`, as the contract writes it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from vedette.rules.wire.result import CSV_COLUMNS, to_object, to_rows
from vedette.values.frame import Size
from vedette.values.result import Class, Detection, Failure, Result
from vedette.values.timeline import STAGES, Span, Timeline

MS = 1_000_000
BUS, CAR = Class("bus", 5, 0.91), Class("car", 7, 0.0123456789)
FAILURE = Failure("00c0ffee", "photos/torn.jpg", 3, "invalid", "the JPEG is cut short", "copy it again")


def result(*classes: Class, **fields: Any) -> Result:
    known: dict[str, Any] = {
        "id": "0badcafe",
        "source": "photos/bus.jpg",
        "frame": 0,
        "time_s": None,
        "size": Size(810, 1080),
        "model": "efficientnet-lite0",
        "model_version": "1",
        "runtime": "openvino",
        "precision": "bf16",
        "classes": classes,
        "timeline": Timeline((Span("acquire", 0, 100_000), Span("decode", 100_000, 5 * MS + 499))),
    }
    return Result(**known | fields)


def test_a_classification_is_the_object_of_the_contract() -> None:
    """Keys, their order and their values are those of design section 4."""
    written = to_object(result(BUS, CAR))

    assert list(written.items()) == [
        ("schema", "vedette.result/1"),
        ("id", "0badcafe"),
        ("source", "photos/bus.jpg"),
        ("frame", 0),
        ("time_s", None),
        ("width", 810),
        ("height", 1080),
        ("model", "efficientnet-lite0"),
        ("model_version", "1"),
        ("runtime", "openvino"),
        ("precision", "bf16"),
        (
            "classes",
            [{"label": "bus", "class_id": 5, "score": 0.91}, {"label": "car", "class_id": 7, "score": 0.012346}],
        ),
        ("timeline_ms", {"acquire": 0.1, "decode": 4.9, "total": 5.0}),
    ]


def test_a_class_and_a_timeline_keep_their_order() -> None:
    """Label, class_id and score; the stages of the journey and then the total."""
    timeline = Timeline(tuple(Span(stage, 0, MS) for stage in reversed(STAGES)))

    written = to_object(result(BUS, timeline=timeline))

    assert list(written["classes"][0]) == ["label", "class_id", "score"]
    assert list(written["timeline_ms"]) == [
        "acquire",
        "decode",
        "preprocess",
        "queue",
        "infer",
        "postprocess",
        "total",
    ]


def test_a_failure_is_the_object_of_the_contract() -> None:
    """`schema`, `id`, `source` and `error` with kind, message and help: nothing else."""
    written = to_object(FAILURE)

    assert list(written) == ["schema", "id", "source", "error"]
    assert list(written["error"].items()) == [
        ("kind", "invalid"),
        ("message", "the JPEG is cut short"),
        ("help", "copy it again"),
    ]


@pytest.mark.parametrize(
    "outcome", [result(BUS, CAR), result(), result(Class('"é\n猫', 0, 1.0), frame=7, time_s=0.28), FAILURE]
)
def test_an_outcome_is_strict_json_and_comes_back(outcome: Any) -> None:
    """It holds nothing but what JSON has, also for odd letters and an empty answer."""
    written = to_object(outcome)

    assert json.loads(json.dumps(written, allow_nan=False)) == written


def test_an_answer_without_classes_is_still_an_answer() -> None:
    """The list is there and empty; a timeline without spans is an empty object."""
    written = to_object(result(timeline=Timeline()))

    assert (written["classes"], written["timeline_ms"]) == ([], {})
    assert "error" not in written


def test_a_frame_of_a_video_carries_its_number_and_time() -> None:
    """`frame` counts, `time_s` is in seconds."""
    written = to_object(result(BUS, frame=25, time_s=1.0))

    assert (written["frame"], written["time_s"]) == (25, 1.0)


def test_a_class_is_a_row_of_the_table() -> None:
    """The best has rank 1, and what they share is repeated."""
    first, second = to_rows(result(BUS, CAR))

    assert (first["rank"], first["label"], first["class_id"], first["score"]) == (1, "bus", 5, 0.91)
    assert (second["rank"], second["label"], second["class_id"], second["score"]) == (2, "car", 7, 0.012346)
    assert first["total_ms"] == second["total_ms"] == 5.0
    assert (first["width"], first["height"], first["source"]) == (810, 1080, "photos/bus.jpg")


def test_an_empty_answer_is_one_row_without_a_class() -> None:
    """The image is not lost from the table."""
    (row,) = to_rows(result(timeline=Timeline()))

    assert row["id"] == "0badcafe"
    assert row["total_ms"] == 0.0
    assert not {"rank", "label", "error_kind"} & set(row)


def test_a_failure_is_one_row_with_its_reason() -> None:
    """Kind and message are told, the columns of an answer stay empty."""
    assert to_rows(FAILURE) == [
        {
            "id": "00c0ffee",
            "source": "photos/torn.jpg",
            "frame": 3,
            "error_kind": "invalid",
            "error_message": "the JPEG is cut short",
        }
    ]


def test_every_cell_has_a_column() -> None:
    """No row holds a key that the header lacks, no column stays without a row, and none is named twice."""
    found = replace(result(), classes=None, detections=(Detection("bus", 5, 0.9, (1.0, 2.0, 3.0, 4.0)),))
    rows = [row for outcome in (result(BUS), result(), found, FAILURE) for row in to_rows(outcome)]

    assert set().union(*rows) == set(CSV_COLUMNS)
    assert len(set(CSV_COLUMNS)) == len(CSV_COLUMNS)


def test_objects_have_their_boxes_in_pixels_with_two_digits() -> None:
    """A detector's answer is `detections`, best first, without `classes`; its boxes are xyxy."""
    found = Detection("bus", 5, 0.91, (13.2, 229.904, 802.4, 743.1))

    data = to_object(replace(result(), classes=None, detections=(found,)))

    assert "classes" not in data
    assert data["detections"] == [{"label": "bus", "class_id": 5, "score": 0.91, "box": [13.2, 229.9, 802.4, 743.1]}]


def test_objects_are_rows_with_a_column_for_each_side_of_the_box() -> None:
    """CSV has left, top, right and bottom where JSON has box."""
    found = Detection("bus", 5, 0.91, (13.2, 229.904, 802.4, 743.1))

    (row,) = to_rows(replace(result(), classes=None, detections=(found,)))

    assert (row["rank"], row["label"], row["left"], row["top"]) == (1, "bus", 13.2, 229.9)
    assert (row["right"], row["bottom"]) == (802.4, 743.1)


def test_an_image_that_was_cut_tells_how_many_parts_were_looked_at() -> None:
    """`tiles` is there only when it is more than 1."""
    assert "tiles" not in to_object(result(BUS))
    assert to_object(replace(result(), classes=None, detections=(), tiles=63))["tiles"] == 63
