"""`python -m vedette`, before a command is known."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec

import pytest

from vedette.__main__ import main


class InterruptedImport(MetaPathFinder):
    """Ctrl-C at the moment at which a module is looked for."""

    def __init__(self, module: str) -> None:
        self.module = module

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        del path, target
        if fullname == self.module:
            raise KeyboardInterrupt
        return None


@pytest.fixture(autouse=True)
def _collected() -> Iterator[None]:
    """The command line turns the collector off while it loads."""
    yield
    gc.enable()


def test_ctrl_c_while_modules_load_ends_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exit code is that of an interrupted command, and nothing is printed."""
    monkeypatch.delitem(sys.modules, "vedette.cli.app", raising=False)
    monkeypatch.setattr(sys, "meta_path", [InterruptedImport("vedette.cli.app"), *sys.meta_path])

    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130
