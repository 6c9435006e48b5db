"""`POST /infer/{models}`: images in, classes, boxes or pictures out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from vedette.adapters.http.app import DELIVERED, RECEIVED_NS, REQUEST_ID
from vedette.adapters.http.documents import INFER
from vedette.adapters.http.endpoint import Endpoint
from vedette.adapters.http.look import DEADLINE_KEYS, LOOK_KEYS, check_keys, deadline_of, look_of
from vedette.adapters.http.negotiate import MEDIA_OF, Form, wanted_form
from vedette.adapters.http.uploads import Uploads
from vedette.clock import Clock
from vedette.errors import InvalidError, VedetteError
from vedette.flows.inference.image_order import ImageOrder, Look
from vedette.flows.inference.postprocess import Delivery, fail
from vedette.flows.inference.service import Admission, Service
from vedette.rules.wire.result import to_object
from vedette.rules.wire.status import HTTP_STATUS
from vedette.values.frame import Frame
from vedette.values.result import Failure
from vedette.values.served import ModelRef
from vedette.values.serving import Right
from vedette.values.timeline import Span

_KEYS = (*LOOK_KEYS, *DEADLINE_KEYS, "format")
_MOST_MODELS = 16


@dataclass(frozen=True, slots=True)
class Rendered:
    """The answer for one image, made by a worker: its outcomes as JSON, its picture, and the times of a single model.

    `failure` is the first outcome that is none, `worked` whether any is one.
    """

    objects: tuple[bytes, ...]
    picture: bytes | None
    timing: str
    failure: Failure | None
    worked: bool


def render(deliveries: Sequence[Delivery]) -> Rendered:
    """What leaves for one image."""
    outcomes = [delivery.outcome for delivery in deliveries]
    failures = [outcome for outcome in outcomes if isinstance(outcome, Failure)]
    first, timing = outcomes[0], ""
    if len(outcomes) == 1 and not isinstance(first, Failure):
        times = first.timeline.milliseconds()
        timing = ", ".join(f"{stage};dur={value:.3f}" for stage, value in times.items())
    objects = tuple(orjson.dumps(to_object(one)) for one in outcomes)
    failure = failures[0] if failures else None
    return Rendered(objects, deliveries[0].picture, timing, failure, len(failures) < len(outcomes))


class ImageEndpoints:
    """The endpoints under `/infer`."""

    def __init__(self, service: Service, uploads: Uploads, clock: Clock) -> None:
        self._service, self._uploads, self._clock = service, uploads, clock

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Their rows of the table."""
        summary = "Run images through a model, or through several: /infer/a,b"
        return (
            Endpoint(("POST",), "/infer/{models}", Right.INFER, self._infer, summary, INFER),
            Endpoint(("POST",), "/infer/{models}/versions/{version}", Right.INFER, self._infer, summary, INFER),
        )

    async def _infer(self, request: Request) -> Response:
        service, refs, query = self._service, _refs(request), request.query_params
        check_keys(query, _KEYS)
        form = wanted_form(request.headers.get("accept"), query.get("format"))
        stations = [service.models.station(ref) for ref in refs]
        look = look_of(query, [station.manifest for station in stations], form, service.limits.pixels)
        deadline = deadline_of(request, request.scope[RECEIVED_NS], stations[0].loaded.deadline)
        with ExitStack() as held:
            admission = held.enter_context(service.admit(refs, deadline))
            frames = await self._uploads.frames(request, admission.grow, deadline.at_ns)
            if form in (Form.JPEG, Form.PNG) and (len(frames) > 1 or len(refs) > 1):
                raise InvalidError("a picture is of one image and one model", help="accept application/json instead")
            admission.begin(len(frames))
            jobs = self._jobs(request, admission, frames, look)
            request.scope[DELIVERED] = _delivered(admission)
            if form is Form.NDJSON:
                return _Lines([asyncio.ensure_future(job) for job in jobs], held.pop_all())
            rendered = await asyncio.gather(*jobs) if len(jobs) > 1 else [await jobs[0]]
        return _answer(rendered, form)

    def _jobs(
        self, request: Request, admission: Admission, frames: Sequence[Frame], look: Look
    ) -> list[Coroutine[Any, Any, Rendered]]:
        identity = request.scope[REQUEST_ID]
        received = Span("acquire", request.scope[RECEIVED_NS], self._clock.now_ns())
        if len(frames) == 1:
            return [self._service.images(admission, ImageOrder(identity, frames[0], look, received, render))]
        return [
            self._one_of_several(admission, ImageOrder(f"{identity}-{number}", frame, look, received, render))
            for number, frame in enumerate(frames)
        ]

    async def _one_of_several(self, admission: Admission, order: ImageOrder[Rendered]) -> Rendered:
        """A refused image is an outcome among the others."""
        try:
            return await self._service.images(admission, order)
        except VedetteError as error:
            failed = Delivery(fail(order.id, order.frame.source, order.frame.index, error))
            return render([failed] * len(admission.stations))


def _refs(request: Request) -> list[ModelRef]:
    names = [name for name in request.path_params["models"].split(",") if name]
    version = request.path_params.get("version")
    if not names or len(names) > _MOST_MODELS or len(set(names)) < len(names) or (version and len(names) > 1):
        raise InvalidError(
            f"{request.path_params['models'][:80]!r} names no models that can be asked together",
            help=f"write /infer/NAME, /infer/A,B ({_MOST_MODELS} different ones at most), or /infer/NAME/versions/1",
        )
    return [ModelRef(name, version) for name in names]


def _answer(rendered: Sequence[Rendered], form: Form) -> Response:
    """One outcome is an object, several are an array; where nothing worked, the status is that of the first failure."""
    objects = [one for answer in rendered for one in answer.objects]
    failure = rendered[0].failure
    single = rendered[0] if len(objects) == 1 else None
    headers = {"server-timing": single.timing} if single is not None and single.timing else {}
    if single is not None and failure is None and form in (Form.JPEG, Form.PNG):
        assert single.picture is not None, "a picture was asked for"
        return Response(single.picture, 200, headers, MEDIA_OF[form])
    worked = any(answer.worked for answer in rendered)
    status = 200 if worked or failure is None else HTTP_STATUS[failure.kind]
    body = objects[0] if single is not None else b"[" + b",".join(objects) + b"]"
    return Response(body, status, headers, MEDIA_OF[Form.JSON])


def _delivered(admission: Admission) -> Callable[[float], None]:
    def tell(milliseconds: float) -> None:
        for station in admission.stations:
            station.statistics.delivered(milliseconds)

    return tell


class _Lines(Response):
    """A line of JSON for each outcome, sent as soon as it is its turn and it is there."""

    def __init__(self, jobs: Sequence[asyncio.Future[Rendered]], held: ExitStack) -> None:
        super().__init__(media_type=MEDIA_OF[Form.NDJSON])
        del self.headers["content-length"]
        self._jobs, self._held = jobs, held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        del scope, receive
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            for job in self._jobs:
                lines = b"".join(one + b"\n" for one in await self._line(job))
                await send({"type": "http.response.body", "body": lines, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            for job in self._jobs:
                job.cancel()
            self._held.close()

    async def _line(self, job: asyncio.Future[Rendered]) -> tuple[bytes, ...]:
        try:
            return (await job).objects
        except VedetteError as error:  # the status has been sent already
            told = {"error": {"kind": error.kind, "message": error.message, "help": error.help}}
            return (orjson.dumps(told),)
