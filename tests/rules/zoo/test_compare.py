"""Where a manifest and its model disagree."""

from __future__ import annotations

from dataclasses import replace

from vedette.rules.zoo.compare import input_disagreements, output_disagreements
from vedette.rules.zoo.signature import Output, Port, Signature
from vedette.values.frame import Size
from vedette.values.manifest import DetectorSpec, InputSpec, Layout, Manifest, ModelFormat, ModelType, Scores

SIGNATURE = Signature((Port("x", (None, 3, 8, 8), "float32"),), (Port("y", (None, 2), "float32"),), softmax=True)
CHANCES = (Output("y", (1, 2), "float32", chances=True),)
MANIFEST = Manifest(
    "m",
    "1",
    "/m/1/model.onnx",
    ModelFormat.ONNX,
    ModelType.CLASSIFIER,
    InputSpec("x", Layout.NCHW, Size(8, 8)),
    labels=("a", "b"),
    scores=Scores.PROBABILITIES,
)


def test_a_right_manifest_agrees() -> None:
    """Nothing is found where all is well."""
    assert input_disagreements(MANIFEST, SIGNATURE) == ()
    assert output_disagreements(MANIFEST, SIGNATURE, CHANCES) == ()


def test_a_wrong_input_name_is_found() -> None:
    """The names that are there are listed."""
    wrong = replace(MANIFEST, input=InputSpec("q", Layout.NCHW, Size(8, 8)))

    assert "it has x" in input_disagreements(wrong, SIGNATURE)[0]


def test_labels_and_scores_are_compared_with_a_run() -> None:
    """Every disagreement is told, not only the first."""
    wrong = replace(MANIFEST, labels=("a", "b", "c"), scores=Scores.LOGITS)
    found = output_disagreements(wrong, SIGNATURE, CHANCES)

    assert found[0].startswith("labels: 3 names")
    assert found[1].startswith("scores: logits")


def test_probabilities_that_are_none_are_found() -> None:
    """Answers outside of 0..1 are logits."""
    found = output_disagreements(MANIFEST, SIGNATURE, (replace(CHANCES[0], chances=False),))

    assert found[0].startswith("scores: probabilities")


def test_a_classifier_without_one_row_of_numbers_is_found() -> None:
    """What it answers is shown."""
    assert (
        "y [1, 5, 4]"
        in output_disagreements(MANIFEST, SIGNATURE, (Output("y", (1, 5, 4), "float32", chances=False),))[0]
    )


def test_a_tensor_model_has_nothing_to_disagree_with() -> None:
    """Plain tensors mean what the caller says."""
    assert output_disagreements(replace(MANIFEST, model_type=ModelType.TENSOR), SIGNATURE, ()) == ()


DETECTOR = replace(
    MANIFEST,
    model_type=ModelType.YOLOV8,
    input=InputSpec("x", Layout.NCHW, Size(64, 64)),
    detector=DetectorSpec(),
)


def answer(*shapes: tuple[int, ...]) -> tuple[Output, ...]:
    return tuple(Output(f"y{index}", (1, *shape), "float32", chances=False) for index, shape in enumerate(shapes))


def test_a_right_detector_agrees() -> None:
    """Two labels beside the box."""
    assert output_disagreements(DETECTOR, SIGNATURE, answer((6, 84))) == ()


def test_labels_of_a_detector_are_compared_with_the_shapes() -> None:
    """Both numbers are named."""
    (problem,) = output_disagreements(DETECTOR, SIGNATURE, answer((84, 84)))

    assert problem == "labels: 2 names: the model answers 80 classes"


def test_the_wrong_family_says_which_it_looks_like() -> None:
    """With what it would read and what came."""
    (problem,) = output_disagreements(DETECTOR, SIGNATURE, answer((252, 7)))

    assert problem == (
        "model_type: yolov8: that reads (4 + labels, N); the model answers (252, 7), which looks like yolov5"
    )


def test_queries_count_from_the_first_class() -> None:
    """Its column is no label."""
    queries = replace(DETECTOR, model_type=ModelType.RTDETR, detector=DetectorSpec(first_class=1))

    assert output_disagreements(queries, SIGNATURE, answer((300, 4), (300, 3))) == ()
    assert output_disagreements(queries, SIGNATURE, answer((300, 4), (300, 4)))[0].startswith("labels: 2 names")


def test_strides_of_its_own_are_left_to_the_decoder() -> None:
    """The shapes of the family's own strides are no measure."""
    own = replace(DETECTOR, model_type=ModelType.YOLOX, detector=DetectorSpec(strides=(16,)))

    assert output_disagreements(own, SIGNATURE, answer((16, 7))) == ()
