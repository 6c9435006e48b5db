"""State dicts of torch (.pth) as NumPy arrays, without torch and without running anything.

    zip:     <root>/data.pkl + <root>/data/<key> (raw numbers)
    legacy:  pickles: magic, protocol, system; then the state dict; then the list of keys; then the raw numbers

A pickle is a program. The reader knows five words (an ordered dict, the rebuilding of a tensor or parameter, and the
storages of torch); a file that says any other word is refused before anything happens.
"""

from __future__ import annotations

import io
import math
import pickle
import zipfile
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from vedette.errors import InvalidError

_DTYPES = {
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "DoubleStorage": "<f8",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "i1",
    "ByteStorage": "u1",
    "BoolStorage": "?",
}
_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001
_COUNT_BYTES = 8


class _Storage(NamedTuple):
    """Raw numbers of one type; a tensor is a view of them."""

    dtype: str
    key: str
    length: int


class _View(NamedTuple):
    """A tensor before its numbers are there."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def read_state_dict(data: bytes) -> dict[str, NDArray[Any]]:
    """The tensors of a state dict by name.

    Raises:
        InvalidError: it is no state dict, is damaged, or holds Python objects of any other kind.
    """
    try:
        views, buffers = _read_zip(data) if data[:4] == b"PK\x03\x04" else _read_legacy(data)
        return {name: _array(name, view, buffers) for name, view in views.items()}
    except InvalidError:
        raise
    except Exception as error:  # noqa: BLE001 - a broken pickle may raise anything
        _refuse(f"it cannot be read ({type(error).__name__}: {error})")


def _refuse(why: str) -> NoReturn:
    raise InvalidError(
        f"this is no state dict of torch: {why}", help="save it with torch.save(model.state_dict(), FILE)"
    )


class _ClosedUnpickler(pickle.Unpickler):
    """Reads plain values and the five words of a state dict."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch._utils" and name == "_rebuild_tensor_v2":
            return lambda storage, offset, shape, strides, *_: _View(storage, offset, tuple(shape), tuple(strides))
        if module == "torch._utils" and name == "_rebuild_parameter":
            return lambda view, *_: view
        if module == "torch" and name in _DTYPES:
            return name
        _refuse(f"it asks for {module}.{name}, which was not run")

    def persistent_load(self, pid: Any) -> _Storage:
        kind, storage, key, _location, count = pid[:5]
        if kind != "storage" or storage not in _DTYPES or not isinstance(count, int) or count < 0:
            _refuse(f"it holds an unknown reference {str(pid)[:80]}")
        return _Storage(_DTYPES[storage], str(key), count)


def _read_zip(data: bytes) -> tuple[dict[str, _View], dict[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        root = next((name.removesuffix("data.pkl") for name in names if name.endswith("/data.pkl")), None)
        if root is None:
            _refuse("the archive holds no data.pkl")
        if f"{root}byteorder" in names and archive.read(f"{root}byteorder") == b"big":
            _refuse("its numbers are big-endian")
        views = _views(_ClosedUnpickler(io.BytesIO(archive.read(f"{root}data.pkl"))).load())
        buffers: dict[str, bytes] = {}
        for storage in {view.storage for view in views.values()}:
            member = archive.getinfo(f"{root}data/{storage.key}")
            if member.file_size != storage.length * np.dtype(storage.dtype).itemsize:
                _refuse(f"storage {storage.key} has {member.file_size} bytes for {storage.length} numbers")
            buffers[storage.key] = archive.read(member)
    return views, buffers


def _read_legacy(data: bytes) -> tuple[dict[str, _View], dict[str, bytes]]:
    file = io.BytesIO(data)
    if _ClosedUnpickler(file).load() != _LEGACY_MAGIC or _ClosedUnpickler(file).load() != _LEGACY_PROTOCOL:
        _refuse("it does not begin as torch.save begins")
    system = _ClosedUnpickler(file).load()
    if not isinstance(system, dict) or not system.get("little_endian", True):
        _refuse("its numbers are big-endian")
    views = _views(_ClosedUnpickler(file).load())
    storages = {view.storage.key: view.storage for view in views.values()}
    buffers: dict[str, bytes] = {}
    for key in _ClosedUnpickler(file).load():
        count = int.from_bytes(file.read(_COUNT_BYTES), "little")
        storage = storages.get(key)
        if storage is None or storage.length != count:
            _refuse(f"storage {key} has {count} numbers, not as many as the tensors name")
        buffers[key] = file.read(count * np.dtype(storage.dtype).itemsize)
    return views, buffers


def _views(loaded: Any) -> dict[str, _View]:
    if not isinstance(loaded, dict) or not all(isinstance(view, _View) for view in loaded.values()):
        _refuse(f"it holds {type(loaded).__name__}, not tensors by name")
    return {str(name): view for name, view in loaded.items()}


def _array(name: str, view: _View, buffers: Mapping[str, bytes]) -> NDArray[Any]:
    """The numbers of one tensor; a view that reaches outside of its storage is refused."""
    dtype = np.dtype(view.storage.dtype)
    flat = np.frombuffer(buffers[view.storage.key], dtype)
    sizes = (view.offset, *view.shape, *view.strides)
    if len(view.shape) != len(view.strides) or not all(isinstance(size, int) and size >= 0 for size in sizes):
        _refuse(f"tensor {name} has no valid shape")
    if math.prod(view.shape) == 0:
        return np.zeros(view.shape, dtype)
    last = view.offset + sum((side - 1) * stride for side, stride in zip(view.shape, view.strides, strict=True))
    if last >= flat.size or math.prod(view.shape) > flat.size:
        _refuse(f"tensor {name} reaches beyond its {flat.size} numbers")
    strides = [stride * dtype.itemsize for stride in view.strides]
    return np.ascontiguousarray(np.lib.stride_tricks.as_strided(flat[view.offset :], view.shape, strides))
