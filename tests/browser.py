"""Headless Chromium, so that tests see a page as a reader does: `rendered(file)` gives its DOM, errors and picture.

Every name resolves to nothing, so a page that asks for anything beside its own file is seen and fails to load it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--enable-logging=stderr",
    "--log-level=0",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_CONSOLE = re.compile(r"CONSOLE[^\]]*\]\s*(.*)")
_ADDRESS = re.compile(
    r"""(?:src|href|srcset|action|data|poster)\s*=\s*["']?\s*((?:[a-z]+:)?//[^"'\s>]+)""", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Element:
    """One element of a DOM: its tag, attributes, and all text within."""

    tag: str
    attributes: dict[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page after its scripts ran.

    Attributes:
        dom: as HTML.
        console: what was written to the console: errors, refusals, failed loads.
        fetched: addresses in the DOM that lead off the file.
        picture: file of the screenshot.
    """

    dom: str
    console: tuple[str, ...]
    fetched: tuple[str, ...]
    picture: Path

    def elements(self, tag: str = "", **attributes: str | None) -> list[Element]:
        """Elements of a tag (any if empty) that have these attributes; None asks for one of any value."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            one
            for one in _parsed(self.dom)
            if (not tag or one.tag == tag)
            and all(name in one.attributes and value in {None, one.attributes[name]} for name, value in wanted.items())
        ]

    @property
    def colours(self) -> int:
        """Different colours in the picture; a blank one has one."""
        from PIL import Image

        with Image.open(self.picture) as image:
            return len(image.convert("RGB").getcolors(maxcolors=1 << 24) or ())


def found_browser() -> str | None:
    """`$VEDETTE_CHROMIUM`, or the first Chromium in PATH."""
    return os.environ.get("VEDETTE_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def rendered(file: Path, *, width: int = 1200, height: int = 2000) -> Page:
    """A local file as Chromium shows it; the test is skipped where there is none."""
    browser = found_browser()
    if browser is None:
        pytest.skip("no Chromium: install chromium, or name one in VEDETTE_CHROMIUM")
    picture = file.with_suffix(f".{width}.png")
    with TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        command = [browser, *FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}"]
        shown = _run([*command, "--dump-dom", f"--screenshot={picture}", file.as_uri()])
    console = tuple(match[1] for line in shown.stderr.splitlines() if (match := _CONSOLE.search(line)))
    assert picture.is_file(), shown.stderr
    return Page(shown.stdout, console, tuple(_ADDRESS.findall(shown.stdout)), picture)


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)


class _Reader(HTMLParser):
    """Collects every element with the text inside it."""

    _VOID = frozenset({"meta", "br", "img", "link", "input", "hr"})

    def __init__(self) -> None:
        super().__init__()
        self.found: list[dict[str, Any]] = []
        self._open: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = {"tag": tag, "attributes": {name: value or "" for name, value in attrs}, "text": []}
        self.found.append(element)
        if tag not in self._VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append({"tag": tag, "attributes": {name: value or "" for name, value in attrs}, "text": []})

    def handle_endtag(self, tag: str) -> None:
        for place in reversed(range(len(self._open))):
            if self._open[place]["tag"] == tag:
                del self._open[place:]
                return

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element["text"].append(data)


def _parsed(dom: str) -> list[Element]:
    reader = _Reader()
    reader.feed(dom)
    return [Element(one["tag"], one["attributes"], " ".join("".join(one["text"]).split())) for one in reader.found]
