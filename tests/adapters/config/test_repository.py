"""A folder of models."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from vedette.adapters.config.home import default_home
from vedette.adapters.config.repository import Repository
from vedette.errors import ConflictError, InvalidError, NotFoundError, UnavailableError, UsageError
from vedette.values.frame import Size
from vedette.values.manifest import DetectorSpec, InputSpec, Layout, Manifest, ModelFormat, ModelType

MODEL = Manifest(
    name="cats",
    version="1",
    file="model.onnx",
    format=ModelFormat.ONNX,
    model_type=ModelType.CLASSIFIER,
    input=InputSpec("x", Layout.NCHW, Size(8, 8)),
    labels=("cat", "dog"),
)
FILES = {"model.onnx": b"weights"}


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "home")


def test_what_is_saved_is_found(repository: Repository) -> None:
    """A model comes back as it was, with the absolute path of its file."""
    saved = repository.save(MODEL, FILES)

    assert saved == replace(MODEL, file=str(repository.home / "cats/1/model.onnx"))
    assert repository.find("cats") == saved
    assert repository.names() == ("cats",)
    assert Path(saved.file).read_bytes() == b"weights"


def test_a_folder_that_is_not_there_holds_nothing(repository: Repository) -> None:
    """Nothing is made before something is saved."""
    assert repository.names() == ()
    assert not repository.home.exists()


def test_many_labels_lie_in_a_text_file(repository: Repository) -> None:
    """A thousand names keep the manifest readable."""
    many = replace(MODEL, labels=tuple(f"name {index}" for index in range(1000)))
    repository.save(many, FILES)

    assert "labels: labels.txt" in (repository.home / "cats/model.yaml").read_text(encoding="utf-8")
    assert repository.find("cats").labels == many.labels


@pytest.mark.parametrize("count", [64, 68, 7668])
def test_many_anchors_lie_in_a_text_file(repository: Repository, count: int) -> None:
    """They come back bit for bit; a few stay in the manifest."""
    anchors = tuple(index / 7 for index in range(count))
    saved = repository.save(replace(MODEL, model_type=ModelType.SSD, detector=DetectorSpec(anchors=anchors)), FILES)

    assert (repository.home / "cats/anchors.txt").exists() == (count > 64)
    assert repository.find("cats") == saved
    assert saved.detector.anchors == anchors


def test_labels_that_are_no_lines_stay_in_the_manifest(repository: Repository) -> None:
    """A name with a line break or spaces around it survives."""
    odd = replace(MODEL, labels=(*(str(index) for index in range(30)), "two\nlines", " spaced ", ""))
    repository.save(odd, FILES)

    assert repository.find("cats").labels == odd.labels


def test_the_highest_version_is_found(repository: Repository) -> None:
    """Versions are numbers: 10 is higher than 9."""
    repository.save(MODEL, FILES)
    for version in ("9", "10", "draft"):
        (repository.home / "cats" / version).mkdir()
        (repository.home / "cats" / version / "model.onnx").write_bytes(b"x")

    assert repository.find("cats").version == "10"


def test_an_unknown_name_tells_the_nearest(repository: Repository) -> None:
    """A slip of the finger is put right."""
    repository.save(MODEL, FILES)

    with pytest.raises(NotFoundError, match=r"no model 'cast'.*the nearest: cats") as caught:
        repository.find("cast")
    assert "vedette models list" in caught.value.help


@pytest.mark.parametrize("name", ["..", "../cats", "/", "", "Cats", ".cache"])
def test_a_path_is_no_name(repository: Repository, name: str) -> None:
    """Nothing outside of the folder is found, removed or written."""
    repository.save(MODEL, FILES)

    with pytest.raises(NotFoundError):
        repository.find(name)
    with pytest.raises(NotFoundError):
        repository.remove(name)
    with pytest.raises(UsageError):
        repository.save(replace(MODEL, name=name), FILES)


def test_files_stay_inside_of_the_version(repository: Repository) -> None:
    """A file that would lie elsewhere is refused, and nothing stays."""
    with pytest.raises(InvalidError, match="leaves the folder"):
        repository.save(MODEL, {**FILES, "../../evil": b"x"})
    assert list(repository.home.iterdir()) == []


def test_a_name_is_taken_once(repository: Repository) -> None:
    """A second model of a name is refused and the first one stays."""
    repository.save(MODEL, FILES)

    with pytest.raises(ConflictError, match="'cats' is there already"):
        repository.save(MODEL, {"model.onnx": b"other"})
    assert Path(repository.find("cats").file).read_bytes() == b"weights"


def test_a_failure_leaves_nothing_half_made(repository: Repository, tmp_path: Path) -> None:
    """A file that cannot be copied fails the whole model."""
    with pytest.raises(UnavailableError, match="gone"):
        repository.save(MODEL, {**FILES, "more.bin": tmp_path / "gone"})
    assert list(repository.home.iterdir()) == []


def test_an_interruption_leaves_nothing_half_made(repository: Repository) -> None:
    """Control-C while files are written removes what was written."""

    class Interrupting(dict):
        def items(self):
            yield "model.onnx", b"weights"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        repository.save(MODEL, Interrupting())
    assert list(repository.home.iterdir()) == []


def test_a_half_made_folder_is_not_seen_and_swept_later(repository: Repository) -> None:
    """What a killed process left is no model; a day later the next save deletes it, a fresh one it spares."""
    old, fresh = repository.home / ".incoming-old", repository.home / ".incoming-fresh"
    for folder in (old, fresh):
        (folder / "1").mkdir(parents=True)
    os.utime(old, (0, 0))

    assert repository.names() == ()
    repository.save(MODEL, FILES)
    assert not old.exists()
    assert fresh.exists()


def test_removed_is_gone(repository: Repository) -> None:
    """Nothing of it stays."""
    repository.save(MODEL, FILES)
    repository.remove("cats")

    assert list(repository.home.iterdir()) == []


def test_only_a_link_is_removed(repository: Repository, tmp_path: Path) -> None:
    """A model that lies elsewhere loses its link, not its files."""
    elsewhere = Repository(tmp_path / "elsewhere")
    elsewhere.save(MODEL, FILES)
    repository.home.mkdir()
    (repository.home / "cats").symlink_to(elsewhere.home / "cats")
    repository.remove("cats")

    assert repository.names() == ()
    assert elsewhere.names() == ("cats",)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (lambda file: file.unlink(), "is missing"),
        (lambda file: file.write_bytes(b""), "is empty"),
        (lambda file: file.write_bytes(b"half"), "has 4 bytes, 7 were saved"),
        (lambda file: file.rename(file.parent.parent / "model.onnx"), "is missing"),
    ],
)
def test_a_damaged_file_is_told_at_once(repository: Repository, damage: object, told: str) -> None:
    """Existence and size are checked at every find; the help says how to get it back."""
    file = Path(repository.save(MODEL, FILES).file)
    damage(file)

    with pytest.raises(InvalidError, match=told) as caught:
        repository.find("cats")
    assert "vedette models remove cats" in caught.value.help


def test_a_changed_byte_is_found_by_verify(repository: Repository) -> None:
    """`find` does not read the file; `verify` does."""
    file = Path(repository.save(MODEL, FILES).file)
    file.write_bytes(b"weightz")

    assert repository.find("cats").name == "cats"
    with pytest.raises(InvalidError, match="sha256"):
        repository.verify("cats")


def test_an_unchanged_model_is_verified(repository: Repository) -> None:
    """The recorded sha256 is that of the file."""
    repository.save(MODEL, FILES)

    assert repository.verify("cats").sha256


def test_a_manifest_by_hand_needs_no_hash(repository: Repository) -> None:
    """File and format are found by their usual names."""
    folder = repository.home / "mine"
    (folder / "1").mkdir(parents=True)
    (folder / "1/model.tflite").write_bytes(b"x")
    (folder / "model.yaml").write_text("model_type: tensor\n", encoding="utf-8")

    assert repository.find("mine").format is ModelFormat.TFLITE
    assert repository.verify("mine").sha256 == ""


def test_ir_needs_its_weights(repository: Repository) -> None:
    """The .bin belongs to the .xml."""
    ir = replace(MODEL, file="model.xml", format=ModelFormat.OPENVINO)
    repository.save(ir, {"model.xml": b"<net/>", "model.bin": b"w"})
    (repository.home / "cats/1/model.bin").unlink()

    with pytest.raises(InvalidError, match=r"model\.bin is missing"):
        repository.find("cats")


def test_a_saved_model_is_a_folder(repository: Repository) -> None:
    """Its file is the folder."""
    folder = replace(MODEL, file="saved_model", format=ModelFormat.SAVED_MODEL)
    saved = repository.save(folder, {"saved_model/saved_model.pb": b"p", "saved_model/variables/v": b"q"})

    assert repository.verify("cats").manifest == saved
    assert Path(saved.file).is_dir()


def test_strays_are_told(repository: Repository) -> None:
    """A folder that looks like a model and cannot be one is not passed over."""
    repository.save(MODEL, FILES)
    (repository.home / "Dogs").mkdir()
    (repository.home / "Dogs/model.yaml").write_text("", encoding="utf-8")
    (repository.home / "birds/1").mkdir(parents=True)
    (repository.home / ".cache/1").mkdir(parents=True)

    assert [stray.partition(":")[0].rpartition("/")[2] for stray in repository.strays()] == ["Dogs", "birds"]


def test_a_home_that_is_a_file_is_told(tmp_path: Path) -> None:
    """The path and the way out are named."""
    (tmp_path / "home").write_text("", encoding="utf-8")
    repository = Repository(tmp_path / "home")

    assert repository.names() == ()
    with pytest.raises(UnavailableError) as caught:
        repository.save(MODEL, FILES)
    assert "VEDETTE_HOME" in caught.value.help


def test_where_home_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """$VEDETTE_HOME, else the user's cache folder."""
    monkeypatch.setenv("VEDETTE_HOME", str(tmp_path))
    assert default_home() == tmp_path
    monkeypatch.setenv("VEDETTE_HOME", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_home() == tmp_path / "vedette"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_home() == tmp_path / ".cache/vedette"
