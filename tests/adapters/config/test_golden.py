"""Golden images as they lie in a model folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes import jpeg

from vedette.adapters.config.golden import read_golden
from vedette.errors import UsageError
from vedette.values.golden import Expected

TOP = {"top": [{"label": "red", "score": 0.9}, {"class_id": 2, "score": 0.1}], "tolerance": 0.1}


def write(folder: Path, content: object, image: str = "golden.jpg") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    text = content if isinstance(content, str) else json.dumps(content)
    (folder / "golden.json").write_text(text, encoding="utf-8")
    if image:
        (folder / image).write_bytes(jpeg((255, 0, 0)))


def test_classes_with_their_image(tmp_path: Path) -> None:
    """By label or by number; the tolerance is that of the file."""
    write(tmp_path, TOP)

    golden = read_golden(tmp_path, "1")

    assert golden is not None
    assert golden.expected == (Expected(0.9, "red"), Expected(0.1, class_id=2))
    assert (golden.tolerance, golden.iou) == (0.1, 0.5)
    assert golden.image == jpeg((255, 0, 0))
    assert golden.source == str(tmp_path / "golden.jpg")


def test_objects_with_their_boxes(tmp_path: Path) -> None:
    """A detector's answer has boxes, and maybe an overlap of its own; PNG will do too."""
    write(tmp_path, {"detections": [{"label": "dog", "score": 1, "box": [1, 2, 3.5, 4]}], "iou": 0.8}, "golden.png")

    golden = read_golden(tmp_path, "1")

    assert golden is not None
    assert golden.expected == (Expected(1.0, "dog", box=(1.0, 2.0, 3.5, 4.0)),)
    assert (golden.tolerance, golden.iou) == (0.05, 0.8)


def test_without_a_file_there_is_none_and_a_version_may_have_its_own(tmp_path: Path) -> None:
    """That of the version goes before that of the model."""
    assert read_golden(tmp_path, "1") is None

    write(tmp_path, TOP)
    write(tmp_path / "2", TOP | {"tolerance": 0.2})

    assert [read_golden(tmp_path, version).tolerance for version in ("1", "2")] == [0.1, 0.2]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ([], "expected an object"),
        ({}, "needs either top"),
        (TOP | {"detections": []}, "needs either top"),
        ({"top": []}, "top: expected a list that is not empty"),
        (TOP | {"tolerence": 0.1}, "unknown key 'tolerence'; did you mean tolerance?"),
        (TOP | {"tolerance": 2}, "tolerance: expected a number in 0..1, got 2"),
        (TOP | {"tolerance": True}, "tolerance: expected a number in 0..1, got True"),
        ({"top": [{"score": 0.5}]}, "top[0]: label or class_id is missing"),
        ({"top": [{"label": "a"}]}, "top[0]: score: expected a number in 0..1, got None"),
        ({"top": [{"label": 1, "score": 0.5}]}, "label: expected a text, got 1"),
        ({"top": [{"class_id": -1, "score": 0.5}]}, "class_id: expected a whole number"),
        ({"top": [{"label": "a", "score": 0.5, "box": [1, 2, 3, 4]}]}, "unknown key 'box'"),
        ({"detections": [{"label": "a", "score": 0.5}]}, "box: expected left, top, right, bottom, got None"),
        ('{"top": [{"label": "a", "score": NaN}]}', "expected a number in 0..1, got nan"),
    ],
)
def test_what_is_not_well_formed_is_told_with_file_and_key(tmp_path: Path, content: object, told: str) -> None:
    """Each mistake names the file, where it is, and what was expected."""
    write(tmp_path, content)

    with pytest.raises(UsageError) as caught:
        read_golden(tmp_path, "1")

    assert told in caught.value.message
    assert str(tmp_path / "golden.json") in caught.value.message


def test_an_answer_without_its_image_is_told(tmp_path: Path) -> None:
    """The names that an image may have are in the message."""
    write(tmp_path, TOP, image="")

    with pytest.raises(UsageError, match=r"none of golden.jpg, golden.jpeg, golden.png is beside it"):
        read_golden(tmp_path, "1")
