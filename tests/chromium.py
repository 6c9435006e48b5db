"""A headless Chromium that a test drives: it opens pages of a server, types, drops files, and sees what was asked for.

with chromium() as browser:
    page = browser.open(url, width=360)
    page.until("document.title === 'x'")

It speaks the Chrome DevTools Protocol over two pipes (`--remote-debugging-pipe`): JSON texts that end with a NUL byte.
Names resolve to nothing; 127.0.0.1 is all that can be reached.
"""

from __future__ import annotations

import base64
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from browser import FLAGS, found_browser

_LAUNCH = (
    "import os, sys; os.dup2(int(sys.argv[1]), 3); os.dup2(int(sys.argv[2]), 4); os.execv(sys.argv[3], sys.argv[3:])"
)
_OWN = ("--remote-debugging-pipe", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1")
_LONGEST_S = 30.0


@dataclass
class Tab:
    """One page, and what happened in it.

    Attributes:
        requests: addresses that it asked for; `data:` and `blob:` are not among them.
        console: errors: exceptions, refused policies, failed loads, console.error.
    """

    browser: Chromium
    session: str
    requests: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol."""
        return self.browser.send(method, parameters, self.session)

    def run(self, script: str) -> Any:
        """The value of an expression; a promise is awaited."""
        found = self.send(
            "Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression is true."""
        ends = time.monotonic() + _LONGEST_S
        while not self.run(f"Boolean({script})"):
            assert time.monotonic() < ends, (
                f"never true: {script}\n{self.console}\n{self.run('document.body.innerText')}"
            )
            self.run("new Promise(done => setTimeout(done, 20))")

    def text(self, selector: str) -> str:
        """The text that is shown in the first element of a selector."""
        return str(self.run(f"document.querySelector({json.dumps(selector)}).innerText"))

    def click(self, selector: str) -> None:
        """A click on the middle of an element, with the mouse."""
        left, top, width, height = self.box(selector)
        at = {"x": left + width / 2, "y": top + height / 2, "button": "left", "clickCount": 1}
        for kind in ("mousePressed", "mouseReleased"):
            self.send("Input.dispatchMouseEvent", type=kind, **at)

    def type(self, selector: str, text: str) -> None:
        """Text into an input that had another."""
        self.run(f"(e => {{ e.focus(); e.select(); }})(document.querySelector({json.dumps(selector)}))")
        self.send("Input.insertText", text=text)

    def press(self, key: str) -> None:
        """One key, as Tab or Enter."""
        codes = {"Tab": 9, "Enter": 13, " ": 32}
        text = {"Enter": "\r", " ": " "}.get(key, "")
        one = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": codes[key]}
        self.send("Input.dispatchKeyEvent", type="keyDown", text=text, **one)
        self.send("Input.dispatchKeyEvent", type="keyUp", **one)

    def box(self, selector: str) -> tuple[float, float, float, float]:
        """Left, top, width and height of an element in the window, after it was scrolled into it."""
        script = f"""(e => {{ e.scrollIntoView({{block: "center"}}); const b = e.getBoundingClientRect();
            return [b.x, b.y, b.width, b.height]; }})(document.querySelector({json.dumps(selector)}))"""
        left, top, width, height = self.run(script)
        return left, top, width, height

    def drop(self, selector: str, file: Path) -> None:
        """A file let go over an element, as from a file manager."""
        left, top, width, height = self.box(selector)
        data = {"items": [], "files": [str(file)], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.send("Input.dispatchDragEvent", type=kind, x=left + width / 2, y=top + height / 2, data=data)

    def choose(self, selector: str, file: Path) -> None:
        """A file chosen in an input of that kind."""
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.send("DOM.setFileInputFiles", nodeId=node, files=[str(file)])

    def picture(self, file: Path) -> None:
        """A screenshot of the whole page."""
        shot = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(shot["data"]))

    def told(self, method: str, parameters: dict[str, Any]) -> None:
        """An event of this page."""
        match method:
            case "Network.requestWillBeSent":
                url = parameters["request"]["url"]
                if not url.startswith(("data:", "blob:")):
                    self.requests.append(url)
            case "Runtime.exceptionThrown":
                self.console.append(str(parameters["exceptionDetails"]))
            case "Log.entryAdded" if parameters["entry"]["level"] == "error":
                self.console.append(parameters["entry"]["text"] + " " + parameters["entry"].get("url", ""))
            case "Runtime.consoleAPICalled" if parameters["type"] in {"error", "assert"}:
                self.console.append(str([one.get("value", one.get("description")) for one in parameters["args"]]))


class Chromium:
    """A browser that runs; `chromium()` starts and ends one."""

    def __init__(self, writing: int, reading: int) -> None:
        self._writing, self._reading = writing, reading
        self._lock = threading.Lock()
        self._number = 0
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        self._tabs: dict[str, Tab] = {}
        self._listener = threading.Thread(target=self._listen, name="chromium-pipe", daemon=True)
        self._listener.start()

    def open(self, url: str, *, width: int = 1100, height: int = 800, dark: bool = False, phone: bool = False) -> Tab:
        """A new page in a profile of its own (no cookies, no session storage), after it was loaded."""
        context = self.send("Target.createBrowserContext", {})["browserContextId"]
        target = self.send("Target.createTarget", {"url": "about:blank", "browserContextId": context})["targetId"]
        session = self.send("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
        tab = self._tabs[session] = Tab(self, session)
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            tab.send(f"{domain}.enable")
        scale = 2 if phone else 1
        tab.send(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=phone
        )
        tab.send("Emulation.setTouchEmulationEnabled", enabled=phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        tab.send("Emulation.setEmulatedMedia", features=[scheme])
        allowed = {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "browserContextId": context}
        self.send("Browser.grantPermissions", allowed)
        tab.send("Page.navigate", url=url)
        tab.until(f"location.href.startsWith({json.dumps(url)}) && document.readyState === 'complete'")
        return tab

    def send(self, method: str, parameters: dict[str, Any], session: str | None = None) -> dict[str, Any]:
        """One command and its answer."""
        waiting: queue.Queue[dict[str, Any]] = queue.Queue()
        with self._lock:
            self._number += 1
            number = self._number
            self._answers[number] = waiting
            message = {"id": number, "method": method, "params": parameters}
            _write(self._writing, message | ({} if session is None else {"sessionId": session}))
        answer = waiting.get(timeout=_LONGEST_S)
        assert "error" not in answer, (method, answer["error"])
        return dict(answer["result"])

    def close(self) -> None:
        """Ask it to end."""
        self.send("Browser.close", {})
        self._listener.join(_LONGEST_S)

    def _listen(self) -> None:
        rest = b""
        while data := os.read(self._reading, 1 << 16):
            *texts, rest = (rest + data).split(b"\0")
            for text in texts:
                self._hear(json.loads(text))

    def _hear(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self._answers.pop(message["id"]).put(message)
        elif (tab := self._tabs.get(message.get("sessionId", ""))) is not None:
            tab.told(message["method"], message["params"])


@contextmanager
def chromium() -> Iterator[Chromium]:
    """A browser; the test is skipped where there is none."""
    program = found_browser()
    if program is None:
        pytest.skip("no Chromium: install chromium, or name one in VEDETTE_CHROMIUM")
    their_in, our_out = os.pipe()
    our_in, their_out = os.pipe()
    flags = [one for one in FLAGS if not one.startswith("--host-resolver-rules")]
    with TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        command = [program, *flags, *_OWN, f"--user-data-dir={profile}"]
        launch = [sys.executable, "-c", _LAUNCH, str(their_in), str(their_out), *command]
        process = subprocess.Popen(
            launch, pass_fds=(their_in, their_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        os.close(their_in)
        os.close(their_out)
        try:
            browser = Chromium(our_out, our_in)
            yield browser
            browser.close()
            process.wait(_LONGEST_S)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
            os.close(our_out)
            os.close(our_in)


def _write(pipe: int, message: dict[str, Any]) -> None:
    data = json.dumps(message).encode() + b"\0"
    while data:
        data = data[os.write(pipe, data) :]
