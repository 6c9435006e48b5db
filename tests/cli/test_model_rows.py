"""How models are printed."""

from __future__ import annotations

import json

import pytest

from vedette.cli.model_rows import (
    added_json,
    available_rows,
    checked_json,
    listed_json,
    listed_row,
    short,
    shown_json,
    shown_rows,
)
from vedette.rules.zoo.signature import Origin, Setting
from vedette.values.frame import Size
from vedette.values.manifest import InputSpec, Layout, Manifest, ModelFormat, ModelType, Provenance
from vedette.wiring.zoo import Added, Checked, Finding, Listed, Shown

LISTED = Listed("net", "available", Size(8, 4), Provenance(title="Net", reported_quality="90 % (theirs)"), 12.34)
MANIFEST = Manifest("net", "1", "/m", ModelFormat.ONNX, ModelType.TENSOR, None)


def test_a_row_of_the_list() -> None:
    """Quality without its circumstances."""
    assert listed_row(LISTED) == ("net", "available", "8x4", "12.3 MB", "reported: 90 %")


def test_a_model_before_it_is_pulled() -> None:
    """Only what is known; in the document null stands for the rest."""
    assert dict(available_rows(LISTED))["reported_quality"] == "90 % (theirs)"
    assert "licence" not in dict(available_rows(LISTED))
    assert listed_json(LISTED)["licence"] is None


def test_a_model_of_plain_tensors() -> None:
    """Input and preprocessing are null."""
    shown = Shown(MANIFEST, "own", "ab", 1234)

    assert shown_json(shown)["input"] is shown_json(shown)["preprocessing"] is None
    assert dict(shown_rows(shown))["input"] == "plain tensors"
    assert dict(shown_rows(shown))["format"] == "onnx, 1.2 kB"


@pytest.mark.parametrize(("channels", "reverse", "order"), [(3, True, "RGB"), (3, False, "BGR"), (1, True, "grey")])
def test_the_order_of_colours_is_named(channels: int, reverse: object, order: str) -> None:
    """In words that everybody knows."""
    spec = InputSpec("x", Layout.NCHW, Size(8, 4), channels=channels, reverse_input_channels=bool(reverse))
    manifest = Manifest("net", "1", "/m", ModelFormat.ONNX, ModelType.TENSOR, spec)

    assert dict(shown_rows(Shown(manifest, "own", "ab", 1)))["input"] == f"x: 8x4, NCHW, {order}"


def test_a_long_list_is_cut() -> None:
    """With its length."""
    assert short(tuple("abcdefgh")) == "a, b, c, d, e, ... (8)"
    assert short(("a", "b")) == "a, b"
    assert short(True) == "true"


def test_documents_are_json() -> None:
    """Tuples become lists, a finding without a model null."""
    added = Added(MANIFEST, (Setting("labels", ("a", "b"), Origin.GIVEN),))
    checked = Checked(("net",), (Finding("", "stray", "move it"),))

    assert json.loads(json.dumps(added_json(added)))["settings"] == [
        {"key": "labels", "value": ["a", "b"], "origin": "you"}
    ]
    assert json.loads(json.dumps(checked_json(checked)))["findings"][0]["model"] is None
