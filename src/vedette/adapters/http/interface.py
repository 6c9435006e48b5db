"""The uniform interface over HTTP: `/input`, `/output`, `/compute`, `/state`, and the same of every named pipeline.

    PUT /input URL -> PUT /output {"id": "url"} -> PUT /compute -> the annotated picture or JSON, or 202 with a Location
    POST /compute with an image -> the same answer for that image, whatever the input is

The paths at the root are those of the pipeline `default`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from vedette.adapters.http.app import RECEIVED_NS, REQUEST_ID
from vedette.adapters.http.body import read_small
from vedette.adapters.http.endpoint import Endpoint
from vedette.adapters.http.interface_answers import answer_response, job_object, json_response, pipeline_object
from vedette.adapters.http.interface_documents import operation
from vedette.adapters.http.look import DEADLINE_KEYS, LOOK_KEYS, check_keys, deadline_of, look_of
from vedette.adapters.http.negotiate import Form, NotAcceptableError, wanted_form
from vedette.adapters.http.strict_json import read_json
from vedette.adapters.http.uploads import Uploads
from vedette.clock import Clock
from vedette.errors import InvalidError
from vedette.flows.interface.computation import Wish
from vedette.flows.interface.job import Job
from vedette.flows.interface.pipeline import InterfacePipeline
from vedette.flows.interface.pipelines import DEFAULT, Pipelines
from vedette.rules.interface.source import read_address
from vedette.rules.zoo.names import nearest
from vedette.values.deadline import DeadlineClass
from vedette.values.serving import Limits, PipelineOptions, Right
from vedette.values.timeline import Span

_KEYS = (*LOOK_KEYS, *DEADLINE_KEYS, "format")
_SINGLE = (*DEADLINE_KEYS, "format")
_SINGLE_HEADERS = ("x-timeout-ms", "x-deadline-class")
_PIPELINE_KEYS = ("models", "input", "output")


class InterfaceEndpoints:
    """The endpoints of the uniform interface."""

    def __init__(self, pipelines: Pipelines, uploads: Uploads, limits: Limits, clock: Clock) -> None:
        self._pipelines, self._uploads, self._limits, self._clock = pipelines, uploads, limits, clock

    def endpoints(self) -> tuple[Endpoint, ...]:
        """Their rows of the table."""
        rows = [*self._of_one(""), *self._of_one("/pipelines/{name}"), *self._of_all()]
        return tuple(
            Endpoint((row.method,), row.path, row.right, row.handler, row.summary, row.operation()) for row in rows
        )

    def _of_one(self, at: str) -> tuple[_Row, ...]:
        return (
            _Row("GET", f"{at}/input", "get_input", self._get_input, "The source"),
            _Row("PUT", f"{at}/input", "put_input", self._put_input, "Set the source"),
            _Row("GET", f"{at}/output", "get_output", self._get_output, "The destinations by id"),
            _Row("PUT", f"{at}/output", "put_output", self._put_output, "Set the destinations"),
            _Row("PATCH", f"{at}/output", "patch_output", self._patch_output, "Add or change destinations"),
            _Row("DELETE", f"{at}/output/{{id}}", "delete_output", self._delete_output, "Remove a destination"),
            _Row("PUT", f"{at}/compute", "compute", self._compute, "Run the input"),
            _Row("GET", f"{at}/compute", "compute", self._compute, "Run the input"),
            _Row("HEAD", f"{at}/compute", "head", self._head, "Compute nothing"),
            _Row("POST", f"{at}/compute", "carry", self._carry, "Run the image that is sent"),
            _Row("DELETE", f"{at}/compute", "stop", self._stop, "Stop the computation"),
            _Row("GET", f"{at}/compute/{{job}}", "job", self._job, "How far a job is"),
            _Row("DELETE", f"{at}/compute/{{job}}", "stop", self._stop, "Stop a job"),
            _Row("GET", f"{at}/state", "state", self._state, "The state, and all that is set"),
        )

    def _of_all(self) -> tuple[_Row, ...]:
        one, admin = "/pipelines/{name}", Right.ADMIN
        return (
            _Row("GET", "/pipelines", "list", self._list, "Every pipeline"),
            _Row("GET", one, "one", self._state, "One pipeline"),
            _Row("PUT", one, "create", self._create, "Make or replace a pipeline", admin),
            _Row("DELETE", one, "remove", self._remove, "Remove a pipeline", admin),
        )

    # --- input, outputs, state ---

    async def _get_input(self, request: Request) -> Response:
        address = self._pipeline(request).input
        if address is not None and request.headers.get("accept", "").startswith("text/plain"):
            return PlainTextResponse(address)
        return json_response({"url": address})

    async def _put_input(self, request: Request) -> Response:
        pipeline = self._pipeline(request)
        pipeline.set_input(read_address(await self._read_small(request)))
        return json_response({"url": pipeline.input, "state": pipeline.state})

    async def _get_output(self, request: Request) -> Response:
        return json_response(self._pipeline(request).outputs)

    async def _put_output(self, request: Request) -> Response:
        pipeline = self._pipeline(request)
        pipeline.set_outputs(await self._read_object(request))
        return json_response(pipeline.outputs)

    async def _patch_output(self, request: Request) -> Response:
        pipeline = self._pipeline(request)
        pipeline.merge_outputs(await self._read_object(request))
        return json_response(pipeline.outputs)

    async def _delete_output(self, request: Request) -> Response:
        pipeline = self._pipeline(request)
        pipeline.remove_output(request.path_params["id"])
        return json_response(pipeline.outputs)

    async def _state(self, request: Request) -> Response:
        return json_response(pipeline_object(self._pipeline(request)))

    # --- computing ---

    async def _compute(self, request: Request) -> Response:
        pipeline = self._pipeline(request)
        wish, form = self._wish(request, pipeline)
        if await self._read_small(request):
            raise InvalidError(f"{request.method} /compute takes no body", help="POST /compute carries an image")
        found = await pipeline.compute(wish)
        if isinstance(found, Job):
            where = request.url.path.rstrip("/") + f"/{found.id}"
            return json_response(job_object(found), 202, {"location": where})
        return answer_response(found, form)

    async def _carry(self, request: Request) -> Response:
        pipeline = self._pipeline(request)
        wish, form = self._wish(request, pipeline)
        with pipeline.admit(wish) as entry:
            until_ns = wish.deadline_of(DeadlineClass.RELAXED).at_ns  # the same instant in every class
            frames = list(await self._uploads.frames(request, entry.grow, until_ns))
            if len(frames) != 1:
                raise InvalidError(
                    f"{len(frames)} images came, /compute takes one", help="POST /infer/MODEL takes several"
                )
            received = Span("acquire", request.scope[RECEIVED_NS], self._clock.now_ns())
            answered = await pipeline.carried(entry, frames.pop(), received, wish)
        return answer_response(answered, form)

    async def _head(self, request: Request) -> Response:
        self._pipeline(request)
        return Response(status_code=204)

    async def _stop(self, request: Request) -> Response:
        return json_response(job_object(self._pipeline(request).stop(request.path_params.get("job"))), 202)

    async def _job(self, request: Request) -> Response:
        return json_response(job_object(self._pipeline(request).job(request.path_params["job"])))

    def _wish(self, request: Request, pipeline: InterfacePipeline) -> tuple[Wish, Form]:
        query = request.query_params
        check_keys(query, _KEYS)
        form = wanted_form(request.headers.get("accept"), query.get("format"))
        if form is Form.NDJSON:
            refusal = NotAcceptableError if query.get("format") is None else InvalidError
            raise refusal("/compute answers one image, not lines", help="accept JSON, image/jpeg or image/png")
        if form is not Form.JSON and len(pipeline.models) > 1:
            raise InvalidError("a picture is of one image and one model", help="accept application/json instead")
        look = partial(look_of, query, form=form, pixel_limit=self._limits.pixels)
        deadline = partial(deadline_of, request, request.scope[RECEIVED_NS])
        single = [key for key in _SINGLE if key in query] + [key for key in _SINGLE_HEADERS if key in request.headers]
        return Wish(request.scope[REQUEST_ID], look, deadline, tuple(single)), form

    # --- pipelines ---

    async def _list(self, request: Request) -> Response:
        del request
        return json_response({"pipelines": [pipeline_object(one) for one in self._pipelines.every()]})

    async def _create(self, request: Request) -> Response:
        name = request.path_params["name"]
        options = _options(name, await self._read_object(request))
        created = self._pipelines.create(options)
        told = pipeline_object(self._pipelines.get(name))
        return json_response(told, 201 if created else 200, {"location": f"/pipelines/{name}"} if created else None)

    async def _remove(self, request: Request) -> Response:
        self._pipelines.remove(request.path_params["name"])
        return Response(status_code=204)

    # --- what a request holds ---

    def _pipeline(self, request: Request) -> InterfacePipeline:
        return self._pipelines.get(request.path_params.get("name", DEFAULT))

    async def _read_small(self, request: Request) -> bytes:
        return await read_small(request, self._limits, "send addresses only")

    async def _read_object(self, request: Request) -> Any:
        return read_json(await self._read_small(request), self._limits.json_depth)


@dataclass(frozen=True, slots=True)
class _Row:
    """One endpoint of the interface."""

    method: str
    path: str
    what: str
    handler: Callable[[Request], Awaitable[Response]]
    summary: str
    right: Right = Right.INFER

    def operation(self) -> dict[str, Any]:
        """Its part of the document."""
        return operation(self.what, self.path, self.method)


def _options(name: str, given: Any) -> PipelineOptions:
    """What PUT /pipelines/NAME asks for.

    Raises:
        InvalidError: it is something else.
    """
    form = (
        'send {"models": ["NAME"], "input": "ADDRESS", "output": {"ID": "ADDRESS"}}; input and output may be left out'
    )
    if not isinstance(given, dict):
        raise InvalidError("the body is no object", help=form)
    for key in given:
        if key not in _PIPELINE_KEYS:
            near = nearest(key[:80], _PIPELINE_KEYS)
            hint = f"did you mean {near[0]}? " if near else ""
            raise InvalidError(f"a pipeline has no {key[:80]!r}", help=f"{hint}{form}")
    models, source, output = given.get("models", []), given.get("input"), given.get("output", {})
    if not isinstance(models, list) or not all(isinstance(one, str) for one in models):
        raise InvalidError("models is no list of names", help=form)
    if len(set(models)) < len(models):
        raise InvalidError("a model is named twice", help=form)
    if not (source is None or isinstance(source, str)) or not isinstance(output, dict):
        raise InvalidError("input is no address, or output is no map", help=form)
    return PipelineOptions(name, tuple(models), source, tuple(output.items()))
