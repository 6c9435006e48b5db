"""The pipelines of a server by name. The one called `default` is there from the start and stays."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from contextlib import suppress

from vedette.errors import ConflictError, InvalidError, NotFoundError
from vedette.flows.interface.pipeline import InterfacePipeline, Surroundings
from vedette.rules.zoo.names import nearest
from vedette.values.served import PipelineState
from vedette.values.serving import PipelineOptions

DEFAULT = "default"
MOST = 64
"""Pipelines at most."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_BUSY = (PipelineState.RUNNING, PipelineState.STOPPING)


class Pipelines:
    """Used by the event loop only."""

    def __init__(self, options: Sequence[PipelineOptions], surroundings: Surroundings) -> None:
        """Make those of the configuration.

        Raises:
            VedetteError: an input or output of theirs cannot be used.
        """
        self._around = surroundings
        self._pipelines = {one.name: InterfacePipeline(one, surroundings) for one in options}
        if DEFAULT not in self._pipelines:
            self._pipelines[DEFAULT] = InterfacePipeline(PipelineOptions(DEFAULT), surroundings)

    def every(self) -> tuple[InterfacePipeline, ...]:
        """All of them, by name."""
        return tuple(pipeline for _, pipeline in sorted(self._pipelines.items()))

    def get(self, name: str) -> InterfacePipeline:
        """One of them.

        Raises:
            NotFoundError: there is none of this name.
        """
        with suppress(KeyError):
            return self._pipelines[name]
        near = nearest(name[:80], tuple(self._pipelines))
        hint = f"did you mean {near[0]}? " if near else ""
        raise NotFoundError(f"there is no pipeline {name[:80]!r}", help=f"{hint}GET /pipelines lists them")

    def create(self, options: PipelineOptions) -> bool:
        """Make a pipeline, or put another in the place of one; gives whether the name is new.

        Raises:
            InvalidError: the name cannot be one, or there are too many.
            NotFoundError: a model is not there.
            ConflictError: the one of this name is running.
            VedetteError: its input or an output cannot be used; nothing has changed.
        """
        if _NAME.fullmatch(options.name) is None:
            raise InvalidError(
                f"{options.name[:80]!r} is no name of a pipeline",
                help="take letters, digits, dots, dashes and underscores, 64 at most, a letter or digit first",
            )
        before = self._pipelines.get(options.name)
        if before is None and len(self._pipelines) >= MOST:
            raise InvalidError(f"there are {MOST} pipelines, which is the limit", help="remove one")
        if before is not None:
            _check_idle(before)
        self._around.images.check(options.models)
        self._pipelines[options.name] = InterfacePipeline(options, self._around)
        if before is not None:
            before.retire()
        return before is None

    def remove(self, name: str) -> None:
        """Remove a pipeline.

        Raises:
            NotFoundError: there is none of this name.
            ConflictError: it is running, or it is the one that stays.
        """
        pipeline = self.get(name)
        if name == DEFAULT:
            raise ConflictError(f"the pipeline {DEFAULT} stays", help=f"PUT /pipelines/{DEFAULT} changes it")
        _check_idle(pipeline)
        del self._pipelines[name]
        pipeline.retire()

    async def close(self) -> None:
        """Stop what is under way in all of them."""
        await asyncio.gather(*(pipeline.close() for pipeline in self._pipelines.values()))


def _check_idle(pipeline: InterfacePipeline) -> None:
    if pipeline.state in _BUSY:
        raise ConflictError(
            f"the pipeline {pipeline.name} is {pipeline.state}", help=f"DELETE /pipelines/{pipeline.name}/compute first"
        )
