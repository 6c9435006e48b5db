"""A model repository without files or engines: folders are dictionaries, and every engine knows its content."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from fakes import COLOUR_SIGNATURE, colour_manifest

from vedette.clock import SystemClock
from vedette.errors import InvalidError, NotFoundError
from vedette.flows.inference.runtime import Instance, Tensor
from vedette.flows.inference.station import Loaded
from vedette.values.execution import Execution, RuntimeName
from vedette.values.found import FileState, Found
from vedette.values.golden import Golden
from vedette.values.manifest import Manifest
from vedette.values.serving import ModelOptions
from vedette.values.tensor import Signature

BROKEN = -1
"""A content that does not load."""


@dataclass
class Store:
    """The port `ModelStore`: `models` is name -> version -> content (a whole number)."""

    models: dict[str, dict[str, int]] = field(default_factory=dict)
    chosen: dict[str, ModelOptions] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    goldens: dict[str, Golden] = field(default_factory=dict)
    away: Exception | None = None

    def scan(self) -> tuple[Found, ...]:
        if self.away is not None:
            raise self.away
        return tuple(self.found(name) for name in sorted(self.models))

    def found(self, name: str) -> Found:
        versions = self.models[name]
        state = tuple(FileState(f"{version}/model", content, 0) for version, content in sorted(versions.items()))
        return Found(
            name, f"/models/{name}", "vedette", tuple(sorted(versions, key=int)), state, self.problems.get(name, "")
        )

    def options(self, found: Found) -> ModelOptions:
        return self.chosen.get(found.name, ModelOptions(found.name))

    def read(self, found: Found, version: str) -> Manifest:
        (content,) = [file.size_bytes for file in found.state if file.path == f"{version}/model"]
        if version not in found.versions:
            raise NotFoundError(f"no version {version}", help="")
        return colour_manifest(f"{found.name}/{content}", name=found.name, version=version)

    def golden(self, found: Found, version: str) -> Golden | None:
        del version
        return self.goldens.get(found.name)


@dataclass
class Engine:
    """A runtime that knows what it was loaded from, and that is never used after it was closed."""

    content: int
    execution: Execution
    signature: Signature = COLOUR_SIGNATURE
    closed: bool = False
    runs: int = 0
    busy: int = 0

    def infer(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        self.busy += 1
        assert not self.closed, "a closed engine is used"
        (batch,) = tensors
        self.runs += 1
        outputs = (batch.mean(axis=(1, 2), dtype=np.float32) / 255,)
        assert not self.closed, "an engine is closed while it works"
        self.busy -= 1
        return outputs

    def close(self) -> None:
        assert not self.closed, "an engine is closed twice"
        self.closed = True


@dataclass
class Opens:
    """The port `Opener`; `before` runs in the loading thread, `engines` is all that was loaded, in this way."""

    before: Callable[[Manifest], None] = lambda manifest: None
    execution: Execution = field(default_factory=lambda: Execution(RuntimeName.NULL, streams=2))
    engines: list[tuple[Manifest, Engine]] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)

    def open(self, manifest: Manifest, options: ModelOptions) -> Loaded:
        self.tried.append(f"{manifest.name}@{manifest.version}")
        self.before(manifest)
        content = int(manifest.file.partition("/")[2])
        if content == BROKEN:
            raise InvalidError(f"{manifest.file} is no model", help="copy it anew")
        engine = Engine(content, self.execution)
        self.engines.append((manifest, engine))
        return Loaded(Instance(manifest, engine), open_tensors=lambda: engine, deadline=options.deadline)

    def open_engines(self) -> list[int]:
        return sorted(engine.content for _, engine in self.engines if not engine.closed)


def latest(name: str, **changes) -> ModelOptions:
    """The options of a model with some changed."""
    return replace(ModelOptions(name), **changes)


class SteppedClock(SystemClock):
    """The real clock, except that a sleep ends when the test says so."""

    def __init__(self) -> None:
        self.sleeps = 0
        self.asleep, self.wake = asyncio.Event(), asyncio.Event()

    async def sleep_until(self, instant_ns: int) -> None:
        del instant_ns
        self.sleeps += 1
        self.asleep.set()
        await self.wake.wait()
        self.wake.clear()
