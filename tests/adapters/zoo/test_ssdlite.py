"""SSDLite out of the real package: its cost, its raw answers, and what it sees on photos."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import pytest
import seen
from wheels import RealFetch, make_tarball

from vedette.adapters.zoo import catalog, ssdlite
from vedette.adapters.zoo.entry import Built
from vedette.adapters.zoo.tfjs.topology import Topology
from vedette.errors import InvalidError
from vedette.values.frame import Size
from vedette.values.manifest import Activation, ModelType, ResizeType, Suppression

NAME = "ssdlite-mobilenet-v2"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return catalog.make(catalog.find(NAME), RealFetch(), tmp_path_factory.mktemp("ssdlite"))


@pytest.fixture(scope="module")
def session(built: Built) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(built.files["model.onnx"], providers=["CPUExecutionProvider"])


def pixels_of(bgr: np.ndarray) -> np.ndarray:
    rgb = cv2.resize(bgr, (300, 300))[:, :, ::-1]
    return np.ascontiguousarray((rgb.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None])


def test_the_manifest_says_how_to_feed_and_read_it(built: Built) -> None:
    """RGB stretched to 300 x 300, -1..1; logits of 80 classes without a background; deltas times 0.1 and 0.2."""
    manifest = built.manifest
    spec, detector = manifest.input, manifest.detector

    assert manifest.model_type is ModelType.SSD
    assert (spec.size, spec.resize_type, spec.reverse_input_channels) == (Size(300, 300), ResizeType.STANDARD, True)
    assert spec.mean_values == spec.scale_values == (127.5,) * 3
    assert (manifest.confidence_threshold, len(manifest.labels), manifest.labels[9]) == (0.5, 80, "traffic light")
    assert (detector.nms, detector.iou_threshold, detector.variances) == (Suppression.CLASS, 0.6, (0.1, 0.2))
    assert (detector.activation, detector.first_class, len(detector.anchors)) == (Activation.SIGMOID, 0, 4 * 1917)


def test_its_cost_is_the_known_one(built: Built) -> None:
    """4.49 million weights and 1.50 GFLOPs, within a hundredth; OpenVINO's zoo counts 4.475 million."""
    provenance = built.manifest.provenance

    assert provenance.parameters == pytest.approx(4.49e6, rel=0.01)
    assert provenance.parameters == pytest.approx(4.475e6, rel=0.001)
    assert provenance.gflops == pytest.approx(1.50, rel=0.01)


def test_a_row_of_a_batch_is_the_row_alone(session: onnxruntime.InferenceSession) -> None:
    """Row 1 of three is what the image gives by itself."""
    batch = np.random.default_rng(0).uniform(-1, 1, (3, 3, 300, 300)).astype(np.float32)
    together, alone = (session.run(["boxes", "scores"], {"input": rows}) for rows in (batch, batch[1:2]))

    assert [value.shape for value in together] == [(3, 1917, 4), (3, 1917, 80)]
    for rows, row in zip(together, alone, strict=True):
        np.testing.assert_allclose(rows[1:2], row, rtol=1e-5, atol=1e-6)


def test_its_anchors_are_those_of_the_paper(built: Built) -> None:
    """Six maps of 19, 10, 5, 3, 2 and 1 cells a side; sizes from 0.2 to 0.95 in even steps, ratios 1, 2, 1/2, 3, 1/3.

    Liu et al., "SSD", 2016, section 2.2, with the settings of TensorFlow's ssd_mobilenet: the first map has three
    anchors of which the smallest has size 0.1, the others a sixth one of ratio 1 between two sizes.
    """
    scales = [*np.linspace(0.2, 0.95, 6), 1.0]
    expected = []
    for number, cells in enumerate((19, 10, 5, 3, 2, 1)):
        scale = scales[number]
        shapes = [(scale, ratio) for ratio in (1, 2, 0.5, 3, 1 / 3)]
        shapes.append((math.sqrt(scale * scales[number + 1]), 1))
        for y in range(cells):
            for x in range(cells):
                centre = ((x + 0.5) / cells, (y + 0.5) / cells)
                for size, ratio in shapes if number else [(0.1, 1), (scale, 2), (scale, 0.5)]:
                    expected.append((*centre, size * math.sqrt(ratio), size / math.sqrt(ratio)))

    found = np.array(built.manifest.detector.anchors).reshape(-1, 4)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("case", "score"), [(seen.CAT, 0.93), (seen.CUP, 0.96), (seen.TABLE, 0.78), (seen.PERSON, 0.68)]
)
def test_what_it_sees(
    built: Built, session: onnxruntime.InferenceSession, case: tuple[str, str, tuple[int, ...]], score: float
) -> None:
    """The best box of the class, by SSD's own formula, lies on the thing with the known score."""
    name, label, drawn = case
    bgr = seen.photo(name)
    deltas, logits = (value[0].astype(float) for value in session.run(["boxes", "scores"], {"input": pixels_of(bgr)}))
    scores = 1 / (1 + np.exp(-logits[:, built.manifest.labels.index(label)]))
    best = int(scores.argmax())
    cx, cy, width, height = built.manifest.detector.anchors[4 * best : 4 * best + 4]
    tx, ty, tw, th = deltas[best]
    x, y = cx + 0.1 * tx * width, cy + 0.1 * ty * height
    half_width, half_height = width * math.exp(0.2 * tw) / 2, height * math.exp(0.2 * th) / 2
    shares = np.array([x - half_width, y - half_height, x + half_width, y + half_height])

    assert scores[best] == pytest.approx(score, abs=0.015)
    assert seen.overlap(shares * np.tile(bgr.shape[1::-1], 2), drawn) > 0.7


def test_a_graph_without_anchors_is_refused() -> None:
    """Nothing is made up."""
    with pytest.raises(InvalidError, match="the graph has no 1917 anchors"):
        ssdlite.anchors(Topology({}, {}))


def test_a_package_with_another_model_is_refused(tmp_path: Path) -> None:
    """What is not there is named."""

    class Other:
        def fetch(self, package: object, into: Path) -> Path:
            model = b'{"modelTopology": {"node": []}, "weightsManifest": []}'
            return make_tarball(into, "other", "1.0.0", {"package/models/coco-ssd/model.json": model})

    with pytest.raises(InvalidError, match="the graph has no 1917 anchors"):
        catalog.make(catalog.find(NAME), Other(), tmp_path)
