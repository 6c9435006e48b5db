"""Tensors in memory that two processes share: one end writes them, the other reads them where they lie.

    tensors -> write -> a table of types, shapes and places, and the memory -> read -> tensors

The memory is a file without a name, so that nothing of it is left when both processes are gone, however they end. It
grows with its tensors; what a large one took is given back after its answer. A slot belongs to one request at a time
and goes in one direction. Texts lie as in the Open Inference Protocol: four bytes of length before each element.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress

import numpy as np

from vedette.errors import ExhaustedError, InvalidError
from vedette.flows.inference.runtime import Tensor

_ENTRY = struct.Struct("<4sBQQ")
"""An entry of the table: NumPy's name of the type, number of sides, offset and bytes; then 8 bytes for each side."""

_FIRST_BYTES = 1 << 20
_KEPT_BYTES = 16 << 20
_ALIGNMENT = 64
_TEXTS = b"O"


def shared_file() -> int:
    """The descriptor of a new file without a name: in memory on Linux, elsewhere in the folder for temporary files."""
    if sys.platform == "linux":
        import fcntl

        descriptor = os.memfd_create("vedette-slot", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK)  # to read what is cut off is deadly
    else:
        with tempfile.TemporaryFile() as file:
            descriptor = os.dup(file.fileno())
    os.ftruncate(descriptor, _FIRST_BYTES)
    return descriptor


class Slot:
    """One end of a shared file; it closes the descriptor."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._map = mmap.mmap(descriptor, 0)

    def write(self, tensors: Sequence[Tensor]) -> bytes:
        """Copy the tensors in; gives the table that tells where they lie.

        Raises:
            InvalidError: a tensor holds something other than numbers and bytes.
            ExhaustedError: there is no memory for them.
        """
        packed = [_packed(tensor) for tensor in tensors]
        offsets = [0]
        for data in packed:
            offsets.append(offsets[-1] + -(-data.nbytes // _ALIGNMENT) * _ALIGNMENT)
        self._reach(offsets[-1])
        table = b""
        for tensor, data, offset in zip(tensors, packed, offsets[:-1], strict=True):
            room: Tensor = np.ndarray(data.shape, data.dtype, self._map, offset)
            room[...] = data
            kind = _TEXTS if tensor.dtype == object else tensor.dtype.str.encode()
            table += _ENTRY.pack(kind, tensor.ndim, offset, data.nbytes) + struct.pack(
                f"<{tensor.ndim}Q", *tensor.shape
            )
        return table

    def read(self, table: bytes) -> tuple[Tensor, ...]:
        """The tensors where they lie; they are views, good until the slot is written again or released."""
        tensors: list[Tensor] = []
        position = 0
        while position < len(table):
            kind, sides, offset, size = _ENTRY.unpack_from(table, position)
            shape = struct.unpack_from(f"<{sides}Q", table, position + _ENTRY.size)
            position += _ENTRY.size + 8 * sides
            if offset + size > len(self._map):
                self._map = mmap.mmap(self._descriptor, 0)  # the other end has made it grow
            tensors.append(self._tensor(kind.rstrip(b"\0"), shape, offset, size))
        return tuple(tensors)

    def release(self) -> None:
        """Give back the memory of a large tensor; what the slot holds is lost then."""
        if len(self._map) > _KEPT_BYTES and hasattr(mmap, "MADV_REMOVE"):
            self._map.madvise(mmap.MADV_REMOVE, _KEPT_BYTES, len(self._map) - _KEPT_BYTES)

    def close(self) -> None:
        """Let go of the file; views that are left keep their memory. Closing twice does nothing."""
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)
        with suppress(BufferError):
            self._map.close()

    def _reach(self, size: int) -> None:
        if size <= len(self._map):
            return
        pages = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
        try:
            os.ftruncate(self._descriptor, max(pages, os.fstat(self._descriptor).st_size))
            self._map = mmap.mmap(self._descriptor, 0)
        except OSError as error:
            raise ExhaustedError(
                f"{size} bytes cannot be shared with the model's process ({error.strerror})",
                help="send less at once, or give the server more memory",
            ) from None

    def _tensor(self, kind: bytes, shape: tuple[int, ...], offset: int, size: int) -> Tensor:
        if kind == _TEXTS:
            return _elements(self._map[offset : offset + size], shape)
        return np.ndarray(shape, kind.decode(), self._map, offset)


def _packed(tensor: Tensor) -> Tensor:
    """What is copied: the numbers themselves, or the bytes of the texts in a row."""
    if tensor.dtype != object:
        if tensor.dtype.kind not in "biuf":
            raise InvalidError(f"a tensor of {tensor.dtype} cannot be passed on", help="send numbers or bytes")
        return tensor
    if not all(isinstance(one, bytes) for one in tensor.flat):
        raise InvalidError("a tensor of objects holds something other than bytes", help="send every element as bytes")
    return np.frombuffer(b"".join(struct.pack("<I", len(one)) + one for one in tensor.flat), np.uint8)


def _elements(data: bytes, shape: tuple[int, ...]) -> Tensor:
    elements: list[bytes] = []
    position = 0
    while position < len(data):
        (length,) = struct.unpack_from("<I", data, position)
        elements.append(data[position + 4 : position + 4 + length])
        position += 4 + length
    tensor = np.empty(len(elements), object)
    tensor[:] = elements
    return tensor.reshape(shape)
