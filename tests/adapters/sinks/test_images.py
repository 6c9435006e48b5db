"""Annotated pictures are written under names of their own, in their folder and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.adapters.sinks.images import ImagesSink
from vedette.errors import ConflictError
from vedette.flows.inference.postprocess import Delivery
from vedette.values.frame import Size
from vedette.values.result import Failure, Result
from vedette.values.timeline import Timeline


def delivery(
    source: str, picture: bytes | None = b"jpeg", frame: int = 0, time_s: float | None = None, model: str = "lite"
) -> Delivery:
    result = Result("ab", source, frame, time_s, Size(4, 3), model, "1", "openvino", "bf16", (), Timeline())
    return Delivery(result, picture)


def written(folder: Path, *deliveries: Delivery, several_models: bool = False) -> dict[str, bytes]:
    """What lies in the folder, by name, once all are written."""
    sink = ImagesSink(folder / "out", several_models=several_models)
    for one in deliveries:
        sink.write(one)
    sink.close(complete=True)
    return {path.name: path.read_bytes() for path in (folder / "out").iterdir()}


def test_a_picture_is_named_after_its_image(tmp_path: Path) -> None:
    """Whatever the format of the image, the picture is a JPEG."""
    assert written(tmp_path, delivery("photos/cat.png", b"1"), delivery("dog.tar.webp", b"2")) == {
        "cat.jpg": b"1",
        "dog.tar.jpg": b"2",
    }


def test_images_of_the_same_name_are_numbered_in_the_order_of_the_run(tmp_path: Path) -> None:
    """Two folders that both hold cat.jpg give two pictures."""
    assert written(tmp_path, delivery("x/cat.jpg", b"1"), delivery("y/cat.jpg", b"2"), delivery("cat.png", b"3")) == {
        "cat.jpg": b"1",
        "cat-2.jpg": b"2",
        "cat-3.jpg": b"3",
    }


@pytest.mark.parametrize("order", [("cat", "cat", "cat-2"), ("cat-2", "cat", "cat"), ("cat", "cat-2", "cat")])
def test_a_number_that_is_taken_by_a_name_is_left_out(tmp_path: Path, order: tuple[str, ...]) -> None:
    """An image called cat-2.jpg does not lose its picture to the second cat.jpg."""
    pictures = [str(number).encode() for number in range(len(order))]
    made = written(tmp_path, *(delivery(f"{name}.jpg", data) for name, data in zip(order, pictures, strict=True)))

    assert sorted(made.values()) == pictures


def test_frames_of_a_video_carry_their_number(tmp_path: Path) -> None:
    """Six digits sort by name as by time, the first frame too."""
    frames = (delivery("clip.mp4", frame=number, time_s=number / 25) for number in (0, 1, 1234567))

    assert sorted(written(tmp_path, *frames)) == ["clip-000000.jpg", "clip-000001.jpg", "clip-1234567.jpg"]


def test_several_models_are_in_the_name(tmp_path: Path) -> None:
    """Each model has its picture of each image."""
    deliveries = [delivery(source, model=model) for source in ("x/cat.jpg", "y/cat.jpg") for model in ("lite", "a/b")]

    assert sorted(written(tmp_path, *deliveries, several_models=True)) == [
        *("cat.a_b-2.jpg", "cat.a_b.jpg", "cat.lite-2.jpg", "cat.lite.jpg")
    ]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("../../x.jpg", "x.jpg"),
        ("..", "image.jpg"),
        (".", "image.jpg"),
        ("/", "image.jpg"),
        ("", "image.jpg"),
        ("../..", "image.jpg"),
        ("...jpg", "image.jpg"),
        (".hidden.jpg", "hidden.jpg"),
        ("a\\..\\b.jpg", "a_.._b.jpg"),
        ("a\0b.jpg", "a_b.jpg"),
        ("two words.jpg", "two_words.jpg"),
        ('it\'s "quoted", (1)\n.jpg', "it_s_quoted_1_.jpg"),
        ("caf\\xff.jpg", "caf_xff.jpg"),
        ("caf\udcff.jpg", "caf_.jpg"),
        ("Käse 猫.jpg", "Käse_猫.jpg"),
        ("-x.jpg", "-x.jpg"),
        ("http://h:80/a/b.jpg?size=../../9", "b.jpg"),
        ("http://h", "h.jpg"),
        ("synthetic://64x48?seed=7", "64x48.jpg"),
        ("stdin", "stdin.jpg"),
    ],
)
def test_a_name_is_plain_and_stays_in_the_folder(tmp_path: Path, source: str, name: str) -> None:
    """Letters, digits, dots and dashes; nothing hidden, nothing outside."""
    assert list(written(tmp_path, delivery(source))) == [name]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_the_longest_names_are_cut(tmp_path: Path) -> None:
    """Two long names that begin alike are two pictures, also with a model and a frame number."""
    sources = ["x" * 251 + ".jpg", "x" * 250 + "y.jpg", "猫" * 83 + ".mp4"]
    made = written(
        tmp_path,
        *(delivery(source, frame=1234567, time_s=1.0, model="m" * 200) for source in sources),
        several_models=True,
    )

    assert len(made) == 3
    assert max(len(name.encode()) for name in made) <= 255


def test_failures_and_results_without_a_picture_write_nothing(tmp_path: Path) -> None:
    """A picture that was not made is not missed."""
    sink = ImagesSink(tmp_path / "out", several_models=False)
    sink.write(Delivery(Failure("ab", "gone.jpg", 0, "not_found", "gone", "look")))
    sink.write(delivery("cat.jpg", picture=None))
    sink.close(complete=True)

    assert not (tmp_path / "out").exists()


def test_pictures_are_whole_when_they_are_written(tmp_path: Path) -> None:
    """An interrupted run keeps those that it made."""
    sink = ImagesSink(tmp_path / "out", several_models=False)
    sink.write(delivery("cat.jpg"))
    before = [path.name for path in (tmp_path / "out").iterdir()]
    sink.close(complete=False)

    assert before == [path.name for path in (tmp_path / "out").iterdir()] == ["cat.jpg"]


def test_a_second_run_replaces_the_pictures_of_the_first(tmp_path: Path) -> None:
    """The folder does not fill up with numbers."""
    written(tmp_path, delivery("cat.jpg", b"first"))

    assert written(tmp_path, delivery("cat.jpg", b"second")) == {"cat.jpg": b"second"}


def test_an_image_is_never_replaced_by_its_own_picture(tmp_path: Path) -> None:
    """`vedette run photos -o annotated:photos` is refused at the first picture; the photo is as it was."""
    photo = tmp_path / "out/cat.jpg"
    photo.parent.mkdir()
    photo.write_bytes(b"original")
    with pytest.raises(ConflictError) as caught:
        written(tmp_path, delivery(str(photo)))

    assert caught.value.message == f"the annotated picture {photo} would replace the image itself"
    assert caught.value.help == "choose another folder"
    assert [path.read_bytes() for path in photo.parent.iterdir()] == [b"original"]
