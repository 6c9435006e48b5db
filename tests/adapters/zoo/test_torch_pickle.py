"""State dicts of torch, read without torch and without running anything."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import struct
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.adapters.zoo.torch_pickle import read_state_dict
from vedette.errors import InvalidError

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001
WEIGHTS = np.arange(12, dtype=np.float32)


class Word:
    """A name of a module, written as pickle writes it, without the module."""

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module, name


class Storage:
    def __init__(self, kind: str, key: str, count: int) -> None:
        self.kind, self.key, self.count = kind, key, count


class Tensor:
    def __init__(self, storage: Storage, offset: int, shape: tuple, strides: tuple) -> None:
        self.arguments = (storage, offset, shape, strides, False, OrderedDict())


class TorchPickler(pickle._Pickler):
    """Writes what torch writes."""

    def persistent_id(self, value):
        if isinstance(value, Storage):
            return ("storage", Word("torch", value.kind), value.key, "cpu", value.count)
        return None

    def save(self, value, save_persistent_id=True):  # noqa: FBT002 - the signature of pickle
        if isinstance(value, Word):
            self.write(b"c" + f"{value.module}\n{value.name}\n".encode())
        elif isinstance(value, Tensor):
            self.save(Word("torch._utils", "_rebuild_tensor_v2"))
            self.save(value.arguments)
            self.write(pickle.REDUCE)
        else:
            super().save(value, save_persistent_id)


def pickled(value: object) -> bytes:
    buffer = io.BytesIO()
    TorchPickler(buffer, protocol=2).dump(value)
    return buffer.getvalue()


def legacy(state: object, storages: dict[str, bytes], itemsize: int = 4) -> bytes:
    head = b"".join(pickled(part) for part in (MAGIC, PROTOCOL, {"little_endian": True}))
    numbers = b"".join(struct.pack("<q", len(raw) // itemsize) + raw for raw in storages.values())
    return head + pickled(state) + pickled(list(storages)) + numbers


def zipped(state: object, storages: dict[str, bytes], **more: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("net/data.pkl", pickled(state))
        for key, raw in storages.items():
            archive.writestr(f"net/data/{key}", raw)
        for name, content in more.items():
            archive.writestr(f"net/{name}", content)
    return buffer.getvalue()


@pytest.fixture(params=[legacy, zipped])
def archive(request: pytest.FixtureRequest):
    return request.param


def test_both_formats_give_the_tensors(archive) -> None:
    """Shapes, strides and offsets are those of the file; two tensors may share numbers."""
    storage = Storage("FloatStorage", "0", 12)
    state = OrderedDict(
        a=Tensor(storage, 0, (3, 4), (4, 1)), b=Tensor(storage, 1, (4, 2), (1, 4)), c=Tensor(storage, 5, (), ())
    )
    read = read_state_dict(archive(state, {"0": WEIGHTS.tobytes()}))

    assert list(read) == ["a", "b", "c"]
    np.testing.assert_array_equal(read["a"], WEIGHTS.reshape(3, 4))
    np.testing.assert_array_equal(read["b"], [[1, 5], [2, 6], [3, 7], [4, 8]])
    assert read["c"] == 5


def test_number_types() -> None:
    """Whole numbers keep their type."""
    state = OrderedDict(n=Tensor(Storage("LongStorage", "7", 2), 0, (2,), (1,)))
    read = read_state_dict(legacy(state, {"7": np.array([3, -4], np.int64).tobytes()}, itemsize=8))

    assert read["n"].dtype == np.int64
    assert read["n"].tolist() == [3, -4]


def test_a_malicious_pickle_does_not_run(tmp_path: Path, archive) -> None:
    """os.system in a pickle is refused by its name, and nothing happens."""
    mark = tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {mark}",)

    for state in (Evil(), OrderedDict(weight=Evil())):
        with pytest.raises(InvalidError, match=r"posix\.system, which was not run"):
            read_state_dict(archive(state, {}))
    assert not mark.exists()


def test_a_malicious_head_does_not_run(tmp_path: Path) -> None:
    """The first parts of a legacy file are read by the same closed reader."""
    mark = tmp_path / "ran"

    class Evil:
        def __reduce__(self):
            return os.system, (f"touch {mark}",)

    with pytest.raises(InvalidError):
        read_state_dict(pickled(Evil()))
    assert not mark.exists()


@pytest.mark.parametrize(
    "word",
    [("builtins", "eval"), ("torch", "load"), ("collections", "OrderedDict.fromkeys"), ("torch._utils", "os.system")],
)
def test_other_words_are_refused(word: tuple[str, str]) -> None:
    """The list of words is closed."""
    with pytest.raises(InvalidError):
        read_state_dict(legacy(OrderedDict(a=Word(*word)), {}))


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [
        (0, (13,), (1,)),
        (12, (1,), (1,)),
        (0, (2, 4), (100, 1)),
        (-1, (2,), (1,)),
        (0, (2,), (-1,)),
        (0, (10**9,), (0,)),
        (0, (2,), ()),
    ],
)
def test_a_tensor_stays_in_its_storage(archive, offset: int, shape: tuple, strides: tuple) -> None:
    """A view that would read beyond its numbers is refused."""
    state = OrderedDict(a=Tensor(Storage("FloatStorage", "0", 12), offset, shape, strides))

    with pytest.raises(InvalidError):
        read_state_dict(archive(state, {"0": WEIGHTS.tobytes()}))


def test_a_storage_has_the_bytes_that_it_names(archive) -> None:
    """Missing numbers are not made up."""
    state = OrderedDict(a=Tensor(Storage("FloatStorage", "0", 12), 0, (2,), (1,)))

    with pytest.raises(InvalidError):
        read_state_dict(archive(state, {"0": WEIGHTS[:3].tobytes()}))


def test_big_endian_numbers_are_refused() -> None:
    """They would be read as other numbers."""
    state = OrderedDict(a=Tensor(Storage("FloatStorage", "0", 12), 0, (2,), (1,)))

    with pytest.raises(InvalidError, match="big-endian"):
        read_state_dict(zipped(state, {"0": WEIGHTS.tobytes()}, byteorder=b"big"))


@pytest.mark.parametrize("data", [b"", b"hello", b"PK\x03\x04broken", pickle.dumps([1, 2]), legacy([1, 2], {})])
def test_other_files_are_refused(data: bytes) -> None:
    """What is no state dict is told so."""
    with pytest.raises(InvalidError, match="no state dict of torch"):
        read_state_dict(data)


@settings(max_examples=200)
@given(st.data())
def test_damaged_files_are_refused_or_read(data: st.DataObject) -> None:
    """Any changed byte gives tensors or an InvalidError, never anything else."""
    whole = bytearray(
        legacy(OrderedDict(a=Tensor(Storage("FloatStorage", "0", 12), 0, (3, 4), (4, 1))), {"0": WEIGHTS.tobytes()})
    )
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))

    with contextlib.suppress(InvalidError):
        read_state_dict(bytes(whole))
