"""The uniform interface, driven through Swagger UI in a real browser as a reader of `/docs` would."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chromium import Tab, chromium
from fakes import jpeg
from http_rig import call
from website import website


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with website(tmp_path_factory.mktemp("site")) as url:
        yield url


@pytest.fixture(scope="module")
def docs(site: str) -> Iterator[Tab]:
    """The page of the documentation, open."""
    with chromium() as browser:
        tab = browser.open(f"{site}/docs")
        tab.until("document.querySelector('.opblock')")
        yield tab


def opened(tab: Tab, identity: str) -> str:
    """The selector of an operation, whose form is open."""
    row = f"[id$='-{identity}']"
    tab.click(f"{row} .opblock-summary-control")
    tab.until(f'document.querySelector("{row} .try-out__btn")')
    tab.click(f"{row} .try-out__btn")
    tab.until(f'document.querySelector("{row} .execute")')
    return row


def executed(tab: Tab, row: str) -> str:
    """The status that Swagger UI shows once the operation ran."""
    tab.click(f"{row} .execute")
    tab.until(f'document.querySelector("{row} .live-responses-table tbody .response-col_status")')
    return tab.text(f"{row} .live-responses-table tbody .response-col_status").split()[0]


def shown(tab: Tab, row: str) -> Any:
    return json.loads(tab.text(f"{row} .live-responses-table .microlight"))


def test_put_compute_runs_the_input_that_was_put(docs: Tab, site: str) -> None:
    """PUT /input with the example of the form, then PUT /compute as it stands: the result of the default pipeline."""
    row = opened(docs, "put_input_put")
    assert executed(docs, row) == "200"
    assert shown(docs, row) == {"url": "synthetic://640x480", "state": "ready"}

    row = opened(docs, "compute_put")
    status = executed(docs, row)

    (result,) = shown(docs, row)["results"]
    assert status == "200"
    assert (result["model"], result["width"], result["height"]) == ("colour", 640, 480)
    assert {one["label"] for one in result["classes"]} == {"red", "green", "blue"}
    assert call("GET", f"{site}/state").json()["input"] == "synthetic://640x480"
    assert docs.console == []


def test_post_compute_takes_a_file_that_the_reader_chooses(docs: Tab, tmp_path: Path) -> None:
    """POST /compute has a field for the file, and the answer is that of the file."""
    file = tmp_path / "blue.jpg"
    file.write_bytes(jpeg((0, 0, 255)))

    row = opened(docs, "carry_post")
    docs.until(f'document.querySelector("{row} input[type=file]")')
    docs.choose(f"{row} input[type=file]", file)
    status = executed(docs, row)

    assert status == "200"
    assert shown(docs, row)["results"][0]["classes"][0]["label"] == "blue"
    assert docs.console == []


def test_the_annotated_picture_is_shown(docs: Tab, tmp_path: Path) -> None:
    """With image/jpeg as the wanted answer Swagger UI shows the picture itself."""
    file = tmp_path / "red.jpg"
    file.write_bytes(jpeg((255, 0, 0), 64, 48))
    row = opened(docs, "pipeline_carry_post")
    docs.type(f"{row} tr[data-param-name=name] input", "line-3")
    docs.run(
        f"""(e => {{ e.value = "image/jpeg"; e.dispatchEvent(new Event("change", {{bubbles: true}})); }})(
        document.querySelector("{row} .responses-inner .content-type, {row} .response-controls select"))"""
    )
    docs.until(f'document.querySelector("{row} input[type=file]")')

    docs.choose(f"{row} input[type=file]", file)
    status = executed(docs, row)

    assert status == "200"
    docs.until(f'document.querySelector("{row} .live-responses-table img")?.naturalWidth')
    size = docs.run(
        f'(e => [e.naturalWidth, e.naturalHeight])(document.querySelector("{row} .live-responses-table img"))'
    )
    assert size == [64, 48]
    assert docs.console == []
