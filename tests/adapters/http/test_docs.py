"""`/docs`: Swagger UI from the package, over HTTP and in a real browser."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest
from chromium import Chromium, Tab, chromium
from http_rig import CLOCK, call
from website import website

from vedette.adapters.http.docs import ASSETS, _folder
from vedette.adapters.http.guard import Guard
from vedette.rules.access.rights import hash_of
from vedette.values.serving import Key, Right

SECRET = "s3cret-of-line-3"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with website(tmp_path_factory.mktemp("site")) as url:
        yield url


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    keys = (Key("line-3", hash_of(SECRET), frozenset({Right.INFER})),)
    with website(tmp_path_factory.mktemp("locked"), Guard(keys, CLOCK)) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium() as one:
        yield one


@pytest.fixture(scope="module")
def docs(browser: Chromium, site: str) -> Tab:
    """The page, open at one operation."""
    tab = browser.open(f"{site}/docs#/open%20inference%20protocol/get_v2_health_live")
    tab.until("document.querySelector('.opblock.is-open')")
    return tab


def test_the_files_of_swagger_ui_are_served(site: str) -> None:
    """Script, style, licence and notice come whole, with their type, and once."""
    for name, (_, media) in ASSETS.items():
        answer = call("GET", f"{site}/docs/{name}")

        assert answer.status == 200
        assert answer.headers["content-type"].partition(";")[0] == media
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert call("GET", f"{site}/docs/{name}", if_none_match=answer.headers["etag"]).status == 304
    assert b"Apache License" in call("GET", f"{site}/docs/LICENSE").data
    assert b"SmartBear" in call("GET", f"{site}/docs/NOTICE").data


@pytest.mark.parametrize(
    "name", ["plugin.py", "swagger-ui.js", "..%2fplugin.py", "%2e%2e/plugin.py", "LICENSE%00", "swagger-ui.css.map", ""]
)
def test_nothing_else_of_the_package_is_served(site: str, name: str) -> None:
    """Only the listed names are files; a path through them is none."""
    assert call("GET", f"{site}/docs/{name}").status == 404


def test_every_way_in_needs_the_key(locked: str) -> None:
    """The page, its files and the document answer 401 without a key, and the page's answer asks for it in HTML."""
    answers = {path: call("GET", f"{locked}{path}") for path in ("/docs", "/docs/swagger-ui.css", "/openapi.json")}

    assert {answer.status for answer in answers.values()} == {401}
    assert "text/html" in answers["/docs"].headers["content-type"]
    assert b"asks for a key" in answers["/docs"].data
    assert call("GET", f"{locked}/openapi.json", x_api_key=SECRET).json()["components"]["securitySchemes"]


def test_swagger_ui_shows_every_operation_without_internet(docs: Tab, site: str) -> None:
    """Each operation of the document has its row; nothing is asked of another host, and the policy is kept."""
    paths = call("GET", f"{site}/openapi.json").json()["paths"]
    rows = docs.run(
        "[...document.querySelectorAll('.opblock-summary')].map(e => ["
        " e.querySelector('.opblock-summary-path').dataset.path,"
        " e.querySelector('.opblock-summary-method').textContent.toLowerCase()])"
    )
    assert sorted(map(tuple, rows)) == sorted((path, method) for path, one in paths.items() for method in one)
    assert docs.console == []
    assert [one for one in docs.requests if not one.startswith(f"{site}/")] == []


def test_an_operation_runs_from_the_page(docs: Tab) -> None:
    """Try it out, Execute: the server's own answer is shown."""
    row = "[id*='get_v2_health_live']"
    docs.until(f'document.querySelector("{row} .try-out__btn")')

    docs.click(f"{row} .try-out__btn")
    docs.until(f'document.querySelector("{row} .execute")')
    docs.click(f"{row} .execute")

    docs.until(f'document.querySelector("{row} .live-responses-table tbody .response-col_status")')
    assert docs.text(f"{row} .live-responses-table tbody .response-col_status").startswith("200")
    assert json.loads(docs.text(f"{row} .live-responses-table .microlight")) == {"live": True}
    assert docs.console == []


def test_with_keys_the_page_asks_and_sends_the_key_for_the_reader(browser: Chromium, locked: str) -> None:
    """The key that opened the page is the one with which Swagger UI asks."""
    tab = browser.open(f"{locked}/docs#/open%20inference%20protocol/get_v2_models")
    tab.until("!document.getElementById('key-form').hidden")
    assert tab.run("document.querySelector('.opblock')") is None
    tab.type("#key", SECRET)
    tab.press("Enter")
    row = "[id$='-get_v2_models']"
    tab.until(f'document.querySelector("{row} .try-out__btn")')

    tab.click(f"{row} .try-out__btn")
    tab.until(f'document.querySelector("{row} .execute")')
    tab.click(f"{row} .execute")

    tab.until(f'document.querySelector("{row} .live-responses-table .microlight")')
    assert json.loads(tab.text(f"{row} .live-responses-table .microlight")) == {"models": ["colour", "blobs"]}


def test_the_package_is_there_to_be_read_not_run() -> None:
    """Nothing of the package that carries Swagger UI is imported by serving it."""
    code = "import sys, vedette.adapters.http.docs as d; d._folder(); print('mkdocs_swagger_ui_tag' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert told.stdout.strip() == "False"


def test_paths_of_the_assets_lead_to_files() -> None:
    """The package holds what is listed."""
    assert all((_folder() / file).is_file() for file, _ in ASSETS.values())
