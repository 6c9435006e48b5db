"""Weights of TensorFlow.js out of their shards."""

from __future__ import annotations

import numpy as np
import pytest

from vedette.adapters.zoo.tfjs.weights import read_weights, shard_names
from vedette.errors import InvalidError, UnsupportedError

HALVES = np.float16([0.5, -1.25, 65504])


def group(*weights: dict[str, object], paths: tuple[str, ...] = ("a",)) -> list[dict[str, object]]:
    return [{"paths": list(paths), "weights": list(weights)}]


def weight(name: str, shape: list[int], dtype: str, /, **quantization: object) -> dict[str, object]:
    return {"name": name, "shape": shape, "dtype": dtype, **({"quantization": quantization} if quantization else {})}


def test_arrays_lie_end_to_end_across_shards() -> None:
    """A shard may end within an array; scalars and empty arrays have their place."""
    numbers = np.arange(6, dtype=np.float32).reshape(2, 3)
    content = numbers.tobytes() + np.int32(7).tobytes() + b"\x01"
    manifest = group(
        weight("m", [2, 3], "float32"),
        weight("none", [0, 1], "int32"),
        weight("s", [], "int32"),
        weight("b", [1], "bool"),
        paths=("a", "b"),
    )
    found = read_weights(manifest, {"a": content[:10], "b": content[10:]})

    assert shard_names(manifest) == ("a", "b")
    np.testing.assert_array_equal(found["m"], numbers)
    assert (found["s"].shape, int(found["s"]), found["none"].shape, bool(found["b"][0])) == ((), 7, (0, 1), True)


def test_halves_become_floats() -> None:
    """Stored as float16, computed with as float32, each number exactly."""
    found = read_weights(group(weight("h", [3], "float32", dtype="float16")), {"a": HALVES.tobytes()})["h"]

    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, [0.5, -1.25, 65504])


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_quantised_numbers_are_scaled(dtype: str) -> None:
    """A whole number q stands for q * scale + min."""
    stored = np.array([0, 1, 255], dtype)
    manifest = group(weight("q", [3], "float32", dtype=dtype, scale=0.5, min=-3.0), weight("r", [1], "int32"))
    found = read_weights(manifest, {"a": stored.tobytes() + np.int32(9).tobytes()})

    np.testing.assert_array_equal(found["q"], np.float32([-3, -2.5, 124.5]))
    assert int(found["r"][0]) == 9


def test_shards_that_are_too_short_are_refused() -> None:
    """The array that they end before is named."""
    with pytest.raises(InvalidError, match="end before b: 8 bytes, 12 needed"):
        read_weights(group(weight("a", [1], "float32"), weight("b", [2], "int32")), {"a": bytes(8)})


def test_another_number_type_is_refused() -> None:
    """Weight and type are named."""
    with pytest.raises(UnsupportedError, match="weight a is stored as complex64"):
        read_weights(group(weight("a", [1], "complex64")), {"a": bytes(8)})
