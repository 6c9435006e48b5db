"""From a signature to the keys of a manifest."""

from __future__ import annotations

import pytest

from vedette.errors import UnsupportedError, UsageError
from vedette.rules.zoo.infer import answer_settings, classes_of, feed_shapes, image_settings, merged
from vedette.rules.zoo.signature import Origin, Output, Port, Shape, Signature
from vedette.values.frame import Size
from vedette.values.manifest import InputSpec, Layout

LOGITS = (Output("y", (1, 4), "float32", chances=False),)


def signature(shape: Shape | None, dtype: str = "float32", **more: object) -> Signature:
    return Signature((Port("x", shape, dtype),), (Port("y", (None, 4), "float32"),), **more)


def values(settings: dict) -> dict:
    return {key: setting.value for key, setting in settings.items()}


@pytest.mark.parametrize(
    ("shape", "layout", "channels", "size"),
    [
        ((None, 3, 32, 48), "NCHW", 3, "48x32"),
        ((1, 1, 28, 28), "NCHW", 1, "28x28"),
        ((None, 32, 48, 3), "NHWC", 3, "48x32"),
    ],
)
def test_the_graph_tells_layout_channels_and_size(shape: Shape, layout: str, channels: int, size: str) -> None:
    """Where exactly one of the two places holds 1 or 3, that is the channels; sizes are width x height."""
    found = values(image_settings(signature(shape), {}))

    assert (found["layout"], found["channels"], found["input_size"]) == (layout, channels, size)
    assert found["input_name"] == "x"


def test_an_open_size_is_asked_for() -> None:
    """A size that the graph leaves open is asked for by its key."""
    with pytest.raises(UsageError, match="input_size: input x has shape") as caught:
        image_settings(signature((None, 3, None, None)), {})

    assert "--set input_size=224x224" in caught.value.help


def test_a_given_size_answers_the_question() -> None:
    """What the user gives wins and is named as theirs."""
    found = image_settings(signature((None, 3, None, None)), {"input_size": "64x32"})

    assert found["input_size"].value == "64x32"
    assert found["input_size"].origin is Origin.GIVEN


@pytest.mark.parametrize("shape", [(None, 3, 8, 3), (None, None, None, None)])
def test_an_ambiguous_layout_is_asked_for(shape: Shape) -> None:
    """Where both places could be the channels, the layout is asked for."""
    with pytest.raises(UsageError, match="may be NCHW or NHWC"):
        image_settings(signature(shape), {})


def test_an_unknown_layout_is_refused() -> None:
    """A layout is NCHW or NHWC."""
    with pytest.raises(UsageError, match="NCWH: unknown layout"):
        image_settings(signature((None, 3, 8, 8)), {"layout": "NCWH"})


def test_a_layout_in_the_file_settles_it() -> None:
    """An IR may name the layout of its input."""
    found = image_settings(signature((None, 3, 8, 3), layout="NHWC"), {})

    assert values(found)["layout"] == "NHWC"
    assert values(found)["input_size"] == "8x3"


@pytest.mark.parametrize(
    "inputs",
    [
        (Port("x", (None, 7), "float32"),),
        (Port("x", (None, 16, 8, 8), "float32"),),
        (Port("x", (None, 3, 8, 8), "int64"),),
        (Port("x", (None, 3, 8, 8), "float32"), Port("z", (1,), "float32")),
    ],
)
def test_other_inputs_are_no_image(inputs: tuple[Port, ...]) -> None:
    """Another rank, other channels, whole numbers, or a second input: plain tensors."""
    assert image_settings(Signature(inputs, ()), {}) == {}


def test_a_model_without_metadata_is_taken_for_rgb() -> None:
    """Most exports take RGB; with `model_info` OpenVINO's own default holds, which is BGR."""
    plain = image_settings(signature((None, 3, 8, 8)), {})
    told = image_settings(signature((None, 3, 8, 8), metadata={"model_type": "Classification"}), {})

    assert plain["reverse_input_channels"].value is True
    assert told["reverse_input_channels"].value is False


def test_metadata_fills_the_keys() -> None:
    """What the file says of itself is taken, with its origin."""
    found = image_settings(signature((None, 3, 8, 8), metadata={"mean_values": "1 2 3", "pad_value": "114"}), {})

    assert found["mean_values"].value == "1 2 3"
    assert found["mean_values"].origin is Origin.METADATA
    assert found["scale_values"].origin is Origin.DEFAULT


def test_another_kind_of_model_is_named() -> None:
    """A model that calls itself something Vedette does not decode is refused with a way out."""
    with pytest.raises(UnsupportedError, match="'segmentation'") as caught:
        image_settings(signature((None, 3, 8, 8), metadata={"model_type": "segmentation"}), {})

    assert "model_type=tensor" in caught.value.help


def test_a_wrong_input_name_is_refused() -> None:
    """The inputs that are there are listed."""
    with pytest.raises(UsageError) as caught:
        image_settings(signature((None, 3, 8, 8)), {"input_name": "q"})

    assert caught.value.help == "its inputs are: x"


def test_shapes_to_run_with() -> None:
    """The image input gets its size, everything else that is open gets 1."""
    spec = InputSpec("x", Layout.NCHW, Size(48, 32))
    ports = (Port("x", (None, 3, None, None), "float32"), Port("t", (None, 5), "int64"))

    assert feed_shapes(Signature(ports, ()), spec) == ((1, 3, 32, 48), (1, 5))
    assert feed_shapes(Signature(ports, ()), None) == ((1, 3, 1, 1), (1, 5))


def test_an_unknown_rank_cannot_be_run() -> None:
    """Without a rank there is no shape to try."""
    with pytest.raises(UsageError, match="no known shape"):
        feed_shapes(signature(None), None)


@pytest.mark.parametrize(
    ("shape", "dtype", "classes"),
    [
        ((1, 4), "float32", 4),
        ((1, 4, 1, 1), "float16", 4),
        ((1, 1), "float32", None),
        ((1, 4), "int64", None),
        ((1, 4, 2), "float32", None),
    ],
)
def test_one_row_of_numbers_is_a_classifier(shape: tuple[int, ...], dtype: str, classes: int | None) -> None:
    """One float output N x C or N x C x 1 x 1 with more than one class."""
    assert classes_of((Output("y", shape, dtype, chances=False),)) == classes


def test_two_outputs_are_no_classifier() -> None:
    """A model with several outputs is called with plain arrays."""
    model = signature((None, 3, 8, 8))
    image = image_settings(model, {})
    answers = answer_settings(model, {}, image, LOGITS + LOGITS, ())

    assert values(answers) == {"model_type": "tensor"}
    assert values(merged(image, answers, {})) == {"model_type": "tensor"}


def test_labels_are_made_up_where_nobody_names_them() -> None:
    """class_0, class_1, ... as a default that is shown."""
    model = signature((None, 3, 8, 8))
    labels = answer_settings(model, {}, image_settings(model, {}), LOGITS, ())["labels"]

    assert labels.value == ("class_0", "class_1", "class_2", "class_3")
    assert labels.origin is Origin.DEFAULT


def test_labels_of_the_wrong_number_are_refused() -> None:
    """Both numbers are named."""
    model = signature((None, 3, 8, 8))

    with pytest.raises(UsageError, match="3 names for 4 classes"):
        answer_settings(model, {}, image_settings(model, {}), LOGITS, ("a", "b", "c"))


def test_labels_in_the_metadata_are_separated_by_spaces() -> None:
    """As OpenVINO writes them."""
    model = signature((None, 3, 8, 8), metadata={"labels": "cat dog cow hen"})

    assert answer_settings(model, {}, image_settings(model, {}), LOGITS, ())["labels"].value == (
        "cat",
        "dog",
        "cow",
        "hen",
    )


@pytest.mark.parametrize(
    ("softmax", "chances", "scores", "origin"),
    [
        (True, False, "probabilities", Origin.GRAPH),
        (False, True, "probabilities", Origin.RUN),
        (None, False, "logits", Origin.RUN),
    ],
)
def test_scores_are_told_by_the_graph_or_a_run(softmax, chances, scores, origin) -> None:
    """A softmax at the end of the graph settles it, else the numbers of one run."""
    model = signature((None, 3, 8, 8), softmax=softmax)
    outputs = (Output("y", (1, 4), "float32", chances=chances),)
    found = answer_settings(model, {}, image_settings(model, {}), outputs, ())["scores"]

    assert (found.value, found.origin) == (scores, origin)


def test_a_classifier_that_is_none_is_refused() -> None:
    """`model_type=classifier` for a model without one row of numbers says what it answers."""
    model = signature((None, 3, 8, 8))
    boxes = (Output("boxes", (1, 10, 4), "float32", chances=False),)

    with pytest.raises(UsageError, match=r"boxes \[1, 10, 4\]"):
        answer_settings(model, {"model_type": "classifier"}, image_settings(model, {}), boxes, ())


def test_what_the_user_gives_wins() -> None:
    """Every given key is in the result, whoever else named it."""
    model = signature((None, 3, 8, 8))
    image = image_settings(model, {})
    given = {"scores": "probabilities", "title": "Mine"}
    found = merged(image, answer_settings(model, given, image, LOGITS, ()), given)

    assert found["scores"].value == "probabilities"
    assert found["title"].origin is Origin.GIVEN
    assert found["input_size"].value == "8x8"


def test_a_detector_is_told_by_one_run() -> None:
    """What its family says of the image replaces a default, and nothing else."""
    model = signature((1, 3, 64, 96), metadata={"pad_value": "7"})
    given = {"mean_values": "3"}
    image = image_settings(model, given)
    outputs = (Output("y", (1, 84, 126), "float32", chances=False),)
    spec = InputSpec("x", Layout.NCHW, Size(96, 64))
    found = merged(image, answer_settings(model, given, image, outputs, (), spec), given)

    assert values(found)["model_type"] == "yolov8"
    assert (found["scale_values"].value, found["scale_values"].origin) == ("255", Origin.FAMILY)
    assert (found["mean_values"].value, found["mean_values"].origin) == ("3", Origin.GIVEN)
    assert (found["pad_value"].value, found["pad_value"].origin) == ("7", Origin.METADATA)
    assert found["resize_type"].value == "fit_to_window_letterbox"


def test_an_open_size_is_read_from_ultralytics() -> None:
    """Its imgsz is height before width."""
    found = image_settings(signature((None, 3, None, None), properties={"imgsz": "[32, 64]"}), {})

    assert (found["input_size"].value, found["input_size"].origin) == ("64x32", Origin.METADATA)


def test_a_size_of_the_graph_is_not_overruled() -> None:
    """Metadata that contradict it are passed over."""
    found = image_settings(signature((1, 3, 8, 8), properties={"imgsz": "[32, 64]"}), {})

    assert (found["input_size"].value, found["input_size"].origin) == ("8x8", Origin.GRAPH)
