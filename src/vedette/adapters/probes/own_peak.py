"""How much memory of its own this process held at most: samples every 10 ms, and the kernel's high-water mark.

    /proc/self/statm               resident pages - shared pages = own pages, sampled
    /proc/self/clear_refs <- 5     VmHWM of /proc/self/status starts anew, at what is resident now
    peak = most own pages of a sample + (VmHWM - most resident pages of a sample) + VmPTE + 1 MiB

Own pages are those of no file and not shared: what was allocated and touched. A limit of memory ends a process for want
of these only, because the kernel takes pages of files back first (admin-guide/cgroup-v1/memory, "reclaim"); they are
shared with other processes besides, as those of libraries are. The kernel keeps no mark of own pages: what its mark of
all pages shows beyond the samples is taken for own ones. A limit counts the kernel's memory for the process, too: its
page tables, and stacks and accounts, which no file tells.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

INTERVAL_S = 0.01
KERNEL_BYTES = 1 << 20
"""Stacks of threads, and pages that each core accounts for in advance: 0.6 to 0.9 MB were missing without it."""

_RESET = "5"
_KB = 1024


class OwnPeak:
    """A context: what this process held of its own while it was open, without shared pages and pages of files.

    Attributes:
        peak_bytes: a limit of so much lets it work: most of the samples, what the kernel's mark shows between them, and
            what the kernel needs; 0 where the system does not tell.
        sampled_peak_bytes: most of the samples alone; 0 where the system does not tell.
    """

    def __init__(self, root: Path = Path("/proc/self")) -> None:
        self._root = root
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="vedette-memory", daemon=True)
        self._page = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
        self._statm: int | None = None
        self._resident = 0
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
        if self.sampled_peak_bytes:
            told = self._told()
            missed = max(0, told.get("VmHWM", 0) - self._resident)
            self.peak_bytes = self.sampled_peak_bytes + missed + told.get("VmPTE", 0) + KERNEL_BYTES

    def _watch(self) -> None:
        while not self._ended.wait(INTERVAL_S):
            self._sample()

    def _sample(self) -> None:
        if self._statm is None:
            return
        with suppress(OSError, IndexError, ValueError):
            resident, shared = (int(word) * self._page for word in os.pread(self._statm, 200, 0).split()[1:3])
            self._resident = max(self._resident, resident)
            self.sampled_peak_bytes = max(self.sampled_peak_bytes, resident - shared)

    def _told(self) -> dict[str, int]:
        """The lines of the status that are amounts of memory, in bytes."""
        found: dict[str, int] = {}
        with suppress(OSError):
            for line in (self._root / "status").read_text(encoding="ascii", errors="replace").splitlines():
                name, _, rest = line.partition(":")
                words = rest.split()
                if len(words) == 2 and words[1] == "kB" and words[0].isdigit():  # noqa: PLR2004 - a number and its unit
                    found[name] = int(words[0]) * _KB
        return found
