"""What `--data` names: marked images, images in class folders, or images alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cell_detector import write_truth

from vedette.errors import NotFoundError
from vedette.wiring.truths import DataWish, Marked, Plain, Sorted, read_images, read_truth

NAMES = tuple(f"{number}.png" for number in range(20))


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    """A truth of twenty images, each with as many objects as its number tells."""
    for name in NAMES:
        (tmp_path / name).touch()
    write_truth(tmp_path / "truth.json", {name: [(0, 0, 0)] * int(Path(name).stem) for name in NAMES})
    return tmp_path / "truth.json"


def test_files_and_truth_have_one_order(marked: Path) -> None:
    """The file of each image, by rising id, as an absolute path."""
    data = read_truth(DataWish(str(marked)))

    assert isinstance(data, Marked)
    assert data.files == tuple(str(marked.parent / image.file) for image in data.truth.images)
    assert sorted(Path(file).name for file in data.files) == sorted(NAMES)


@pytest.mark.parametrize("limit", [1, 7, 19])
def test_a_limit_draws_images_with_their_objects(marked: Path, limit: int) -> None:
    """The same ones each time, the smaller draw within the larger one, and no object of another image."""
    data, again, more = (read_truth(DataWish(str(marked), limit=n)) for n in (limit, limit, limit + 1))

    assert isinstance(data, Marked)
    assert data.files == again.files
    assert set(data.files) < set(more.files)
    assert len(data.files) == limit
    counts = [int((data.truth.objects.images == place).sum()) for place in range(limit)]
    assert counts == [int(Path(file).stem) for file in data.files]


def test_a_limit_beyond_all_takes_all(marked: Path) -> None:
    """Twenty of twenty."""
    assert len(read_truth(DataWish(str(marked), limit=50)).files) == 20


def test_names_that_mean_something_to_a_shell_are_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A minus, a pattern, an address: all become absolute paths, which no source takes for something else."""
    monkeypatch.chdir(tmp_path)
    names = ["-", "[a]*.png", "http:"]
    for name in names:
        Path(name).touch()
    write_truth(Path("truth.json"), {name: [(0, 0, 0)] for name in names})

    data = read_truth(DataWish("truth.json", Path()))

    assert sorted(data.files) == sorted(os.path.join(tmp_path, name) for name in names)  # noqa: PTH118


def test_class_folders_keep_the_class_of_each_file(tmp_path: Path) -> None:
    """A draw, too; a folder whose name ends in .json is a folder."""
    top = tmp_path / "set.json"
    for name in ("cat/1.png", "cat/deep/2.png", "dog/3.png"):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).touch()

    data, two = read_truth(DataWish(str(top))), read_truth(DataWish(str(top), limit=2))

    assert isinstance(data, Sorted)
    assert isinstance(two, Sorted)
    assert dict(zip(data.files, data.folders, strict=True)) == {
        str(top / "cat/1.png"): "cat",
        str(top / "cat/deep/2.png"): "cat",
        str(top / "dog/3.png"): "dog",
    }
    assert set(zip(two.files, two.folders, strict=True)) < set(zip(data.files, data.folders, strict=True))


def test_images_alone_are_files_folders_and_patterns(marked: Path) -> None:
    """Or those of a truth, whose marks are not looked at."""
    folder = read_images(DataWish(str(marked.parent)))
    pattern = read_images(DataWish(str(marked.parent / "1*.png"), limit=3))
    truth = read_images(DataWish(str(marked)))

    assert isinstance(folder, Plain)
    assert len(pattern.files) == 3
    assert set(pattern.files) < set(folder.files) == set(truth.files)


def test_no_image_left_is_an_error(tmp_path: Path) -> None:
    """To leave out all that is missing leaves nothing."""
    write_truth(tmp_path / "truth.json", {"a.png": [(0, 0, 0)]})

    with pytest.raises(NotFoundError, match=r"no image of .* is in"):
        read_truth(DataWish(str(tmp_path / "truth.json"), tmp_path, skip_missing=True))
