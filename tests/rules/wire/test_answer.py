"""Every dialect of an answer becomes the same values, and what is none is refused in words."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import InvalidError
from vedette.rules.wire.answer import MOST_CLASSES, read_answer
from vedette.values.answer import Answer, AnsweredBox, AnsweredClass

prove = settings(max_examples=150, deadline=None, derandomize=True, database=None)

ESPRESSO = AnsweredClass("espresso", 967, 0.9)
CUP = AnsweredClass("cup", 968, 0.05)


def read(value: object) -> Answer:
    return read_answer(json.dumps(value).encode())


def labels(answer: Answer) -> list[str | None]:
    return [one.label for one in answer.classes]


def test_vedettes_classes_come_with_label_and_number() -> None:
    """`vedette.result/1` of a classifier."""
    classes = [
        {"label": "cup", "class_id": 968, "score": 0.05},
        {"label": "espresso", "class_id": 967, "score": 0.9},
    ]

    assert read({"schema": "vedette.result/1", "classes": classes}) == Answer(classes=(ESPRESSO, CUP))


def test_vedettes_boxes_come_best_first() -> None:
    """`vedette.result/1` of a detector, also one that found nothing."""
    found = [
        {"label": "dog", "class_id": 1, "score": 0.4, "box": [1, 2, 3, 4]},
        {"label": "cat", "class_id": 0, "score": 0.8, "box": [5.5, 6, 7, 8]},
    ]

    assert read({"schema": "vedette.result/1", "detections": found}).detections == (
        AnsweredBox("cat", 0, 0.8, (5.5, 6.0, 7.0, 8.0)),
        AnsweredBox("dog", 1, 0.4, (1.0, 2.0, 3.0, 4.0)),
    )
    assert read({"schema": "vedette.result/1", "detections": []}) == Answer(detections=())


def test_vedettes_failure_is_no_answer() -> None:
    """The error of the server is told."""
    with pytest.raises(InvalidError, match="damaged"):
        read({"schema": "vedette.result/1", "error": {"kind": "invalid", "message": "the JPEG is damaged"}})


def test_torchserves_classifier_maps_labels_to_probabilities() -> None:
    """The best label comes first, whatever the order of the keys."""
    answer = read({"tiger_cat": 0.46, "tabby": 0.93, "plastic_bag": 0})

    assert answer.classes == (
        AnsweredClass("tabby", None, 0.93),
        AnsweredClass("tiger_cat", None, 0.46),
        AnsweredClass("plastic_bag", None, 0.0),
    )
    assert read([{"tiger_cat": 0.46, "tabby": 0.93}]).classes == answer.classes[:2]


def test_torchserves_detector_names_the_box_by_its_label() -> None:
    """Four sides, or two points as older handlers wrote them."""
    expected = (AnsweredBox("person", None, 0.99, (1.0, 2.0, 3.0, 4.0)),)

    assert read([{"person": [1, 2, 3, 4], "score": 0.99}]).detections == expected
    assert read([{"person": [[1, 2], [3, 4]], "score": 0.99}]).detections == expected
    assert read([]) == Answer(detections=())


@pytest.mark.parametrize(
    "body",
    [
        {"predictions": [[0.1, 0.2, 0.7]]},
        {"outputs": [[0.1, 0.2, 0.7]]},
        {"outputs": {"x": 1}, "predictions": [[0.1, 0.2, 0.7]]},
        [0.1, 0.2, 0.7],
        [[0.1, 0.2, 0.7]],
    ],
)
def test_scores_are_numbered_by_their_place(body: object) -> None:
    """TensorFlow Serving, and a bare list."""
    assert [one.class_id for one in read(body).classes] == [2, 1, 0]


def test_a_prediction_that_is_a_number_is_a_class() -> None:
    """One number cannot be the scores of all classes."""
    for body in ({"predictions": [7]}, {"prediction": 7}, {"class": 7, "confidence": 0.5}, 7):
        assert read(body).classes[0].class_id == 7
    with pytest.raises(InvalidError):
        read({"predictions": [0.7]})


@pytest.mark.parametrize(
    "body",
    [
        [{"label": "cup", "score": 0.1}, {"label": "espresso", "score": 0.9}],
        [[{"label": "espresso", "score": 0.9}, {"label": "cup", "score": 0.1}]],
        {"predictions": [{"label": "espresso", "score": 0.9}, {"class": "cup", "confidence": 0.1}]},
        {"classes": [{"class_name": "espresso", "probability": 0.9}, {"name": "cup", "prob": 0.1}]},
        {"result": {"predictions": [{"prediction": "espresso", "score": 0.9}, {"category": "cup", "score": 0.1}]}},
    ],
)
def test_lists_of_labels_and_scores(body: object) -> None:
    """Hugging Face, and services written by hand."""
    assert labels(read(body)) == ["espresso", "cup"]


def test_one_label_is_an_answer() -> None:
    """With a score, without, or as a bare text."""
    assert read({"class": "tabby", "confidence": 0.9}).classes == (AnsweredClass("tabby", None, 0.9),)
    assert read({"label": "tabby", "took_ms": 5}).classes == (AnsweredClass("tabby", None, None),)
    assert read("tabby").classes == (AnsweredClass("tabby", None, None),)


def test_boxes_of_hugging_face() -> None:
    """Corners by name; a list in which each object has a box is a list of boxes."""
    box = {"xmin": 1, "ymin": 2, "xmax": 3, "ymax": 4}

    assert read([{"score": 0.9, "label": "remote", "box": box}]).detections == (
        AnsweredBox("remote", None, 0.9, (1.0, 2.0, 3.0, 4.0)),
    )


def test_the_classification_extension() -> None:
    """`score:class:label` of the Open Inference Protocol, as JSON and as bytes."""
    lines = ["0.04:282:tiger cat", "0.93:281:tabby", "0.01:285"]
    told = {"name": "prob", "datatype": "BYTES", "shape": [1, 3]}
    raw = b"".join(len(line).to_bytes(4, "little") + line.encode() for line in lines)
    head = json.dumps({"outputs": [told | {"parameters": {"binary_data_size": len(raw)}}]}).encode()
    expected = (
        AnsweredClass("tabby", 281, 0.93),
        AnsweredClass("tiger cat", 282, 0.04),
        AnsweredClass(None, 285, 0.01),
    )

    assert read({"model_name": "m", "outputs": [told | {"data": lines}]}).classes == expected
    assert read_answer(head + raw).classes == expected


@pytest.mark.parametrize(("datatype", "dtype"), [("FP32", "<f4"), ("FP16", "<f2"), ("FP64", "<f8"), ("UINT8", "u1")])
def test_scores_of_the_open_inference_protocol(datatype: str, dtype: str) -> None:
    """A tensor of scores as JSON, flat or nested, and as bytes."""
    scores = np.array([[3, 9, 4]], dtype)
    told = {"name": "scores", "datatype": datatype, "shape": [1, 3]}
    head = json.dumps({"id": "é", "outputs": [told | {"parameters": {"binary_data_size": scores.nbytes}}]}).encode()

    for body in (
        json.dumps({"outputs": [told | {"data": scores.tolist()}]}).encode(),
        json.dumps({"outputs": [told | {"data": scores.reshape(-1).tolist()}]}).encode(),
        head + scores.tobytes(),
    ):
        assert [one.class_id for one in read_answer(body).classes] == [1, 2, 0]


@pytest.mark.parametrize(
    "outputs",
    [
        [{"name": "a", "datatype": "FP32", "shape": [1, 2], "data": [1.0]}],
        [{"name": "a", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": 8}}],
        [{"name": "a", "datatype": "FP32", "shape": [1, 2], "parameters": {"binary_data_size": -8}}],
        [{"name": "a", "datatype": "FP32", "shape": [2, 2], "data": [1, 2, 3, 4]}],
        [{"name": "a", "datatype": "FP32", "shape": [1, 2], "data": ["x", "y"]}],
        [{"name": "a", "datatype": "FP32", "shape": "ab", "data": ["x", "y"]}],
        [{"name": "a", "datatype": "BYTES", "shape": [1], "data": ["no score"]}],
        [{"name": name, "datatype": "FP32", "shape": [1], "data": [1.0]} for name in "ab"],
    ],
)
def test_tensors_that_do_not_fit_are_refused(outputs: list[dict]) -> None:
    """Shape, size and content of a tensor are checked."""
    with pytest.raises(InvalidError):
        read({"outputs": outputs})


def test_bytes_that_belong_to_no_tensor_are_refused() -> None:
    """Both by the binary protocol and behind any JSON."""
    told = {"outputs": [{"name": "a", "datatype": "UINT8", "shape": [1], "parameters": {"binary_data_size": 1}}]}

    for body in (json.dumps(told).encode() + b"\x01\x02", b'{"label": "cup"} and more', b""):
        with pytest.raises(InvalidError):
            read_answer(body)


@pytest.mark.parametrize(
    "body",
    [
        b"<html>",
        b"\xff\xd8\xff",
        b"null",
        b"true",
        b"{}",
        b'""',
        b"-1",
        b'{"ok": true}',
        b'{"error": "no such model"}',
        b"[[1, 2], [3, 4]]",
        b'{"a": NaN}',
        b"[1, 1e999]",
        b'{"predictions": [{"detection_boxes": [[0, 0, 1, 1]]}]}',
        b"[" * 100_000,
        b'{"result":' * 100_000,
        b"[1, 1" + b"0" * 400 + b"]",
    ],
)
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    """Pages, errors, empty objects, several images, scores that are no numbers, nesting without end."""
    with pytest.raises(InvalidError) as caught:
        read_answer(body)

    assert caught.value.help


@prove
@given(st.lists(st.floats(-100, 100, width=32), min_size=2, max_size=60))
def test_the_best_class_is_the_largest_score(scores: list[float]) -> None:
    """As numpy's argmax has it, the first of equal ones; only the best are kept."""
    answer = read({"predictions": [scores]})

    assert answer.classes[0].class_id == int(np.argmax(scores))
    assert len(answer.classes) == min(len(scores), MOST_CLASSES)


@prove
@given(
    st.one_of(
        st.binary(max_size=60),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=4)
                | st.dictionaries(
                    st.sampled_from(["outputs", "predictions", "label", "score", "box", "name", "shape", "datatype"]),
                    inner,
                    max_size=4,
                )
            ),
            max_leaves=12,
        ).map(lambda value: json.dumps(value).encode()),
    )
)
def test_no_body_is_a_crash(body: bytes) -> None:
    """Whatever a server sends is an answer or an InvalidError."""
    try:
        answer = read_answer(body)
    except InvalidError:
        return

    assert answer.classes is not None or answer.detections is not None
