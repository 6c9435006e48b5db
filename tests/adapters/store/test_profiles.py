"""Profiles are kept as files; what cannot be read is named and stops nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.made_profiles import failed_point, made_point, made_profile, profile_of
from vedette.adapters.store.profiles import ProfileFolder, export_profile, new_profile_id, read_file
from vedette.errors import ConflictError, InvalidError, NotFoundError, UnavailableError, VedetteError
from vedette.values.frame import Size
from vedette.values.profile import Origin, Profile
from vedette.values.tiling import Fill, Tiling

FULL = profile_of(
    made_point(1, 10.125, size=Size(640, 480), peak_mb=100.5, energy_j=0.1),
    made_point(2, 1 / 3, size=Size(640, 480), trials=1),
    failed_point(64, Size(640, 480)),
    tiling=Tiling(Size(320, 320), 16, Fill.BLANK),
    neighbours=1,
)


@pytest.mark.parametrize(
    "profile", [FULL, made_profile({1: 10.0}), profile_of(made_point(1, 2.0), origin=Origin.GIVEN)]
)
def test_a_profile_comes_back_equal(tmp_path: Path, profile: Profile) -> None:
    """To the last digit, and nothing else is left in the folder."""
    folder = ProfileFolder(tmp_path / "profiles")
    path = folder.put(profile)

    assert folder.get(profile.id) == profile
    assert [entry.name for entry in folder.root.iterdir()] == [path.name] == [f"{profile.id}.json"]
    assert json.loads(path.read_text())["schema"] == "vedette.profile/1"


def test_a_later_profile_of_the_same_id_takes_the_place_of_the_earlier(tmp_path: Path) -> None:
    """One file for each id."""
    folder = ProfileFolder(tmp_path)
    folder.put(FULL)
    folder.put(replace(FULL, seconds=99.0))

    assert folder.all() == (replace(FULL, seconds=99.0),)


def test_a_profile_is_found_by_the_start_of_its_id(tmp_path: Path) -> None:
    """As long as one alone begins so; a whole id wins over longer ones."""
    folder = ProfileFolder(tmp_path)
    for name in ("2026-a", "2026-ab", "2027-b"):
        folder.put(replace(FULL, id=name))

    assert folder.get("2027").id == "2027-b"
    assert folder.get("2026-a").id == "2026-a"
    with pytest.raises(NotFoundError, match="2 profiles begin with 2026") as error:
        folder.get("2026")
    assert "2026-a, 2026-ab" in error.value.help


@pytest.mark.parametrize(
    ("name", "step"),
    [
        ("2026x-a", "did you mean 2026-a?"),
        ("", "vedette profile"),
        ("../2026-a", "did you mean"),
        ("zzzzzz", "`vedette profiles list` shows all"),
    ],
)
def test_a_name_that_none_has_is_told_with_the_nearest(tmp_path: Path, name: str, step: str) -> None:
    """A path is no name."""
    folder = ProfileFolder(tmp_path)
    folder.put(replace(FULL, id="2026-a"))

    with pytest.raises(NotFoundError) as error:
        folder.get(name)
    assert step in error.value.help


def test_profiles_are_listed_by_their_time_and_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    """Foreign, damaged, newer, renamed; what is no JSON file or is being written is not listed."""
    folder = ProfileFolder(tmp_path)
    folder.put(replace(FULL, id="b", created="2026-01-01T00:00:00+00:00"))
    folder.put(replace(FULL, id="a", created="2026-02-01T00:00:00+00:00"))
    whole = (tmp_path / "a.json").read_text()
    (tmp_path / "newer.json").write_text(whole.replace("profile/1", "profile/2"))
    (tmp_path / "foreign.json").write_text('{"schema": "something/1", "profiled": 1}')
    (tmp_path / "damaged.json").write_text(whole[:200])
    (tmp_path / "renamed.json").write_text(whole)
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "folder.json").mkdir()
    (tmp_path / "notes.txt").write_text("no profile")
    (tmp_path / ".b.json.part").write_text("half")
    heads = folder.heads()

    assert [head.id for head in heads if head.profile] == ["b", "a"]
    problems = {head.id: head.problem for head in heads if head.problem}
    assert set(problems) == {"newer", "foreign", "damaged", "renamed", "binary", "folder"}
    assert "schema vedette.profile/2, this Vedette reads vedette.profile/1" in problems["newer"]
    assert "it is no profile: its schema is 'something/1'" in problems["foreign"]
    assert "not JSON" in problems["damaged"]
    assert "holds the profile a: rename it" in problems["renamed"]
    assert "not UTF-8" in problems["binary"]
    assert [profile.id for profile in folder.all()] == ["b", "a"]
    with pytest.raises(InvalidError, match="holds the profile a"):
        folder.get("renamed")


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    """It is made with the first profile."""
    assert ProfileFolder(tmp_path / "none").heads() == []


def test_a_profile_is_removed_even_if_it_is_damaged(tmp_path: Path) -> None:
    """By the start of its id."""
    folder = ProfileFolder(tmp_path)
    folder.put(replace(FULL, id="good"))
    (tmp_path / "bad.json").write_text("{")

    assert folder.remove("ba") == "bad"
    assert folder.remove("good") == "good"
    assert folder.heads() == []
    with pytest.raises(NotFoundError):
        folder.remove("good")


def test_what_was_exported_can_be_imported_elsewhere(tmp_path: Path) -> None:
    """It is the same profile; twice is no harm, and nothing is written over."""
    file = tmp_path / "out" / "profile.json"
    export_profile(FULL, file)
    folder = ProfileFolder(tmp_path / "profiles")

    assert folder.take_in(file) == FULL
    assert folder.take_in(file) == folder.get(FULL.id)
    with pytest.raises(ConflictError, match="is there already"):
        export_profile(FULL, file)


def test_another_profile_of_the_same_id_is_not_written_over(tmp_path: Path) -> None:
    """The user decides which one to keep."""
    folder = ProfileFolder(tmp_path / "profiles")
    folder.put(FULL)
    export_profile(replace(FULL, seconds=1.0), tmp_path / "other.json")

    with pytest.raises(ConflictError, match="another profile is kept"):
        folder.take_in(tmp_path / "other.json")
    assert folder.get(FULL.id) == FULL


@pytest.mark.parametrize("name", ["", "../x", "a/b", ".hidden", "a" * 121])
def test_an_id_that_cannot_name_a_file_is_refused(tmp_path: Path, name: str) -> None:
    """Nothing is written anywhere."""
    with pytest.raises(InvalidError):
        ProfileFolder(tmp_path / "profiles").put(replace(FULL, id=name))
    assert list(tmp_path.rglob("*")) == []


@pytest.mark.parametrize("name", ["none.json", "", "\0"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    """Not there, a folder, no name at all."""
    with pytest.raises(VedetteError):
        read_file(tmp_path / name)


def test_a_place_that_cannot_be_written_is_told_and_left_clean(tmp_path: Path) -> None:
    """Here a file stands where the folder should be."""
    (tmp_path / "profiles").write_text("a file")

    with pytest.raises(UnavailableError, match="cannot be written"):
        ProfileFolder(tmp_path / "profiles").put(FULL)
    assert [entry.name for entry in tmp_path.iterdir()] == ["profiles"]


def test_an_id_is_made_of_the_time_and_of_what_was_profiled() -> None:
    """Other models have other ids in the same second."""
    wall = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    first = new_profile_id(wall, FULL.profiled)
    other = new_profile_id(wall, replace(FULL.profiled, model="lite1"))

    assert first.startswith("20260102-030405-")
    assert len(first) == len("20260102-030405-0a1b2c3d")
    assert first != other
