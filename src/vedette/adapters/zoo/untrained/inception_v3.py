"""Inception V3 as Szegedy et al. published it (arXiv 1512.00567), without the auxiliary classifier of the training.

The widths are those of the trained models in use (TensorFlow slim, torchvision). Below 75 pixels nothing is left for
the last blocks: most convolutions that halve the map are not padded.
"""

from __future__ import annotations

from vedette.adapters.zoo.untrained.layers import CLASSES, Features, Layers

_TALL, _WIDE = (7, 1), (1, 7)


def logits(layers: Layers, image: Features) -> Features:
    """The whole network, from N x 3 x height x width to N x 1000."""
    last = _stem(layers, image)
    for pooled in (32, 64, 64):
        last = _fives(layers, last, pooled)
    last = _first_reduction(layers, last)
    for inner in (128, 160, 160, 192):
        last = _sevens(layers, last, inner)
    last = _second_reduction(layers, last)
    for _ in range(2):
        last = _fans(layers, last)
    return layers.dense(layers.pooled(last), CLASSES)


def _stem(layers: Layers, image: Features) -> Features:
    last = layers.convolution(image, 32, 3, 2, padded=False)
    last = layers.convolution(last, 32, 3, padded=False)
    last = layers.max_pool(layers.convolution(last, 64, 3), padded=False)
    last = layers.convolution(last, 80, 1)
    return layers.max_pool(layers.convolution(last, 192, 3, padded=False), padded=False)


def _fives(layers: Layers, entry: Features, pooled: int) -> Features:
    """Figure 5 of the paper, with a 5x5 convolution."""
    plain = layers.convolution(entry, 64, 1)
    five = layers.convolution(layers.convolution(entry, 48, 1), 64, 5)
    threes = layers.convolution(layers.convolution(entry, 64, 1), 96, 3)
    threes = layers.convolution(threes, 96, 3)
    return layers.concatenated(plain, five, threes, layers.convolution(layers.average_pool(entry), pooled, 1))


def _first_reduction(layers: Layers, entry: Features) -> Features:
    three = layers.convolution(entry, 384, 3, 2, padded=False)
    threes = layers.convolution(layers.convolution(entry, 64, 1), 96, 3)
    threes = layers.convolution(threes, 96, 3, 2, padded=False)
    return layers.concatenated(three, threes, layers.max_pool(entry, padded=False))


def _sevens(layers: Layers, entry: Features, inner: int) -> Features:
    """Figure 6 of the paper: 7x7 in two steps."""
    plain = layers.convolution(entry, 192, 1)
    once = layers.convolution(layers.convolution(entry, inner, 1), inner, _WIDE)
    once = layers.convolution(once, 192, _TALL)
    twice = layers.convolution(entry, inner, 1)
    for kernel, channels in ((_TALL, inner), (_WIDE, inner), (_TALL, inner), (_WIDE, 192)):
        twice = layers.convolution(twice, channels, kernel)
    return layers.concatenated(plain, once, twice, layers.convolution(layers.average_pool(entry), 192, 1))


def _second_reduction(layers: Layers, entry: Features) -> Features:
    three = layers.convolution(layers.convolution(entry, 192, 1), 320, 3, 2, padded=False)
    seven = layers.convolution(layers.convolution(entry, 192, 1), 192, _WIDE)
    seven = layers.convolution(layers.convolution(seven, 192, _TALL), 192, 3, 2, padded=False)
    return layers.concatenated(three, seven, layers.max_pool(entry, padded=False))


def _fans(layers: Layers, entry: Features) -> Features:
    """Figure 7 of the paper: 1x3 and 3x1 side by side."""
    plain = layers.convolution(entry, 320, 1)
    three = _fan(layers, layers.convolution(entry, 384, 1))
    threes = _fan(layers, layers.convolution(layers.convolution(entry, 448, 1), 384, 3))
    return layers.concatenated(plain, three, threes, layers.convolution(layers.average_pool(entry), 192, 1))


def _fan(layers: Layers, entry: Features) -> Features:
    return layers.concatenated(layers.convolution(entry, 384, (1, 3)), layers.convolution(entry, 384, (3, 1)))
