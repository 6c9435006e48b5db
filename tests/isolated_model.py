"""A model's process for tests: it answers twice what came, or does what a number below zero orders.

Run with the descriptors of its lanes: `python isolated_model.py 3:4:5`.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from pathlib import Path

import numpy as np

from vedette.adapters.runtimes.isolated_child import serve
from vedette.adapters.runtimes.lane import opened
from vedette.errors import InvalidError, UnsupportedError
from vedette.values.tensor import Signature, TensorSpec

KILL, CRASH, LEAVE, HANG, HANG_FOR_ALL, REFUSE, FAIL, MEET, PID = range(-1, -10, -1)


class Model:
    """`order["meet"]` is how many inferences must be under way at once before MEET is answered."""

    def __init__(self, order) -> None:
        ports = tuple(TensorSpec(f"x{number}", "FP32", (-1,)) for number in range(order["inputs"]))
        self.signature = Signature(ports, ports)
        self._meeting = threading.Barrier(order["meet"], timeout=20)

    def infer(self, *tensors):
        first = tensors[0].flat[0] if tensors[0].size and tensors[0].dtype != object else 0
        if first < 0:
            return (np.array([self._obey(int(first))], np.int64),)
        return tuple(one + one for one in tensors)

    def _obey(self, wish: int) -> int:
        match wish:
            case -1:
                os.kill(os.getpid(), signal.SIGKILL)
            case -2:
                ctypes.string_at(0)
            case -3:
                os._exit(3)
            case -4:
                threading.Event().wait()
            case -5:
                ctypes.PyDLL(None).pause()  # with the interpreter in its hand
            case -6:
                raise InvalidError("not this one", help="send another")
            case -7:
                raise RuntimeError("a bug")
            case -8:
                return self._meeting.wait()
        return os.getpid()


def load(order) -> Model:
    if order["refuse"] and Path(order["refuse"]).exists():
        raise UnsupportedError("not here", help="elsewhere")
    return Model(order)


if __name__ == "__main__":
    serve(opened(sys.argv[1]), load)
