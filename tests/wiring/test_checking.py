"""`check`: every problem of models on disk."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_models import classifier, detector, save

from vedette.adapters.config.repository import Repository
from vedette.errors import NotFoundError
from vedette.wiring.adding import add
from vedette.wiring.checking import Checked, check


def edit(home: Path, name: str, *changes: tuple[str, str]) -> None:
    file = home / name / "model.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")


@pytest.fixture
def net(tmp_path: Path) -> Path:
    return Path(add(save(classifier(), tmp_path / "net.onnx")).manifest.file)


def test_all_well(net: Path) -> None:
    """A model as it was added has no finding."""
    assert check() == check("net")
    assert check("net").models == ("net",)
    assert check("net").findings == ()


def test_an_empty_home_is_well() -> None:
    """Nothing there, nothing wrong."""
    assert check() == Checked((), ())


def test_every_disagreement_at_once(net: Path, home: Path) -> None:
    """A wrong input name hides neither wrong labels nor wrong scores."""
    edit(home, "net", ("input_name: image", "input_name: picture"), ("- class_3\n", ""), ("logits", "probabilities"))
    problems = [finding.problem for finding in check("net").findings]

    assert [problem.partition(":")[0] for problem in problems] == ["input_name", "labels", "scores"]


def test_a_changed_file_is_found(net: Path) -> None:
    """One byte, the same size: the hash tells."""
    content = bytearray(net.read_bytes())
    content[-20] ^= 1
    net.write_bytes(content)
    (finding,) = check("net").findings

    assert "sha256" in finding.problem
    assert "vedette models remove net" in finding.help


def test_a_wrong_size_does_not_run(net: Path, home: Path) -> None:
    """The engine's reason is the finding."""
    edit(home, "net", ("input_size: 48x32", "input_size: 40x32"))

    assert "does not run with image [1, 3, 32, 40]" in check("net").findings[0].problem


def test_all_keys_of_a_broken_manifest(net: Path, home: Path) -> None:
    """Each with file, key, value and what is expected."""
    edit(home, "net", ("layout: NCHW", "layout: NHCW"), ("pad_value", "pad_valu"))
    (finding,) = check().findings

    assert f"{home}/net/model.yaml: layout: NHCW: expected 'NCHW' or 'NHWC'" in finding.problem
    assert "unknown key, did you mean pad_value?" in finding.problem


def test_a_folder_of_models_elsewhere(net: Path, home: Path, tmp_path: Path) -> None:
    """A repository that is not home, or one model of it, is given by its path."""
    other = tmp_path / "repository"
    home.rename(other)
    (other / "UPPER").mkdir()
    (other / "UPPER/model.yaml").write_text("", encoding="utf-8")
    checked = check(str(other))

    assert checked.models == ("net",)
    assert [finding.model for finding in checked.findings] == [""]
    assert "its name is not one of a model" in checked.findings[0].problem
    assert check(str(other / "net")).findings == ()


def test_what_is_not_there(net: Path, tmp_path: Path) -> None:
    """A slip is put right; a folder without models is told."""
    with pytest.raises(NotFoundError, match="the nearest: net"):
        check("nett")
    (tmp_path / "empty").mkdir()
    with pytest.raises(NotFoundError, match="no model in"):
        check(str(tmp_path / "empty"))


def test_a_model_of_the_home_comes_before_a_folder(net: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of the same name where the user stands does not hide it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net").mkdir()

    assert check("net").models == ("net",)
    assert Repository(net.parents[2]).names() == ("net",)


@pytest.fixture
def objects(tmp_path: Path) -> Path:
    """A YOLOX of 3 classes at 96x64."""
    graph = detector({"y": (1, 126, 8)}, (1, 3, 64, 96), metadata={"model_type": "YOLOX", "labels": "ant bee cat"})
    return Path(add(save(graph, tmp_path / "objects.onnx")).manifest.file)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("- cat\n", ""), "labels: 2 names: the model answers 3 classes"),
        (("model_type: yolox", "model_type: yolov5"), "the model answers (126, 8), which looks like yolox"),
        (("first_class: 0", "first_class: 0\nstrides: [4]"), "yolox does not read with 3 labels"),
        (("model_type: yolox", "model_type: classifier"), "nms: class: a key of detectors"),
    ],
)
def test_a_detector_is_compared_with_one_run(objects: Path, home: Path, change, told: str) -> None:
    """Labels, family, and what the decoder itself says to the shapes."""
    assert check("objects").findings == ()
    edit(home, "objects", change)

    assert told in check("objects").findings[0].problem


def test_a_wrong_input_name_hides_no_wrong_strides(objects: Path, home: Path) -> None:
    """Both are told."""
    edit(home, "objects", ("input_name: image", "input_name: picture"), ("first_class: 0", "strides: [4]"))
    problems = [finding.problem for finding in check("objects").findings]

    assert problems[0].startswith("input_name: picture")
    assert "yolox does not read" in problems[1]
