"""Fetches pinned wheels through the user's own pip, which knows their index, mirror, proxy and certificates."""

from __future__ import annotations

import errno
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.zoo.package import Package, mismatch, verify
from vedette.errors import ExhaustedError, InternalError, UnavailableError, VedetteError

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class PipFetch:
    """Implements `catalog.Fetch`.

    Attributes:
        python: the interpreter whose pip is asked.
        limit_s: the longest time for one package.
        retries: how often pip tries again.
        timeout_s: seconds that pip waits for an answer; None leaves the user's configuration as it is.
    """

    python: str = sys.executable
    limit_s: float = 900.0
    retries: int = 2
    timeout_s: float | None = None

    def fetch(self, package: Package, into: Path) -> Path:
        """See `Fetch.fetch`."""
        requirements, folder = _prepare(package, into)
        try:
            done = subprocess.run(  # noqa: S603 - the arguments are ours
                self._command(requirements, folder),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=self.limit_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise UnavailableError(
                f"pip had not fetched {package} after {self.limit_s:g} s",
                help="check the connection and `pip config list`, then try again",
            ) from None
        except OSError as error:
            raise UnavailableError(
                f"{self.python} cannot be started: {error.strerror}", help="run Vedette from a Python that has pip"
            ) from None
        if done.returncode != 0:
            raise _failure(package, done.stdout, self.python)
        wheels = sorted(folder.glob("*.whl"))
        if len(wheels) != 1:
            raise InternalError(f"pip left {len(wheels)} wheels for {package}", help="please report this")
        verify(wheels[0], package)
        return wheels[0]

    def _command(self, requirements: Path, folder: Path) -> list[str]:
        command = [self.python, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes"]
        command += ["--no-input", "--disable-pip-version-check", "--progress-bar=off", f"--retries={self.retries}"]
        if self.timeout_s is not None:
            command.append(f"--timeout={self.timeout_s:g}")
        # Only its second level of detail tells a registry that is silent from one that lacks the package.
        return [*command, "-vv", "--dest", str(folder), "--requirement", str(requirements)]


def _prepare(package: Package, into: Path) -> tuple[Path, Path]:
    """The pinned requirement, and an empty folder for the wheel."""
    requirements, folder = into / f"{package.name}.txt", into / package.name
    pinned = f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n"
    try:
        folder.mkdir()
        requirements.write_text(pinned, encoding="utf-8")
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(package) from None
        raise UnavailableError(
            f"{into} cannot be written: {error.strerror}", help="set TMPDIR to a folder that you may write"
        ) from None
    return requirements, folder


def _full(package: Package) -> ExhaustedError:
    return ExhaustedError(
        f"no space left while fetching {package} ({package.size_mb:g} MB)",
        help="free some space, or set TMPDIR to a folder on another disk",
    )


def _failure(package: Package, output: str, python: str) -> VedetteError:
    """What pip's own words mean for the user."""
    if "No module named pip" in output:
        return UnavailableError(f"{python} has no pip to fetch {package} with", help=f"{python} -m ensurepip")
    if "DO NOT MATCH THE HASHES" in output:
        return mismatch(package)
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return _full(package)
    silent = _silence(output)
    if silent:
        return UnavailableError(
            f"the package registry did not answer when {package} was asked for: {silent}",
            help="check the connection, the proxy and `pip config list`, then try again",
        )
    if "No matching distribution" in output or "Could not find a version" in output:
        return UnavailableError(
            f"the package registry that pip uses has no {package}",
            help="it may be withdrawn or not mirrored: look at `pip config list`, or try another PIP_INDEX_URL",
        )
    return UnavailableError(
        f"pip could not fetch {package}: {_last_words(output)}", help="look at `pip config list`, then try again"
    )


def _silence(output: str) -> str:
    """Which address did not answer and why; empty if none was silent."""
    found = re.search(r"Could not fetch URL (\S+): (.*(?:[Tt]imed out|[Cc]onnection|Max retries).*) - skipping", output)
    if found:
        reason = "timed out" if "timed out" in found[2] else found[2].rpartition(": ")[2].strip("'\")> ")
        return f"{found[1].rstrip(':')} ({reason[:_LONGEST]})"
    broken = re.search(r"(?:Max retries exceeded|Read timed out|ConnectionResetError|IncompleteRead).*", output)
    return broken[0][:_LONGEST] if broken else ""


def _last_words(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    return (errors or lines or ["it gave no reason"])[-1][:_LONGEST]
