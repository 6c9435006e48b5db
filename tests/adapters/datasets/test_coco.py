"""Truths in COCO's form are read, and what is wrong in them is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vedette.adapters.datasets.coco import find_image_folder, missing_images, read_coco
from vedette.errors import InvalidError, NotFoundError, UnavailableError
from vedette.values.frame import Size


def document(**changes: Any) -> dict[str, Any]:
    """Two images whose ids do not rise, two categories, three annotations of which one has id 0."""
    return {
        "images": [
            {"id": 7, "file_name": "b.jpg", "width": 64, "height": 48},
            {"id": 3, "file_name": "a.jpg"},
        ],
        "categories": [{"id": 90, "name": "dog"}, {"id": 1, "name": "cat"}],
        "annotations": [annotation(0, 7, 90), annotation(1, 3, 1, iscrowd=1), annotation(2, 7, 1, area=5.5)],
    } | changes


def annotation(number: int, image: Any, category: Any, **changes: Any) -> dict[str, Any]:
    given = {"id": number, "image_id": image, "category_id": category, "bbox": [1, 2, 3.5, 4], "area": 9, "iscrowd": 0}
    return given | changes


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "truth.json"


def read(file: Path, **changes: Any) -> Any:
    file.write_text(json.dumps(document(**changes)))
    return read_coco(file)


def test_ids_become_places_in_the_order_of_the_ids(file: Path) -> None:
    """Images and categories by rising id, objects in the order of the file; id 0 is as good as any."""
    truth = read(file).truth

    assert [image.file for image in truth.images] == ["a.jpg", "b.jpg"]
    assert [image.size for image in truth.images] == [None, Size(64, 48)]
    assert truth.categories == ("cat", "dog")
    assert truth.objects.images.tolist() == [1, 0, 1]
    assert truth.objects.categories.tolist() == [1, 0, 0]
    assert truth.objects.boxes.tolist() == [[1, 2, 3.5, 4]] * 3
    assert truth.objects.areas.tolist() == [9, 9, 5.5]
    assert truth.objects.crowds.tolist() == [False, True, False]
    assert read_coco(file).notes == ()


def test_some_of_the_images_keep_their_objects(file: Path) -> None:
    """A part of a truth has the objects of its images, and their places in the part."""
    part = read(file).truth.limited_to((1,))

    assert [image.file for image in part.images] == ["b.jpg"]
    assert part.objects.images.tolist() == [0, 0]
    assert part.objects.areas.tolist() == [9, 5.5]
    assert part.categories == ("cat", "dog")


@pytest.mark.parametrize(
    ("odd", "note"),
    [
        (annotation(5, 99, 1), "annotations left out, their image is not listed: 1 (image_id 99)"),
        (annotation(5, None, 1), "their image is not listed: 1 (image_id None)"),
        (annotation(5, 3, 17), "annotations left out, their category is not listed: 1 (category_id 17)"),
        (annotation(5, 3, 1, bbox=None), "annotations left out, they have no bbox: 1 (id 5)"),
        (annotation(5, 3, 1, bbox=[1, 2, -3, 4]), "a side of their bbox is negative: 1 (bbox [1, 2, -3, 4])"),
        (annotation(5, 3, 1, bbox=[1, 2, 3]), "their bbox is not left, top, width, height: 1 (bbox [1, 2, 3])"),
        (annotation(5, 3, 1, bbox=[1, 2, 3, "4"]), "their bbox is not left, top, width, height"),
        (annotation(5, 3, 1, bbox=[1, 2, 3, 10**400]), "their bbox is not left, top, width, height"),
        (annotation(5, 3, 1, bbox=[1, 2, 3, float("nan")]), "their bbox is not left, top, width, height"),
        (annotation(5, 3, 1, bbox="left"), "their bbox is not left, top, width, height"),
    ],
)
def test_annotations_that_cannot_be_used_are_left_out_and_told(file: Path, odd: dict[str, Any], note: str) -> None:
    """With the value that is wrong; the others stay."""
    odd = {key: value for key, value in odd.items() if not (key == "bbox" and value is None)}
    found = read(file, annotations=[annotation(0, 7, 90), odd])

    assert len(found.truth.objects) == 1
    assert len(found.notes) == 1
    assert note in found.notes[0]


def test_boxes_without_area_count_as_coco_counts_them(file: Path) -> None:
    """They stay as objects that nothing finds, and are told; a missing area is that of the box."""
    found = read(file, annotations=[annotation(0, 7, 90, bbox=[1, 2, 0, 4]), annotation(1, 7, 90, area=None)])

    assert found.truth.objects.boxes.tolist() == [[1, 2, 0, 4], [1, 2, 3.5, 4]]
    assert found.truth.objects.areas.tolist() == [9, 14]
    assert found.notes == (
        "annotations that count as objects which nothing can find, a side of their bbox is zero: 1 (bbox [1, 2, 0, 4])",
        "annotations without area, that of their bbox is taken: 1 (id 1)",
    )


def test_ids_may_be_texts_or_whole_floats(file: Path) -> None:
    """Some tools write 7.0 or "7"; each is an id."""
    images = [{"id": "x", "file_name": "b.jpg"}, {"id": 7.0, "file_name": "a.jpg"}]

    truth = read(file, images=images, annotations=[annotation(0, 7, 1), annotation(1, "x", 1)]).truth

    assert [image.file for image in truth.images] == ["a.jpg", "b.jpg"]
    assert truth.objects.images.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": [{"id": 1, "file_name": "a.jpg"}] * 2}, "images has the id 1 twice"),
        ({"categories": [{"id": 5, "name": "a"}, {"id": 5, "name": "b"}]}, "categories has the id 5 twice"),
        ({"images": [{"id": True, "file_name": "a.jpg"}]}, "images has the id True"),
        ({"images": [{"id": 1.5, "file_name": "a.jpg"}]}, "images has the id 1.5"),
        ({"images": [{"file_name": "a.jpg"}]}, "images has the id None"),
        ({"images": [{"id": 3}, {"id": 7, "file_name": "a.jpg"}]}, "images has the file_name None, in id 3"),
        ({"images": [{"id": 3, "file_name": "a.mp4"}, {"id": 7, "file_name": "b"}]}, "the image a.mp4 is a video"),
        ({"categories": [{"id": 1, "name": 5}, {"id": 90, "name": "a"}]}, "categories has the name 5, in id 1"),
        ({"images": []}, "images is empty"),
        ({"images": None}, "images is no list of objects"),
        ({"categories": {"1": "cat"}}, "categories is no list of objects"),
        ({"annotations": [1, 2]}, "annotations is no list of objects"),
        ({"annotations": []}, "annotations is empty"),
        ({"annotations": [annotation(0, 5, 5)]}, "no annotation that can be used"),
    ],
)
def test_what_is_no_truth_is_refused_with_the_value(file: Path, changes: dict[str, Any], message: str) -> None:
    """Never a crash, and never a silent guess."""
    with pytest.raises(InvalidError) as caught:
        read(file, **changes)

    assert message in caught.value.message
    assert str(file) in caught.value.message
    assert caught.value.help


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no JSON"),
        (b'{"images": [', "is no JSON"),
        (b"\xff\xfe\xff", "is no JSON"),
        (b"[" * 100_000, "is no JSON"),
        (b'[{"image_id": 1, "score": 0.5}]', "holds a list, which is how results are written"),
        (b"5", "holds int"),
    ],
)
def test_what_is_no_json_object_is_refused(file: Path, content: bytes, message: str) -> None:
    """Broken, empty, or a list of results taken for the truth."""
    file.write_bytes(content)

    with pytest.raises(InvalidError, match=message):
        read_coco(file)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Not found, or a folder: each says so."""
    with pytest.raises(NotFoundError, match="does not exist"):
        read_coco(tmp_path / "none.json")
    with pytest.raises(UnavailableError, match="cannot read"):
        read_coco(tmp_path)


@pytest.mark.parametrize("place", ["annotations", "annotations/images", "val2017", "images", "images/val2017"])
def test_images_are_found_in_the_usual_places(tmp_path: Path, place: str) -> None:
    """Beside the file, or as COCO's own set is unpacked."""
    file = tmp_path / "annotations" / "instances_val2017.json"
    file.parent.mkdir()
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    (tmp_path / place / "b.jpg").touch()
    truth = read(file).truth

    folder = find_image_folder(file, truth)

    assert folder == tmp_path / place
    assert missing_images(folder, truth) == (0,)


def test_images_in_no_usual_place_are_asked_for(file: Path) -> None:
    """The error says where it looked, and which option helps."""
    truth = read(file).truth

    with pytest.raises(NotFoundError) as caught:
        find_image_folder(file, truth)

    assert str(file.parent) in caught.value.message
    assert "--images" in caught.value.help


def test_a_large_truth_keeps_its_numbers(file: Path) -> None:
    """Ten thousand annotations come out with the boxes that went in, bit for bit."""
    boxes = np.random.default_rng(1).uniform(0, 1e4, (10_000, 4))
    annotations = [annotation(number, 3, 1, bbox=box) for number, box in enumerate(boxes.tolist())]

    assert np.array_equal(read(file, annotations=annotations).truth.objects.boxes, boxes)
