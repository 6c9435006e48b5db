"""Answers become figures, whichever model failed and however its labels are written."""

from __future__ import annotations

from fakes import blob_manifest, colour_manifest

from vedette.rules.accuracy.agreement import Agreement, BoxAgreement, ClassAgreement
from vedette.rules.accuracy.topk import ClassifierAccuracy, Share
from vedette.values.detection import detections
from vedette.wiring.judges import Seen, judge_by_folders, judge_by_model
from vedette.wiring.truths import Sorted

ONE = colour_manifest(name="one")
OTHER = colour_manifest(name="other", labels=("Blue", "red"))


def test_images_that_only_one_model_answered_are_not_compared() -> None:
    """Of three images one is left; the other model's labels are understood by name."""
    plan = judge_by_model(OTHER, ONE)
    seen = [Seen(None, {"one": (0,), "other": (1,)}), Seen(None, {"one": (0,)}), Seen(None, {})]

    finding, notes = plan.judge(seen)

    assert finding == ClassAgreement(Share(1, 1), ())
    assert (plan.names, notes) == (("red", "green", "blue", "nothing"), ())


def test_to_give_no_class_is_an_answer_of_its_own() -> None:
    """Both silent agree, one silent differs."""
    plan = judge_by_model(OTHER, ONE)

    finding, _ = plan.judge([Seen(None, {"one": (), "other": ()}), Seen(None, {"one": (2,), "other": ()})])

    assert isinstance(finding, ClassAgreement)
    assert finding.same == Share(1, 2)
    assert [(plan.names[one.truth], plan.names[one.answer]) for one in finding.differences] == [("blue", "nothing")]


def test_boxes_meet_under_the_labels_of_both_models() -> None:
    """The same box is one object if its labels are one word."""
    plan = judge_by_model(blob_manifest(name="other", labels=("Blue", "pink")), blob_manifest(name="one"))
    same = [[0, 0, 9, 9], [20, 0, 29, 9]]
    answers = {"one": detections(same, [0.9, 0.8], [2, 1]), "other": detections(same, [0.9, 0.8], [0, 1])}

    finding, _ = plan.judge([Seen(None, answers)])

    assert isinstance(finding, BoxAgreement)
    assert {plan.names[class_id]: one for class_id, one in finding.classes.items()} == {
        "green": Agreement(0, 0, 1),
        "blue": Agreement(1, 1, 1, 1.0),
        "pink": Agreement(0, 1, 0),
    }


def test_an_image_without_an_answer_is_wrong() -> None:
    """It counts with its class."""
    plan = judge_by_folders(ONE, Sorted(("a", "b"), ("red", "red"), ()), "data")

    finding, _ = plan.judge([Seen(None, {"one": (0, 1)}), Seen(None, {})])

    assert finding == ClassifierAccuracy(Share(1, 2), None, {0: Share(1, 2)}, ())
