"""From a float graph to one of 8 bits: static quantisation, calibrated on crops of the shipped photos.

    model + crops --quantise--> the same graph with QuantizeLinear and DequantizeLinear around its operators

Weights are signed with a scale for each channel, activations unsigned with one scale, between the least and the most
that was seen. Weights use 7 of their 8 bits: processors without VNNI add two products in 16 bits, which overflows with
all 8, in ONNX Runtime and in OpenVINO alike (measured on one: top-1 agreement 0.93 with 7 bits, 0.81 with 8).
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from vedette.adapters.zoo.entry import Built, built
from vedette.rules.vision.decode import decode
from vedette.rules.vision.resize import resize
from vedette.values.frame import Pixels
from vedette.values.manifest import InputSpec, Layout

if TYPE_CHECKING:
    from onnx import ModelProto

Row = NDArray[np.float32]
"""One image as a model takes it, with a batch of 1."""

_PHOTOS = Path(__file__).parents[2] / "photos"
_LEAST_SHARE = 0.5
_CALIBRATION, _COMPARED = 48, 120
_CALIBRATION_SEED, _COMPARED_SEED = 0, 1


def quantised(full: Built) -> Built:
    """A classifier of the catalogue in 8 bits; its manifest tells how often it agrees with the full one."""
    import onnx

    spec = full.manifest.input
    assert spec is not None, f"{full.manifest.name} takes no images to calibrate it on"
    model = onnx.load_model_from_string(full.files[full.manifest.file])
    small = quantise(model, photo_crops(spec, _CALIBRATION, _CALIBRATION_SEED))
    share = top1_agreement(model, small, photo_crops(spec, _COMPARED, _COMPARED_SEED))
    measured = (
        f"{100 * share:.0f} % top-1 agreement with fp32 (on {_COMPARED} random crops of the shipped photos, in ONNX "
        f"Runtime, when it was made here; calibrated on {_CALIBRATION} other crops of the same photos)"
    )
    provenance = replace(full.manifest.provenance, measured_quality=measured)
    return built(replace(full.manifest, provenance=provenance), small)


def photo_crops(spec: InputSpec, count: int, seed: int) -> Iterator[Row]:
    """Random parts of the shipped photos, each side 50 to 100 % of the photo's, fitted as the input asks for."""
    photos = [decode(file.read_bytes()).pixels for file in sorted(_PHOTOS.glob("*.jpg"))]
    generator = np.random.default_rng(seed)
    for number in range(count):
        yield _row(_part(photos[number % len(photos)], generator), spec)


def quantise(model: ModelProto, rows: Iterable[Row]) -> ModelProto:
    """The model in 8 bits, calibrated on `rows`; the input and the outputs stay float."""
    import onnx
    from onnxruntime.quantization import QuantFormat, QuantType, quant_utils, quantize_static

    prepared = onnx.ModelProto()
    prepared.CopyFrom(model)
    quant_utils.add_pre_process_metadata(prepared)  # nothing is left to fold, and it says so on the root logger
    with tempfile.TemporaryDirectory(prefix="vedette-quantise-") as folder, _root_logger_untouched():
        file = Path(folder) / "model.onnx"
        quantize_static(
            prepared,
            file,
            _Feed(model.graph.input[0].name, rows),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
        return onnx.load(str(file))


def top1_agreement(one: ModelProto, other: ModelProto, rows: Iterable[Row]) -> float:
    """The share of rows for which two classifiers put the same class first, run by ONNX Runtime."""
    first, second = (_session(model) for model in (one, other))
    name = one.graph.input[0].name
    same = [np.argmax(first.run(None, {name: row})[0]) == np.argmax(second.run(None, {name: row})[0]) for row in rows]
    return float(np.mean(same))


class _Feed:
    """What ONNX Runtime calls a CalibrationDataReader."""

    def __init__(self, name: str, rows: Iterable[Row]) -> None:
        self._name, self._rows = name, iter(rows)

    def get_next(self) -> dict[str, Row] | None:
        """The next row under the name of the input; None after the last."""
        row = next(self._rows, None)
        return None if row is None else {self._name: row}


@contextlib.contextmanager
def _root_logger_untouched() -> Iterator[None]:
    """The quantiser speaks on the root logger, which gives that logger a handler for good if it has none."""
    handler = logging.NullHandler()
    logging.root.addHandler(handler)
    try:
        yield
    finally:
        logging.root.removeHandler(handler)


def _part(photo: Pixels, generator: np.random.Generator) -> Pixels:
    height, width = photo.shape[:2]
    across, down = (int(side * generator.uniform(_LEAST_SHARE, 1)) for side in (width, height))
    left, top = generator.integers(0, width - across + 1), generator.integers(0, height - down + 1)
    return photo[top : top + down, left : left + across]


def _row(pixels: Pixels, spec: InputSpec) -> Row:
    fitted = resize(
        pixels,
        spec.size,
        spec.resize_type,
        interpolation=spec.interpolation,
        pad_value=spec.pad_value,
        crop_fraction=spec.crop_fraction,
    )
    ordered = fitted if spec.reverse_input_channels else fitted[..., ::-1]
    mean, scale = (np.array(values, np.float32) for values in (spec.mean_values, spec.scale_values))
    normal = (ordered.astype(np.float32) - mean) / scale
    return np.ascontiguousarray(normal.transpose(2, 0, 1) if spec.layout is Layout.NCHW else normal, np.float32)[None]


def _session(model: ModelProto) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # two sessions take turns: threads of one would spin while the other runs
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
