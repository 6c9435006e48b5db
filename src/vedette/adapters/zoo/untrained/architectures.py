"""The published structures that can be drawn, in one visible list, and what is known of each."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vedette.adapters.zoo.untrained import (
    efficientnet,
    inception_v3,
    lstm_attention,
    mobilenet_v3,
    resnet,
    speech_rnn,
)
from vedette.adapters.zoo.untrained.layers import Features, Layers
from vedette.values.frame import Size

if TYPE_CHECKING:
    from onnx import ModelProto

Body = Callable[[Layers, Features], Features]
"""A network: from the image to the logits."""

_IMAGENET_MEAN = (123.675, 116.28, 103.53)
_IMAGENET_SCALE = (58.395, 57.12, 57.375)


@dataclass(frozen=True, slots=True)
class ImageNetwork:
    """A classifier of images.

    Attributes:
        name: as users type it, without its ending `-untrained`.
        title: its name in print.
        source: where the structure is published.
        side: of the published square input, in pixels.
        body: draws the network.
        resized: the side to which images are scaled before their centre of `side` is cut out.
        cubic: whether that is done with cubic interpolation, else with linear.
        smallest: the least side that the structure can take.
        mean, scale: a pixel x in 0..255 enters as (x - mean) / scale.
        quantised: whether it is brought to 8 bits.
    """

    name: str
    title: str
    source: str
    side: int
    body: Body
    resized: int
    cubic: bool = False
    smallest: int = 32
    mean: tuple[float, ...] = _IMAGENET_MEAN
    scale: tuple[float, ...] = _IMAGENET_SCALE
    quantised: bool = False


@dataclass(frozen=True, slots=True)
class SequenceNetwork:
    """A network over sequences of open length; takes plain tensors."""

    name: str
    title: str
    source: str
    build: Callable[[], ModelProto]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A graph, and how many parameters its batch norms had that are folded away in it."""

    model: ModelProto
    norm_parameters: int


def draw(network: ImageNetwork, size: Size) -> Drawn:
    """The network for an input of `size`; always the same weights."""
    from vedette.adapters.zoo.graph import Graph

    graph = Graph(network.name.replace("-", "_"), "input", (3, size.height, size.width))
    layers = Layers(graph)
    logits = network.body(layers, Features("input", 3))
    return Drawn(graph.model(logits.tensor, "logits", logits.channels), layers.norm_parameters)


def _efficientnet(number: int, side: int, resized: int) -> ImageNetwork:
    name = f"EfficientNet-B{number}"
    body = functools.partial(efficientnet.logits, scale=efficientnet.SCALES[number])
    return ImageNetwork(name.lower(), name, "Tan and Le 2019, arXiv 1905.11946", side, body, resized, cubic=True)


_MOBILENET = "Howard et al. 2019, arXiv 1905.02244"

IMAGE_NETWORKS: tuple[ImageNetwork, ...] = (
    _efficientnet(0, 224, 256),
    _efficientnet(1, 240, 256),
    _efficientnet(2, 260, 288),
    _efficientnet(3, 300, 320),
    _efficientnet(4, 380, 384),
    _efficientnet(5, 456, 456),
    _efficientnet(6, 528, 528),
    _efficientnet(7, 600, 600),
    ImageNetwork("mobilenet-v3-large", "MobileNetV3-Large", _MOBILENET, 224, mobilenet_v3.logits, 256),
    ImageNetwork(
        "mobilenet-v3-large-int8",
        "MobileNetV3-Large in 8 bits",
        _MOBILENET,
        224,
        mobilenet_v3.logits,
        256,
        quantised=True,
    ),
    ImageNetwork("resnet-50", "ResNet-50 v1.5", "He et al. 2015, arXiv 1512.03385", 224, resnet.logits, 256),
    ImageNetwork(
        "inception-v3",
        "Inception V3",
        "Szegedy et al. 2015, arXiv 1512.00567",
        299,
        inception_v3.logits,
        342,
        smallest=75,
        mean=(127.5,) * 3,
        scale=(127.5,) * 3,
    ),
)

SEQUENCE_NETWORKS: tuple[SequenceNetwork, ...] = (
    SequenceNetwork(
        "lstm-attention",
        "LSTM encoder and decoder with attention",
        "sizes of tensorflow/nmt on IWSLT English-Vietnamese, Luong et al. 2015, arXiv 1508.04025; vocabulary ours",
        lstm_attention.build,
    ),
    SequenceNetwork(
        "speech-rnn",
        "Speech recogniser of GRUs over log-Mel frames",
        "the form of Amodei et al. 2015, arXiv 1512.02595; sizes ours",
        speech_rnn.build,
    ),
)
