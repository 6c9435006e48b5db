"""Runs the user's own client of a registry under a time limit, and words what every client can meet."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.zoo.package import Package
from vedette.errors import ExhaustedError, UnavailableError, VedetteError

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a client ended, and all that it wrote."""

    returncode: int
    output: str


def run(command: Sequence[str], package: Package, limit_s: float, folder: Path | None = None) -> Outcome:
    """Run a client, in `folder` if one is given; it and what it started end with the time or the user's interrupt.

    Raises:
        UnavailableError: it cannot be started, or took too long.
    """
    try:
        with subprocess.Popen(  # noqa: S603 - the arguments are ours
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        ) as process:
            try:
                output, _ = process.communicate(timeout=limit_s)
            except BaseException:
                with contextlib.suppress(ProcessLookupError):  # it may have ended meanwhile
                    os.killpg(process.pid, signal.SIGKILL)
                raise
    except subprocess.TimeoutExpired:
        raise too_slow(package, limit_s) from None
    except OSError as error:
        raise UnavailableError(
            f"{command[0]} cannot be started: {error.strerror}", help=f"see that {command[0]} works, then try again"
        ) from None
    return Outcome(process.returncode, output)


def empty_folder(package: Package, into: Path) -> Path:
    """A new folder for one package.

    Raises:
        ExhaustedError: the disk is full.
        UnavailableError: it cannot be made for another reason.
    """
    folder = into / package.name.replace("/", "-")
    try:
        folder.mkdir()
    except OSError as error:
        raise unwritable(package, into, error) from None
    return folder


def unwritable(package: Package, into: Path, error: OSError) -> VedetteError:
    """The error for a folder that takes no files."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return full(package)
    return UnavailableError(
        f"{into} cannot be written: {error.strerror}", help="set TMPDIR to a folder that you may write"
    )


def full(package: Package) -> ExhaustedError:
    """The error for a disk without room."""
    return ExhaustedError(
        f"no space left while fetching {package} ({package.size_mb:g} MB)",
        help="free some space, or set TMPDIR to a folder on another disk",
    )


def too_slow(package: Package, limit_s: float) -> UnavailableError:
    """The error for a client that was ended."""
    client = package.registry.client
    return UnavailableError(
        f"{client} had not fetched {package} after {limit_s:g} s",
        help=f"check the connection and `{client} config list`, then try again",
    )


def silent(package: Package, reason: str) -> UnavailableError:
    """The error for a registry that does not answer; `reason` names its address."""
    return UnavailableError(
        f"the package registry did not answer when {package} was asked for: {reason}",
        help=f"check the connection, the proxy and `{package.registry.client} config list`, then try again",
    )


def lacking(package: Package, setting: str) -> UnavailableError:
    """The error for a registry without the package; `setting` names the variable that chooses another one."""
    client = package.registry.client
    return UnavailableError(
        f"the package registry that {client} uses has no {package}",
        help=f"it may be withdrawn or not mirrored: look at `{client} config list`, or try another {setting}",
    )


def unexplained(package: Package, words: str) -> UnavailableError:
    """The error for everything else, in the client's own words."""
    client = package.registry.client
    return UnavailableError(
        f"{client} could not fetch {package}: {words[:_LONGEST]}",
        help=f"look at `{client} config list`, then try again",
    )


def last_words(output: str, mark: str) -> str:
    """The last line that starts with `mark`, without it; else the last line."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix(mark).strip() for line in lines if line.startswith(mark)]
    return (errors or lines or ["it gave no reason"])[-1]
