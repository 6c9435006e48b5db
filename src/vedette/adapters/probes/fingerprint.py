"""Where a measurement is made: what tells this machine and its software from others, without naming it.

    /etc/machine-id, processor, cores -> hash    cpufreq -> governor    packages -> versions    .git -> revision

Not known here: what else runs on the machine while it is measured. That is the monitor's to see.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from vedette.adapters.probes.host import probe_host
from vedette.adapters.probes.packages import probe_libjpeg_turbo, probe_package
from vedette.values.environment import Environment
from vedette.values.host import Host
from vedette.values.trial import Placement

LIKENESS = "hardware-"
"""How the hash of a machine begins that has no id of its own: machines with the same hardware have the same one."""

_PACKAGES = (
    ("numpy", ()),
    ("scipy", ()),
    ("opencv", ("opencv-python-headless", "opencv-python", "opencv-contrib-python-headless", "opencv-contrib-python")),
    ("simplejpeg", ()),
    ("onnxruntime", ("onnxruntime", "onnxruntime-gpu", "onnxruntime-openvino", "onnxruntime-directml")),
    ("openvino", ()),
    ("torch", ()),
    ("pyarrow", ()),
    ("mlcommons-loadgen", ()),
)
_PACKAGE = Path(__file__).parents[2]
_HEX_DIGITS = 16
_REVISION_DIGITS = 12
_REVISION = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_DMI = ("sys_vendor", "product_name", "board_name")


def fingerprint(placement: Placement, root: Path = Path("/")) -> Environment:
    """This machine and its software; `root` is where /etc, /proc and /sys are found."""
    host = probe_host(root)
    return Environment(
        host=host,
        machine=_machine(root, host),
        placement=placement,
        governor=_governor(root),
        versions=_versions(),
        vedette=_vedette(_PACKAGE),
    )


def _machine(root: Path, host: Host) -> str:
    """A hash of the machine's id and its processor; of its hardware alone where it has no id.

    Images of containers carry one id to every machine that they run on, hence the processor.
    """
    hardware = (host.cpu, *host.features, str(host.cores))
    given = _line(root / "etc/machine-id")
    if given and given != "uninitialized":
        return _hash("vedette machine", given, *hardware)
    board = tuple(_line(root / "sys/class/dmi/id" / name) for name in _DMI)
    return LIKENESS + _hash("vedette hardware", *board, *hardware)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:_HEX_DIGITS]


def _governor(root: Path) -> str | None:
    """Governors of the cores that tell one, each once; None if none does, as in most virtual machines."""
    files = sorted((root / "sys/devices/system/cpu").glob("cpu[0-9]*/cpufreq/scaling_governor"))
    return ", ".join(dict.fromkeys(filter(None, map(_line, files)))) or None


def _versions() -> tuple[tuple[str, str], ...]:
    """Packages that are installed; the others are left out."""
    found = [*(probe_package(name, distributions) for name, distributions in _PACKAGES), probe_libjpeg_turbo()]
    return tuple((package.name, package.version) for package in found if package.version is not None)


def _line(file: Path) -> str:
    """The text of a small file without its end of line; empty if there is none."""
    try:
        return file.read_text(encoding="utf-8", errors="surrogateescape").strip()
    except OSError:
        return ""


# --- Vedette itself ---------------------------------------------------------------------------------------------------


def _vedette(package: Path) -> str:
    """Version, and the commit if Vedette runs from its source: `0.1.0 (0123456789ab)`.

    What was changed since that commit is not known: to find it would take reading every file.
    """
    version = probe_package("vedette").version or "unknown version"
    source = package.parent.parent
    revision = revision_of(source) if package.parent.name == "src" else None
    return f"{version} ({revision[:_REVISION_DIGITS]})" if revision else version


def revision_of(source: Path) -> str | None:
    """The commit that a source folder is at, read from its `.git`; None where that does not tell.

    Args:
        source: the folder that holds `.git`, a folder, or a file that names one (worktrees, submodules).
    """
    git = source / ".git"
    if git.is_file():
        git = (source / _line(git).removeprefix("gitdir:").strip()).resolve()
    head = _line(git / "HEAD")
    if head.startswith("ref:"):
        head = _referred(git, head.removeprefix("ref:").strip())
    return head if _REVISION.fullmatch(head) else None


def _referred(git: Path, name: str) -> str:
    """The commit of a branch: a file of its own, or a line of `packed-refs`, here or in a worktree's repository."""
    if ".." in name.split("/"):
        return ""
    for folder in dict.fromkeys((git, (git / _line(git / "commondir")).resolve())):
        if commit := _line(folder / name):
            return commit
        for line in _line(folder / "packed-refs").splitlines():
            commit, _, packed = line.partition(" ")
            if packed == name:
                return commit
    return ""
