"""How the command line ends: an exit code and no traceback."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from types import ModuleType

import pytest

from vedette.cli import app
from vedette.errors import UnavailableError


def library_of_cpp() -> None:
    """What `import openvino` raises when Ctrl-C comes while its initialiser runs."""
    raise ImportError("initialization failed") from KeyboardInterrupt()


def told_as_missing() -> None:
    """A runtime that says so where its library could not be imported."""
    try:
        library_of_cpp()
    except ImportError as error:
        raise UnavailableError("openvino cannot be imported", help="pip install openvino") from error


def broken() -> None:
    """An import that fails by itself."""
    raise ImportError("no module named numpy")


@pytest.fixture(autouse=True)
def _handler() -> Iterator[None]:
    """`main` takes SIGTERM."""
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def run(command: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line with one command."""
    module = ModuleType("a_command")
    module.command = command  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "a_command", module)
    monkeypatch.setitem(app._COMMANDS, "doctor", "a_command:command")
    monkeypatch.setattr(sys, "argv", ["vedette", "doctor"])
    app.main()


@pytest.mark.parametrize("command", [library_of_cpp, told_as_missing])
def test_ctrl_c_while_a_library_loads_is_an_interrupted_command(
    command: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """A library of C++ makes an ImportError of it: the exit code is that of Ctrl-C all the same, without a word."""
    with pytest.raises(SystemExit) as ended:
        run(command, monkeypatch)

    assert ended.value.code == 130
    assert capsys.readouterr().err == ""


def test_an_import_that_fails_by_itself_is_not_taken_for_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken installation is a bug that has to be seen."""
    with pytest.raises(ImportError, match="numpy"):
        run(broken, monkeypatch)
