"""What the uniform interface answers: pipelines, jobs and deliveries as objects for JSON, and the answer for one image.

    {"results": [one object of vedette.result/1 a model], "outputs": {"ID": {"state": "delivered"}}}
    a picture in the body, and {"ID": {"state": ...}} in the header Vedette-Outputs

A failed delivery carries its error beside the state.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from vedette.adapters.http.images import render
from vedette.adapters.http.negotiate import MEDIA_OF, Form
from vedette.errors import VedetteError
from vedette.flows.interface.computation import Answered
from vedette.flows.interface.job import Job, OutputTally
from vedette.flows.interface.outlet import Sent
from vedette.flows.interface.pipeline import InterfacePipeline
from vedette.rules.interface.state import allowed
from vedette.rules.wire.status import HTTP_STATUS
from vedette.values.result import Failure

OUTPUTS_HEADER = "vedette-outputs"
_SHOWN = 200
"""Characters of a reason in a header at most."""


def json_response(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A response with JSON."""
    return Response(orjson.dumps(value), status, dict(headers or {}), MEDIA_OF[Form.JSON])


def answer_response(answered: Answered, form: Form) -> Response:
    """The answer for one image; where every model failed on it, the status is that of the first failure."""
    rendered = render(answered.deliveries)
    outputs = {name: sent_object(sent) for name, sent in answered.sent.items()}
    headers = {"server-timing": rendered.timing} if rendered.timing else {}
    if form in (Form.JPEG, Form.PNG) and rendered.picture is not None:
        headers[OUTPUTS_HEADER] = json.dumps({name: _short(one) for name, one in outputs.items()})
        return Response(rendered.picture, 200, headers, MEDIA_OF[form])
    failed = all(isinstance(delivery.outcome, Failure) for delivery in answered.deliveries)
    status = HTTP_STATUS[rendered.failure.kind] if failed and rendered.failure is not None else 200
    body = b'{"results":[' + b",".join(rendered.objects) + b'],"outputs":' + orjson.dumps(outputs) + b"}"
    return Response(body, status, headers, MEDIA_OF[Form.JSON])


def sent_object(sent: Sent) -> dict[str, Any]:
    """How a delivery ended: `delivered`, or `failed` with the reason."""
    if sent.error is None:
        return {"state": "delivered"}
    return {"state": "failed", "error": error_object(sent.error)}


def error_object(error: VedetteError) -> dict[str, str]:
    """Kind, what happened, the next step."""
    return {"kind": error.kind, "message": error.message, "help": error.help}


def pipeline_object(pipeline: InterfacePipeline) -> dict[str, Any]:
    """A pipeline: its state and what that allows, models, input and outputs without secrets, and its newest job."""
    newest = pipeline.newest
    return {
        "pipeline": pipeline.name,
        "state": pipeline.state,
        "allowed": list(allowed(pipeline.state)),
        "models": list(pipeline.models),
        "input": pipeline.input,
        "outputs": pipeline.outputs,
        "job": None if newest is None else job_object(newest),
    }


def job_object(job: Job) -> dict[str, Any]:
    """A job: how far it is, images done and failed, and what each output took."""
    told: dict[str, Any] = {
        "job": job.id,
        "state": job.state,
        "images": {"done": job.done, "failed": job.failed},
        "outputs": {name: _tally_object(tally) for name, tally in job.outputs.items()},
    }
    if job.error is not None:
        told["error"] = error_object(job.error)
    return told


def _tally_object(tally: OutputTally) -> dict[str, Any]:
    told: dict[str, Any] = {
        "state": "failed" if tally.failed else "delivered",
        "delivered": tally.delivered,
        "failed": tally.failed,
        "given_up": tally.given_up,
    }
    if tally.reason is not None:
        told["error"] = error_object(tally.reason)
    return told


def _short(one: dict[str, Any]) -> dict[str, Any]:
    """Without help, and the message cut: headers are short."""
    if "error" not in one:
        return one
    error = one["error"]
    return {"state": one["state"], "error": {"kind": error["kind"], "message": error["message"][:_SHOWN]}}
