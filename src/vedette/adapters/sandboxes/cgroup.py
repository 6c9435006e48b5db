"""Sandboxes of control groups: a quota of CPU time and a limit of memory, nested below the group of this process.

    Confinement -> own groups -> vedette-<pid>-<number> below them -> sh -c 'echo $$ > .../cgroup.procs; exec COMMAND'

The shell enters the groups before it becomes the command, so that every page of the command is counted, and this
process need not fork itself. Limits of the group of this process hold on, because the new ones lie below it; with
version 2 a group that holds processes cannot be divided, and a neighbour is made if the own group has no limits.

What the kernel offers of version 1 and 2 is described in its documents (admin-guide/cgroup-v1 and cgroup-v2).
"""

from __future__ import annotations

import errno
import itertools
import logging
import os
import weakref
from pathlib import Path

from vedette.adapters.sandboxes.group import Group, end_now, name_of, sweep
from vedette.adapters.sandboxes.hierarchy import CONTROLLERS, Own, own_groups
from vedette.adapters.sandboxes.limits import Limits, bind
from vedette.clock import Clock
from vedette.flows.bench.sandbox import Confinement, Sandbox

_log = logging.getLogger(__name__)

_TRIES, _PAUSE_NS = 100, 20_000_000

_numbers = itertools.count(1)
"""Every group of this process has a number of its own, whoever makes it."""

_NO_RIGHTS = "no rights to make a control group"
_REASONS = {
    errno.EACCES: _NO_RIGHTS,
    errno.EPERM: _NO_RIGHTS,
    errno.EROFS: "control groups are mounted read-only here",
    errno.EBUSY: "the control group of this process holds processes, so that it cannot be divided",
}


class ControlGroups:
    """Implements `Sandboxes`; what groups cannot enforce is left to `Limits`.

    Args:
        clock: for the pauses between two tries to take a group away.
        root: where /proc and /sys are found.
    """

    def __init__(self, clock: Clock, root: Path = Path("/")) -> None:
        self._clock, self._root = clock, root
        self._swept: set[Path] = set()

    def enforce(self, confinement: Confinement) -> Sandbox:
        """See `Sandboxes.enforce`."""
        wanted = {"cpu": confinement.quota, "memory": confinement.memory_bytes}
        asked = [name for name in CONTROLLERS if wanted[name] is not None]
        groups, reasons = self._made(asked)
        words: list[str] = []
        for name, group in list(groups.items()):
            try:
                words += _limit(group, name, confinement, self._root)
            except OSError as error:
                reasons[name] = _reason(error)
                groups.pop(name)
                if group not in groups.values():
                    group.remove()
        left = Confinement(
            confinement.cores,
            confinement.share if "cpu" in reasons else None,
            confinement.memory_bytes if "memory" in reasons else None,
        )
        otherwise = Limits("; ".join(dict.fromkeys(reasons.values()))).enforce(left)
        held = Confinement(confinement.cores, None, confinement.memory_bytes if "memory" in groups else None)
        made = tuple(dict.fromkeys(groups.values()))
        return GroupSandbox(held, made, (*words, *otherwise.not_enforced), otherwise.prefix, self._clock)

    def _made(self, asked: list[str]) -> tuple[dict[str, Group], dict[str, str]]:
        """The group of each controller, and why there is none for it."""
        owns = own_groups(self._root)
        groups: dict[str, Group] = {}
        reasons: dict[str, str] = {}
        made: dict[Path, Group] = {}
        name = name_of(next(_numbers))
        for controller in asked:
            own = owns.get(controller)
            if own is None:
                reasons[controller] = f"no control groups with the controller {controller} are mounted here"
                continue
            try:
                parent = _parent(own, controller)
                self._sweep(parent)
                group = made.get(parent) or Group(parent / name, own.unified)
                if parent not in made:
                    group.make()
                    made[parent] = group
                groups[controller] = group
            except OSError as error:
                reasons[controller] = _reason(error)
        return groups, reasons

    def _sweep(self, parent: Path) -> None:
        if parent not in self._swept:
            self._swept.add(parent)
            sweep(parent)


class GroupSandbox:
    """Implements `Sandbox`; groups that nobody has closed are taken away at the end of this process.

    Args:
        held: cores to bind to, and the limit of memory that is enforced.
        groups: that the process enters.
        not_enforced: what of the confinement is not, in words.
        inner: words of the prefix that limits otherwise.
        clock: for the pauses between two tries to take a group away.
    """

    def __init__(
        self,
        held: Confinement,
        groups: tuple[Group, ...],
        not_enforced: tuple[str, ...],
        inner: tuple[str, ...],
        clock: Clock,
    ) -> None:
        self._cores, self._groups, self._clock = held.cores, groups, clock
        self.not_enforced, self.memory_bytes = not_enforced, held.memory_bytes
        self.prefix = (*_entering(groups), *inner)
        self._before = {group: group.kills() for group in groups}
        self._killed = False
        self._end = weakref.finalize(self, end_now, groups)

    def bind(self, pid: int) -> tuple[str, ...]:
        """See `Sandbox.bind`."""
        return bind(pid, self._cores)

    def out_of_memory(self) -> bool:
        """See `Sandbox.out_of_memory`; also once it is closed."""
        self._killed = self._killed or any(group.kills() > before for group, before in self._before.items())
        return self._killed

    async def close(self) -> None:
        """See `Sandbox.close`."""
        if self._end.detach() is None:
            return
        self.out_of_memory()
        left = [group for group in self._groups if not group.remove()]
        for _ in range(_TRIES):
            if not left:
                return
            await self._clock.sleep_until(self._clock.now_ns() + _PAUSE_NS)
            left = [group for group in left if not group.remove()]
        for group in left:
            _log.warning("the control group %s cannot be taken away; a later start tries it again", group.folder)


def _limit(group: Group, controller: str, confinement: Confinement, root: Path) -> list[str]:
    """Set the limit of one controller; what of it is not enforced.

    Raises:
        OSError: the kernel refuses it.
    """
    if controller == "cpu":
        assert confinement.quota is not None, "it was asked for"
        group.limit_share(confinement.quota)
        return []
    assert confinement.memory_bytes is not None, "it was asked for"
    if group.limit_memory(confinement.memory_bytes) or not _swaps(root):
        return []
    return ["swap does not count for the memory limit: this kernel does not account for it"]


def _parent(own: Own, controller: str) -> Path:
    """The group below which ours is made.

    Raises:
        OSError: no group can be divided.
    """
    if not own.unified:
        return own.folder
    try:
        _divide(own.folder, controller)
    except OSError:
        above = own.folder.parent
        if own.folder == own.top or _limited(own.folder):
            raise
        _divide(above, controller)
        return above
    return own.folder


def _divide(folder: Path, controller: str) -> None:
    """Offer a controller to the groups below a group of version 2."""
    control = folder / "cgroup.subtree_control"
    if controller not in control.read_text(encoding="ascii").split():
        control.write_text(f"+{controller}", encoding="ascii")
    if not os.access(folder / "cgroup.procs", os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))


def _limited(folder: Path) -> bool:
    """Whether a group of version 2 has limits, which a neighbour of it would escape."""
    for name in ("cpu.max", "memory.max"):
        file = folder / name
        if file.exists() and not file.read_text(encoding="ascii").startswith("max"):
            return True
    return False


def _entering(groups: tuple[Group, ...]) -> tuple[str, ...]:
    """A shell that enters the groups and then becomes the command that follows."""
    if not groups:
        return ()
    enter = " && ".join(f'echo $$ > "${number}"' for number in range(1, len(groups) + 1))
    return ("/bin/sh", "-c", f'{enter} && shift {len(groups)} && exec "$@"', "sh", *(str(g.entrance) for g in groups))


def _swaps(root: Path) -> bool:
    try:
        return len((root / "proc/swaps").read_text(encoding="ascii", errors="replace").splitlines()) > 1
    except OSError:
        return False


def _reason(error: OSError) -> str:
    known = _REASONS.get(error.errno or 0)
    return known or f"the control group cannot be made: {error.strerror or error}"
