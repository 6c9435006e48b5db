"""Objects are written one by one, in a folder for each label."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.adapters.sinks.crops import CropsSink
from vedette.errors import ConflictError
from vedette.flows.inference.postprocess import Delivery
from vedette.values.frame import Size
from vedette.values.result import Failure, Result
from vedette.values.timeline import Timeline


def delivery(source: str, *labels: str, frame: int = 0, time_s: float | None = None, model: str = "lite") -> Delivery:
    """A result whose crops hold their own place as bytes."""
    result = Result("ab", source, frame, time_s, Size(4, 3), model, "1", "openvino", "bf16", None, Timeline())
    crops = tuple((label, f"{source} {number}".encode()) for number, label in enumerate(labels, 1))
    return Delivery(result, crops=crops)


def written(folder: Path, *deliveries: Delivery, several_models: bool = False) -> dict[str, str]:
    """What lies in the folder, by path, once all are written."""
    sink = CropsSink(folder / "out", several_models=several_models)
    for one in deliveries:
        sink.write(one)
    sink.close(complete=True)
    files = (path for path in (folder / "out").rglob("*") if path.is_file())
    return {path.relative_to(folder / "out").as_posix(): path.read_text() for path in files}


def test_a_crop_lies_with_its_label_and_is_numbered_in_its_image(tmp_path: Path) -> None:
    """The numbers are those of the objects, whatever their labels."""
    assert written(tmp_path, delivery("x/street.png", "person", "bus", "person"), delivery("zoo.jpg", "bus")) == {
        "person/street-01.jpg": "x/street.png 1",
        "bus/street-02.jpg": "x/street.png 2",
        "person/street-03.jpg": "x/street.png 3",
        "bus/zoo-01.jpg": "zoo.jpg 1",
    }


def test_more_than_ninety_nine_objects_have_longer_numbers(tmp_path: Path) -> None:
    """The hundredth is 100."""
    made = written(tmp_path, delivery("crowd.jpg", *["person"] * 101))

    assert len(made) == 101
    assert made["person/crowd-09.jpg"] == "crowd.jpg 9"
    assert made["person/crowd-101.jpg"] == "crowd.jpg 101"


def test_images_of_the_same_name_keep_their_crops_apart(tmp_path: Path) -> None:
    """The second cat.jpg is cat-2 in every folder, as its annotated picture is, and cat-01.jpg is an image too."""
    made = written(
        tmp_path, delivery("x/cat.jpg"), delivery("y/cat.jpg", "cat", "dog"), delivery("cat-2.jpg", "cat"),
        delivery("cat-01.jpg", "cat"),
    )  # fmt: skip

    assert made == {
        "cat/cat-2-01.jpg": "y/cat.jpg 1",
        "dog/cat-2-02.jpg": "y/cat.jpg 2",
        "cat/cat-2-2-01.jpg": "cat-2.jpg 1",
        "cat/cat-01-01.jpg": "cat-01.jpg 1",
    }


def test_frames_and_models_are_in_the_name(tmp_path: Path) -> None:
    """As in the names of annotated pictures, before the number of the object."""
    frames = (delivery("clip.mp4", "car", frame=number, time_s=number / 25, model="a/b") for number in (0, 7))

    assert sorted(written(tmp_path, *frames, several_models=True)) == [
        "car/clip-000000.a_b-01.jpg",
        "car/clip-000007.a_b-01.jpg",
    ]


@pytest.mark.parametrize(
    ("label", "folder"),
    [
        ("traffic light", "traffic_light"),
        ("../../etc", "_.._etc"),
        ("/etc", "_etc"),
        ("..", "object"),
        ("", "object"),
        ("a\0b", "a_b"),
        ("猫", "猫"),
        ("x" * 500, "x" * 120),
    ],
)
def test_a_label_becomes_a_plain_folder(tmp_path: Path, label: str, folder: str) -> None:
    """Nothing hidden, nothing outside; what leaves no letter is an object."""
    assert list(written(tmp_path, delivery("cat.jpg", label))) == [f"{folder}/cat-01.jpg"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_labels_that_become_one_folder_lose_no_crop(tmp_path: Path) -> None:
    """The number tells them apart."""
    assert written(tmp_path, delivery("cat.jpg", "a b", "a/b")) == {
        "a_b/cat-01.jpg": "cat.jpg 1",
        "a_b/cat-02.jpg": "cat.jpg 2",
    }


def test_failures_and_images_without_objects_write_nothing(tmp_path: Path) -> None:
    """Not even the folder."""
    sink = CropsSink(tmp_path / "out", several_models=False)
    sink.write(Delivery(Failure("ab", "gone.jpg", 0, "not_found", "gone", "look")))
    sink.write(delivery("cat.jpg"))
    sink.close(complete=True)

    assert not (tmp_path / "out").exists()


def test_an_image_is_never_replaced_by_a_crop_of_it(tmp_path: Path) -> None:
    """A link that leads from the crop's name to the image is refused; the image is as it was."""
    photo = tmp_path / "cat.jpg"
    photo.write_bytes(b"original")
    (tmp_path / "out/cat").mkdir(parents=True)
    (tmp_path / "out/cat/cat-01.jpg").symlink_to(photo)
    with pytest.raises(ConflictError) as caught:
        written(tmp_path, delivery(str(photo), "cat"))

    assert caught.value.message == f"the crop {tmp_path}/out/cat/cat-01.jpg would replace the image itself"
    assert photo.read_bytes() == b"original"


def test_a_second_run_replaces_the_crops_of_the_first(tmp_path: Path) -> None:
    """The folders do not fill up with numbers."""
    written(tmp_path, delivery("x/cat.jpg", "cat"))

    assert written(tmp_path, delivery("y/cat.jpg", "cat")) == {"cat/cat-01.jpg": "y/cat.jpg 1"}
