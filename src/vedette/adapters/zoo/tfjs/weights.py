"""The weights of a graph model of TensorFlow.js: shards laid end to end, an array after the other.

Source of the format: the `weightsManifest` of tfjs-core, `WeightsManifestEntry`. An array may be stored as float16, or
as whole numbers q of 8 or 16 bits that stand for q * scale + min.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vedette.errors import InvalidError, UnsupportedError

Array = NDArray[Any]
_DTYPES: Mapping[str, Any] = {
    "float32": np.float32,
    "float16": np.float16,
    "int32": np.int32,
    "uint8": np.uint8,
    "uint16": np.uint16,
    "bool": np.bool_,
}


def shard_names(manifest: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The files that hold the weights, relative to the model file."""
    return tuple(path for group in manifest for path in group["paths"])


def read_weights(manifest: Sequence[Mapping[str, Any]], shards: Mapping[str, bytes]) -> dict[str, Array]:
    """Every array by its name, in the number type that the graph computes in.

    Raises:
        InvalidError: the shards are too short.
        UnsupportedError: a number type that is not read.
    """
    return dict(entry for group in manifest for entry in _group(group, shards))


def _group(group: Mapping[str, Any], shards: Mapping[str, bytes]) -> Iterator[tuple[str, Array]]:
    content = b"".join(shards[path] for path in group["paths"])
    start = 0
    for weight in group["weights"]:
        stored = _dtype(weight.get("quantization", weight)["dtype"], weight["name"])
        count = math.prod(weight["shape"])
        end = start + count * stored.itemsize
        if end > len(content):
            raise InvalidError(
                f"the weights end before {weight['name']}: {len(content)} bytes, {end} needed",
                help="pull the model again",
            )
        yield weight["name"], _restored(np.frombuffer(content, stored, count, start).reshape(weight["shape"]), weight)
        start = end


def _restored(stored: Array, weight: Mapping[str, Any]) -> Array:
    quantization = weight.get("quantization", {})
    if "scale" in quantization:
        stored = stored.astype(np.float64) * quantization["scale"] + quantization["min"]
    return stored.astype(_dtype(weight["dtype"], weight["name"]))


def _dtype(name: str, weight: str) -> np.dtype[Any]:
    if name not in _DTYPES:
        raise UnsupportedError(
            f"weight {weight} is stored as {name}, which is not read", help=f"it reads {', '.join(_DTYPES)}"
        )
    dtype: np.dtype[Any] = np.dtype(_DTYPES[name]).newbyteorder("<")
    return dtype
