"""Names of untrained networks, and the models that come of them."""

from __future__ import annotations

import onnx
import pytest

from vedette.adapters.zoo.untrained import entries
from vedette.adapters.zoo.untrained.entries import ENTRIES, find, sized_name
from vedette.errors import UsageError
from vedette.rules.zoo.names import is_name
from vedette.values.frame import Size
from vedette.values.manifest import Interpolation, Manifest, ModelType


def made(name: str) -> tuple[Manifest, onnx.ModelProto]:
    entry = find(name)
    built = entry.build(entry, ())
    return built.manifest, onnx.load_model_from_string(built.files[built.manifest.file])


def test_every_entry_says_that_its_answers_mean_nothing() -> None:
    """In its title, in its task, and in a mark that programs read."""
    for entry in ENTRIES:
        assert is_name(entry.name)
        assert entry.name.endswith("-untrained")
        assert entry.packages == ()
        assert entry.provenance.untrained
        assert "untrained" in entry.provenance.title
        assert "the answers mean nothing" in entry.provenance.task
        assert entry.provenance.reported_quality == ""


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("efficientnet-b0-untrained", Size(224, 224)),
        ("efficientnet-b7-untrained", Size(600, 600)),
        ("inception-v3-untrained", Size(299, 299)),
        ("resnet-50-1200x900-untrained", Size(1200, 900)),
        ("resnet-50-224x224-untrained", Size(224, 224)),
        ("mobilenet-v3-large-int8-8192x32-untrained", Size(8192, 32)),
    ],
)
def test_a_name_tells_the_input_size(name: str, size: Size) -> None:
    """The published one without a size; the entry keeps the name that was asked for."""
    assert find(name).input_size == size
    assert find(name).name == name


@pytest.mark.parametrize(
    "name",
    [
        "resnet-50",
        "resnet-50-1200x900",
        "resnet-51-untrained",
        "resnet-51-64x64-untrained",
        "speech-rnn-64x64-untrained",
    ],
)
def test_other_names_are_not_known(name: str) -> None:
    """Neither a network without its ending, nor a size of what takes no images."""
    assert find(name) is None


@pytest.mark.parametrize(
    ("name", "message", "help_text"),
    [
        ("resnet-50-31x900-untrained", "cannot take 31x900", "from 32 to 8192"),
        ("resnet-50-900x0-untrained", "cannot take 900x0", "from 32 to 8192"),
        ("resnet-50-8193x64-untrained", "cannot take 8193x64", "from 32 to 8192"),
        ("inception-v3-300x74-untrained", "cannot take 300x74", "from 75 to 8192"),
        ("resnet-50-0300x300-untrained", "no leading zeros", "take resnet-50-300x300-untrained"),
    ],
)
def test_a_wrong_size_is_refused_with_the_next_step(name: str, message: str, help_text: str) -> None:
    """Which sizes are offered, or how it is written."""
    with pytest.raises(UsageError, match=message) as error:
        find(name)

    assert help_text in error.value.help


def test_a_size_goes_into_the_name() -> None:
    """Width before height; the published size leaves the name as it is."""
    assert sized_name("resnet-50-untrained", Size(1200, 900)) == "resnet-50-1200x900-untrained"
    assert sized_name("resnet-50-untrained", Size(224, 224)) == "resnet-50-untrained"


@pytest.mark.parametrize(
    "name", ["efficientnet-lite0", "resnet-50", "resnet-50-64x64-untrained", "speech-rnn-untrained", "nothing"]
)
def test_only_untrained_networks_of_images_take_a_size(name: str) -> None:
    """The others are told which do."""
    with pytest.raises(UsageError, match=f"--size 64x64: {name} has an input of its own size") as error:
        sized_name(name, Size(64, 64))

    assert "resnet-50-untrained" in error.value.help


def test_a_size_that_cannot_be_is_no_name() -> None:
    """The limit is the same by option as by name."""
    with pytest.raises(UsageError, match="cannot take 16x16"):
        sized_name("resnet-50-untrained", Size(16, 16))


def test_a_network_is_built_at_the_size_of_its_name() -> None:
    """NCHW, height before width; parameters of the graph and of the published form; a class name for each output."""
    manifest, model = made("mobilenet-v3-large-96x64-untrained")
    sides = [side.dim_value for side in model.graph.input[0].type.tensor_type.shape.dim]

    assert sides[1:] == [3, 64, 96]
    assert manifest.name == "mobilenet-v3-large-96x64-untrained"
    assert manifest.model_type is ModelType.CLASSIFIER
    assert manifest.input.size == Size(96, 64)
    assert (manifest.labels[0], manifest.labels[-1], len(manifest.labels)) == ("class_0", "class_999", 1000)
    assert manifest.provenance.parameters == 5_470_832
    assert "5,483,032 parameters as published, with batch norm" in manifest.provenance.source
    assert manifest.provenance.untrained


def test_images_are_prepared_as_published() -> None:
    """ImageNet's mean and deviation; -1..1 for Inception; the centre that the authors' resize leaves."""
    mobile = made("mobilenet-v3-large-32x32-untrained")[0].input
    inception = made("inception-v3-75x75-untrained")[0].input

    assert mobile.mean_values == pytest.approx([255 * share for share in (0.485, 0.456, 0.406)])
    assert mobile.scale_values == pytest.approx([255 * share for share in (0.229, 0.224, 0.225)])
    assert (mobile.crop_fraction, mobile.interpolation) == (224 / 256, Interpolation.LINEAR)
    assert (inception.mean_values, inception.scale_values) == ((127.5,) * 3, (127.5,) * 3)
    assert inception.crop_fraction == pytest.approx(299 / 342)
    assert find("efficientnet-b4-untrained").build.args[0].cubic


def test_sequences_take_plain_tensors() -> None:
    """No image input, no labels; the cost is that of one step and says so."""
    manifest, model = made("speech-rnn-untrained")

    assert find("speech-rnn-untrained").input_size is None
    assert manifest.input is None
    assert manifest.model_type is ModelType.TENSOR
    assert manifest.labels == ()
    assert [side.dim_param or side.dim_value for side in model.graph.input[0].type.tensor_type.shape.dim] == [
        "N",
        "T",
        80,
    ]
    assert manifest.provenance.gflops == pytest.approx(0.0253, rel=0.01)
    assert "gflops are those of a sequence of 1" in manifest.provenance.source


def test_the_8_bit_network_is_quantised() -> None:
    """Its file is a quarter of the full one, its cost the same."""
    manifest, model = made("mobilenet-v3-large-int8-64x64-untrained")
    full, full_model = made("mobilenet-v3-large-64x64-untrained")

    assert model.ByteSize() < 0.3 * full_model.ByteSize()
    assert manifest.provenance.parameters == full.provenance.parameters
    assert manifest.provenance.gflops == pytest.approx(full.provenance.gflops)
    assert any(node.op_type == "QuantizeLinear" for node in model.graph.node)


def test_the_largest_side_is_stated_once() -> None:
    """What is refused by name is refused by option."""
    with pytest.raises(UsageError):
        sized_name("resnet-50-untrained", Size(entries.LARGEST_SIDE + 1, 64))
    assert sized_name("resnet-50-untrained", Size(entries.LARGEST_SIDE, 64)) == "resnet-50-8192x64-untrained"
