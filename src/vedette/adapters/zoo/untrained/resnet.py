"""ResNet-50 v1.5: He et al. 2015 (arXiv 1512.03385, table 1), where the 3x3 convolution of a block has its stride."""

from __future__ import annotations

from vedette.adapters.zoo.untrained.layers import CLASSES, Activation, Features, Layers

_STAGES = ((3, 64), (4, 128), (6, 256), (3, 512))
"""Repeats and inner channels."""
_EXPANSION = 4


def logits(layers: Layers, image: Features) -> Features:
    """The whole network, from N x 3 x height x width to N x 1000."""
    last = layers.max_pool(layers.convolution(image, 64, 7, 2), padded=True)
    for number, (repeats, inner) in enumerate(_STAGES):
        for repeat in range(repeats):
            last = _bottleneck(layers, last, inner, 2 if number > 0 and repeat == 0 else 1)
    return layers.dense(layers.pooled(last), CLASSES)


def _bottleneck(layers: Layers, entry: Features, inner: int, stride: int) -> Features:
    """Narrow, filter, widen; add the entry, through a convolution of its own where the shape changes."""
    channels = inner * _EXPANSION
    last = layers.convolution(entry, inner, 1)
    last = layers.convolution(last, inner, 3, stride)
    beside = entry
    if entry.channels != channels:
        beside = layers.convolution(entry, channels, 1, stride, activation=Activation.NONE)
    return layers.narrowed(last, channels, beside, Activation.RELU)
