"""One run of a model, through the port of its reader."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from vedette.adapters.zoo.reading import Contents, reason, run_once
from vedette.errors import InvalidError
from vedette.rules.zoo.signature import Port, Signature

SIGNATURE = Signature((Port("x", (None, 2), "float32"), Port("n", (1,), "int64"), Port("u", (1,), "uint8")), ())
SHAPES = ((3, 2), (1,), (1,))


class Answering:
    """A reader whose model answers what it is told to."""

    def __init__(self, *answers: np.ndarray | Exception) -> None:
        self.answers = answers
        self.fed: list[np.ndarray] = []

    def read(self, path: Path) -> Contents:
        return Contents(SIGNATURE, path.name)

    def run(self, path: Path, feeds: Sequence[np.ndarray]) -> list[tuple[str, np.ndarray]]:
        self.fed = list(feeds)
        if isinstance(self.answers[0], Exception):
            raise self.answers[0]
        return [(f"y{index}", answer) for index, answer in enumerate(self.answers)]


def test_each_input_gets_its_shape_and_number_type() -> None:
    """Floats lie in 0..1, the same ones every time."""
    reader, again = Answering(np.zeros((3, 4))), Answering(np.zeros((3, 4)))
    for one in (reader, again):
        run_once(one, Path("m"), SIGNATURE, SHAPES)

    assert [(feed.shape, str(feed.dtype)) for feed in reader.fed] == [
        ((3, 2), "float32"),
        ((1,), "int64"),
        ((1,), "uint8"),
    ]
    assert 0 <= reader.fed[0].min() <= reader.fed[0].max() <= 1
    np.testing.assert_array_equal(reader.fed[0], again.fed[0])


@pytest.mark.parametrize(
    ("answer", "chances"),
    [
        (np.array([[0.25, 0.75], [1, 0]]), True),
        (np.array([[0.25, 0.75], [1, 1]]), False),
        (np.array([[1.5, -0.5]]), False),
        (np.array([[np.nan, 1]]), False),
        (np.array([[0.5, 0.501]], np.float16), True),
        (np.array([[1, 0]]), False),
        (np.array([1.0]), False),
    ],
)
def test_chances_lie_in_0_to_1_and_sum_to_1(answer: np.ndarray, chances: object) -> None:
    """In every row, and as floats."""
    (output,) = run_once(Answering(answer), Path("m"), SIGNATURE, SHAPES)

    assert output.chances is chances
    assert output.shape == answer.shape


def test_a_model_that_does_not_run_is_refused() -> None:
    """With the shapes that it was fed and the reason of the engine."""
    with pytest.raises(InvalidError, match=r"m\.onnx does not run with x \[3, 2\], .*: too narrow"):
        run_once(Answering(RuntimeError("too narrow")), Path("m.onnx"), SIGNATURE, SHAPES)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[ONNXRuntimeError] : 1 : FAIL : bad shape", "bad shape"),
        ("Exception from src/a.cpp:3:\nCheck 'x' failed at src/b.cpp:4:\nNo such layer\n\n", "No such layer"),
        ("", "RuntimeError"),
        ("x" * 5000, "x" * 300),
    ],
)
def test_the_telling_line_of_an_engine(text: str, told: str) -> None:
    """Source files and prefixes of the engine are left out."""
    assert reason(RuntimeError(text)) == told
