"""Settings of the whole process, made once by a command that owns it; the library leaves its host's process alone."""

from __future__ import annotations

import ctypes
import gc
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 64 * 1024 * 1024

_GENTLE = 10
"""Added to the niceness of work that leaves the cores to the rest: a tenth of the weight (sched(7)). It is not more, as
what waits for the interpreter lock waits for the thread that has it, however low its priority."""


def own_process() -> None:
    """Keep freed buffers, keep OpenCV quiet, and import no more than is used."""
    own_memory()
    quiet_opencv()
    spare_converter()


def spare_blas_threads() -> None:
    """One thread for linear algebra, where the user asks for no other number; to be called before NumPy is imported.

    OpenBLAS, which NumPy and OpenCV bring, makes one for each core as it is loaded, and they spin before they sleep.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")


def own_memory() -> None:
    """Keep freed buffers instead of faulting each one in anew.

    glibc maps every buffer above 128 KiB afresh; decoding a photo takes about half the time without that.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "mallopt"):
            libc.mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)
            libc.mallopt(_M_TRIM_THRESHOLD, 4 * _KEPT_BYTES)


def give_back_memory() -> None:
    """Let the system have what was freed: `own_memory` keeps it, which is of no use once a model has gone."""
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        if hasattr(libc, "malloc_trim"):
            libc.malloc_trim(0)


def gently(work: Callable[[], None]) -> None:
    """Do some work at a lower priority than the rest of the process, and wait for its end; what it raises is raised.

    The thread that does it ends with it, since a priority can be lowered without rights and not raised again. Only
    Linux has priorities of threads; elsewhere the work is done as it is.
    """
    if sys.platform != "linux":
        work()
        return
    with ThreadPoolExecutor(1, "vedette-gentle", _lower_priority) as thread:
        thread.submit(work).result()


def _lower_priority() -> None:
    thread = threading.get_native_id()
    os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _GENTLE)


def spare_converter() -> None:
    """Keep OpenVINO from importing its model converter, and with it a telemetry client: a tenth of a second."""
    sys.modules.setdefault("openvino.tools.ovc", None)  # type: ignore[arg-type]


def settle_process() -> None:
    """Collect garbage from now on, without looking again at what the start has made."""
    gc.freeze()
    gc.enable()


def quiet_opencv() -> None:
    """One thread for each call, since the pipeline runs several; damaged images are told by us, not by OpenCV."""
    import cv2

    cv2.setNumThreads(1)
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
