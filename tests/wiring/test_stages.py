"""The operator's own code is found beside the configuration, made, and served; nothing else is."""

from __future__ import annotations

import asyncio
import itertools
import sys
from pathlib import Path
from typing import Any

import pytest
from fakes import colour_manifest, jpeg, write_colour_model
from stations import ReadyModels

from vedette.clock import SystemClock
from vedette.errors import UsageError
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.image_order import ImageOrder, Look
from vedette.flows.inference.postprocess import Answering
from vedette.flows.inference.service import Service
from vedette.flows.inference.station import Loaded, Station
from vedette.rules.wire.result import to_object
from vedette.values.execution import Precision, RuntimeName
from vedette.values.frame import Frame
from vedette.values.served import ModelRef
from vedette.values.serving import Limits, ModelOptions, StageNames
from vedette.values.timeline import Span
from vedette.wiring.opening import ServingOpener
from vedette.wiring.stages import StageSource, load_stages

NUMBERS = itertools.count()
DECIDE = "class Decide:\n    def __call__(self, result):\n        return {'best': result.classes[0].label}\n"


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is appended to the search path goes again."""
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.fixture
def source(tmp_path: Path) -> StageSource:
    (tmp_path / "models/colour").mkdir(parents=True)
    return StageSource(tmp_path / "vedette.yaml", tmp_path / "models")


def module(folder: Path, text: str) -> str:
    """The name of a new module in a folder; each test has its own, because Python remembers modules."""
    name = f"own_code_of_a_test_{next(NUMBERS)}"
    (folder / f"{name}.py").write_text(text)
    return name


def load(place: str, source: StageSource, key: str = "decide") -> Any:
    stages = load_stages(StageNames(**{key: place}), colour_manifest(), source)
    return getattr(stages, key)


def test_a_class_beside_the_configuration_is_made_without_arguments_or_with_the_manifest(source: StageSource) -> None:
    """And it may import its neighbours when it is called, long after it was made."""
    folder = source.file.parent
    neighbour = module(folder, "WORD = 'late'\n")
    text = (
        "class Plain:\n    def __call__(self, result):\n"
        f"        from {neighbour} import WORD\n        return {{'word': WORD}}\n"
        "class Knowing:\n    def __init__(self, manifest):\n        self.labels = manifest.labels\n"
        "    def __call__(self, result):\n        return {}\n"
    )
    name = module(folder, text)

    assert load(f"{name}:Plain", source)(None) == {"word": "late"}
    assert load(f"{name}:Knowing", source).labels == ("red", "green", "blue")


def test_a_model_without_own_code_has_none(source: StageSource) -> None:
    """Nothing is imported for it."""
    assert load_stages(StageNames(), colour_manifest(), source) is None


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ("", "no_such_module_of_a_test:A", "ModuleNotFoundError: No module named 'no_such_module_of_a_test'"),
        ("", "{}:Gone", "has no Gone"),
        ("f = len", "{}:f", "f is no class"),
        ("class A: pass", "{}:A", "it has no __call__"),
        ("class A:\n    def __init__(self): 1 / 0", "{}:A", "ZeroDivisionError: division by zero"),
        ("class A:\n    def __init__(self, size): pass", "{}:A", "missing 1 required positional argument: 'size'"),
        ("import sys\nsys.exit('stop')", "{}:A", "SystemExit: stop"),
        ("class A:\n    threads = 0\n    def __call__(self): pass", "{}:A", "threads must be a whole number from 1"),
        ("def (", "{}:A", "SyntaxError"),
    ],
)
def test_own_code_that_cannot_be_made_is_a_usage_error(source: StageSource, text: str, place: str, reason: str) -> None:
    """It names the file, the key, the class and Python's reason."""
    place = place.format(module(source.file.parent, text))

    with pytest.raises(UsageError) as caught:
        load(place, source, "postprocess")

    assert caught.value.message.startswith(f"{source.file}: stages.postprocess of colour: {place} cannot be used: ")
    assert reason in caught.value.message


def test_a_module_in_a_model_folder_is_not_found(source: StageSource) -> None:
    """The repository is not searched."""
    name = module(source.repository / "colour", DECIDE)

    with pytest.raises(UsageError, match=f"No module named '{name}'"):
        load(f"{name}:Decide", source)


def test_a_model_folder_beside_the_configuration_is_refused_before_it_runs(tmp_path: Path) -> None:
    """Where configuration and repository are one folder, a model folder would be a package: no line of it runs."""
    name = f"model_of_a_test_{next(NUMBERS)}"
    folder = tmp_path / name / "1"
    folder.mkdir(parents=True)
    trap = f"open({str(tmp_path / 'ran')!r}, 'w').close()\n{DECIDE}"
    (tmp_path / name / "evil.py").write_text(trap)
    (tmp_path / f"package_{name}").mkdir()
    (tmp_path / f"package_{name}/__init__.py").write_text(trap)
    source = StageSource(tmp_path / "vedette.yaml", tmp_path)

    for place in (f"{name}.evil:Decide", f"package_{name}:Decide", f"package_{name}.deeper:Decide"):
        with pytest.raises(UsageError, match="lies in the model repository"):
            load(place, source)
    assert not (tmp_path / "ran").exists()
    assert load(f"{module(tmp_path, DECIDE)}:Decide", source) is not None


def served(loaded: Loaded) -> dict[str, Any]:
    """What a service with this model says of a red picture."""
    clock = SystemClock()

    async def run() -> dict[str, Any]:
        crew, station = Crew(1, clock), Station(loaded, clock)
        service = Service(ReadyModels(colour=station), crew, Limits(), clock)
        now = clock.now_ns()
        order = ImageOrder(
            "1", Frame("body", jpeg((255, 0, 0))), Look(Answering()), Span("acquire", now, now), lambda all_: all_
        )
        with service.admit([ModelRef("colour")]) as admission:
            admission.begin(1)
            (delivery,) = await service.images(admission, order)
        await asyncio.to_thread(crew.close)
        await asyncio.to_thread(station.close)
        return to_object(delivery.outcome)

    return asyncio.run(run())


def test_a_model_is_opened_with_its_own_code(source: StageSource, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the options to the answer; a model whose code is broken is not opened."""
    monkeypatch.setenv("VEDETTE_HOME", str(source.file.parent / "home"))
    name = module(source.file.parent, DECIDE)
    manifest = colour_manifest(write_colour_model(source.repository / "colour/model.onnx"))
    opener = ServingOpener(lambda _: None, None, source.file, source.repository)

    def options(place: str) -> ModelOptions:
        quick = {"runtime": RuntimeName.ONNXRUNTIME, "precision": Precision.FP32, "threads": 1}
        return ModelOptions("colour", **quick, stages=StageNames(decide=place))

    assert served(opener.open(manifest, options(f"{name}:Decide")))["decision"] == {"best": "red"}
    with pytest.raises(UsageError, match="has no Other"):
        opener.open(manifest, options(f"{name}:Other"))
