"""EfficientNet-B0 to B7 as Tan and Le published them (arXiv 1905.11946, table 1 and section 3.3).

stem 3x3/2 -> seven stages of inverted bottlenecks with squeeze-and-excite, swish -> head 1x1 -> mean -> 1000 logits
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from vedette.adapters.zoo.untrained.layers import CLASSES, Activation, Features, Gate, Layers

_SQUEEZE = 4
"""Squeeze-and-excite narrows to a quarter of the channels that enter the block, before they are expanded."""
_STEM = 32
_HEAD = 1280


@dataclass(frozen=True, slots=True)
class Scale:
    """How much wider and deeper than B0."""

    width: float
    depth: float


SCALES = (
    Scale(1.0, 1.0),
    Scale(1.0, 1.1),
    Scale(1.1, 1.2),
    Scale(1.2, 1.4),
    Scale(1.4, 1.8),
    Scale(1.6, 2.2),
    Scale(1.8, 2.6),
    Scale(2.0, 3.1),
)


@dataclass(frozen=True, slots=True)
class _Stage:
    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)


def logits(layers: Layers, image: Features, scale: Scale) -> Features:
    """The whole network, from N x 3 x height x width to N x 1000."""
    swish = Activation.SWISH
    last = layers.convolution(image, _scaled(_STEM, scale.width), 3, 2, activation=swish)
    for stage in _STAGES:
        channels = _scaled(stage.channels, scale.width)
        for repeat in range(math.ceil(stage.repeats * scale.depth)):
            last = _block(layers, last, stage, channels, stage.stride if repeat == 0 else 1)
    last = layers.convolution(last, _scaled(_HEAD, scale.width), 1, activation=swish)
    return layers.dense(layers.pooled(last), CLASSES)


def _block(layers: Layers, entry: Features, stage: _Stage, channels: int, stride: int) -> Features:
    """Widen, filter each channel by itself, weigh the channels, narrow; add the entry where the shapes allow."""
    swish = Activation.SWISH
    last, middle = entry, entry.channels * stage.expand
    if stage.expand != 1:
        last = layers.convolution(last, middle, 1, activation=swish)
    last = layers.convolution(last, middle, stage.kernel, stride, groups=middle, activation=swish)
    last = layers.squeeze_excite(last, entry.channels // _SQUEEZE, swish, Gate.SIGMOID)
    return layers.narrowed(last, channels, entry if stride == 1 and entry.channels == channels else None)


def _scaled(channels: int, width: float) -> int:
    """Channels times width, to the nearest multiple of 8 that is not 10 % too few."""
    wanted = channels * width
    rounded = max(8, int(wanted + 4) // 8 * 8)
    fewest = 0.9
    return rounded + 8 if rounded < fewest * wanted else rounded
