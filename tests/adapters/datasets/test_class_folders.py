"""Images that are sorted into folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.adapters.datasets.class_folders import imagenet_wnids, read_class_folders
from vedette.errors import InvalidError, NotFoundError, UnavailableError


def make(top: Path, *files: str) -> Path:
    for name in files:
        file = top / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return top


def test_each_folder_is_a_class_with_all_images_below(tmp_path: Path) -> None:
    """By name; hidden folders and other files are left out."""
    top = make(tmp_path, "dog/b.png", "dog/more/a.JPG", "dog/notes.txt", "cat/c.jpg", ".git/d.jpg", "labels.csv")

    classes, notes = read_class_folders(top)

    assert [(one.name, [image.relative_to(top).as_posix() for image in one.images]) for one in classes] == [
        ("cat", ["cat/c.jpg"]),
        ("dog", ["dog/b.png", "dog/more/a.JPG"]),
    ]
    assert notes == ()


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    """Images beside the folders, and folders without images."""
    classes, notes = read_class_folders(make(tmp_path, "cat/c.jpg", "dog/readme.txt", "loose.png"))

    assert [one.name for one in classes] == ["cat"]
    assert notes == ("images beside the class folders, left out: 1", "folders without images: 1 (dog)")


@pytest.mark.parametrize(
    ("files", "message"), [(("a.jpg",), "has no folders, one a class"), (("cat/a.txt",), "no image in the folders")]
)
def test_a_folder_that_is_not_sorted_is_refused(tmp_path: Path, files: tuple[str, ...], message: str) -> None:
    """With what is missing."""
    with pytest.raises(InvalidError, match=message):
        read_class_folders(make(tmp_path, *files))


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    """Not there, or a file."""
    with pytest.raises(NotFoundError, match="does not exist"):
        read_class_folders(tmp_path / "none")
    with pytest.raises(UnavailableError, match="cannot list"):
        read_class_folders(make(tmp_path, "file.jpg") / "file.jpg")


def test_imagenet_ids_are_a_thousand_in_sorted_order() -> None:
    """As ILSVRC numbers its classes: tench, tabby, toilet tissue are 0, 281 and 999."""
    wnids = imagenet_wnids()

    assert len(wnids) == len(set(wnids)) == 1000
    assert list(wnids) == sorted(wnids)
    assert (wnids[0], wnids[281], wnids[999]) == ("n01440764", "n02123045", "n15075141")
