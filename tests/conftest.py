"""What every test shares: a home folder of its own, models that were really pulled, and a quiet OpenCV."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import once
import pytest
from hypothesis import HealthCheck, settings

from vedette.wiring.process import quiet_opencv

_UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""How long an example takes says more of the machine than of the code."""

settings.register_profile("repeatable", _UNTIMED, derandomize=True, database=None)
settings.register_profile("search", _UNTIMED, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeatable"))
"""The same examples in every run, so that a failure is of the change; `make properties` draws others."""

PHOTOS = Path(__file__).parent.parent / "src/vedette/photos"


ALONE = (
    "tests/cli/test_bench_figures",
    "tests/flows/inference/test_memory",
    "tests/adapters/processes/test_precise_loop",
    "tests/adapters/referees/test_loadgen",
    "tests/serving/test_memory",
    "tests/wiring/test_devices",
    "tests/wiring/test_monitor",
)
"""Files of tests that hold figures to a bound: what runs beside them is in their figures."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out unread what `-m alone` and `-m "not alone"` would leave out: to read every test takes half a minute."""
    if collection_path.suffix != ".py" or config.option.markexpr not in ("alone", "not alone"):
        return None
    return True if _is_alone(collection_path, config) != (config.option.markexpr == "alone") else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that `make test` runs with nothing beside them."""
    for item in items:
        if _is_alone(item.path, config):
            item.add_marker("alone")


def _is_alone(file: Path, config: pytest.Config) -> bool:
    return file.relative_to(config.rootpath).as_posix().startswith(ALONE)


def pytest_configure(config: pytest.Config) -> None:
    """Damaged images are what many tests are about; OpenCV need not tell of each."""
    quiet_opencv()
    place = once.begin()
    config.add_cleanup(lambda: once.end(place))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many tests wait for a server or a process that they started."""
    return (os.cpu_count() or 1) + 1


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
    """A home folder into which efficientnet-lite0 was really pulled, once for the tests of a process."""
    from pulled import pulled_model

    folder = tmp_path_factory.mktemp("pulled")
    shutil.copytree(pulled_model("efficientnet-lite0"), folder, dirs_exist_ok=True)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def pulled(pulled_once: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home folder with efficientnet-lite0 in it."""
    monkeypatch.setenv("VEDETTE_HOME", str(pulled_once))
    return pulled_once
