"""A pipeline of the uniform interface: its state, its input, its outputs, and the computation that is under way.

Every call asks `rules/interface/state` first; between that and the transition nothing is awaited, so that calls that
come at the same time find one state.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from vedette.clock import Clock
from vedette.errors import ConflictError, InternalError, NotFoundError, VedetteError
from vedette.flows.interface.computation import Answered, Computation, Wish
from vedette.flows.interface.images import Entry, Images
from vedette.flows.interface.job import Job, JobState
from vedette.flows.interface.opening import opened
from vedette.flows.interface.outlet import Outlet, Outputs
from vedette.flows.interface.reading import Endpoints
from vedette.rules.access.masked import masked
from vedette.rules.interface.masked import unmasked
from vedette.rules.interface.outputs import merged, output_of, replaced, without
from vedette.rules.interface.state import Call, Event, after_call, after_event
from vedette.values.frame import Frame
from vedette.values.served import PipelineState
from vedette.values.serving import PipelineOptions
from vedette.values.timeline import Span

_log = logging.getLogger(__name__)

JOBS_KEPT = 16
"""Jobs of a pipeline that can still be asked for, the newest."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every pipeline works with.

    Attributes:
        endpoints: knows inputs.
        outputs: knows outputs.
        images: runs images.
        clock: of the stamps.
        at_once: images of one computation under way at most.
    """

    endpoints: Endpoints
    outputs: Outputs
    images: Images
    clock: Clock
    at_once: int = 4


class InterfacePipeline:
    """Used by the event loop only."""

    def __init__(self, options: PipelineOptions, surroundings: Surroundings) -> None:
        """Make one.

        Raises:
            VedetteError: its input or an output cannot be used.
        """
        self.name, self.models = options.name, options.models
        self._around = surroundings
        self._state = PipelineState.IDLE
        self._input: str | None = None
        self._outlets: dict[str, Outlet] = {}
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._task: asyncio.Task[Answered | None] | None = None
        if options.input is not None:
            self.set_input(options.input)
        self.set_outputs(dict(options.outputs))

    # --- what is told ---

    @property
    def state(self) -> PipelineState:
        """Its state."""
        return self._state

    @property
    def input(self) -> str | None:
        """The address of its input without secrets; None before it is set."""
        return None if self._input is None else masked(self._input)

    @property
    def outputs(self) -> dict[str, str]:
        """The addresses of its outputs without secrets, by id."""
        return {name: masked(outlet.address) for name, outlet in self._outlets.items()}

    @property
    def newest(self) -> Job | None:
        """The job that was begun last."""
        return next(reversed(self._jobs.values()), None)

    def job(self, identity: str) -> Job:
        """A job that is under way or was.

        Raises:
            NotFoundError: there is none, or it was too long ago.
        """
        if identity not in self._jobs:
            raise NotFoundError(
                f"there is no job {identity[:40]!r}", help=f"the newest {JOBS_KEPT} of a pipeline are kept"
            )
        return self._jobs[identity]

    # --- input and outputs ---

    def set_input(self, address: str) -> None:
        """Name the source.

        Raises:
            ConflictError: not in this state.
            VedetteError: it cannot be read, or may not be.
        """
        after = after_call(self._state, Call.SET_INPUT)
        address = unmasked(address, self._input)
        self._around.endpoints.check(address)
        self._input, self._state = address, after

    def set_outputs(self, given: Any) -> None:
        """Replace the map of outputs.

        Raises:
            ConflictError: not in this state.
            VedetteError: one of them cannot be written to, or may not be; all stay as they were.
        """
        after_call(self._state, Call.SET_OUTPUT)
        self._deliver_to(replaced(given, self._addresses()))

    def merge_outputs(self, given: Any) -> None:
        """Add outputs, change some, or remove those that are None; raises as `set_outputs` does."""
        after_call(self._state, Call.SET_OUTPUT)
        self._deliver_to(merged(given, self._addresses()))

    def remove_output(self, name: str) -> None:
        """Remove one output.

        Raises:
            ConflictError: not in this state.
            NotFoundError: there is none of this id.
        """
        after_call(self._state, Call.SET_OUTPUT)
        self._deliver_to(without(name, self._addresses()))

    def _addresses(self) -> dict[str, str]:
        return {name: outlet.address for name, outlet in self._outlets.items()}

    def _deliver_to(self, addresses: Mapping[str, str]) -> None:
        outlets = {}
        for name, address in addresses.items():
            kept = self._outlets.get(name)
            if kept is not None and kept.address == address:
                outlets[name] = kept
            else:
                outlets[name] = Outlet(address, self._around.outputs.open(address), self._around.clock)
        for name, outlet in self._outlets.items():
            if outlets.get(name) is not outlet:
                outlet.retire()
        self._outlets = outlets

    # --- computing ---

    def admit(self, wish: Wish) -> AbstractContextManager[Entry]:
        """Let in a request that will carry its image; raises as `Images.admit` does."""
        after_call(self._state, Call.CARRY)
        return self._around.images.admit(self.models, wish.deadline_of)

    async def carried(self, entry: Entry, frame: Frame, received: Span, wish: Wish) -> Answered:
        """Run an image that came with the request, in whatever state.

        Raises:
            VedetteError: it cannot be run.
        """
        answered = self._computation().carried(entry, frame, received, wish)
        del frame  # it may wait for an output long after the image was run
        return await answered

    async def compute(self, wish: Wish) -> Answered | Job:
        """Run the input: a single image to its answer; for more the job, which goes on by itself.

        Raises:
            ConflictError: not in this state, or stopped meanwhile.
            VedetteError: the input cannot be read or run; the pipeline has failed.
        """
        self._state = after_call(self._state, Call.COMPUTE)
        job = self._begun()
        apart: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = task = asyncio.create_task(self._work(job, wish, apart))
        task.add_done_callback(lambda _: self._cut_short(job))
        either: tuple[asyncio.Future[Any], ...] = (task, apart)
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:  # the caller has gone
            task.cancel()
            raise
        if apart.done():
            return job
        if task.cancelled():
            raise ConflictError("the computation was stopped", help="PUT /compute begins it anew")
        if job.error is not None:
            raise job.error
        answered = task.result()
        assert answered is not None, "a single image that did not fail has an answer"
        return answered

    def stop(self, identity: str | None = None) -> Job:
        """Stop the computation that is under way; what was delivered stays delivered.

        Raises:
            ConflictError: none is under way.
            NotFoundError: no such job.
        """
        job = self.newest if identity is None else self.job(identity)
        if job is not None and job is not self.newest:
            raise ConflictError(f"the job {job.id} has ended", help="GET /state says what is under way")
        self._state = after_call(self._state, Call.STOP)
        assert job is not None, "something is under way"
        assert self._task is not None, "and its task"
        job.state = JobState.STOPPING
        self._task.cancel()
        return job

    def retire(self) -> None:
        """Nothing will come any more; what waits for outputs is still delivered."""
        for outlet in self._outlets.values():
            outlet.retire()

    async def close(self) -> None:
        """Stop what is under way, and give up what waits for outputs."""
        task = self._task if self._task is not None and not self._task.done() else None
        if task is not None:
            task.cancel()
        await asyncio.gather(*(outlet.close() for outlet in self._outlets.values()))
        if task is not None:
            await asyncio.wait([task])  # not before: it waits for what outputs have begun

    def _begun(self) -> Job:
        job = Job(secrets.token_hex(8), self._outlets)
        self._jobs[job.id] = job
        while len(self._jobs) > JOBS_KEPT:
            self._jobs.popitem(last=False)
        return job

    def _computation(self) -> Computation:
        around = self._around
        pictures = any(output_of(outlet.address).wants_picture for outlet in self._outlets.values())
        return Computation(around.images, self.models, dict(self._outlets), pictures, around.at_once, around.clock)

    async def _work(self, job: Job, wish: Wish, apart: asyncio.Future[None]) -> Answered | None:
        """Do the job to its end, of which job and state tell; `apart` learns that its caller need not wait for it."""
        try:
            answered = await self._answered(job, wish, apart)
        except asyncio.CancelledError:
            job.forget()
            await job.delivered()
            self._end(job, JobState.STOPPED, Event.ENDED)
            raise
        except VedetteError as error:
            job.error = error
        except Exception as error:  # noqa: BLE001 - whatever it is, the state must tell of it
            _log.exception("the pipeline %s failed", self.name)
            job.error = InternalError(f"the computation failed: {type(error).__name__}", help="see the server's log")
        else:
            self._end(job, JobState.DONE, Event.ENDED)
            return answered
        self._end(job, JobState.FAILED, Event.BROKE)
        return None

    async def _answered(self, job: Job, wish: Wish, apart: asyncio.Future[None]) -> Answered | None:
        assert self._input is not None, "the state says that there is an input"
        computation = self._computation()
        source = await opened(self._around.endpoints, self._input)
        if source.single:
            answered = await computation.single(source, wish, job.follow)
            job.count(answered.deliveries)
            return answered
        look = computation.look_for_many(wish)
        apart.set_result(None)
        await computation.many(source, look, job)
        return None

    def _cut_short(self, job: Job) -> None:
        """A task that was cancelled before it began, or twice, has not come to its own end."""
        if job.state in (JobState.RUNNING, JobState.STOPPING):
            self._end(job, JobState.STOPPED, Event.ENDED)

    def _end(self, job: Job, state: JobState, event: Event) -> None:
        job.state = state
        self._state = after_event(self._state, event)
