"""Settings of the whole process, made once by a command that owns it; the library leaves its host's process alone."""

from __future__ import annotations

import ctypes
import gc
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
_KEPT_BYTES = 64 * 1024 * 1024


def own_process() -> None:
    """Keep freed buffers, keep OpenCV quiet, and import no more than is used."""
    own_memory()
    quiet_opencv()
    spare_converter()


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
