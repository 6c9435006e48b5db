"""What every test shares: a home folder of its own, models that were really pulled, and a quiet OpenCV."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from vedette.wiring.process import quiet_opencv

PHOTOS = Path(__file__).parent.parent / "src/vedette/photos"


ALONE = (
    "tests/cli/test_bench_",
    "tests/cli/test_demo",
    "tests/wiring/test_monitor",
    "tests/wiring/test_cold",
    "tests/flows/bench/",
    "tests/flows/monitor/",
    "tests/flows/inference/test_memory",
    "tests/adapters/processes/",
    "tests/adapters/referees/",
    "tests/adapters/targets/",
    "tests/serving/test_memory",
)
"""Tests that measure: what runs beside them is in their figures."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that `make test` runs with nothing beside them."""
    for item in items:
        if item.path.relative_to(config.rootpath).as_posix().startswith(ALONE):
            item.add_marker("alone")


def pytest_configure() -> None:
    """Damaged images are what many tests are about; OpenCV need not tell of each."""
    quiet_opencv()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test has written may be no text: it is told in a form that can be handed from process to process."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty `$VEDETTE_HOME` for each test."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("VEDETTE_HOME", str(folder))
    return folder


@pytest.fixture
def photos() -> Path:
    """The folder of the photos that Vedette ships."""
    return PHOTOS


@pytest.fixture(scope="session")
def pulled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder into which efficientnet-lite0 was really pulled, once for all tests."""
    from vedette.wiring import zoo

    folder = tmp_path_factory.mktemp("pulled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VEDETTE_HOME", str(folder))
        zoo.pull("efficientnet-lite0")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def pulled(pulled_once: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with efficientnet-lite0 in it."""
    monkeypatch.setenv("VEDETTE_HOME", str(pulled_once))
    return pulled_once
