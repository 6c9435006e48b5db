"""What `vedette evaluate --data` names: marked images (COCO's JSON), images sorted by class, or images alone.

FILE.json          -> Marked   the truth, and the file of each of its images
FOLDER/CLASS/image -> Sorted   the files, and the folder of each
images, --against  -> Plain    the files
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.datasets.class_folders import read_class_folders
from vedette.adapters.datasets.coco import CocoFile, find_image_folder, missing_images, read_coco
from vedette.adapters.datasets.folder import find_images
from vedette.errors import NotFoundError, UsageError
from vedette.rules.accuracy.labels import listed
from vedette.rules.dataset.sampling import draw_order
from vedette.values.truth import Truth

_SEED = 0
"""Of the draw that `--limit` makes: the same images each time."""


@dataclass(frozen=True, slots=True)
class Marked:
    """Images in which objects are marked; `notes` tell what is odd in the truth."""

    files: tuple[str, ...]
    truth: Truth
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sorted:
    """Images in class folders: for each file the name of its folder, which may hold other folders."""

    files: tuple[str, ...]
    folders: tuple[str, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plain:
    """Images of which nothing is known."""

    files: tuple[str, ...]
    notes: tuple[str, ...] = ()


Data = Marked | Sorted | Plain


@dataclass(frozen=True, slots=True)
class DataWish:
    """What the user says of the data.

    Attributes:
        data: a JSON file, a folder or a pattern.
        images: the folder of a JSON file's images; None looks in the usual places.
        limit: at most so many images, drawn with a fixed seed; None takes all.
        skip_missing: whether images of the truth that are not there are left out.
    """

    data: str
    images: Path | None = None
    limit: int | None = None
    skip_missing: bool = False


def read_truth(wish: DataWish) -> Marked | Sorted:
    """The data that a model is held against.

    Raises:
        VedetteError: it is not there, or no truth.
    """
    if _is_json(wish.data):
        return _marked(wish)
    _refuse_json_options(wish)
    classes, notes = read_class_folders(Path(wish.data).expanduser())
    pairs = [(_absolute(image), one.name) for one in classes for image in one.images]
    kept = [pairs[number] for number in _drawn([file for file, _ in pairs], wish.limit)]
    return Sorted(tuple(file for file, _ in kept), tuple(folder for _, folder in kept), notes)


def read_images(wish: DataWish) -> Plain:
    """Images without a truth; those of a JSON file where that is named."""
    if _is_json(wish.data):
        marked = _marked(wish)
        return Plain(marked.files, marked.notes)
    _refuse_json_options(wish)
    files = [_absolute(source.path) for source in find_images([wish.data])]
    return Plain(tuple(files[number] for number in _drawn(files, wish.limit)))


def _marked(wish: DataWish) -> Marked:
    file = Path(wish.data).expanduser()
    read = read_coco(file)
    folder = find_image_folder(file, read.truth) if wish.images is None else wish.images.expanduser()
    missing = missing_images(folder, read.truth)
    if missing and not wish.skip_missing:
        raise _are_missing(read, folder, missing)
    there = sorted(set(range(len(read.truth.images))) - set(missing))
    if not there:
        raise NotFoundError(f"no image of {file} is in {folder}", help="name the folder of the images with --images")
    names = [read.truth.images[number].file for number in there]
    chosen = tuple(there[number] for number in _drawn(names, wish.limit))
    truth = read.truth.limited_to(chosen)
    notes = (
        (*read.notes, f"images left out, they are not there: {len(missing)} of {len(read.truth.images)}")
        if missing
        else read.notes
    )
    return Marked(tuple(_absolute(folder / image.file) for image in truth.images), truth, notes)


def _are_missing(read: CocoFile, folder: Path, missing: Sequence[int]) -> NotFoundError:
    images = read.truth.images
    names = listed([images[number].file for number in missing])
    return NotFoundError(
        f"{len(missing)} of {len(images)} images are not in {folder}: {names}",
        help="name their folder with --images, or evaluate the others with --skip-missing",
    )


def _refuse_json_options(wish: DataWish) -> None:
    if wish.images is not None or wish.skip_missing:
        option = "--skip-missing" if wish.images is None else "--images"
        raise UsageError(f"{option} goes with a JSON file, {wish.data} is none", help=f"leave {option} out")


def _is_json(data: str) -> bool:
    return data.lower().endswith(".json") and not Path(data).expanduser().is_dir()


def _drawn(names: Sequence[str], limit: int | None) -> list[int]:
    """Which of the names are kept, in their order."""
    if limit is None or limit >= len(names):
        return list(range(len(names)))
    draw = draw_order(names, _SEED)
    return sorted(next(draw) for _ in range(limit))


def _absolute(path: Path) -> str:
    """A path that nobody takes for an option, an address or standard input."""
    return os.path.abspath(path)  # noqa: PTH100 - links stay as they are named
