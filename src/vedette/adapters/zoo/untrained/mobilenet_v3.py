"""MobileNetV3-Large 1.0 as Howard et al. published it (arXiv 1905.02244, table 1)."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.adapters.zoo.untrained.layers import CLASSES, Activation, Features, Gate, Layers

_STEM, _HEAD, _HIDDEN = 16, 960, 1280


@dataclass(frozen=True, slots=True)
class _Block:
    """A row of the table: kernel, channels after expansion, channels out, squeeze-and-excite, hard swish, stride."""

    kernel: int
    expanded: int
    channels: int
    weighed: bool
    hard: bool
    stride: int


_BLOCKS = (
    _Block(3, 16, 16, weighed=False, hard=False, stride=1),
    _Block(3, 64, 24, weighed=False, hard=False, stride=2),
    _Block(3, 72, 24, weighed=False, hard=False, stride=1),
    _Block(5, 72, 40, weighed=True, hard=False, stride=2),
    _Block(5, 120, 40, weighed=True, hard=False, stride=1),
    _Block(5, 120, 40, weighed=True, hard=False, stride=1),
    _Block(3, 240, 80, weighed=False, hard=True, stride=2),
    _Block(3, 200, 80, weighed=False, hard=True, stride=1),
    _Block(3, 184, 80, weighed=False, hard=True, stride=1),
    _Block(3, 184, 80, weighed=False, hard=True, stride=1),
    _Block(3, 480, 112, weighed=True, hard=True, stride=1),
    _Block(3, 672, 112, weighed=True, hard=True, stride=1),
    _Block(5, 672, 160, weighed=True, hard=True, stride=2),
    _Block(5, 960, 160, weighed=True, hard=True, stride=1),
    _Block(5, 960, 160, weighed=True, hard=True, stride=1),
)


def logits(layers: Layers, image: Features) -> Features:
    """The whole network, from N x 3 x height x width to N x 1000."""
    hard = Activation.HARD_SWISH
    last = layers.convolution(image, _STEM, 3, 2, activation=hard)
    for block in _BLOCKS:
        last = _bottleneck(layers, last, block)
    last = layers.convolution(last, _HEAD, 1, activation=hard)
    return layers.dense(layers.dense(layers.pooled(last), _HIDDEN, hard), CLASSES)


def _bottleneck(layers: Layers, entry: Features, block: _Block) -> Features:
    activation = Activation.HARD_SWISH if block.hard else Activation.RELU
    last = entry
    if block.expanded != entry.channels:
        last = layers.convolution(last, block.expanded, 1, activation=activation)
    last = layers.convolution(
        last, block.expanded, block.kernel, block.stride, groups=block.expanded, activation=activation
    )
    if block.weighed:
        last = layers.squeeze_excite(last, _squeezed(block.expanded), Activation.RELU, Gate.HARD_SIGMOID)
    same = block.stride == 1 and entry.channels == block.channels
    return layers.narrowed(last, block.channels, entry if same else None)


def _squeezed(expanded: int) -> int:
    """A quarter, to the nearest multiple of 8 that is not 10 % too few."""
    wanted = expanded // 4
    rounded = (wanted + 4) // 8 * 8
    fewest = 0.9
    return rounded + 8 if rounded < fewest * wanted else rounded
