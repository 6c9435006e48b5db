"""The inside of a model's process: it loads the model and answers its lanes, until its parent is gone.

    order -> load -> {"signature": ...} -> a thread a lane: read, infer, write

It ends with its parent even while an engine holds the interpreter: the end of stdin is a signal, too, that nobody
handles.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import NoReturn

from vedette.adapters.runtimes.lane import Lane, Message
from vedette.errors import VedetteError, kind_of
from vedette.flows.inference.runtime import Runtime, Tensor
from vedette.values.tensor import Signature, TensorSpec


def serve(lanes: Sequence[Lane], load: Callable[[Message], Runtime]) -> NoReturn:
    """Load the model that the first message of the first lane orders, and answer until the parent is gone."""
    _end_with_parent()
    try:
        order = lanes[0].hear()
        assert isinstance(order, dict), "the first message is the order"
        runtime = load(order)
        lanes[0].tell({"signature": told(runtime.signature)})
    except Exception as error:  # noqa: BLE001 - whatever it is, the parent must hear of it
        lanes[0].tell(_failure(error))
        os._exit(0)
    for lane in lanes:
        threading.Thread(target=_work, args=(lane, runtime), daemon=True).start()
    while os.read(0, 1):
        pass
    os._exit(0)  # an engine at work would hold up an orderly end


def told(signature: Signature) -> Message:
    """A signature as JSON data."""
    return {
        "inputs": [[one.name, one.datatype, one.shape] for one in signature.inputs],
        "outputs": [[one.name, one.datatype, one.shape] for one in signature.outputs],
    }


def understood(data: Message) -> Signature:
    """The signature that `told` wrote."""
    inputs, outputs = (
        tuple(TensorSpec(name, datatype, tuple(shape)) for name, datatype, shape in data[key])
        for key in ("inputs", "outputs")
    )
    return Signature(inputs, outputs)


def _work(lane: Lane, runtime: Runtime) -> NoReturn:
    try:
        while True:
            tensors = lane.hear()
            assert isinstance(tensors, tuple), "after the order tensors only"
            _answer(lane, runtime, tensors)
    except (EOFError, OSError):
        os._exit(0)


def _answer(lane: Lane, runtime: Runtime, tensors: tuple[Tensor, ...]) -> None:
    try:
        outputs = runtime.infer(*tensors)
    except Exception as error:  # noqa: BLE001 - one request must not end the others
        lane.tell(_failure(error))
        return
    try:
        lane.give(outputs)
    except VedetteError as error:
        lane.tell(_failure(error))


def _failure(error: Exception) -> Message:
    if isinstance(error, VedetteError):
        message, help_ = error.message, error.help
    else:
        traceback.print_exception(error)
        message, help_ = f"the model's process failed: {type(error).__name__}: {error}", "please report this message"
    return {"error": {"kind": kind_of(error), "message": message, "help": help_}}


def _end_with_parent() -> None:
    """Let the kernel end this process at the end of stdin (SIGIO), whatever its threads are at."""
    if sys.platform == "linux":
        import fcntl

        fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
