"""Sets of mosaics: what is written is what mosaic.json says, byte for byte the same for a seed."""

from __future__ import annotations

import hashlib
import json
import shutil
import tracemalloc
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vedette.errors import ConflictError, InvalidError, NotFoundError
from vedette.rules.dataset.mosaic import Grid
from vedette.values.frame import Size
from vedette.wiring.mosaics import Recipe, make

SMALL = Recipe(images=3, grid=Grid(4, 3, Size(100, 100)), spans=0.25, seed=0, quality=90)


def made(photos: Path, output: Path, recipe: Recipe = SMALL, *, force: bool = False) -> Path:
    make([str(photos)], recipe, output=output, force=force)
    return output


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_seed_gives_the_same_files(photos: Path, tmp_path: Path) -> None:
    """From a copy of the photos at another place every byte is the same; another seed gives other images."""
    shutil.copytree(photos, tmp_path / "moved")
    one, two = made(photos, tmp_path / "one"), made(tmp_path / "moved", tmp_path / "two")
    other = made(photos, tmp_path / "other", replace(SMALL, seed=1))

    assert contents(one) == contents(two)
    assert not set(contents(one).values()) & set(contents(other).values())


def test_a_larger_set_starts_with_the_smaller_one(photos: Path, tmp_path: Path) -> None:
    """Image 2 is the same in a set of 3 and in a set of 5."""
    few, more = contents(made(photos, tmp_path / "3")), contents(made(photos, tmp_path / "5", replace(SMALL, images=5)))

    assert {name: more[name] for name in few if name.endswith(".jpg")} == {
        name: data for name, data in few.items() if name.endswith(".jpg")
    }


def test_no_photos_are_those_that_vedette_ships(photos: Path, tmp_path: Path) -> None:
    """Named or not, the shipped photos give the same files."""
    make([], SMALL, output=tmp_path / "default", force=False)

    assert contents(tmp_path / "default") == contents(made(photos, tmp_path / "named"))


def test_the_pictures_are_what_the_record_says(photos: Path, tmp_path: Path) -> None:
    """Pillow, told by mosaic.json alone, paints nearly the same images."""
    folder = made(photos, tmp_path / "out", replace(SMALL, grid=Grid(4, 3, Size(150, 150)), quality=98))
    record = json.loads((folder / "mosaic.json").read_text())
    sources = [Image.open(photos / photo["source"]).convert("RGB") for photo in record["photos"]]

    for image in record["images"]:
        with Image.open(folder / image["file"]) as opened:
            ours = np.asarray(opened.convert("RGB"), float)
        assert ours.shape == (450, 600, 3)
        for crop in image["crops"]:
            left, top, width, height = crop["crop"]
            x, y, across, down = crop["at"]
            part = sources[crop["photo"]].crop((left, top, left + width, top + height))
            theirs = np.asarray(part.resize((across, down), Image.Resampling.BICUBIC), float)
            turned, plain = theirs[:, ::-1], theirs
            right, wrong = (turned, plain) if crop["mirrored"] else (plain, turned)
            tile = ours[y : y + down, x : x + across]
            assert np.abs(tile - right).mean() < min(12, np.abs(tile - wrong).mean())


def test_the_record_names_what_was_used(photos: Path, tmp_path: Path) -> None:
    """Seed, sizes, share of spans, and the hash of every photo; the manifest proves images and record."""
    folder = made(photos, tmp_path / "out")
    record = json.loads((folder / "mosaic.json").read_text())
    manifest = json.loads((folder / "manifest.json").read_text())
    digests = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}

    assert [record[key] for key in ("schema", "seed", "size", "tile", "spans")] == [
        "vedette.mosaic/1",
        0,
        "400x300",
        "100x100",
        0.25,
    ]
    for photo in record["photos"]:
        assert photo["sha256"] == hashlib.sha256((photos / photo["source"]).read_bytes()).hexdigest()
    assert manifest["complete"] is True
    assert [image["file"] for image in manifest["images"]] == [f"mosaic-000{number}.jpg" for number in range(3)]
    for image in manifest["images"]:
        assert (image["sha256"], image["source_sha256"]) == (digests[image["file"]], digests["mosaic.json"])


def test_photos_that_are_not_used_are_not_named(photos: Path, tmp_path: Path) -> None:
    """An image of two tiles uses two photos of five."""
    folder = made(photos, tmp_path / "out", replace(SMALL, images=1, grid=Grid(2, 1, Size(80, 80)), spans=0))
    record = json.loads((folder / "mosaic.json").read_text())

    assert [crop["photo"] for crop in record["images"][0]["crops"]] in ([0, 1], [1, 0])
    assert len(record["photos"]) == 2


def test_large_photos_are_decoded_small_and_look_the_same(photos: Path, tmp_path: Path) -> None:
    """A photo of eight times the size gives nearly the tiles that the photo itself gives."""
    (tmp_path / "large").mkdir()
    (tmp_path / "plain").mkdir()
    with Image.open(photos / "coffee.jpg") as photo:
        photo.save(tmp_path / "plain/photo.png")
        photo.resize((photo.width * 8, photo.height * 8), Image.Resampling.BICUBIC).save(
            tmp_path / "large/photo.jpg", quality=95
        )
    recipe = replace(SMALL, images=1, grid=Grid(2, 2, Size(60, 60)), spans=0, quality=98)
    pictures = []
    for name in ("plain", "large"):
        with Image.open(made(tmp_path / name, tmp_path / f"{name}-out", recipe) / "mosaic-0000.jpg") as opened:
            pictures.append(np.asarray(opened, float))

    assert np.abs(pictures[0] - pictures[1]).mean() < 4


def test_memory_does_not_grow_with_the_number_of_images(photos: Path, tmp_path: Path) -> None:
    """Twenty images more take less than one canvas more at the peak."""
    recipe = replace(SMALL, grid=Grid(4, 4, Size(150, 150)))
    peaks = []
    for images in (4, 24):
        tracemalloc.start()
        made(photos, tmp_path / str(images), replace(recipe, images=images))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] - peaks[0] < recipe.grid.size.pixels * 3


def test_a_set_is_replaced_with_force_only(photos: Path, tmp_path: Path) -> None:
    """The old record goes with the old images, and the user's own file stays."""
    made(photos, tmp_path / "out")
    (tmp_path / "out/notes.txt").write_text("mine")

    with pytest.raises(ConflictError, match="is not empty"):
        made(photos, tmp_path / "out", replace(SMALL, images=1))
    made(photos, tmp_path / "out", replace(SMALL, images=1), force=True)
    assert sorted(contents(tmp_path / "out")) == ["manifest.json", "mosaic-0000.jpg", "mosaic.json", "notes.txt"]


def test_a_mosaic_json_of_the_user_is_not_replaced(photos: Path, tmp_path: Path) -> None:
    """A set of another kind lists no mosaic.json, so one that lies there is a stranger's."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out/manifest.json").write_text('{"schema": "vedette.dataset/1", "images": []}')
    (tmp_path / "out/mosaic.json").write_text("mine")

    with pytest.raises(ConflictError, match=r"mosaic\.json is in no manifest\.json"):
        made(photos, tmp_path / "out", force=True)
    assert (tmp_path / "out/mosaic.json").read_text() == "mine"


def test_unreadable_photos_are_told_and_the_others_used(photos: Path, tmp_path: Path) -> None:
    """A file that is no image is among those left out."""
    shutil.copytree(photos, tmp_path / "in")
    (tmp_path / "in/text.jpg").write_text("no image")
    result = make([str(tmp_path / "in")], SMALL, output=tmp_path / "out", force=False)

    assert [reject.source for reject in result.rejected] == ["text.jpg"]
    assert len(result.entries) == 3


def test_no_readable_photo_is_an_error_that_says_why(tmp_path: Path) -> None:
    """Nothing is written when there is nothing to cut."""
    (tmp_path / "text.jpg").write_text("no image")

    with pytest.raises(InvalidError, match=r"none of 1 photos can be read: text\.jpg: not an image"):
        made(tmp_path / "text.jpg", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_damaged_photo_is_named_and_the_set_is_incomplete(photos: Path, tmp_path: Path) -> None:
    """A photo cut short has a header, so only its decoding tells; nobody takes what was made for a whole set."""
    whole = (photos / "coffee.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(InvalidError, match=r"cut\.jpg: the JPEG is damaged"):
        made(tmp_path / "cut.jpg", tmp_path / "out")
    assert json.loads((tmp_path / "out/manifest.json").read_text())["complete"] is False


def test_photos_that_do_not_exist_are_named(tmp_path: Path) -> None:
    """A slip in --photos is answered with the path."""
    with pytest.raises(NotFoundError, match="nowhere does not exist"):
        made(tmp_path / "nowhere", tmp_path / "out")
