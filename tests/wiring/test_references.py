"""What answers are compared with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fakes import colour_manifest, jpeg, write_colour_model

from vedette.adapters.config.repository import Repository
from vedette.errors import InvalidError, NotFoundError
from vedette.rules.candidates import Wish
from vedette.values.answer import Answer
from vedette.values.execution import RuntimeName
from vedette.values.trial import Inputs
from vedette.wiring.bench_images import Chosen
from vedette.wiring.references import reference_answers

IMAGES = [jpeg(pixels, 32, 32) for pixels in ((250, 5, 5), (5, 250, 5))]


def answers(reference: object, images: list[bytes] | None = None, said: list[str] | None = None) -> list[Answer]:
    sent = IMAGES if images is None else images
    chosen = Chosen(sent, Inputs(("x",), len(sent), ((32, 32),), 1, ""), ())
    say = [].append if said is None else said.append
    return reference_answers(str(reference), chosen, Wish(runtime=RuntimeName.ONNXRUNTIME), say)


def line(label: str) -> str:
    return json.dumps([{"label": label, "score": 0.9}])


def test_a_file_has_an_answer_a_line_in_the_order_of_the_images(tmp_path: Path) -> None:
    """Empty lines do not count."""
    file = tmp_path / "right.jsonl"
    file.write_text(f"{line('red')}\n\n{line('green')}\n")

    assert [answer.classes[0].label for answer in answers(file)] == ["red", "green"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (line("red"), "has 1 results for 2 images"),
        (f"{line('red')}\nnonsense", "line 2"),
        ("", "has 0 results"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_with_the_line(text: str, told: str, tmp_path: Path) -> None:
    """Before the first request."""
    file = tmp_path / "right.jsonl"
    file.write_text(text)

    with pytest.raises(InvalidError, match=told) as raised:
        answers(file)
    assert raised.value.help


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """With how to make one."""
    with pytest.raises(NotFoundError, match="cannot be read") as raised:
        answers(tmp_path / "none.jsonl")
    assert "vedette run" in raised.value.help


@pytest.fixture
def colour(home: Path, tmp_path: Path) -> None:
    file = write_colour_model(tmp_path / "colour.onnx", 8)
    Repository(home).save(colour_manifest(file.name, 8, name="colour"), {file.name: file})


def test_a_model_answers_every_image_before_the_run(colour: None) -> None:
    """All classes that it has, the best first; what takes time is said."""
    said: list[str] = []

    found = answers("colour", said=said)

    assert [answer.classes[0].label for answer in found] == ["red", "green"]
    assert all(len(answer.classes) == 3 for answer in found)
    assert any("2 images" in words for words in said)


def test_an_image_that_the_model_cannot_take_is_named(colour: None) -> None:
    """By its number: without its right answer nothing is measured."""
    with pytest.raises(InvalidError, match="no answer for image 1"):
        answers("colour", [IMAGES[0], IMAGES[1][:200]])


def test_a_model_that_is_not_there_is_told() -> None:
    """As everywhere."""
    with pytest.raises(NotFoundError):
        answers("no-such-model")
