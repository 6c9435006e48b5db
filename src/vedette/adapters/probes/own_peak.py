"""How much memory this process held at most: the kernel's high-water mark, and samples of its own every 10 ms.

/proc/self/clear_refs <- 5     VmHWM of /proc/self/status starts anew, at what is resident now
/proc/self/statm               resident pages, sampled
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

INTERVAL_S = 0.01

_RESET = "5"
_KB = 1024


class OwnPeak:
    """A context: what this process held while it was open, shared pages and pages of files included.

    Attributes:
        peak_bytes: the kernel's high-water mark; 0 where the system does not tell.
        sampled_peak_bytes: most of the samples; 0 where the system does not tell.
    """

    def __init__(self, root: Path = Path("/proc/self")) -> None:
        self._root = root
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="vedette-memory", daemon=True)
        self._page = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
        self._statm: int | None = None
        self.peak_bytes = 0
        self.sampled_peak_bytes = 0

    def __enter__(self) -> Self:
        """Start anew; where the mark cannot be reset, it is that of the whole life of the process."""
        with suppress(OSError):
            (self._root / "clear_refs").write_text(_RESET, encoding="ascii")
        with suppress(OSError):  # kept open, because a sample must cost no more than some microseconds
            self._statm = os.open(self._root / "statm", os.O_RDONLY)
        self._sample()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop sampling and read the mark."""
        self._ended.set()
        self._thread.join()
        self._sample()
        if self._statm is not None:
            os.close(self._statm)
            self._statm = None
        self.peak_bytes = self._mark()

    def _watch(self) -> None:
        while not self._ended.wait(INTERVAL_S):
            self._sample()

    def _sample(self) -> None:
        if self._statm is None:
            return
        with suppress(OSError, IndexError, ValueError):
            resident = int(os.pread(self._statm, 200, 0).split()[1]) * self._page
            self.sampled_peak_bytes = max(self.sampled_peak_bytes, resident)

    def _mark(self) -> int:
        with suppress(OSError, IndexError, ValueError):
            for line in (self._root / "status").read_text(encoding="ascii", errors="replace").splitlines():
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * _KB
        return 0
