"""A model that is served as it was profiled."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes import colour_manifest, write_colour_model, write_linear_model
from profiled_models import given_profile

from vedette.adapters.config.content import fingerprint
from vedette.adapters.store.profile_document import write_profile
from vedette.errors import ConflictError, InvalidError, NotFoundError, UnsupportedError, VedetteError
from vedette.rules.batching.policy import policy_for
from vedette.rules.capacity.capable import batch_curve
from vedette.values.execution import Execution, Precision, RuntimeName
from vedette.values.frame import Size
from vedette.values.manifest import Manifest, ModelType
from vedette.values.profile import Profile
from vedette.values.serving import ModelOptions
from vedette.wiring.opening import ServingOpener
from vedette.wiring.profiled import curve_of, profile_of

CHEAPER = {1: 0.010, 2: 0.012, 4: 0.016, 8: 0.024}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VEDETTE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    (tmp_path / "model").mkdir()
    return colour_manifest(write_colour_model(tmp_path / "model" / "colour.onnx"))


def kept(folder: Path, profile: Profile) -> str:
    file = folder / "colour.profile.json"
    file.write_text(write_profile(profile))
    return str(file)


@pytest.mark.parametrize("runtime", [RuntimeName.ONNXRUNTIME, RuntimeName.OPENVINO])
def test_execution_and_batches_are_those_of_the_profile(
    tmp_path: Path, manifest: Manifest, runtime: RuntimeName
) -> None:
    """Nothing is measured: the policy is that of the profile's curve, the object that plans are made with."""
    profile = given_profile(CHEAPER, execution=Execution(runtime), sha256=fingerprint(Path(manifest.file)))
    options = ModelOptions("colour", profile=kept(tmp_path, profile), target_latency_ms=50.0)
    said: list[str] = []
    opener = ServingOpener(said.append)

    loaded = opener.open(manifest, options)

    assert loaded.instance.runtime.execution == Execution(runtime)
    assert loaded.policy == policy_for(batch_curve(profile), 8, 50.0)
    assert loaded.policy.size == 8
    assert "as profiled in" in str(opener.told(loaded, options))
    assert said == []


def test_curve_is_that_of_the_largest_images() -> None:
    """A file says no size: the times of the largest images are on the safe side."""
    small = given_profile(CHEAPER, size=Size(100, 100))
    both = given_profile({batch: 2 * each for batch, each in CHEAPER.items()}, size=Size(200, 200))
    together = type(both)(
        **{name: getattr(both, name) for name in both.__slots__} | {"points": small.points + both.points}
    )

    assert curve_of(together).latency_ms(1) == pytest.approx(20.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"runtime": RuntimeName.OPENVINO}, "was measured with onnxruntime, not with openvino"),
        ({"precision": Precision.BF16}, "was measured in fp32, not in bf16"),
        ({"threads": 2}, "was measured with 1 threads, not with 2"),
        ({"device": "cuda:0"}, "was measured on cpu, not on cuda:0"),
        ({"name": "other"}, "is of colour, not of other"),
    ],
)
def test_profile_that_contradicts_the_options_is_refused(tmp_path: Path, changes: dict, words: str) -> None:
    """The message names both."""
    options = ModelOptions(**({"name": "colour", "profile": kept(tmp_path, given_profile(CHEAPER))} | changes))

    with pytest.raises(ConflictError) as refused:
        profile_of(options)
    assert words in refused.value.message


def test_profile_of_another_file_of_the_model_is_refused(tmp_path: Path, manifest: Manifest) -> None:
    """Its times would be those of another model."""
    options = ModelOptions("colour", profile=kept(tmp_path, given_profile(CHEAPER, sha256="0" * 64)))

    with pytest.raises(ConflictError, match="another file"):
        ServingOpener(lambda _: None).open(manifest, options)


@pytest.mark.parametrize(("text", "error"), [(None, NotFoundError), ("{", InvalidError)])
def test_profile_that_cannot_be_read_is_told(tmp_path: Path, text: str | None, error: type[VedetteError]) -> None:
    """Missing and damaged ones are errors with a next step."""
    file = tmp_path / "colour.json"
    if text is not None:
        file.write_text(text)

    with pytest.raises(error) as refused:
        profile_of(ModelOptions("colour", profile=str(file)))
    assert refused.value.help


def test_model_of_plain_tensors_has_no_profile(tmp_path: Path) -> None:
    """Profiles are of images."""
    import numpy as np

    file = write_linear_model(tmp_path / "linear.onnx", np.eye(3))
    manifest = colour_manifest(file, name="colour", model_type=ModelType.TENSOR, labels=(), input=None)
    options = ModelOptions("colour", profile=kept(tmp_path, given_profile(CHEAPER)))

    with pytest.raises(UnsupportedError):
        ServingOpener(lambda _: None).open(manifest, options)
