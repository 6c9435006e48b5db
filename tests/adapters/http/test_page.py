"""The page at `/`, over HTTP and in a real browser."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import cv2
import pytest
from chromium import Chromium, Tab, chromium
from fakes import jpeg, patches
from http_rig import CLOCK, call
from PIL import Image
from website import website

from vedette.adapters.http.guard import Guard
from vedette.rules.access.rights import hash_of
from vedette.values.frame import Size
from vedette.values.serving import Key, Right

SECRET, OPS = "s3cret-of-line-3", "s3cret-of-ops"
KEYS = (
    Key("line-3", hash_of(SECRET), frozenset({Right.INFER})),
    Key("ops", hash_of(OPS), frozenset({Right.ADMIN})),
)
RED = jpeg((255, 0, 0), 320, 240)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with website(tmp_path_factory.mktemp("site")) as url:
        yield url


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with website(tmp_path_factory.mktemp("locked"), Guard(KEYS, CLOCK)) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as one:
        yield one


@pytest.fixture
def red(tmp_path: Path) -> Path:
    file = tmp_path / "red.jpg"
    file.write_bytes(RED)
    return file


def opened(browser: Chromium, url: str, **how: bool | int) -> Tab:
    """The page, after it knows its models."""
    tab = browser.open(f"{url}/", **how)
    tab.until("document.querySelector('#models input')")
    return tab


def clean(tab: Tab, url: str) -> None:
    """Nothing went wrong, and nothing was asked of anybody else."""
    assert tab.console == []
    assert [one for one in tab.requests if not one.startswith(f"{url}/")] == []


def ran(command: str, folder: Path, **environment: str) -> dict[str, Any]:
    """What a shell in that folder gets for the command."""
    if shutil.which("curl") is None:
        pytest.skip("no curl")
    env = os.environ | environment
    told = subprocess.run(["/bin/sh", "-c", command], cwd=folder, env=env, capture_output=True, timeout=30, check=True)
    return dict(json.loads(told.stdout))


# --- over HTTP ---


def test_the_page_is_one_small_document_under_a_strict_policy(site: str) -> None:
    """It asks for nothing else, runs only what it holds, and its policy names exactly that."""
    answer = call("GET", f"{site}/")

    text, policy = answer.data.decode(), answer.headers["content-security-policy"]
    (script,), (style,) = (
        re.findall(r"<script>(.*?)</script>", text, re.DOTALL),
        re.findall(r"<style>(.*?)</style>", text, re.DOTALL),
    )
    for inside in (script, style):
        assert f"'sha256-{b64encode(sha256(inside.encode()).digest()).decode()}'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert len(answer.data) < 60_000
    assert re.findall(r"""(?:src|href|action)\s*=\s*["']?(?:\w+:)?//""", text) == []


def test_a_browser_that_has_the_page_is_not_sent_it_again(site: str) -> None:
    """The entity tag of the page brings 304 without a body; another one brings the page."""
    tag = call("GET", f"{site}/").headers["etag"]

    same = call("GET", f"{site}/", if_none_match=f'"other", W/{tag}')
    assert (same.status, same.data, same.headers["etag"]) == (304, b"", tag)
    assert call("GET", f"{site}/", if_none_match='"other"').status == 200
    assert call("HEAD", f"{site}/").status == 200


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"x_api_key": ""}])
def test_without_a_key_the_page_is_refused_and_tells_nothing(site: str, locked: str, headers: dict[str, str]) -> None:
    """With keys in force the answer is 401; its body is that of every other server, which asks for the key."""
    refused = call("GET", f"{locked}/", **headers)

    assert refused.status == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.headers["cache-control"] == "no-store"
    assert refused.headers["content-security-policy"] == call("GET", f"{site}/").headers["content-security-policy"]
    assert refused.data == call("GET", f"{site}/").data


def test_a_key_opens_the_page_if_it_may_infer(locked: str) -> None:
    """A client that sends the key is let in; one whose key is for administration only is not."""
    assert call("GET", f"{locked}/", authorization=f"Bearer {SECRET}").status == 200
    assert call("GET", f"{locked}/", authorization=f"Bearer {OPS}").status == 403


# --- in a browser ---


def test_a_dropped_image_is_classified(browser: Chromium, site: str, red: Path) -> None:
    """The labels, their scores and the stage times of the answer are shown, and read out in a line."""
    tab = opened(browser, site)

    tab.drop("#drop", red)

    tab.until("document.querySelector('.result')")
    answer = call("POST", f"{site}/infer/colour", RED).json()
    labels = tab.run("[...document.querySelectorAll('.result .rows .label')].map(e => e.textContent)")
    assert labels == [one["label"] for one in answer["classes"]]
    assert tab.text(".result .rows .number") == f"{100 * answer['classes'][0]['score']:.1f} %"
    assert tab.text("#status") == "red"
    legend = tab.text(".legend")
    assert all(stage in legend for stage in answer["timeline_ms"])
    assert tab.run("document.querySelectorAll('.times i').length") == len(answer["timeline_ms"]) - 1
    clean(tab, site)


def turned(picture: Path) -> bytes:
    """The picture as a camera held upright stores it: a quarter turned, and a note to turn it back (EXIF 6)."""
    with Image.open(picture) as image:
        stored, notes, file = image.transpose(Image.Transpose.ROTATE_90), image.getexif(), BytesIO()
        notes[0x0112] = 6
        stored.save(file, "JPEG", quality=100, subsampling=0, exif=notes)
    return file.getvalue()


@pytest.mark.parametrize(("width", "held"), [(1100, "straight"), (360, "turned")])
def test_boxes_lie_where_the_answer_says(browser: Chromium, site: str, tmp_path: Path, width: int, held: str) -> None:
    """At every width, and for a picture that the browser turns, each box covers its object in the shown picture."""
    size, boxes = Size(640, 480), [(40, 60, 200, 160, 0), (300, 200, 560, 420, 2)]
    file = tmp_path / "patches.png"
    cv2.imwrite(str(file), patches(size, *boxes)[..., ::-1])
    if held == "turned":
        (tmp_path / "patches.jpg").write_bytes(turned(file))
        file = tmp_path / "patches.jpg"
    tab = opened(browser, site, width=width)
    tab.click("#models input[value=colour]")
    tab.click("#models input[value=blobs]")

    tab.choose("#file", file)

    tab.until("document.querySelectorAll('.box').length === 2 && document.getElementById('image').complete")
    left, top, shown_width, shown_height = tab.box("#image")
    found = tab.run("[...document.querySelectorAll('.box')].map(e => e.getBoundingClientRect().toJSON())")
    answer = call("POST", f"{site}/infer/blobs", file.read_bytes()).json()
    assert (answer["width"], answer["height"]) == (640, 480)
    for shown, told in zip(found, answer["detections"], strict=True):
        place = [shown["left"] - left, shown["top"] - top, shown["right"] - left, shown["bottom"] - top]
        shares = [place[0] / shown_width, place[1] / shown_height, place[2] / shown_width, place[3] / shown_height]
        pixels = [share * side for share, side in zip(shares, (640, 480) * 2, strict=True)]
        drawn = next(box for box in boxes if ["red", "green", "blue"][box[4]] == told["label"])
        assert pixels == pytest.approx(told["box"], abs=1.5)
        assert pixels == pytest.approx(drawn[:4], abs=12)  # a pixel of the model's input is ten of the picture
    clean(tab, site)


def test_names_of_boxes_do_not_hide_each_other(browser: Chromium, site: str, tmp_path: Path) -> None:
    """On a phone, where two names would lie on each other, one moves to another corner; with room it moves back."""
    file = tmp_path / "near.png"
    cv2.imwrite(str(file), patches(Size(640, 480), (40, 60, 200, 80, 0), (40, 90, 300, 300, 1))[..., ::-1])
    tab = opened(browser, site, width=360)
    tab.click("#models input[value=colour]")
    tab.click("#models input[value=blobs]")

    tab.choose("#file", file)

    tab.until("document.querySelectorAll('.box').length === 2 && document.getElementById('image').complete")
    corners = "[...document.querySelectorAll('.box > span')].map(e => e.className).join()"
    tab.until(f"{corners} !== ','")
    names = tab.run("[...document.querySelectorAll('.box > span')].map(e => e.getBoundingClientRect().toJSON())")
    upper, lower = sorted(names, key=lambda name: name["top"])
    assert upper["bottom"] <= lower["top"] or upper["right"] <= lower["left"] or lower["right"] <= upper["left"]
    tab.send("Emulation.setDeviceMetricsOverride", width=1100, height=800, deviceScaleFactor=1, mobile=False)
    tab.until(f"{corners} === ','")
    clean(tab, site)


def test_several_models_answer_together(browser: Chromium, site: str, red: Path) -> None:
    """Each model that is chosen has its part of the answer, under its name."""
    tab = opened(browser, site)
    tab.click("#models input[value=blobs]")

    tab.choose("#camera", red)

    tab.until("document.querySelectorAll('.result').length === 2")
    names = tab.run("[...document.querySelectorAll('.result h3')].map(e => e.firstChild.textContent.trim())")
    assert names == ["colour", "blobs"]
    assert tab.text("#status") == "colour: red; blobs: 1 object"
    clean(tab, site)


def test_the_copied_command_gives_the_same_answer(browser: Chromium, site: str, tmp_path: Path) -> None:
    """As pasted into a shell, with the options of the page, and with a file name that a shell or HTML could mistake."""
    file = tmp_path / "it's <img src=x onerror=alert(1)> $HOME `id`.jpg"
    file.write_bytes(RED)
    tab = opened(browser, site)
    tab.drop("#drop", file)
    tab.until("document.querySelector('.result')")
    tab.click("summary")
    tab.type("#top_k", "2")
    tab.press("Enter")
    tab.until("document.querySelectorAll('.result .rows li').length === 2")

    tab.click("#copy")

    tab.until("document.getElementById('copied').textContent === 'copied'")
    command = tab.run("navigator.clipboard.readText()")
    told = ran(command, tmp_path)
    assert [one["label"] for one in told["classes"]] == tab.run(
        "[...document.querySelectorAll('.result .rows .label')].map(e => e.textContent)"
    )
    assert told["classes"][0]["label"] == "red"
    assert "/infer/colour?top_k=2'" in command
    clean(tab, site)


def test_an_error_is_shown_with_its_next_step(browser: Chromium, site: str, tmp_path: Path, red: Path) -> None:
    """A refused request shows what happened and what helps; the next one that works takes it away."""
    broken = tmp_path / "no image.jpg"
    broken.write_bytes(b"no image")
    tab = opened(browser, site)
    told = call("POST", f"{site}/infer/colour", b"no image").json()["error"]

    tab.drop("#drop", broken)

    tab.until("!document.getElementById('problem').hidden")
    assert tab.text("#problem strong") == told["message"]
    assert tab.text("#problem .help") == told["help"]
    assert tab.run("document.getElementById('problem').getAttribute('role')") == "alert"
    assert tab.run("document.getElementById('figure').hidden")
    tab.drop("#drop", red)
    tab.until("document.querySelector('.result') && document.getElementById('problem').hidden")


@pytest.mark.parametrize("dark", [False, True])
def test_a_phone_shows_all_of_it(browser: Chromium, site: str, red: Path, *, dark: bool) -> None:
    """At 360 pixels nothing is cut off at the right, what is touched is large enough, and the camera is offered."""
    tab = opened(browser, site, width=360, height=740, phone=True, dark=dark)
    tab.choose("#file", red)
    tab.until("document.querySelector('.result')")
    tab.run("document.querySelectorAll('details').forEach(e => e.open = true)")
    tab.until("document.querySelectorAll('.state dl').length === 4")

    assert tab.run("document.documentElement.scrollWidth") <= 360
    assert tab.box(".touch")[2] > 0
    small = """[...document.querySelectorAll('.drop .button, .try button, .try input[type=number], .choice')]
        .filter(e => Math.min(e.offsetHeight, e.offsetWidth - 15) < 35).map(e => e.outerHTML)"""
    assert tab.run(small) == []
    light = sum(
        int(part) for part in re.findall(r"\d+", tab.run("getComputedStyle(document.body).backgroundColor"))[:3]
    )
    assert (light < 200) == dark
    clean(tab, site)


def test_the_keyboard_and_a_screen_reader_reach_everything(browser: Chromium, site: str) -> None:
    """Every control has a name, and Tab goes through them in the order of the page."""
    tab = opened(browser, site)
    nameless = """[...document.querySelectorAll('input, button')].filter(
        e => !(e.labels?.length || e.textContent.trim() || e.getAttribute('aria-label'))).length"""

    assert tab.run(nameless) == 0
    reached = []
    for _ in range(8):
        tab.press("Tab")
        reached.append(
            tab.run("document.activeElement.id || document.activeElement.value || document.activeElement.tagName")
        )
    assert reached[2:] == ["file", "camera", "colour", "blobs", "SUMMARY", "refresh"]


def test_the_state_of_models_and_pipelines_is_shown(browser: Chromium, site: str) -> None:
    """What is ready, what is not and why, tensors and counts when asked for; Refresh asks the server again."""
    tab = opened(browser, site)

    assert "broken version 1 unavailable" in tab.text("#model-list")
    assert "a damaged <b>file</b>" in tab.text("#model-list")
    assert "synthetic://64x64" in tab.text("#pipeline-list")
    tab.click("#model-list summary")
    tab.until("document.querySelector('#model-list dl')")
    assert "input UINT8 [-1, 8, 8, 3]" in tab.text("#model-list dl") or "input FP32" in tab.text("#model-list dl")
    call("PUT", f"{site}/input", "synthetic://32x32")
    tab.click("#refresh")
    tab.until("document.getElementById('pipeline-list').textContent.includes('synthetic://32x32')")
    clean(tab, site)


def test_the_page_asks_for_a_key_and_uses_it(browser: Chromium, locked: str, red: Path) -> None:
    """A wrong key is told, the right one opens the page; it stays in the tab's storage and out of the command."""
    tab = browser.open(f"{locked}/")
    tab.until("!document.getElementById('key-form').hidden")
    assert tab.run("document.getElementById('content').hidden")
    tab.type("#key", "wrong")
    tab.press("Enter")
    tab.until("document.getElementById('problem').textContent.includes('not known')")
    tab.type("#key", SECRET)

    tab.press("Enter")

    tab.until("document.querySelector('#models input')")
    tab.choose("#file", red)
    tab.until("document.querySelector('.result')")
    assert tab.text("#status") == "red"
    assert tab.run("[localStorage.length, document.cookie, Object.keys(sessionStorage)]") == [0, "", ["vedette.key"]]
    command = tab.text("#curl")
    assert SECRET not in tab.run("document.documentElement.outerHTML")
    assert ran(command, red.parent, VEDETTE_KEY=SECRET)["classes"][0]["label"] == "red"
    tab.click("#forget")
    tab.until("document.readyState === 'complete' && !document.getElementById('key-form').hidden")
