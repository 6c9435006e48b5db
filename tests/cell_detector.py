"""A detector small enough to be made in a test, pictures for it, and truths in COCO's form.

It looks at cells of 8 x 8 pixels: a cell's score is its brightest mean channel, its class that channel. A picture of
filled cells is therefore found exactly, and what an evaluation must say can be worked out by hand.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from fakes import COLOURS
from onnx import TensorProto, helper, numpy_helper

from vedette.adapters.config.repository import Repository
from vedette.rules.vision.encode import encode_png
from vedette.values.frame import Size
from vedette.values.manifest import DetectorSpec, InputSpec, Layout, Manifest, ModelFormat, ModelType, Suppression

SIDE, CELL = 64, 8
_ACROSS = SIDE // CELL
WHOLE = Size(SIDE, SIDE)

Cell = tuple[int, int, int] | tuple[int, int, int, int]
"""Column, row, channel, and how bright it is: 255 unless given."""


def install_cell_detector(home: Path, name: str = "cells", labels: Sequence[str] = COLOURS, gain: float = 1.0) -> None:
    """Put the detector into a home folder; `gain` multiplies its scores."""
    file = home.parent / f"{home.name}-{name}.onnx"
    _write(file, gain)
    Repository(home).save(cell_manifest(file.name, name=name, labels=tuple(labels)), {file.name: file})


def cell_manifest(file: str, **changes: Any) -> Manifest:
    facts: dict[str, Any] = {
        "name": "cells",
        "version": "1",
        "file": file,
        "format": ModelFormat.ONNX,
        "model_type": ModelType.BOXES,
        "input": InputSpec(name="input", layout=Layout.NCHW, size=Size(SIDE, SIDE), scale_values=(255.0,)),
        "labels": COLOURS,
        "confidence_threshold": 0.5,
        "detector": DetectorSpec(nms=Suppression.NONE),
    }
    return Manifest(**(facts | changes))


def _write(file: Path, gain: float) -> None:
    corners = np.array([[x, y, x + CELL, y + CELL] for y in range(0, SIDE, CELL) for x in range(0, SIDE, CELL)])
    constants = {
        "cells": corners[None].astype(np.float32),
        "rows": np.array([0, 3, _ACROSS * _ACROSS], np.int64),
        "last": np.array([2], np.int64),
        "channel": np.array([1], np.int64),
        "gain": np.float32(gain),
        "zero": np.float32(0),
    }
    nodes = [
        helper.make_node("AveragePool", ["input"], ["means"], kernel_shape=[CELL, CELL], strides=[CELL, CELL]),
        helper.make_node("Reshape", ["means", "rows"], ["flat"]),
        helper.make_node("ReduceMax", ["flat", "channel"], ["best"], keepdims=0),
        helper.make_node("Mul", ["best", "gain"], ["scores"]),
        helper.make_node("ArgMax", ["flat"], ["classes"], axis=1, keepdims=0),
        helper.make_node("Unsqueeze", ["best", "last"], ["column"]),
        helper.make_node("Mul", ["column", "zero"], ["zeros"]),
        helper.make_node("Add", ["zeros", "cells"], ["boxes"]),
    ]
    count = _ACROSS * _ACROSS
    graph = helper.make_graph(
        nodes,
        "cells",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["N", 3, SIDE, SIDE])],
        [
            helper.make_tensor_value_info("boxes", TensorProto.FLOAT, ["N", count, 4]),
            helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["N", count]),
            helper.make_tensor_value_info("classes", TensorProto.INT64, ["N", count]),
        ],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8), file)


def write_picture(file: Path, cells: Sequence[Cell], size: Size = WHOLE) -> None:
    """A black PNG with filled cells."""
    pixels = np.zeros((size.height, size.width, 3), np.uint8)
    for column, row, channel, *bright in cells:
        rows, columns = slice(row * CELL, (row + 1) * CELL), slice(column * CELL, (column + 1) * CELL)
        pixels[rows, columns, channel] = bright[0] if bright else 255
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(encode_png(pixels))


def write_truth(
    file: Path,
    marked: Mapping[str, Sequence[Cell]],
    *,
    size: Size = WHOLE,
    categories: Sequence[str] = COLOURS,
) -> dict[str, Any]:
    """A truth in COCO's form in which cells of pictures are marked; ids are such that order and gaps matter."""
    names = {name: 100 - 7 * number for number, name in enumerate(marked)}
    annotations = [
        {"image_id": names[name], "category_id": 10 * (cell[2] + 1), "iscrowd": 0, "area": CELL * CELL}
        | {"bbox": [cell[0] * CELL, cell[1] * CELL, CELL, CELL]}
        for name, cells in marked.items()
        for cell in cells
    ]
    document = {
        "images": [
            {"id": number, "file_name": name, "width": size.width, "height": size.height}
            for name, number in names.items()
        ],
        "categories": [{"id": 10 * (number + 1), "name": name} for number, name in enumerate(categories)],
        "annotations": [one | {"id": number} for number, one in enumerate(annotations)],
    }
    file.write_text(json.dumps(document))
    return document
