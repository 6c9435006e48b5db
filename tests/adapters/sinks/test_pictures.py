"""Pictures have names of their own and are written whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.adapters.sinks.pictures import PictureNames, plain_name, write_picture
from vedette.errors import ConflictError, UnavailableError
from vedette.values.frame import Size
from vedette.values.result import Result
from vedette.values.timeline import Timeline


def result(source: str, frame: int = 0, time_s: float | None = None) -> Result:
    return Result("ab", source, frame, time_s, Size(4, 3), "a/b", "1", "openvino", "bf16", (), Timeline())


def test_every_result_has_a_name_of_its_own() -> None:
    """Named after the image, numbered where two are called alike, also where the number is taken by a name."""
    names = PictureNames(several_models=False)
    sources = ("x/cat.png", "cat-2.jpg", "y/cat.jpg", "http://h/a.jpg?x=../b", "..")

    assert [names.of(result(source)) for source in sources] == ["cat", "cat-2", "cat-3", "a", "image"]


def test_frames_and_models_are_in_the_name() -> None:
    """Six digits for a frame, the first too; then the model."""
    names = PictureNames(several_models=True)

    assert names.of(result("clip.mp4", time_s=0.0)) == "clip-000000.a_b"
    assert names.of(result("clip.mp4", frame=7)) == "clip-000007.a_b"


@pytest.mark.parametrize(
    ("text", "plain"), [("traffic light", "traffic_light"), ("../x", "_x"), ("...", ""), ("é猫", "é猫"), ("", "")]
)
def test_a_plain_name_cannot_leave_its_folder(text: str, plain: str) -> None:
    """Letters, digits, dots and dashes, and no dot at the start."""
    assert plain_name(text) == plain


def test_a_plain_name_is_cut_between_letters() -> None:
    """At 120 bytes, not within a letter."""
    assert plain_name("x" * 500) == "x" * 120
    assert plain_name("x" + "猫" * 500) == "x" + "猫" * 39


def test_a_picture_never_replaces_its_image(tmp_path: Path) -> None:
    """The message names what it would have been."""
    photo = tmp_path / "cat.jpg"
    photo.write_bytes(b"original")
    with pytest.raises(ConflictError) as caught:
        write_picture(photo, b"new", str(photo), kind="crop")

    assert caught.value.message == f"the crop {photo} would replace the image itself"
    assert photo.read_bytes() == b"original"


def test_a_picture_makes_its_folder_or_says_why_not(tmp_path: Path) -> None:
    """A file in the place of the folder is named; nothing is left."""
    write_picture(tmp_path / "a/b/cat.jpg", b"1", "cat.jpg", kind="crop")
    with pytest.raises(UnavailableError):
        write_picture(tmp_path / "a/b/cat.jpg/dog.jpg", b"2", "dog.jpg", kind="crop")

    assert [path.name for path in (tmp_path / "a/b").iterdir()] == ["cat.jpg"]
