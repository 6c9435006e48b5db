"""One control group: made, limited, and taken away again, version 1 and version 2.

    version 1   vedette-<pid>-<number>/  cpu.cfs_quota_us, cpu.cfs_period_us   memory.limit_in_bytes, memory.memsw...
    version 2   vedette-<pid>-<number>/  cpu.max                               memory.max, memory.swap.max

A kill for want of memory is counted as `oom_kill`, in memory.oom_control or memory.events; the count of refused
allocations (failcnt) stays zero for it.
"""

from __future__ import annotations

import os
import select
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PERIOD_US = 10_000
"""A quota is counted in periods of 10 ms and not of the usual 100 ms.

Half a core in periods of 100 ms works for 50 ms at full speed and then stands still for 50 ms: pieces of 8 ms of work
took 8 to 60 ms, their spread was 12 ms. With 10 ms it was 2.5 ms, at the same mean; with 5 ms it grew again, and the
share fell short.
"""

_LEAST_QUOTA_US = 1000
"""The kernel refuses a smaller one."""

_PREFIX = "vedette"


@dataclass(frozen=True, slots=True)
class Group:
    """The folder of a group of ours."""

    folder: Path
    unified: bool

    def make(self) -> None:
        """Make it.

        Raises:
            OSError: there are no rights, or the hierarchy is read-only.
        """
        self.folder.mkdir()

    def limit_share(self, share: float) -> None:
        """Let it use so many cores.

        Raises:
            OSError: the kernel refuses it.
        """
        period = max(PERIOD_US, round(_LEAST_QUOTA_US / share))
        quota = max(_LEAST_QUOTA_US, round(period * share))
        if self.unified:
            self._write("cpu.max", f"{quota} {period}")
            return
        self._write("cpu.cfs_period_us", str(period))
        self._write("cpu.cfs_quota_us", str(quota))

    def limit_memory(self, size: int) -> bool:
        """Let it use so many bytes of memory and no swap; whether swap could be excluded.

        Raises:
            OSError: the kernel refuses the limit.
        """
        self._write("memory.max" if self.unified else "memory.limit_in_bytes", str(size))
        name, most = ("memory.swap.max", 0) if self.unified else ("memory.memsw.limit_in_bytes", size)
        try:
            self._write(name, str(most))
        except OSError:
            return False
        return True

    @property
    def entrance(self) -> Path:
        """The file into which a process writes its number to enter."""
        return self.folder / "cgroup.procs"

    def kills(self) -> int:
        """Processes of it that were killed for want of memory, until now."""
        file = self.folder / ("memory.events" if self.unified else "memory.oom_control")
        for line in _text(file).splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill" and count.strip().isdigit():
                return int(count)
        return 0

    def remove(self) -> bool:
        """End what is in it and take it away; False if it is still there, because a process takes its time to end."""
        for line in _text(self.entrance).split():
            pid = int(line) if line.isdigit() else 0
            if pid not in (0, os.getpid()):
                with suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
        try:
            self.folder.rmdir()
        except FileNotFoundError:
            return True
        except OSError:
            return False
        return True

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="ascii")


def end_now(groups: tuple[Group, ...]) -> None:
    """Take groups away at the exit of this process, waiting a second at most for what is in each."""
    for group in groups:
        for line in _text(group.entrance).split():
            with suppress(OSError, AttributeError, ValueError):
                descriptor = os.pidfd_open(int(line))
                group.remove()
                select.select([descriptor], (), (), 1.0)
                os.close(descriptor)
        group.remove()


def name_of(number: int) -> str:
    """The name of a group of this process."""
    return f"{_PREFIX}-{os.getpid()}-{number}"


def sweep(parent: Path) -> None:
    """Take away the groups that processes have left which are dead by now; one that is still in use stays."""
    for folder in parent.glob(f"{_PREFIX}-*-*"):
        owner = folder.name.split("-")[1]
        if owner.isdigit() and not _lives(int(owner)):
            with suppress(OSError):
                folder.rmdir()


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return ""
