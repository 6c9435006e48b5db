"""`vedette data` makes and describes image sets."""

from __future__ import annotations

import hashlib
import json
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from vedette.cli import data
from vedette.errors import ConflictError, InvalidError, NotFoundError, UsageError


def call(*arguments: object) -> int:
    """Run `vedette data ...` and return its exit code; errors are raised as they are."""
    return data.app([str(argument) for argument in arguments], standalone_mode=False) or 0


def manifest(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_text())


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def paint(path: Path, width: int, height: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), (width % 256, height % 256, 7)).save(path)
    return path


def pillow_size(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Thirty images of different sizes in two folders, with equal names."""
    for number in range(15):
        paint(tmp_path / f"in/a/{number:02}.png", 10 + number, 20)
        paint(tmp_path / f"in/b/{number:02}.png", 30 + number, 40)
    return tmp_path / "in"


# --- sample -----------------------------------------------------------------------------------------------------------


def test_a_sample_copies_the_bytes_unchanged(photos: Path, tmp_path: Path) -> None:
    """Each file equals its source, and the manifest proves it."""
    assert call("sample", photos, "--count", 3, "--seed", 5, "--output", tmp_path / "out") == 0
    document = manifest(tmp_path / "out")

    assert document["complete"] is True
    assert document["parameters"] == {"inputs": [str(photos)], "count": 3, "seed": 5, "found": 5}
    assert len(document["images"]) == 3
    for image in document["images"]:
        copy, source = tmp_path / "out" / image["file"], photos / image["source"]
        assert copy.read_bytes() == source.read_bytes()
        assert image["sha256"] == image["source_sha256"] == digest(source)
        with Image.open(source) as opened:
            assert (image["width"], image["height"]) == opened.size


def test_the_same_seed_gives_the_same_set_from_another_place(many: Path, tmp_path: Path) -> None:
    """A copy of the folder, made in another order, gives the same images; another seed gives others."""
    for path in sorted(many.rglob("*.png"), reverse=True):
        target = tmp_path / "moved" / path.relative_to(many)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    call("sample", many, "--count", 8, "--seed", 1, "--output", tmp_path / "one")
    call("sample", tmp_path / "moved", "--count", 8, "--seed", 1, "--output", tmp_path / "two")
    call("sample", many, "--count", 8, "--seed", 2, "--output", tmp_path / "three")

    assert manifest(tmp_path / "one")["images"] == manifest(tmp_path / "two")["images"]
    assert manifest(tmp_path / "one")["set_sha256"] != manifest(tmp_path / "three")["set_sha256"]


def test_equal_names_from_two_folders_stay_apart(many: Path, tmp_path: Path) -> None:
    """All thirty images are there, the second of each name numbered."""
    call("sample", many, "--count", 30, "--output", tmp_path / "out")
    files = {path.name for path in (tmp_path / "out").glob("*.png")}

    assert files == {f"{n:02}.png" for n in range(15)} | {f"{n:02}-2.png" for n in range(15)}


def test_fewer_images_than_asked_for_is_an_error_with_both_numbers(photos: Path, tmp_path: Path) -> None:
    """The message names what was asked for and what is there, and nothing is written."""
    with pytest.raises(InvalidError, match="6 images were asked for, 5 are there"):
        call("sample", photos, "--count", 6, "--output", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_drawn_file_that_is_no_image_is_replaced_and_told(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """The set still has its number of images, and the exit code says that some failed."""
    paint(tmp_path / "in/good.png", 8, 8)
    for number in range(5):
        (tmp_path / f"in/bad{number}.jpg").write_text("no image")

    assert call("sample", tmp_path / "in", "--count", 1, "--seed", 3, "--output", tmp_path / "out") == 1
    document = manifest(tmp_path / "out")
    assert [image["file"] for image in document["images"]] == ["good.png"]
    assert document["rejected"]
    assert document["rejected"][0]["source"] in capsys.readouterr().out


def test_unreadable_files_are_counted_when_too_few_are_left(tmp_path: Path) -> None:
    """The error tells how many of the files cannot be read."""
    paint(tmp_path / "in/good.png", 8, 8)
    (tmp_path / "in/bad.jpg").write_text("no image")

    with pytest.raises(InvalidError, match="2 images were asked for, 2 are there, 1 of them unreadable") as caught:
        call("sample", tmp_path / "in", "--count", 2, "--output", tmp_path / "out")
    assert "--count 1" in caught.value.help


def test_a_set_is_replaced_with_force_only(photos: Path, tmp_path: Path) -> None:
    """The second set stands alone in the folder, as if the first had never been."""
    call("sample", photos, "--count", 5, "--output", tmp_path / "out")

    with pytest.raises(ConflictError, match="is not empty"):
        call("sample", photos, "--count", 2, "--output", tmp_path / "out")
    assert call("sample", photos, "--count", 2, "--output", tmp_path / "out", "--force") == 0
    assert len(list((tmp_path / "out").glob("*.jpg"))) == 2


def test_the_answer_as_json_is_the_manifest(photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    """A program reads from standard output what is in the folder."""
    call("sample", photos, "--count", 2, "--output", tmp_path / "out", "--format", "json")
    answer = json.loads(capsys.readouterr().out)

    assert answer["images"] == manifest(tmp_path / "out")["images"]
    assert answer["output"] == str(tmp_path / "out")


# --- resize -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["standard", "fit_to_window", "fit_to_window_letterbox", "crop"])
@pytest.mark.parametrize("image_format", ["jpg", "png"])
def test_every_mode_makes_images_of_the_size(photos: Path, tmp_path: Path, mode: str, image_format: str) -> None:
    """Pillow finds the size and the format that were asked for, and the manifest proves each file."""
    out = tmp_path / "out"
    options = ("--size", "60x40", "--mode", mode, "--image-format", image_format)

    assert call("resize", photos, *options, "--output", out) == 0
    document = manifest(out)
    assert len(document["images"]) == 5
    for image in document["images"]:
        assert image["sha256"] == digest(out / image["file"])
        assert image["source_sha256"] == digest(photos / image["source"])
        with Image.open(out / image["file"]) as opened:
            assert opened.size == (image["width"], image["height"]) == (60, 40)
            assert opened.format == {"jpg": "JPEG", "png": "PNG"}[image_format]


def test_a_resized_image_looks_like_pillows(photos: Path, tmp_path: Path) -> None:
    """A shrunk photo has nearly the mean colour that Pillow's own resize gives."""
    call("resize", photos / "chelsea.jpg", "--size", "64x64", "--image-format", "png", "--output", tmp_path / "out")
    with Image.open(tmp_path / "out/chelsea.png") as ours, Image.open(photos / "chelsea.jpg") as source:
        theirs = source.resize((64, 64), Image.Resampling.BILINEAR)

        assert np.allclose(np.mean(ours, (0, 1)), np.mean(theirs, (0, 1)), atol=2)


def test_padding_and_stretching_differ_as_named(tmp_path: Path) -> None:
    """A wide white image: stretched it fills the square, fitted it has black below, in a letterbox above and below."""
    Image.new("RGB", (80, 40), "white").save(tmp_path / "wide.png")
    rows = {}
    for mode in ("standard", "fit_to_window", "fit_to_window_letterbox", "crop"):
        out = tmp_path / mode
        options = ("--size", "40x40", "--mode", mode, "--image-format", "png")
        call("resize", tmp_path / "wide.png", *options, "--output", out)
        with Image.open(out / "wide.png") as image:
            column = np.asarray(image)[:, 20, 0]
        rows[mode] = (column[5] > 0, column[20] > 0, column[35] > 0)

    assert rows == {
        "standard": (True, True, True),
        "fit_to_window": (True, False, False),
        "fit_to_window_letterbox": (False, True, False),
        "crop": (True, True, True),
    }


def test_quality_decides_the_bytes(photos: Path, tmp_path: Path) -> None:
    """A JPEG of quality 30 is smaller than one of quality 95."""
    for quality in (30, 95):
        call("resize", photos, "--size", "224x224", "--quality", quality, "--output", tmp_path / str(quality))
    sizes = [sum(p.stat().st_size for p in (tmp_path / q).glob("*.jpg")) for q in ("30", "95")]

    assert sizes[0] < sizes[1] / 2


def test_an_image_on_its_side_comes_out_upright(tmp_path: Path) -> None:
    """EXIF orientation 6 turns a wide file into a tall image: its red left part ends at the top."""
    image = Image.new("RGB", (80, 40), "blue")
    image.paste("red", (0, 0, 40, 40))
    exif = Image.Exif()
    exif[0x0112] = 6
    image.save(tmp_path / "side.jpg", exif=exif, quality=95)
    call("resize", tmp_path / "side.jpg", "--size", "20x40", "--image-format", "png", "--output", tmp_path / "out")
    with Image.open(tmp_path / "out/side.png") as made:
        top, bottom = made.getpixel((10, 5)), made.getpixel((10, 35))

    assert (top[0] > 200, bottom[2] > 200) == (True, True)


def test_damaged_images_are_told_and_the_rest_is_made(
    photos: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    """An image that is cut short is left out with its reason; exit code 1."""
    (tmp_path / "in").mkdir()
    whole = (photos / "coffee.jpg").read_bytes()
    (tmp_path / "in/whole.jpg").write_bytes(whole)
    (tmp_path / "in/cut.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "in/text.jpg").write_text("no image")
    (tmp_path / "in/empty.png").touch()

    assert call("resize", tmp_path / "in", "--size", "32x32", "--output", tmp_path / "out") == 1
    document = manifest(tmp_path / "out")
    assert [image["file"] for image in document["images"]] == ["whole.jpg"]
    assert [reject["source"] for reject in document["rejected"]] == ["cut.jpg", "empty.png", "text.jpg"]
    assert "0 bytes" in capsys.readouterr().out


def test_nothing_made_is_exit_code_3(tmp_path: Path) -> None:
    """When no image can be decoded, nothing worked."""
    (tmp_path / "text.jpg").write_text("no image")

    assert call("resize", tmp_path / "text.jpg", "--size", "32x32", "--output", tmp_path / "out") == 3


def test_resizing_into_a_folder_of_the_input_is_repeatable(photos: Path, tmp_path: Path) -> None:
    """With --force a second run gives the same set: what the first one made is no source."""
    shutil.copytree(photos, tmp_path / "in")
    for _ in range(2):
        call("resize", tmp_path / "in", "--size", "32x32", "--output", tmp_path / "in/small", "--force")

    assert len(manifest(tmp_path / "in/small")["images"]) == 5


@pytest.mark.parametrize("size", ["224", "0x224", "224x", "x", "-1x5", "axb", "224x224x3", "99999x1", "²x²"])
def test_a_size_that_is_none_is_a_usage_error(photos: Path, tmp_path: Path, size: str) -> None:
    """The message holds what was typed, the help what to type."""
    with pytest.raises(UsageError, match="--size"):
        call("resize", photos, f"--size={size}", "--output", tmp_path / "out")


def test_an_unknown_mode_names_the_nearest(photos: Path, tmp_path: Path) -> None:
    """A slip of the keyboard is answered with the mode that was meant."""
    with pytest.raises(UsageError, match="--mode standart is not known") as caught:
        call("resize", photos, "--size", "8x8", "--mode", "standart", "--output", tmp_path / "out")
    assert "did you mean standard?" in caught.value.help


# --- mosaic -----------------------------------------------------------------------------------------------------------


def test_mosaics_have_the_size_and_number_asked_for(photos: Path, tmp_path: Path, capsys: Any) -> None:
    """Pillow finds the size; the answer as JSON is the manifest."""
    options = ("--images", 2, "--size", "400x300", "--tile", "100x100", "--photos", photos, "--format", "json")

    assert call("mosaic", tmp_path / "out", *options) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [pillow_size(tmp_path / "out" / image["file"]) for image in answer["images"]] == [(400, 300)] * 2
    assert answer["parameters"] == {
        "images": 2,
        "seed": 0,
        "size": "400x300",
        "tile": "100x100",
        "spans": 0.25,
        "quality": 90,
    }


def test_a_mosaic_of_the_default_size_has_63_tiles(photos: Path, tmp_path: Path) -> None:
    """2100x2700 pixels of 300x300, a crop each where no span is wanted, in a JPEG of 0.8 to 2 MB."""
    call("mosaic", tmp_path / "out", "--images", 1, "--spans", 0, "--photos", photos)
    record = json.loads((tmp_path / "out/mosaic.json").read_text())

    assert pillow_size(tmp_path / "out/mosaic-0000.jpg") == (2100, 2700)
    assert len(record["images"][0]["crops"]) == 63
    assert 0.8e6 < (tmp_path / "out/mosaic-0000.jpg").stat().st_size < 2e6


def test_a_size_that_tiles_do_not_fill_names_the_nearest_that_they_do(tmp_path: Path) -> None:
    """The message holds both sizes, and nothing is written."""
    with pytest.raises(UsageError, match="--size 2100x2650 is no whole number of tiles of 300x300") as caught:
        call("mosaic", tmp_path / "out", "--size", "2100x2650")
    assert caught.value.help == "try --size 2100x2400"
    assert not (tmp_path / "out").exists()


def test_a_tile_larger_than_the_image_is_a_usage_error(tmp_path: Path) -> None:
    """No tile fits."""
    with pytest.raises(UsageError, match="no whole number of tiles"):
        call("mosaic", tmp_path / "out", "--size", "200x300")


def test_too_many_tiles_are_a_usage_error(tmp_path: Path) -> None:
    """The number of tiles is bounded, and the message says it."""
    with pytest.raises(UsageError, match="--size 2100x2700 has 56700 tiles of 10x10"):
        call("mosaic", tmp_path / "out", "--tile", "10x10")


def test_a_tile_size_that_is_none_names_its_option(tmp_path: Path) -> None:
    """The slip is in --tile, and the message says so."""
    with pytest.raises(UsageError, match="--tile 300 is no size"):
        call("mosaic", tmp_path / "out", "--tile", "300")


# --- stats ------------------------------------------------------------------------------------------------------------


def test_stats_agree_with_pillow_and_statistics(photos: Path, capsys: pytest.CaptureFixture) -> None:
    """Every figure of the JSON is what Pillow and the standard library make of the same files."""
    assert call("stats", photos, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    paths = sorted(photos.glob("*.jpg"))
    sizes = [pillow_size(path) for path in paths]
    truths = {
        "width": [width for width, _ in sizes],
        "height": [height for _, height in sizes],
        "megapixels": [width * height / 1e6 for width, height in sizes],
        "aspect": [width / height for width, height in sizes],
        "file_bytes": [path.stat().st_size for path in paths],
    }

    assert (found["count"], found["formats"], found["unreadable"]) == (5, {"jpeg": 5}, [])
    assert found["distinct_sizes"] == len(set(sizes))
    assert found["frequent_sizes"][0] == {"width": 512, "height": 512, "count": 2}
    for name, values in truths.items():
        quartiles = statistics.quantiles(values, n=4, method="inclusive")
        assert [found[name][key] for key in ("quartile_1", "median", "quartile_3")] == pytest.approx(quartiles)
        assert (found[name]["min"], found[name]["max"]) == (min(values), max(values))
        assert found[name]["mean"] == pytest.approx(statistics.fmean(values))
        assert sum(one["count"] for one in found[name]["bins"]) == 5


def test_unreadable_files_are_listed_and_do_not_stop_the_rest(photos: Path, tmp_path: Path, capsys: Any) -> None:
    """Exit code 1, each unreadable file with its reason."""
    shutil.copy(photos / "coffee.jpg", tmp_path)
    (tmp_path / "bad.jpg").write_text("no image")
    (tmp_path / "gone.jpg").symlink_to("nowhere.jpg")

    assert call("stats", tmp_path, "--format", "json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["count"] == 1
    assert [one["source"] for one in found["unreadable"]] == ["bad.jpg", "gone.jpg"]
    assert [one["kind"] for one in found["unreadable"]] == ["invalid", "not_found"]


@pytest.mark.parametrize("output_format", ["table", "json"])
def test_nothing_readable_is_exit_code_3(tmp_path: Path, output_format: str, capsys: Any) -> None:
    """The reasons are still told."""
    (tmp_path / "bad.jpg").write_text("no image")

    assert call("stats", tmp_path, "--format", output_format) == 3
    assert "not an image" in capsys.readouterr().out


def test_the_table_shows_sizes_and_bars(photos: Path, capsys: pytest.CaptureFixture) -> None:
    """A person finds the count, the most frequent size and a bar for it."""
    call("stats", photos)
    text = capsys.readouterr().out

    assert text.startswith("5 images (5 jpeg), 4 different sizes\n")
    assert "512x512" in text
    assert "█" * 40 in text


def test_a_large_header_is_read_whole(tmp_path: Path) -> None:
    """A JPEG whose header segments exceed the first read still gives its size."""
    image = Image.new("RGB", (33, 44))
    image.save(tmp_path / "plain.jpg")
    plain = (tmp_path / "plain.jpg").read_bytes()
    padding = (b"\xff\xed\xff\xff" + bytes(65533)) * 5
    (tmp_path / "padded.jpg").write_bytes(plain[:2] + padding + plain[2:])

    assert call("stats", tmp_path / "padded.jpg") == 0


def test_no_input_is_an_error(tmp_path: Path) -> None:
    """An INPUT that does not exist is named."""
    with pytest.raises(NotFoundError, match="nowhere does not exist"):
        call("stats", tmp_path / "nowhere")


def test_the_command_loads_nothing_heavy_before_it_runs() -> None:
    """`vedette --help` must not wait for NumPy, OpenCV or an engine."""
    script = "import sys, vedette.cli.data, vedette.cli.doctor; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert not {"numpy", "cv2", "onnxruntime", "openvino", "vedette.wiring"} & set(done.stdout.split())
