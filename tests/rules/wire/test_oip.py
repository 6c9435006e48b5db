"""Requests and metadata of the Open Inference Protocol."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import InvalidError
from vedette.rules.wire import oip
from vedette.values.tensor import TensorSpec

INPUT = TensorSpec("input", "FP32", (1, 2, 2))


def test_a_model_tells_its_tensors() -> None:
    """Name, versions, platform, inputs and outputs, as the protocol's example has them."""
    told = oip.read_model(
        b'{"name":"mobilenet","versions":["1","2"],"platform":"onnxruntime_onnx",'
        b'"inputs":[{"name":"input","datatype":"FP32","shape":[-1,3,224,224]}],'
        b'"outputs":[{"name":"prob","datatype":"FP32","shape":["-1","1000"]}]}'
    )

    assert told.inputs == (TensorSpec("input", "FP32", (-1, 3, 224, 224)),)
    assert told.outputs == (TensorSpec("prob", "FP32", (-1, 1000)),)
    assert str(told) == "mobilenet (onnxruntime_onnx) version 1, 2"


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"name":"m"}', b'{"name":"m","inputs":[1]}', b"<html>"])
def test_what_describes_no_model_is_refused(body: bytes) -> None:
    """Without a name and inputs it is none."""
    with pytest.raises(InvalidError, match="describes no model"):
        oip.read_model(body)


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=4, max_size=4))
def test_floats_survive_json(values: list[float]) -> None:
    """Each float32 is written so short as possible, and read back to the bit."""
    array = np.array(values, np.float32).reshape(1, 2, 2)

    (sent,) = json.loads(oip.json_request(INPUT, array))["inputs"]

    assert np.array_equal(np.array(sent["data"], np.float32), array.reshape(-1))
    assert (sent["name"], sent["shape"], sent["datatype"]) == ("input", [1, 2, 2], "FP32")


def test_whole_numbers_are_written_as_such() -> None:
    """UINT8 has no decimal point."""
    array = np.array([[[0, 255], [7, 7]]], np.uint8)

    assert json.loads(oip.json_request(INPUT, array))["inputs"][0]["data"] == [0, 255, 7, 7]
    assert b"." not in oip.json_request(INPUT, array)


def test_the_binary_form_puts_the_tensor_behind_the_json() -> None:
    """The JSON says how many bytes follow, and asks for a binary answer."""
    data, head = oip.binary_request(INPUT, b"sixteen bytes ..")

    told = json.loads(data[:head])
    assert data[head:] == b"sixteen bytes .."
    assert told["inputs"][0]["parameters"] == {"binary_data_size": 16}
    assert told["parameters"] == {"binary_data_output": True}


def test_an_element_of_bytes_has_its_length_before_it() -> None:
    """Four bytes, little endian."""
    assert oip.bytes_element(b"abc") == b"\x03\0\0\0abc"


def test_several_outputs_are_cut_out_of_the_bytes_in_order() -> None:
    """One of them may be in the JSON."""
    value = {
        "outputs": [
            {"name": "a", "datatype": "INT16", "shape": [2], "parameters": {"binary_data_size": 4}},
            {"name": "b", "datatype": "BOOL", "shape": [1, 1], "data": [[True]]},
            {"name": "c", "datatype": "FP32", "shape": [1], "parameters": {"binary_data_size": 4}},
        ]
    }

    a, b, c = oip.read_outputs(value, np.array([1, -2], "<i2").tobytes() + np.array([0.5], "<f4").tobytes())

    assert (a.data, b.data, c.data) == ((1, -2), (True,), (0.5,))


@pytest.mark.parametrize("raw", [b"\x05\0\0\0abc", b"\x01\0", b"\x01\0\0\0ab"])
def test_elements_that_are_cut_short_are_refused(raw: bytes) -> None:
    """Lengths beyond the data."""
    told = {"name": "a", "datatype": "BYTES", "shape": [1], "parameters": {"binary_data_size": len(raw)}}

    with pytest.raises(InvalidError):
        oip.read_outputs({"outputs": [told]}, raw)
