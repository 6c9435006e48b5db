"""Image folders are found, and written so that nothing is lost, half-written or replaced unasked."""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from vedette.adapters.datasets.folder import Entry, claim, find_images, read, seal, set_digest, size_bytes, write
from vedette.errors import ConflictError, NotFoundError, UnavailableError


def plant(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return folder


def names(*inputs: str | Path, outside: Path | None = None) -> list[str]:
    return [source.name for source in find_images([str(one) for one in inputs], outside=outside)]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# --- finding ----------------------------------------------------------------------------------------------------------


def test_a_folder_gives_the_images_of_all_folders_below_sorted(tmp_path: Path) -> None:
    """Names are relative to the INPUT, and other files are left out."""
    plant(tmp_path, "b.JPG", "a/z.png", "a/b/c.tiff", "notes.txt", "film.mp4")

    assert names(tmp_path) == ["a/b/c.tiff", "a/z.png", "b.JPG"]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    """Thumbnails and the leftovers of other systems are no images of the set."""
    plant(tmp_path, "a.jpg", "._a.jpg", ".thumbnails/a.jpg")

    assert names(tmp_path) == ["a.jpg"]


def test_a_file_counts_whatever_its_suffix(tmp_path: Path) -> None:
    """Who names a file directly means it."""
    plant(tmp_path, "scan.dat")

    assert names(tmp_path / "scan.dat") == ["scan.dat"]


def test_a_glob_gives_names_from_its_first_wildcard_on(tmp_path: Path) -> None:
    """Matched folders are walked, matched files need a suffix."""
    plant(tmp_path, "day1/a.jpg", "day2/x/b.jpg", "day3.txt", "night/c.jpg")

    assert names(tmp_path / "day*") == ["day1/a.jpg", "day2/x/b.jpg"]
    assert names(tmp_path / "**/*.jpg") == ["day1/a.jpg", "day2/x/b.jpg", "night/c.jpg"]


def test_a_name_with_brackets_that_exists_is_no_glob(tmp_path: Path) -> None:
    """`set[1]` names the folder of that name."""
    plant(tmp_path, "set[1]/a.jpg")

    assert names(tmp_path / "set[1]") == ["a.jpg"]


def test_a_file_that_is_named_twice_counts_once(tmp_path: Path) -> None:
    """A file and its folder, or a folder written in two ways, give each image once."""
    plant(tmp_path, "p/a.jpg", "p/b.jpg")

    assert names(tmp_path / "p", tmp_path / "p/a.jpg", tmp_path / "p/../p") == ["a.jpg", "b.jpg"]


def test_links_to_files_count_each(tmp_path: Path) -> None:
    """A folder of links to one file is a folder of images."""
    plant(tmp_path, "a.jpg")
    (tmp_path / "b.jpg").symlink_to("a.jpg")

    assert names(tmp_path) == ["a.jpg", "b.jpg"]


def test_a_link_that_leads_back_up_is_not_followed(tmp_path: Path) -> None:
    """A circle of folders ends."""
    plant(tmp_path, "p/a.jpg")
    (tmp_path / "p/loop").symlink_to(tmp_path)

    assert names(tmp_path / "p") == ["a.jpg"]


def test_equal_names_of_two_inputs_keep_the_order_of_the_inputs(tmp_path: Path) -> None:
    """Two folders that both hold a.jpg give it twice."""
    plant(tmp_path, "x/a.jpg", "y/a.jpg")
    found = find_images([str(tmp_path / "y"), str(tmp_path / "x")])

    assert [source.path.parent.name for source in found] == ["y", "x"]


def test_the_output_folder_is_left_out(tmp_path: Path) -> None:
    """Images made before do not become sources."""
    plant(tmp_path, "a.jpg", "small/a.jpg")

    assert names(tmp_path, outside=tmp_path / "small") == ["a.jpg"]
    assert names(tmp_path / "**/*.jpg", outside=tmp_path / "small") == ["a.jpg"]


@pytest.mark.parametrize("given", ["out", "out/deep", "out/a.jpg", "out/*.jpg"])
def test_an_input_in_the_output_folder_is_refused(tmp_path: Path, given: str) -> None:
    """What is written must not be read at the same time."""
    plant(tmp_path, "out/a.jpg", "out/deep/b.jpg")

    with pytest.raises(ConflictError, match="lies in the output folder") as caught:
        names(tmp_path / given, outside=tmp_path / "out")
    assert caught.value.help == "name a folder to make that holds none of the images to read"


def test_a_missing_input_names_the_nearest(tmp_path: Path) -> None:
    """A slip of the keyboard is answered with the name that is there."""
    plant(tmp_path, "photos/a.jpg")

    with pytest.raises(NotFoundError, match="does not exist") as caught:
        names(tmp_path / "fotos")
    assert "did you mean" in caught.value.help
    assert "photos" in caught.value.help


@pytest.mark.parametrize("given", ["empty", "empty/*.jpg"])
def test_an_input_without_images_is_an_error_that_names_the_suffixes(tmp_path: Path, given: str) -> None:
    """No image is worth an error, not an empty set."""
    plant(tmp_path, "empty/readme.txt")

    with pytest.raises(NotFoundError, match="no image in") as caught:
        names(tmp_path / given)
    assert ".jpg" in caught.value.help


# --- reading ----------------------------------------------------------------------------------------------------------


def test_reading_gives_all_bytes_or_the_first(tmp_path: Path) -> None:
    """The start of a file is enough for a header."""
    path = plant(tmp_path, "abcdef.jpg") / "abcdef.jpg"

    assert read(path) == b"abcdef.jpg"
    assert read(path, 3) == b"abc"
    assert size_bytes(path) == 10


def test_a_broken_link_does_not_exist(tmp_path: Path) -> None:
    """A link that leads nowhere is told as such."""
    (tmp_path / "a.jpg").symlink_to("gone.jpg")

    with pytest.raises(NotFoundError, match=r"a\.jpg does not exist"):
        read(tmp_path / "a.jpg")


def test_a_folder_that_is_named_like_an_image_cannot_be_read(tmp_path: Path) -> None:
    """The message carries the system's reason."""
    with pytest.raises(UnavailableError, match="Is a directory"):
        read(tmp_path)


# --- writing ----------------------------------------------------------------------------------------------------------


def test_a_new_folder_is_made_with_its_parents(tmp_path: Path) -> None:
    """Its manifest says at once which files will be there, and that the set is not complete."""
    claim(tmp_path / "a/b", ["x.jpg"], force=False)
    manifest = json.loads((tmp_path / "a/b/manifest.json").read_text())

    assert manifest == {"schema": "vedette.dataset/1", "complete": False, "images": [{"file": "x.jpg"}]}


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    """An empty folder clashes with nothing."""
    claim(tmp_path, ["x.jpg"], force=False)

    assert files(tmp_path) == ["manifest.json"]


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    """Without --force not even a set of ours is replaced."""
    claim(tmp_path, ["x.jpg"], force=False)

    with pytest.raises(ConflictError, match="is not empty") as caught:
        claim(tmp_path, ["x.jpg"], force=False)
    assert "--force" in caught.value.help


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """A file is never replaced by a folder."""
    plant(tmp_path, "out")

    with pytest.raises(ConflictError, match="is a file, not a folder"):
        claim(tmp_path / "out", ["x.jpg"], force=True)


def test_force_replaces_what_the_manifest_lists_and_nothing_else(tmp_path: Path) -> None:
    """Files of the old set go or are replaced; a file that nobody listed stays."""
    first = claim(tmp_path, ["a.jpg", "b.jpg"], force=False)
    plant(tmp_path, "a.jpg", "b.jpg")
    seal(first, {"images": [{"file": "a.jpg"}, {"file": "b.jpg"}]})
    plant(tmp_path, "mine.txt")

    second = claim(tmp_path, ["b.jpg", "c.jpg"], force=True)
    write(tmp_path, "b.jpg", b"new")
    write(tmp_path, "c.jpg", b"new")
    seal(second, {"images": [{"file": "b.jpg"}, {"file": "c.jpg"}]})

    assert files(tmp_path) == ["b.jpg", "c.jpg", "manifest.json", "mine.txt"]
    assert (tmp_path / "b.jpg").read_bytes() == b"new"


def test_force_replaces_the_files_beside_the_images_too(tmp_path: Path) -> None:
    """What a set holds besides images is listed apart, and goes with it."""
    first = claim(tmp_path, ["a.jpg", "record.json"], force=False)
    plant(tmp_path, "a.jpg", "record.json")
    seal(first, {"images": [{"file": "a.jpg"}], "beside": [{"file": "record.json"}]})

    second = claim(tmp_path, ["b.jpg"], force=True)
    write(tmp_path, "b.jpg", b"new")
    seal(second, {"images": [{"file": "b.jpg"}]})

    assert files(tmp_path) == ["b.jpg", "manifest.json"]


def test_force_refuses_a_file_that_no_manifest_lists(tmp_path: Path) -> None:
    """A new image whose name a stranger holds is a conflict, and nothing is touched."""
    seal(claim(tmp_path, ["a.jpg"], force=False), {"images": [{"file": "a.jpg"}]})
    plant(tmp_path, "b.jpg")
    before = (tmp_path / "manifest.json").read_bytes()

    with pytest.raises(ConflictError, match=r"b\.jpg is in no manifest\.json"):
        claim(tmp_path, ["a.jpg", "b.jpg"], force=True)
    assert (tmp_path / "manifest.json").read_bytes() == before


def test_force_makes_a_set_anew_that_was_cut_off(tmp_path: Path) -> None:
    """The files of an incomplete set are listed from the start, so force may replace them."""
    claim(tmp_path, ["a.jpg", "b.jpg"], force=False)
    write(tmp_path, "a.jpg", b"half a set")
    again = claim(tmp_path, ["b.jpg"], force=True)
    seal(again, {"images": [{"file": "b.jpg"}]})

    assert files(tmp_path) == ["manifest.json"]


@pytest.mark.parametrize(
    "manifest",
    [
        "not json",
        "[]",
        '{"schema": "other/1", "images": []}',
        '{"schema": "vedette.dataset/1", "images": [{"file": "../victim.jpg"}]}',
        '{"schema": "vedette.dataset/1", "images": [{"file": "deep"}]}',
        '{"schema": "vedette.dataset/1", "images": [{"file": ".."}]}',
        '{"schema": "vedette.dataset/1", "images": [{"file": 3}]}',
        '{"schema": "vedette.dataset/1", "images": [{"file": "a\\u0000b"}]}',
    ],
)
def test_force_trusts_no_foreign_or_forged_manifest(tmp_path: Path, manifest: str) -> None:
    """A manifest that is not ours, or that reaches out of the folder, gives no right to replace anything."""
    plant(tmp_path, "victim.jpg", "out/deep/a.jpg")
    (tmp_path / "out/manifest.json").write_text(manifest)

    with pytest.raises(ConflictError, match="--force replaces nothing"):
        claim(tmp_path / "out", ["x.jpg"], force=True)
    assert (tmp_path / "victim.jpg").exists()


def test_a_folder_without_manifest_is_refused_with_force(tmp_path: Path) -> None:
    """A folder that Vedette never wrote to is left alone."""
    plant(tmp_path, "a.jpg")

    with pytest.raises(ConflictError, match=r"holds no manifest\.json"):
        claim(tmp_path, ["a.jpg"], force=True)


def test_writing_leaves_no_other_file(tmp_path: Path) -> None:
    """The temporary name is gone, and the rights are those of any new file."""
    write(tmp_path, "a.jpg", b"data")
    (tmp_path / "other").write_bytes(b"")

    assert files(tmp_path) == ["a.jpg", "other"]
    assert (tmp_path / "a.jpg").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_reader_sees_the_old_or_the_new_file(tmp_path: Path) -> None:
    """A file that is open while it is replaced keeps its old content."""
    write(tmp_path, "a.jpg", b"old")
    with (tmp_path / "a.jpg").open("rb") as reader:
        write(tmp_path, "a.jpg", b"new")

        assert reader.read() == b"old"
    assert (tmp_path / "a.jpg").read_bytes() == b"new"


def test_a_link_is_replaced_not_followed(tmp_path: Path) -> None:
    """Writing never reaches through a link."""
    plant(tmp_path, "far/a.jpg")
    (tmp_path / "a.jpg").symlink_to("far/a.jpg")
    write(tmp_path, "a.jpg", b"new")

    assert (tmp_path / "far/a.jpg").read_bytes() == b"far/a.jpg"


def test_a_folder_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    """The system's reason is in the message, and nothing is left behind."""
    (tmp_path / "a.jpg").mkdir()

    with pytest.raises(UnavailableError, match=r"cannot write .*a\.jpg"):
        write(tmp_path, "a.jpg", b"new")
    assert files(tmp_path) == ["a.jpg"]


def test_a_file_size_limit_leaves_no_half_file(tmp_path: Path) -> None:
    """A write that the system cuts off is an ExhaustedError that names the folder; the folder stays as it was."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom vedette.adapters.datasets.folder import write\n"
        "from vedette.errors import ExhaustedError\n"
        "try:\n    write(Path(sys.argv[1]), 'a.jpg', bytes(100_000))\n"
        "except ExhaustedError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )

    assert f"no space left in {tmp_path} for a.jpg (100000 bytes)" in done.stdout
    assert files(tmp_path) == []


def test_a_full_disk_leaves_no_half_file(tmp_path: Path) -> None:
    """On a disk of 64 KiB a file of 100 kB is an ExhaustedError that names the folder, and what was there stays."""
    script = (
        "import sys\nfrom pathlib import Path\nfrom vedette.adapters.datasets.folder import write\n"
        "from vedette.errors import ExhaustedError\n"
        "disk = Path(sys.argv[1])\nwrite(disk, 'before.jpg', b'before')\n"
        "try:\n    write(disk, 'a.jpg', bytes(100_000))\n"
        "except ExhaustedError as error:\n    print(error)\n"
        "print(sorted(path.name for path in disk.iterdir()))\n"
    )
    mounted = 'mount -t tmpfs -o size=64k tmpfs "$0" || exit 77; exec "$@" "$0"'
    command = ["unshare", "-rm", "sh", "-c", mounted, str(tmp_path), sys.executable, "-c", script]
    if shutil.which("unshare") is None:
        pytest.skip("this system has no mount namespaces")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode in {1, 77} and not done.stdout:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")

    assert f"no space left in {tmp_path} for a.jpg (100000 bytes): No space left on device" in done.stdout
    assert done.stdout.splitlines()[-1] == "['before.jpg']"


def test_the_figure_of_a_set_is_that_of_sha256sum(tmp_path: Path) -> None:
    """Anybody can prove a set with `sha256sum *.jpg | sha256sum`."""
    plant(tmp_path, "b.jpg", "a.jpg")
    entries = [Entry(n, n, sha256(n.encode()).hexdigest(), "", 1, 1) for n in ("b.jpg", "a.jpg")]
    command = f"cd {tmp_path} && LC_ALL=C; sha256sum *.jpg | sha256sum"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)

    assert set_digest(entries) == done.stdout.split()[0]
