"""What lies in a model repository."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from vedette.adapters.config.repository import Repository
from vedette.adapters.config.scan import BARE_NOTE, notes, read_options, read_version, scan
from vedette.errors import InvalidError, NotFoundError, UsageError
from vedette.values.found import FileState, Found
from vedette.values.frame import Size
from vedette.values.manifest import InputSpec, Layout, Manifest, ModelFormat, ModelType
from vedette.values.serving import ModelOptions

CATS = Manifest(
    "cats", "1", "model.onnx", ModelFormat.ONNX, ModelType.CLASSIFIER, InputSpec("x", Layout.NCHW, Size(8, 8)), ("a",)
)


def _write(file: Path, content: bytes = b"weights") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """One folder of each kind."""
    Repository(tmp_path).save(CATS, {"model.onnx": b"weights"})
    _write(tmp_path / "cats/10/model.onnx", b"other")
    _write(tmp_path / "Tri_Ton/config.pbtxt", b"max_batch_size: 4")
    _write(tmp_path / "Tri_Ton/2/model.onnx")
    _write(tmp_path / "bare/3/model.xml")
    _write(tmp_path / "bare/3/model.bin")
    return tmp_path


def test_each_kind_of_folder_is_found(root: Path) -> None:
    """Names, kinds and versions, in order; versions are numbers."""
    assert [(found.name, found.kind, found.versions, found.problem) for found in scan(root)] == [
        ("Tri_Ton", "triton", ("2",), ""),
        ("bare", "bare", ("3",), ""),
        ("cats", "vedette", ("1", "10"), ""),
    ]
    assert [found.folder for found in scan(root)] == [str(root / name) for name in ("Tri_Ton", "bare", "cats")]


def test_any_version_is_read(root: Path) -> None:
    """Not only the highest, of every kind."""
    triton, bare, cats = scan(root)

    assert read_version(cats, "1") == replace(CATS, file=str(root / "cats/1/model.onnx"))
    assert read_version(cats, "10") == replace(CATS, version="10", file=str(root / "cats/10/model.onnx"))
    assert read_version(triton, "2").file == str(root / "Tri_Ton/2/model.onnx")
    assert read_version(bare, "3") == Manifest(
        "bare", "3", str(root / "bare/3/model.xml"), ModelFormat.OPENVINO, ModelType.TENSOR, None
    )


def test_options_and_notes_are_those_of_the_description(root: Path) -> None:
    """Triton's configuration has options, a bare folder a note, Vedette's manifest neither."""
    triton, bare, cats = scan(root)

    assert read_options(triton) == ModelOptions("Tri_Ton", max_batch=4)
    assert (read_options(bare), read_options(cats)) == (None, None)
    assert (notes(triton), notes(bare), notes(cats)) == ((), (BARE_NOTE,), ())


def test_a_version_that_is_not_there_is_not_found(root: Path) -> None:
    """The error lists those that are."""
    for found in scan(root):
        with pytest.raises(NotFoundError, match="no version '7'") as caught:
            read_version(found, "7")
        assert ", ".join(found.versions) in caught.value.help


def test_a_broken_description_is_an_error_only_when_it_is_read(root: Path) -> None:
    """A scan opens no file, so that one broken model does not hide the others."""
    _write(root / "cats/model.yaml", b"model_type: nonsense")
    _write(root / "Tri_Ton/config.pbtxt", b"{")

    triton, _, cats = scan(root)
    for found, version in ((triton, "2"), (cats, "1")):
        assert found.problem == ""
        with pytest.raises(UsageError):
            read_version(found, version)


def test_the_state_changes_with_every_file_and_only_then(root: Path) -> None:
    """A new, longer, shorter, touched or missing file is seen; two scans without a change are equal."""
    before = scan(root)
    states = {before}
    assert scan(root) == before
    assert hash(scan(root)) == hash(before)

    _write(root / "bare/3/model.bin", b"longer than before")
    states.add(scan(root))
    os.utime(root / "bare/3/model.bin", ns=(5, 5))
    states.add(scan(root))
    _write(root / "bare/4/model.xml")
    states.add(scan(root))
    (root / "bare/3/model.bin").unlink()
    states.add(scan(root))

    assert len(states) == 5


def test_the_state_of_a_version_is_its_own_and_the_description() -> None:
    """Files of other versions do not matter to it."""
    files = [FileState(path, 1, time) for path, time in (("1/m", 5), ("10/m", 9), ("labels.txt", 7))]
    found = Found("a", "/a", "vedette", ("1", "10"), tuple(files))

    assert [file.path for file in found.state_of("1")] == ["1/m", "labels.txt"]
    assert found.changed_ns == 9
    assert Found("a", "/a", "bare", (), ()).changed_ns == 0


def test_what_is_hidden_or_no_model_is_not_seen(root: Path) -> None:
    """Staging folders, temporary files of copies, loose files and other folders do not count."""
    before = scan(root)
    _write(root / ".incoming-x/1/model.onnx")
    _write(root / "cats/.2.partial/model.onnx")
    _write(root / "cats/1/.model.onnx.Xy12")
    _write(root / "README.md")
    _write(root / "notes/1/readme.txt")
    (root / "empty").mkdir()

    assert scan(root) == before


def test_a_folder_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    """Neither does a file."""
    assert scan(tmp_path / "gone") == ()
    assert scan(_write(tmp_path / "file")) == ()


@pytest.mark.parametrize(
    ("file", "problem"),
    [
        ("Cats/model.yaml", "'Cats' is no name of a model: lower-case"),
        ("a b/config.pbtxt", "'a b' is no name of a model: letters"),
        ("_x/1/model.onnx", "'_x' is no name of a model: letters"),
        ("empty/model.yaml", "has no version folder such as 1/"),
        ("triton/config.pbtxt", "has no version folder such as 1/"),
    ],
)
def test_why_a_folder_cannot_be_served_is_told(tmp_path: Path, file: str, problem: str) -> None:
    """A wrong name, and a model without a version."""
    _write(tmp_path / file)

    (found,) = scan(tmp_path)
    assert problem in found.problem


def test_versions_of_triton_start_with_no_zero(tmp_path: Path) -> None:
    """Triton does not see such folders, nor those that are no numbers."""
    for version in ("0", "01", "2", "draft"):
        _write(tmp_path / "m" / version / "model.onnx")

    (found,) = scan(tmp_path)
    assert found.versions == ("2",)


def test_links_are_followed_and_circles_end(tmp_path: Path) -> None:
    """A version may be a link to a folder elsewhere; a link to its own parent or to nothing does no harm."""
    _write(tmp_path / "store/model.onnx")
    (tmp_path / "repo/m").mkdir(parents=True)
    (tmp_path / "repo/m/1").symlink_to(tmp_path / "store")
    (tmp_path / "store/loop").symlink_to(tmp_path / "repo/m")
    (tmp_path / "store/dangling").symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / "store/pipe")

    (found,) = scan(tmp_path / "repo")
    assert found.versions == ("1",)
    assert [file.path for file in found.state] == ["1/model.onnx"]


def test_a_bare_model_whose_file_went_away_is_damaged(tmp_path: Path) -> None:
    """Between scan and reading a file may go."""
    file = _write(tmp_path / "m/1/model.onnx")
    (found,) = scan(tmp_path)
    file.unlink()

    with pytest.raises(InvalidError, match=r"holds none of model\.onnx"):
        read_version(found, "1")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_folder_without_rights_is_a_problem_of_its_own(root: Path) -> None:
    """The others are still found."""
    (root / "bare").chmod(0)
    try:
        found = {each.name: each for each in scan(root)}
    finally:
        (root / "bare").chmod(0o755)

    assert "cannot be read: Permission denied" in found["bare"].problem
    assert found["cats"].problem == ""


def test_a_scan_imports_neither_yaml_nor_schemas() -> None:
    """A server scans while it starts, and its start is short."""
    code = "import sys; import vedette.adapters.config.scan; print({'yaml', 'pydantic', 'onnx'} & set(sys.modules))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
