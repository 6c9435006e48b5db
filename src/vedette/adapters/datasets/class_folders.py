"""Images that are sorted into folders, one a class: FOLDER/CLASS/.../image.

ImageNet's folders bear WordNet ids; `imagenet_wnids` tells which class each is (ids are facts of WordNet 3.0; a
class's number is the place of its id in their sorted order).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.datasets.folder import find_images
from vedette.errors import InvalidError, NotFoundError, UnavailableError
from vedette.rules.vision.suffixes import is_image

_WNIDS = Path(__file__).with_name("ilsvrc_wnids.txt")


@dataclass(frozen=True, slots=True)
class ClassFolder:
    """The images of one class, by name; possibly none."""

    name: str
    images: tuple[Path, ...]


def read_class_folders(folder: Path) -> tuple[tuple[ClassFolder, ...], tuple[str, ...]]:
    """The class folders, by name, with all images below; and what is to be told of the rest.

    Raises:
        NotFoundError: the folder is not there.
        InvalidError: it has no folders, or no image in them.
    """
    loose, names = _listing(folder)
    if not names:
        raise InvalidError(
            f"{folder} has no folders, one a class",
            help="sort the images into folders named by label or class index, or compare two models with --against",
        )
    found = tuple(ClassFolder(name, _images(folder / name)) for name in names)
    if not any(one.images for one in found):
        raise InvalidError(f"no image in the folders of {folder}", help="images are told by their suffix, such as .jpg")
    empty = [one.name for one in found if not one.images]
    notes = [f"images beside the class folders, left out: {loose}"] if loose else []
    notes += [f"folders without images: {len(empty)} ({', '.join(empty[:5])})"] if empty else []
    return tuple(one for one in found if one.images), tuple(notes)


def imagenet_wnids() -> tuple[str, ...]:
    """The WordNet ids of ImageNet's 1,000 classes (ILSVRC 2012), by class number."""
    return tuple(_WNIDS.read_text("ascii").split())


def _listing(folder: Path) -> tuple[int, list[str]]:
    """The number of images right in a folder, and the names of its folders but hidden ones."""
    try:
        entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
    except FileNotFoundError:
        raise NotFoundError(f"{folder} does not exist", help="check the path") from None
    except OSError as error:
        raise UnavailableError(
            f"cannot list {folder}: {error.strerror}", help="name a folder that you may open"
        ) from None
    return sum(is_image(entry.name) for entry in entries if entry.is_file()), sorted(
        entry.name for entry in entries if entry.is_dir()
    )


def _images(folder: Path) -> tuple[Path, ...]:
    try:
        return tuple(source.path for source in find_images([str(folder)]))
    except NotFoundError:
        return ()
