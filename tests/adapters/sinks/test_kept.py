"""Pictures that a server keeps."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import jpeg

from vedette.adapters.sinks.kept import KeptPictures
from vedette.errors import ForbiddenError
from vedette.flows.inference.postprocess import Delivery
from vedette.values.frame import Size
from vedette.values.result import Failure, Result
from vedette.values.timeline import Timeline

PICTURE = jpeg((255, 0, 0))


def seen(source: str, identity: str = "4f1d", model: str = "colour") -> Delivery:
    facts = (identity, source, 0, None, Size(8, 8), model, "1", "null", "fp32", (), Timeline())
    return Delivery(Result(*facts), PICTURE)


@pytest.mark.parametrize(
    ("source", "identity", "name"),
    [
        ("photos/cat.png", "4f1d", "cat-4f1d.colour.jpg"),
        ("https://host/cat.jpg?x=1", "a:b", "cat-a_b.colour.jpg"),
        ("../../etc/passwd", "../x", "passwd-_x.colour.jpg"),
        ("", "", "image-.colour.jpg"),
        ("x" * 300, "y" * 300, f"{'x' * 60}-{'y' * 60}.colour.jpg"),
    ],
)
def test_names(tmp_path: Path, source: str, identity: str, name: str) -> None:
    """Image, id and model make the name, which never leaves the folder."""
    KeptPictures(tmp_path / "p").write(seen(source, identity))

    assert [file.name for file in (tmp_path / "p").iterdir()] == [name]
    assert (tmp_path / "p" / name).read_bytes() == PICTURE


def test_the_same_image_again(tmp_path: Path) -> None:
    """Its picture is replaced; that of another model or request is another file."""
    folder = KeptPictures(tmp_path)
    for one in (seen("cat.jpg"), seen("cat.jpg"), seen("cat.jpg", "other"), seen("cat.jpg", model="second")):
        folder.write(one)
    folder.write(Delivery(Failure("x", "cat.jpg", 0, "invalid", "no image", "")))

    assert len(list(tmp_path.iterdir())) == 3


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """Who can put links into the folder cannot have other files replaced."""
    (tmp_path / "cat-4f1d.colour.jpg").symlink_to(tmp_path / "other")

    with pytest.raises(ForbiddenError):
        KeptPictures(tmp_path).write(seen("cat.jpg"))
    assert not (tmp_path / "other").exists()
