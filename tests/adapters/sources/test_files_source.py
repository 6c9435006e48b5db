"""Files, folders and patterns are read in a fixed order, and one that cannot be read never stops the rest."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from vedette.adapters.sources.files import FILE_LIMIT, FileSource
from vedette.values.frame import Frame, Reject


def plant(folder: Path, *names: str) -> Path:
    """Files that hold their own name."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return folder


def read(path: Path | str) -> list[Frame | Reject]:
    return list(FileSource(str(path)).frames())


def payloads(path: Path | str) -> list[str]:
    return [bytes(item.payload).decode() for item in read(path) if isinstance(item, Frame)]


def only(path: Path | str) -> Reject:
    (item,) = read(path)
    assert isinstance(item, Reject)
    return item


# --- files ------------------------------------------------------------------------------------------------------------


def test_a_file_is_one_frame_named_by_its_path(tmp_path: Path) -> None:
    """The bytes are those of the file, and the name is the one that was given."""
    (frame,) = read(plant(tmp_path, "a.jpg") / "a.jpg")

    assert frame == Frame(str(tmp_path / "a.jpg"), b"a.jpg")


def test_a_file_that_is_named_counts_whatever_its_suffix(tmp_path: Path) -> None:
    """Who names a file directly means it, hidden or not."""
    plant(tmp_path, "scan.dat", ".hidden")

    assert payloads(tmp_path / "scan.dat") == ["scan.dat"]
    assert payloads(tmp_path / ".hidden") == [".hidden"]


@pytest.mark.parametrize("name", ["gone.jpg", "gone.mp4", "file.jpg/below.jpg", "gone/"])
def test_a_missing_file_is_not_found(tmp_path: Path, name: str) -> None:
    """An image and a video that are not there are told in the same words."""
    reject = only(f"{plant(tmp_path, 'file.jpg')}/{name}")

    assert reject.kind == "not_found"
    assert reject.message == f"{tmp_path}/{name} is not there"
    assert reject.help == "check the name and the folder that the command runs in"


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("x" * 5000, "unavailable", "File name too long"),
        ("a\0b.jpg", "invalid", "null"),
        ("\ud800.jpg", "invalid", "surr"),
    ],
)
def test_a_name_that_no_file_can_have_is_refused(name: str, kind: str, words: str) -> None:
    """What the system does not take as a name is an answer, not a crash."""
    reject = only(name)

    assert reject.kind == kind
    assert words in reject.message
    assert reject.source.encode("utf-8")


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    """A file that opens and then gives an input error is refused with the words of the system."""
    (tmp_path / "a.jpg").symlink_to("/proc/self/mem")

    reject = only(tmp_path / "a.jpg")

    assert reject.kind == "unavailable"
    assert reject.message == f"the file cannot be read: {os.strerror(errno.EIO)}"
    assert "you may read it" in reject.help


def test_files_and_folders_without_permission_do_not_stop_the_rest(tmp_path: Path) -> None:
    """A locked file, video or folder is refused by name, and what comes after it is read."""
    plant(tmp_path, "a.jpg", "b.jpg", "b.mp4", "locked/c.jpg", "open/d.jpg")
    for name in ("a.jpg", "b.mp4", "locked"):
        (tmp_path / name).chmod(0)
    tmp_path.chmod(0o755)
    script = (
        "import os, sys; from vedette.adapters.sources.files import FileSource\n"
        "os.geteuid() or os.setuid(65534)\n"
        "for item in FileSource('.').frames(): print(item.source, getattr(item, 'message', 'read'))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False)
    (tmp_path / "locked").chmod(0o755)

    assert done.stdout.splitlines() == [
        "./a.jpg the file cannot be read: Permission denied",
        "./b.jpg read",
        "./b.mp4 the file cannot be read: Permission denied",
        "./locked the folder cannot be listed: Permission denied",
        "./open/d.jpg read",
    ]


def test_a_huge_file_is_refused_by_its_size(tmp_path: Path) -> None:
    """A terabyte (of nothing: the file is sparse) is refused without reading it."""
    with (tmp_path / "a.jpg").open("wb") as file:
        file.truncate(1 << 40)

    reject = only(tmp_path / "a.jpg")

    assert reject.kind == "too_large"
    assert reject.message == f"the file has {1 << 40} bytes, the limit is {FILE_LIMIT}"
    assert "JPEG" in reject.help


def test_a_pipe_that_is_named_is_read_to_its_end(tmp_path: Path) -> None:
    """`vedette run <(command)` works: a pipe is read when it is named directly."""
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes(b"picture"))
    writer.start()

    assert payloads(tmp_path / "pipe") == ["picture"]
    writer.join()


def test_a_name_that_is_no_utf_8_is_read_and_shown_as_text(tmp_path: Path) -> None:
    r"""The byte ff appears as \xff, and the file with that very name is read, in a folder and by its own name."""
    raw = os.fsencode(tmp_path) + b"/caf\xff.jpg"
    Path(os.fsdecode(raw)).write_bytes(b"coffee")

    for (frame,) in (read(tmp_path), read(os.fsdecode(raw))):
        assert frame == Frame(f"{tmp_path}/caf\\xff.jpg", b"coffee")
        assert frame.source.encode("utf-8")


@pytest.mark.parametrize(
    "name", ["two words.jpg", 'a "quoted" one.jpg', "it's.jpg", "line\nbreak.jpg", "-.jpg", "-x.jpg"]
)
def test_spaces_quotes_and_dashes_in_names_are_plain_characters(tmp_path: Path, name: str) -> None:
    """No character of a name has a meaning of its own."""
    assert payloads(plant(tmp_path, name) / name) == [name]
    assert payloads(tmp_path) == [name]


# --- folders ----------------------------------------------------------------------------------------------------------


def test_a_folder_gives_its_images_by_name_then_those_of_its_folders(tmp_path: Path) -> None:
    """The order does not depend on the disk."""
    plant(tmp_path, "b.jpg", "z/a.png", "c/y.jpg", "c/deep/x.webp", "a.JPG")

    assert payloads(tmp_path) == ["a.JPG", "b.jpg", "c/y.jpg", "c/deep/x.webp", "z/a.png"]


def test_only_images_and_videos_of_a_folder_count(tmp_path: Path) -> None:
    """Other suffixes and hidden files are left out; a video is tried as one."""
    plant(tmp_path, "a.jpg", "notes.txt", "noend", "._a.jpg", ".thumbnails/a.jpg", "clip.mp4")

    image, video = read(tmp_path)

    assert image.source.endswith("/a.jpg")
    assert video.source.endswith("/clip.mp4")
    assert isinstance(video, Reject)


def test_a_folder_may_be_called_like_an_image(tmp_path: Path) -> None:
    """`x.jpg` that is a folder is walked, alone, in a folder and in a pattern."""
    plant(tmp_path, "x.jpg/a.jpg", "clip.mp4/b.jpg")

    assert payloads(tmp_path / "x.jpg") == ["x.jpg/a.jpg"]
    assert payloads(tmp_path) == ["clip.mp4/b.jpg", "x.jpg/a.jpg"]
    assert payloads(tmp_path / "*.jpg") == ["x.jpg/a.jpg"]


def test_an_empty_folder_says_that_it_is_empty(tmp_path: Path) -> None:
    """A folder without images is one refusal, which names the suffixes."""
    reject = only(plant(tmp_path, "notes.txt"))

    assert (reject.kind, reject.message) == ("not_found", f"no images in the folder {tmp_path}")
    assert ".jpg" in reject.help


def test_equal_names_in_two_folders_are_two_pictures(tmp_path: Path) -> None:
    """The path tells them apart."""
    plant(tmp_path, "x/a.jpg", "y/a.jpg")

    assert [item.source for item in read(tmp_path)] == [f"{tmp_path}/x/a.jpg", f"{tmp_path}/y/a.jpg"]


def test_a_link_that_leads_nowhere_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    """The message names where the link leads."""
    plant(tmp_path, "b.jpg")
    (tmp_path / "a.jpg").symlink_to("gone.jpg")

    reject, frame = read(tmp_path)

    assert isinstance(reject, Reject)
    assert (reject.kind, reject.source) == ("not_found", f"{tmp_path}/a.jpg")
    assert reject.message == f"the link leads to {tmp_path}/gone.jpg, which is not there"
    assert frame == Frame(f"{tmp_path}/b.jpg", b"b.jpg")


def test_a_link_to_itself_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    """A circle of links to files ends."""
    plant(tmp_path, "b.jpg")
    (tmp_path / "a.jpg").symlink_to("a.jpg")

    reject, frame = read(tmp_path)

    assert isinstance(reject, Reject)
    assert reject.message == f"the file cannot be read: {os.strerror(errno.ELOOP)}"
    assert isinstance(frame, Frame)


def test_links_to_files_count_each(tmp_path: Path) -> None:
    """A folder of links to one file is a folder of images."""
    plant(tmp_path, "a.jpg")
    (tmp_path / "b.jpg").symlink_to("a.jpg")

    assert payloads(tmp_path) == ["a.jpg", "a.jpg"]


def test_a_link_to_a_folder_is_followed_once(tmp_path: Path) -> None:
    """A folder that is reached on two ways is read on the first."""
    plant(tmp_path, "in/a.jpg", "elsewhere/b.jpg")
    (tmp_path / "in/one").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in/two").symlink_to(tmp_path / "elsewhere")

    assert [item.source for item in read(tmp_path / "in")] == [f"{tmp_path}/in/a.jpg", f"{tmp_path}/in/one/b.jpg"]


def test_folders_that_link_to_each_other_end(tmp_path: Path) -> None:
    """Each picture comes once, by folder and by pattern."""
    plant(tmp_path, "x/a.jpg", "y/b.jpg")
    (tmp_path / "x/toy").symlink_to(tmp_path / "y")
    (tmp_path / "y/tox").symlink_to(tmp_path / "x")

    assert payloads(tmp_path) == ["x/a.jpg", "y/b.jpg"]
    assert sorted(payloads(tmp_path / "**/*.jpg")) == ["x/a.jpg", "y/b.jpg"]


def test_a_link_that_leads_back_up_is_not_followed(tmp_path: Path) -> None:
    """What lies beside the folder that was named stays out."""
    plant(tmp_path, "p/a.jpg", "beside.jpg")
    (tmp_path / "p/loop").symlink_to(tmp_path)

    assert payloads(tmp_path / "p") == ["p/a.jpg"]


def test_pipes_sockets_and_devices_in_a_folder_are_left_out(tmp_path: Path) -> None:
    """A pipe that nobody writes to must not hold up a run, whether a folder or a pattern leads to it."""
    plant(tmp_path, "b.jpg")
    os.mkfifo(tmp_path / "a.jpg")
    os.mkfifo(tmp_path / "a.mp4")
    (tmp_path / "c.jpg").symlink_to("/dev/zero")
    (tmp_path / "d.jpg").symlink_to("a.jpg")

    assert [item.source for item in read(tmp_path)] == [f"{tmp_path}/b.jpg"]
    assert [item.source for item in read(tmp_path / "*")] == [f"{tmp_path}/b.jpg"]


def test_a_folder_that_goes_away_meanwhile_is_told_and_the_rest_is_read(tmp_path: Path) -> None:
    """Folders are listed when their turn comes."""
    plant(tmp_path, "a.jpg", "x/b.jpg", "y/c.jpg")
    items = FileSource(str(tmp_path)).frames()
    next(items)
    (tmp_path / "x/b.jpg").unlink()
    (tmp_path / "x").rmdir()
    reject, frame = items

    assert isinstance(reject, Reject)
    assert (reject.source, reject.kind) == (f"{tmp_path}/x", "unavailable")
    assert frame == Frame(f"{tmp_path}/y/c.jpg", b"y/c.jpg")


def test_folders_deeper_than_pythons_recursion_are_walked(tmp_path: Path) -> None:
    """The depth of folders is bounded by the system's longest path only."""
    deepest = tmp_path / "/".join("d" * (sys.getrecursionlimit() + 100))
    subprocess.run(["mkdir", "-p", deepest.parent], check=True)
    deepest.with_name("a.jpg").write_bytes(b"deep")
    items = read(tmp_path)
    subprocess.run(["rm", "-r", tmp_path / "d"], check=True)  # pytest's own tidying is recursive

    assert items == [Frame(str(deepest.with_name("a.jpg")), b"deep")]


# --- patterns ---------------------------------------------------------------------------------------------------------


def test_a_pattern_gives_what_it_matches_by_name(tmp_path: Path) -> None:
    """Images and videos that match count, and the contents of folders that match."""
    plant(tmp_path, "day2/x/b.jpg", "day1/a.jpg", "day3.jpg", "day4.txt", "night/c.jpg")

    assert payloads(tmp_path / "day*") == ["day1/a.jpg", "day2/x/b.jpg", "day3.jpg"]
    assert payloads(tmp_path / "day?.jpg") == ["day3.jpg"]
    assert payloads(tmp_path / "**/[ab].jpg") == ["day1/a.jpg", "day2/x/b.jpg"]


def test_two_stars_give_each_picture_once(tmp_path: Path) -> None:
    """A file that matches and lies in a folder that matches is one picture."""
    plant(tmp_path, "a.jpg", "x/b.jpg", "x/y/c.jpg")

    assert sorted(payloads(tmp_path / "**")) == ["a.jpg", "x/b.jpg", "x/y/c.jpg"]


@pytest.mark.parametrize("name", ["set[1].jpg", "what?.jpg", "*.jpg"])
def test_a_name_with_wildcards_that_exists_is_no_pattern(tmp_path: Path, name: str) -> None:
    """`set[1].jpg` names the file of that name."""
    plant(tmp_path, name, "set1.jpg")

    assert payloads(tmp_path / name) == [name]


def test_a_pattern_that_matches_nothing_says_so(tmp_path: Path) -> None:
    """One refusal repeats the pattern."""
    reject = only(tmp_path / "*.jpg")

    assert (reject.kind, reject.message) == ("not_found", f"nothing matches {tmp_path}/*.jpg")
    assert "check the pattern" in reject.help


def test_a_pattern_that_matches_no_images_tells_how_to_read_others(tmp_path: Path) -> None:
    """The files are there, only their suffix is not known."""
    reject = only(plant(tmp_path, "a.dat", "b.dat") / "*.dat")

    assert reject.message == f"no images match {tmp_path}/*.dat, only other files (2)"
    assert "name a file directly to read it whatever its suffix" in reject.help


# --- counting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "number"), [("", 3), ("*.jpg", 2), ("a.jpg", 1), ("gone.jpg", 1), ("*.png", 1), ("clip.mp4", 1)]
)
def test_the_count_is_the_number_of_files_or_the_one_refusal(tmp_path: Path, given: str, number: int) -> None:
    """Whatever is given, at least one outcome comes of it."""
    plant(tmp_path, "a.jpg", "b.jpg", "clip.mp4")

    assert FileSource(str(tmp_path / given)).count() == number


def test_nothing_is_opened_before_the_first_frame_is_asked_for(tmp_path: Path) -> None:
    """A file that is made after the source is read all the same."""
    items = FileSource(str(tmp_path / "late.jpg")).frames()
    plant(tmp_path, "late.jpg")

    assert next(items) == Frame(f"{tmp_path}/late.jpg", b"late.jpg")
