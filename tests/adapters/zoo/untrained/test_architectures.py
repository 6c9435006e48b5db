"""Every network against the sizes that its authors, or torchvision's table of models, published."""

from __future__ import annotations

import numpy as np
import pytest
from untrained_graphs import in_onnxruntime, in_openvino, network, noise

from vedette.adapters.zoo.onnx_cost import cost_of
from vedette.adapters.zoo.untrained.architectures import draw
from vedette.values.frame import Size

PUBLISHED = [
    ("efficientnet-b0", 224, 5_288_548, 0.39, 0.01),
    ("efficientnet-b1", 240, 7_794_184, 0.69, 0.01),
    ("efficientnet-b2", 288, 9_109_994, 1.09, 0.01),  # torchvision counts B2 at 288
    ("efficientnet-b2", 260, 9_109_994, 1.0, 0.1),  # the paper
    ("efficientnet-b3", 300, 12_233_232, 1.83, 0.01),
    ("efficientnet-b4", 380, 19_341_616, 4.39, 0.01),
    ("efficientnet-b5", 456, 30_389_784, 10.27, 0.01),
    ("efficientnet-b6", 528, 43_040_704, 19.07, 0.01),
    ("efficientnet-b7", 600, 66_347_960, 37.75, 0.01),
    ("mobilenet-v3-large", 224, 5_483_032, 0.22, 0.01),
    ("resnet-50", 224, 25_557_032, 4.09, 0.01),
    ("inception-v3", 299, 23_834_568, 5.71, 0.01),
]
"""Name, side, parameters with batch norm, multiply-adds in 10^9 and the last digit to which they are printed."""

SMALL = [
    ("efficientnet-b0", 1),
    ("efficientnet-b1", 1),
    ("mobilenet-v3-large", 1),
    ("resnet-50", 2),
    ("inception-v3", 2),
]


@pytest.mark.parametrize(("name", "side", "parameters", "multiply_adds", "digit"), PUBLISHED)
def test_parameters_and_cost_are_those_published(name, side, parameters, multiply_adds, digit) -> None:
    """Parameters with batch norm to the last one; multiply-adds to the last digit printed."""
    drawn = draw(network(name), Size(side, side))
    cost = cost_of(drawn.model)

    assert cost.parameters + drawn.norm_parameters == parameters
    assert cost.gflops / 2 == pytest.approx(multiply_adds, abs=digit / 2)


@pytest.mark.parametrize(("name", "batch"), SMALL)
def test_both_engines_give_the_same_answer(name: str, batch: int, tmp_path) -> None:
    """At a small input that is no square: finite, neither vanished nor huge, and the same to rounding."""
    model = draw(network(name), Size(96, 80)).model
    pixels = noise(batch, 3, 80, 96)
    one, other = in_onnxruntime(model, pixels)[0], in_openvino(model, tmp_path, pixels)[0]

    assert one.shape == (batch, 1000)
    assert 1e-3 < one.std() < 1e4
    np.testing.assert_allclose(one, other, atol=1e-3 * one.std(), rtol=1e-3)


def test_the_answer_depends_on_the_image() -> None:
    """Random weights still tell images apart, so nothing has saturated on the way."""
    model = draw(network("efficientnet-b1"), Size(64, 64)).model
    one, other = in_onnxruntime(model, noise(2, 3, 64, 64))[0]

    assert np.abs(one - other).max() > 0.01 * one.std()


def test_the_cost_follows_the_input_size() -> None:
    """Twice the side of ResNet-50 costs four times, but for the last layer."""
    costs = [cost_of(draw(network("resnet-50"), Size(side, side)).model).gflops for side in (224, 448)]
    last = 2 * 2048 * 1000 / 1e9

    assert (costs[1] - last) / (costs[0] - last) == pytest.approx(4, rel=1e-9)


@pytest.mark.parametrize(("name", "side"), [("resnet-50", 32), ("efficientnet-b0", 32), ("inception-v3", 75)])
def test_the_smallest_input_runs(name: str, side: int) -> None:
    """What is offered as the smallest side still leaves a pixel for the last layer."""
    assert network(name).smallest == side
    assert np.isfinite(in_onnxruntime(draw(network(name), Size(side, side)).model, noise(1, 3, side, side))[0]).all()
