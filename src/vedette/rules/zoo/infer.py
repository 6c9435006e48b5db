"""From a signature and what the user gives to the keys of a manifest.

    given (--set)  >  the model's metadata  >  the graph  >  a run  >  the family of detectors  >  a default

    Signature --image_settings--> input_name, layout, channels, input_size, ...
    InputSpec --feed_shapes-----> shapes for one run
    Outputs   --answer_settings-> model_type, labels, scores
    all       --merged----------> every key of the manifest, with who said it

What decides a key that nobody wrote lives in this file, for detectors in `detector`. What cannot be decided is asked
for by its name.
"""

from __future__ import annotations

from collections.abc import Mapping

from vedette.errors import UsageError
from vedette.rules.zoo.declared import Declared, declared, declared_size
from vedette.rules.zoo.detector import detector_settings
from vedette.rules.zoo.signature import Origin, Output, Port, Setting, Settings, Shape, Signature
from vedette.values.manifest import InputSpec, Layout, ModelType, Scores

IMAGE_DTYPES = ("float32", "float16", "uint8")
_COLOURS = (1, 3)
_COPIED: Mapping[str, str | None] = {
    "resize_type": "standard",
    "interpolation": "linear",
    "crop_fraction": None,
    "pad_value": None,
    "mean_values": "0",
    "scale_values": "1",
    "confidence_threshold": None,
}
"""Keys that the graph cannot tell, with the default that is worth showing."""


def image_settings(signature: Signature, given: Mapping[str, str]) -> Settings:
    """The keys of the image input; none if the model takes plain tensors.

    Raises:
        UsageError: the layout or the size cannot be read from the graph and is not given.
        UnsupportedError: the metadata names a kind of model that is not offered.
    """
    port = _image_port(signature, given, declared(signature, given))
    if port is None:
        return {}
    settings = {"input_name": Setting("input_name", port.name, _origin("input_name", given))}
    layout = _layout(port, signature, given)
    settings["layout"] = layout
    shape: Shape = port.shape or (None, None, None, None)
    nchw = layout.value == Layout.NCHW.value
    channels, height, width = (shape[1], shape[2], shape[3]) if nchw else (shape[3], shape[1], shape[2])
    settings["channels"] = _channels(port, channels, given)
    settings["input_size"] = _size(signature, port, (width, height), given)
    settings["reverse_input_channels"] = _colour_order(signature, given)
    settings.update(_copied(signature, given))
    return settings


def feed_shapes(signature: Signature, image: InputSpec | None) -> tuple[tuple[int, ...], ...]:
    """A shape for each input, to run the model once: the image input as settled, 1 for what is open elsewhere."""
    shapes = []
    for port in signature.inputs:
        if image is not None and image.name == port.name:
            shapes.append(_image_shape(port, image))
        elif port.shape is None:
            raise UsageError(
                f"input {port.name} has no known shape, so the model cannot be tried",
                help="if it takes images, add --set input_size=224x224; else export it with the rank of its inputs",
            )
        else:
            shapes.append(tuple(1 if side is None else side for side in port.shape))
    return tuple(shapes)


def answer_settings(
    signature: Signature,
    given: Mapping[str, str],
    image: Settings,
    outputs: tuple[Output, ...],
    labels: tuple[str, ...],
    spec: InputSpec | None = None,
) -> Settings:
    """What the outputs mean: `model_type`, for a classifier its labels and scores, for a detector all of its keys.

    Args:
        signature: the model from outside.
        given: what the user says.
        image: what `image_settings` gave.
        outputs: of one run.
        labels: that the user gives.
        spec: the image input as settled; without one there are no detectors.

    Raises:
        UsageError: labels of the wrong number, a classifier or detector whose outputs are none, or several families of
            detectors that the outputs fit.
    """
    said = declared(signature, given)
    answers = classes_of(outputs)
    if spec is not None and (any(one.is_detector for one in said.types) or not (said.types or answers)):
        found = detector_settings(signature, given, said, outputs, spec.size, labels)
        if found is not None:
            return found
    if said.types:
        kind = Setting("model_type", said.types[0].value, said.origin)
    else:
        kind = Setting("model_type", "classifier" if image and answers else "tensor", Origin.RUN)
    settings = {"model_type": kind}
    if kind.value != ModelType.CLASSIFIER.value:
        return settings
    if not image or answers is None:
        shapes = ", ".join(f"{output.name} {list(output.shape)}" for output in outputs)
        raise UsageError(
            f"no classifier: that takes one image input and one output of N x classes numbers, it answers {shapes}",
            help="add --set model_type=tensor to call it with plain arrays",
        )
    settings["labels"] = _labels(said, labels, answers)
    settings["scores"] = _scores(signature, given, outputs[0])
    return settings


def merged(image: Settings, answers: Settings, given: Mapping[str, str]) -> Settings:
    """All keys together; what the user gives comes last and wins. A model that takes arrays keeps no image keys.

    What the family of a detector says of its image replaces a default.
    """
    plain = answers["model_type"].value == ModelType.TENSOR.value and not _described(given)
    kept = {
        key: setting for key, setting in image.items() if key not in answers or setting.origin is not Origin.DEFAULT
    }
    last = {key: Setting(key, value, Origin.GIVEN) for key, value in given.items()}
    return {**answers, **({} if plain else kept), **last}


def classes_of(outputs: tuple[Output, ...]) -> int | None:
    """The number of classes if there is one float output of shape N x C or N x C x 1 x 1."""
    if len(outputs) != 1 or not outputs[0].dtype.startswith("float"):
        return None
    shape = outputs[0].shape
    rank = len(shape)
    flat = rank >= 2 and all(side == 1 for side in shape[2:])  # noqa: PLR2004 - batch and classes
    return shape[1] if flat and shape[1] > 1 else None


def _image_port(signature: Signature, given: Mapping[str, str], said: Declared) -> Port | None:
    names = [port.name for port in signature.inputs]
    if "input_name" in given and given["input_name"] not in names:
        raise UsageError(
            f"--set input_name={given['input_name']}: the model has no such input",
            help=f"its inputs are: {', '.join(names)}",
        )
    described = _described(given)
    if said.is_tensor and not described:
        return None
    if len(signature.inputs) != 1:
        return None
    port = signature.inputs[0]
    if port.dtype not in IMAGE_DTYPES:
        return None
    if port.shape is None:
        return port if described or said.types else None
    if len(port.shape) != 4:  # noqa: PLR2004 - batch, channels, height, width
        return None
    candidates = [port.shape[1], port.shape[3]]
    return port if described or any(side in (None, *_COLOURS) for side in candidates) else None


def _described(given: Mapping[str, str]) -> bool:
    return any(key in given for key in ("input_name", "layout", "input_size", "channels"))


def _layout(port: Port, signature: Signature, given: Mapping[str, str]) -> Setting:
    if "layout" in given:
        word = given["layout"].strip()
        if word not in tuple(Layout):
            raise UsageError(f"--set layout={word}: unknown layout", help=f"take one of {', '.join(Layout)}")
        return Setting("layout", word, Origin.GIVEN)
    if signature.layout in (Layout.NCHW.value, Layout.NHWC.value):
        return Setting("layout", signature.layout, Origin.DEFAULT if port.shape is None else Origin.METADATA)
    shape: Shape = port.shape or (None, None, None, None)
    first, last = shape[1] in _COLOURS, shape[3] in _COLOURS
    if first == last:
        raise UsageError(
            f"layout: input {port.name} has shape {_shown(port.shape)}, which may be NCHW or NHWC",
            help="add --set layout=NCHW or --set layout=NHWC",
        )
    return Setting("layout", Layout.NCHW.value if first else Layout.NHWC.value, Origin.GRAPH)


def _channels(port: Port, found: int | None, given: Mapping[str, str]) -> Setting:
    if "channels" in given:
        return Setting("channels", given["channels"], Origin.GIVEN)
    if found is None:
        return Setting("channels", 3, Origin.DEFAULT)
    if found not in _COLOURS:
        raise UsageError(
            f"channels: input {port.name} has shape {_shown(port.shape)} with {found} channels, an image has 1 or 3",
            help="correct --set layout=..., or add --set model_type=tensor to call it with plain arrays",
        )
    return Setting("channels", found, Origin.GRAPH)


def _size(signature: Signature, port: Port, sides: tuple[int | None, int | None], given: Mapping[str, str]) -> Setting:
    if "input_size" in given:
        return Setting("input_size", given["input_size"], Origin.GIVEN)
    width, height = sides
    told = declared_size(signature)
    if told is not None and width in (None, told.width) and height in (None, told.height):
        open_side = width is None or height is None
        return Setting("input_size", str(told), Origin.METADATA if open_side else Origin.GRAPH)
    if width is None or height is None:
        raise UsageError(
            f"input_size: input {port.name} has shape {_shown(port.shape)}, which leaves width or height open",
            help="add --set input_size=224x224 (width x height in pixels, as the model was trained), "
            "or --set model_type=tensor to call it with plain arrays",
        )
    return Setting("input_size", f"{width}x{height}", Origin.GRAPH)


def _colour_order(signature: Signature, given: Mapping[str, str]) -> Setting:
    """True means RGB. A file with `model_info` follows OpenVINO's default, BGR; any other is taken for RGB."""
    key = "reverse_input_channels"
    if key in given:
        return Setting(key, given[key], Origin.GIVEN)
    if key in signature.metadata:
        return Setting(key, signature.metadata[key], Origin.METADATA)
    return Setting(key, "model_type" not in signature.metadata, Origin.DEFAULT)


def _copied(signature: Signature, given: Mapping[str, str]) -> Settings:
    found = {}
    for key, default in _COPIED.items():
        if key in given:
            found[key] = Setting(key, given[key], Origin.GIVEN)
        elif signature.metadata.get(key, "").strip():
            found[key] = Setting(key, signature.metadata[key], Origin.METADATA)
        elif default is not None:
            found[key] = Setting(key, default, Origin.DEFAULT)
    return found


def _labels(said: Declared, labels: tuple[str, ...], classes: int) -> Setting:
    found = labels or said.labels
    if not found:
        return Setting("labels", tuple(f"class_{index}" for index in range(classes)), Origin.DEFAULT)
    if len(found) != classes:
        raise UsageError(
            f"labels: {len(found)} names for {classes} classes",
            help=f"give a text file with {classes} lines, one name each in the order of the classes: --labels FILE",
        )
    return Setting("labels", found, Origin.GIVEN if labels else Origin.METADATA)


def _scores(signature: Signature, given: Mapping[str, str], output: Output) -> Setting:
    if "scores" in given:
        return Setting("scores", given["scores"], Origin.GIVEN)
    if "scores" in signature.metadata:
        return Setting("scores", signature.metadata["scores"], Origin.METADATA)
    if signature.softmax:
        return Setting("scores", Scores.PROBABILITIES.value, Origin.GRAPH)
    return Setting("scores", (Scores.PROBABILITIES if output.chances else Scores.LOGITS).value, Origin.RUN)


def _image_shape(port: Port, image: InputSpec) -> tuple[int, ...]:
    batch = 1 if port.shape is None or port.shape[0] is None else port.shape[0]
    if image.layout is Layout.NCHW:
        return (batch, image.channels, image.size.height, image.size.width)
    return (batch, image.size.height, image.size.width, image.channels)


def _origin(key: str, given: Mapping[str, str]) -> Origin:
    return Origin.GIVEN if key in given else Origin.GRAPH


def _shown(shape: Shape | None) -> str:
    return "unknown" if shape is None else "x".join("?" if side is None else str(side) for side in shape)
