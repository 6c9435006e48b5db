"""When a child process that ended unasked is started again: at once it is not, and the waits double.

Everything that decides it is here. A process that has worked for a minute counts as sound: its next end is the first.
"""

from __future__ import annotations

from dataclasses import dataclass

FIRST_WAIT_NS = 500_000_000
LONGEST_WAIT_NS = 30_000_000_000
SOUND_AFTER_NS = 60_000_000_000


@dataclass(frozen=True, slots=True)
class Restarts:
    """What the ends so far mean for the next start.

    Attributes:
        wait_ns: the wait that followed the last end; 0 before the first.
        next_ns: the instant from which it may be started again.
    """

    wait_ns: int = 0
    next_ns: int = 0

    def after_end(self, started_ns: int, ended_ns: int) -> Restarts:
        """After one more end, of a process that was started at `started_ns`; one that failed to start counts too."""
        if self.wait_ns == 0 or ended_ns - started_ns >= SOUND_AFTER_NS:
            wait_ns = FIRST_WAIT_NS
        else:
            wait_ns = min(2 * self.wait_ns, LONGEST_WAIT_NS)
        return Restarts(wait_ns, ended_ns + wait_ns)

    def remaining_s(self, now_ns: int) -> float:
        """Seconds until the next start."""
        return max(0, self.next_ns - now_ns) / 1e9
