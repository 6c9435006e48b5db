"""Compiled models of OpenVINO that are kept, so that a start need neither read the model nor put its graph together.

    <folder>/<model>-<digest>.compiled = one page of JSON {schema, copies, bytes}, filled up with spaces, then the model

The digest says what it was made from: the model's files (names, sizes and times), the way in, the execution, the engine
and the processor. A damaged file counts as none, and one that cannot be written is done without.
OpenVINO's own cache saves the compilation only: it has to read the model and build its graph to know what to look for.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vedette.values.execution import Execution, Plan
from vedette.values.manifest import Manifest

Content = NDArray[np.uint8]

_SCHEMA = "vedette.compiled/2"
"""Its number counts changes of the graph around a model as well, so that older ones are not taken."""

_PAGE = 4096


@dataclass(frozen=True, slots=True)
class Kept:
    """A compiled model as bytes; whoever imports it keeps them as long as it is in use.

    Attributes:
        content: what the engine imports; of a file its pages, which several processes share.
        copies: how many compiled models share the streams.
    """

    content: Content
    copies: int


@dataclass(frozen=True, slots=True)
class CompiledFolder:
    """Keeps compiled models by their key."""

    folder: Path

    def get(self, key: str) -> Kept | None:
        """The compiled model of a key; None if there is none that is whole."""
        path = self._path(key)
        try:
            with path.open("rb") as file:
                head = json.loads(file.read(_PAGE))
            copies = int(head["copies"])
            if head["schema"] != _SCHEMA or copies < 1 or path.stat().st_size != _PAGE + head["bytes"]:
                return None
            return Kept(np.memmap(path, np.uint8, "c", _PAGE), copies)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def put(self, key: str, content: memoryview, copies: int) -> Kept:
        """Keep a compiled model, and give it as it is used from now on."""
        head = json.dumps({"schema": _SCHEMA, "copies": copies, "bytes": len(content)}).encode()
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=self.folder, prefix=".", suffix=".part")
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(head.ljust(_PAGE))
                    file.write(content)
                Path(part).replace(self._path(key))
            except OSError:
                Path(part).unlink(missing_ok=True)
        return self.get(key) or Kept(np.frombuffer(bytearray(content), np.uint8), copies)

    def drop(self, key: str) -> None:
        """Forget a compiled model that the engine refuses."""
        with suppress(OSError):
            self._path(key).unlink()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.compiled"


def key_of(manifest: Manifest, execution: Execution, plan: Plan, engine: str) -> str | None:
    """What a compiled model depends on, as the name of a file; None where the model's files cannot be looked at.

    Args:
        manifest: of the model.
        execution: how it runs.
        plan: which way in; the input of the manifest is part of the image plan.
        engine: the version of OpenVINO, and the processor.
    """
    file = Path(manifest.file)
    try:
        facts = [(path.name, stat.st_size, stat.st_mtime_ns) for path, stat in _files(file)]
    except OSError:
        return None
    way_in = manifest.input if plan is Plan.IMAGE else None
    origin = (str(file.resolve()), facts, plan.value, way_in, execution, engine)
    return f"{file.stem}-{hashlib.blake2b(repr(origin).encode(), digest_size=10).hexdigest()}"


def _files(file: Path) -> list[tuple[Path, os.stat_result]]:
    """A model's file and those beside it, which may hold its weights; of a folder all that it holds."""
    beside = file.rglob("*") if file.is_dir() else file.parent.iterdir()
    return [(path, path.stat()) for path in sorted(beside) if path.is_file()]
