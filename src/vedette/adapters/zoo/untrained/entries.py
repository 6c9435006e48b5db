"""The untrained networks as entries of the catalogue, found by names that may hold another input size.

resnet-50-untrained            as published, 224 x 224 pixels
resnet-50-1200x900-untrained   1200 wide, 900 high
"""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from pathlib import Path

from vedette.adapters.zoo.entry import MODEL_FILE, Built, Entry, built
from vedette.adapters.zoo.untrained.architectures import (
    IMAGE_NETWORKS,
    SEQUENCE_NETWORKS,
    ImageNetwork,
    SequenceNetwork,
    draw,
)
from vedette.errors import UsageError
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
)

LARGEST_SIDE = 8192
_ENDING = "-untrained"
_SIZED = re.compile(rf"(?P<stem>.+)-(?P<width>[0-9]{{1,9}})x(?P<height>[0-9]{{1,9}}){_ENDING}")
_CLASSES = 1000
_CROPS = 8
_CROP_SEED = 0


def find(name: str) -> Entry | None:
    """The entry of a name; None if it is none of these networks.

    Raises:
        UsageError: the name holds a size that the network cannot take.
    """
    match = _SIZED.fullmatch(name)
    if match is None:
        return next((entry for entry in ENTRIES if entry.name == name), None)
    network = next((network for network in IMAGE_NETWORKS if network.name == match["stem"]), None)
    if network is None:
        return None
    width, height = int(match["width"]), int(match["height"])
    _check_side(network, width, height)
    entry = _image_entry(network, Size(width, height), name)
    if name != _name(network, Size(width, height), always=True):
        raise UsageError(f"{name}: a size has no leading zeros", help=f"take {_name(network, Size(width, height))}")
    return entry


def sized_name(name: str, size: Size) -> str:
    """The name of the network `name` for another input size; that of the published size is `name` itself.

    Raises:
        UsageError: it is no network of any size, its name holds a size already, or it cannot take this one.
    """
    stem = name.removesuffix(_ENDING)
    network = next((one for one in IMAGE_NETWORKS if one.name == stem and stem != name), None)
    if network is None:
        offered = ", ".join(f"{one.name}{_ENDING}" for one in IMAGE_NETWORKS)
        raise UsageError(f"--size {size}: {name} has an input of its own size", help=f"--size is for {offered}")
    _check_side(network, size.width, size.height)
    return _name(network, size)


def _name(network: ImageNetwork, size: Size, *, always: bool = False) -> str:
    if size == Size(network.side, network.side) and not always:
        return f"{network.name}{_ENDING}"
    return f"{network.name}-{size}{_ENDING}"


def _check_side(network: ImageNetwork, width: int, height: int) -> None:
    if min(width, height) < network.smallest or max(width, height) > LARGEST_SIDE:
        raise UsageError(
            f"{network.name}{_ENDING} cannot take {width}x{height} pixels",
            help=f"take a width and a height from {network.smallest} to {LARGEST_SIDE}",
        )


def _image_entry(network: ImageNetwork, size: Size, name: str) -> Entry:
    return Entry(
        name=name,
        input_size=size,
        provenance=_provenance(network, "classification, 1,000 classes"),
        packages=(),
        build=functools.partial(_build_image, network),
    )


def _sequence_entry(network: SequenceNetwork) -> Entry:
    return Entry(
        name=f"{network.name}{_ENDING}",
        input_size=None,
        provenance=_provenance(network, "sequences"),
        packages=(),
        build=functools.partial(_build_sequence, network),
    )


def _provenance(network: ImageNetwork | SequenceNetwork, task: str) -> Provenance:
    return Provenance(
        title=f"{network.title}, untrained",
        task=f"cost only: the weights are random and the answers mean nothing ({task})",
        licence="Apache-2.0 (drawn by Vedette)",
        source=f"drawn here with random weights; structure: {network.source}",
        untrained=True,
    )


def _build_image(network: ImageNetwork, entry: Entry, _archives: tuple[Path, ...]) -> Built:
    spec = _input(network, entry.image_size)
    drawn = draw(network, spec.size)
    model = drawn.model
    if network.quantised:
        from vedette.adapters.zoo.quantise import photo_crops, quantise

        model = quantise(model, photo_crops(spec, _CROPS, _CROP_SEED))
    manifest = _manifest(entry, spec, tuple(f"class_{number}" for number in range(_CLASSES)))
    made = built(manifest, model)
    told = made.manifest.provenance
    published = (told.parameters or 0) + drawn.norm_parameters
    source = f"{told.source}; {published:,} parameters as published, with batch norm, which is folded here"
    return replace(made, manifest=replace(made.manifest, provenance=replace(told, source=source)))


def _build_sequence(network: SequenceNetwork, entry: Entry, _archives: tuple[Path, ...]) -> Built:
    from vedette.adapters.zoo.onnx_cost import cost_of
    from vedette.adapters.zoo.untrained.sequences import LENGTH

    model = network.build()
    made = built(_manifest(entry, None, ()), model)
    told = made.manifest.provenance
    source = f"{told.source}; gflops are those of a sequence of 1"
    provenance = replace(told, gflops=cost_of(model, {LENGTH: 1}).gflops, source=source)
    return replace(made, manifest=replace(made.manifest, provenance=provenance))


def _manifest(entry: Entry, spec: InputSpec | None, labels: tuple[str, ...]) -> Manifest:
    return Manifest(
        name=entry.name,
        version="1",
        file=MODEL_FILE,
        format=ModelFormat.ONNX,
        model_type=ModelType.TENSOR if spec is None else ModelType.CLASSIFIER,
        input=spec,
        labels=labels,
        provenance=entry.provenance,
    )


def _input(network: ImageNetwork, size: Size) -> InputSpec:
    return InputSpec(
        name="input",
        layout=Layout.NCHW,
        size=size,
        resize_type=ResizeType.CROP,
        interpolation=Interpolation.CUBIC if network.cubic else Interpolation.LINEAR,
        crop_fraction=network.side / network.resized,
        reverse_input_channels=True,
        mean_values=network.mean,
        scale_values=network.scale,
    )


ENTRIES: tuple[Entry, ...] = (
    *(
        _image_entry(network, Size(network.side, network.side), _name(network, Size(network.side, network.side)))
        for network in IMAGE_NETWORKS
    ),
    *(_sequence_entry(network) for network in SEQUENCE_NETWORKS),
)
