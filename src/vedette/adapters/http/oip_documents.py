"""What the OpenAPI document says of the Open Inference Protocol, and the form of its errors: `{"error": "text"}`."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from vedette.adapters.http.documents import DEADLINE, path

_TEXT: dict[str, Any] = {"type": "string"}
_OBJECT: dict[str, Any] = {"type": "object"}
_NUMBER: dict[str, Any] = {"type": "integer"}
_NAME = re.compile(r"[^a-z0-9]+")
_PATH = {
    "model": path("model", "Name of a model.", "efficientnet-lite0"),
    "version": path("version", "One of its versions.", "1"),
    "region": path("region", "Name of a region.", "input"),
}
_ERROR: dict[str, Any] = {"type": "object", "required": ["error"], "properties": {"error": _TEXT}}
_REFUSED = {"application/json": {"schema": _ERROR}}
_OTHERS = {
    "4XX": {"description": "The request cannot be served.", "content": _REFUSED},
    "500": {"description": "The server failed.", "content": _REFUSED},
    "503": {"description": "Overloaded, or not ready.", "content": _REFUSED},
    "504": {"description": "The deadline passed.", "content": _REFUSED},
}


def error_body(kind: str, message: str, next_step: str) -> dict[str, str]:
    """An error as clients of this protocol read it: one text, with the next step at its end."""
    del kind
    return {"error": f"{message}; help: {next_step}"}


@dataclass(frozen=True, slots=True)
class Told:
    """What the document says of an endpoint: a line, the answer, the body that is taken, the query."""

    summary: str
    answer: dict[str, Any] = field(default_factory=lambda: _OBJECT)
    body: dict[str, Any] | None = None
    query: tuple[dict[str, Any], ...] = ()

    def operation(self, route: str, method: str) -> dict[str, Any]:
        """The OpenAPI operation of a row of the table."""
        named = re.findall(r"\{(\w+)\}", route)
        content = self.answer if "content" in self.answer else {"content": _json(self.answer)}
        told: dict[str, Any] = {
            "tags": ["open inference protocol"],
            "operationId": _NAME.sub("_", f"{method}{route}".lower()).strip("_") + ("_slash" * route.endswith("/")),
            "parameters": [*(_PATH[name] for name in named), *self.query],
            "responses": {"200": {"description": self.summary} | content} | _OTHERS,
        }
        return told if self.body is None else told | {"requestBody": self.body}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _many(schema: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


def _fields(required: dict[str, Any], **optional: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(required), "properties": required | optional}


def _optional_body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": False, "content": _json(schema)}


_TENSOR = _fields({"name": _TEXT, "datatype": _TEXT, "shape": _many(_NUMBER)})
_INPUT = _fields(
    {"name": _TEXT, "datatype": _TEXT, "shape": _many(_NUMBER | {"minimum": 0})},
    data={"type": "array", "items": {}},
    parameters=_OBJECT,
)
_REQUEST = _fields(
    {"inputs": _many(_INPUT)},
    id=_TEXT,
    parameters=_OBJECT,
    outputs=_many(_fields({"name": _TEXT}, parameters=_OBJECT)),
)
_REQUEST_EXAMPLE = {"inputs": [{"name": "input", "shape": [1, 2], "datatype": "FP32", "data": [0.1, 0.2]}]}
_OUTPUT = _fields(
    {"name": _TEXT, "datatype": _TEXT, "shape": _many(_NUMBER)}, data={"type": "array", "items": {}}, parameters=_OBJECT
)
_BYTES = {"schema": {"type": "string", "format": "binary"}}
_HEADER = {
    "name": "Inference-Header-Content-Length",
    "in": "header",
    "required": False,
    "schema": {"type": "integer", "minimum": 0},
    "description": "Bytes of JSON before the binary data; 0: the body is the data of the only input.",
}

SERVER = Told(
    "Name, version and extensions of the server",
    _fields({"name": _TEXT, "version": _TEXT, "extensions": _many(_TEXT)}),
)
LIVE = Told("Whether the server lives", _fields({"live": {"type": "boolean"}}))
READY = Told("Whether all models are ready", _fields({"ready": {"type": "boolean"}}))
MODELS = Told("Names of the models", _fields({"models": _many(_TEXT)}))
MODEL = Told(
    "What a model takes and gives: its original inputs and outputs. An image model also takes encoded images, as a "
    "BYTES tensor of shape [N] or [N, 1] under the name of its image input",
    _fields(
        {"name": _TEXT, "platform": _TEXT, "inputs": _many(_TENSOR), "outputs": _many(_TENSOR)}, versions=_many(_TEXT)
    ),
)
MODEL_READY = Told("Whether a model is ready", _fields({"name": _TEXT, "version": _TEXT, "ready": {"type": "boolean"}}))
CONFIG = Told("Configuration of a model, in the fields of Triton's ModelConfig")
_STATISTICS = _fields({"model_stats": _many(_OBJECT)})
STATISTICS = Told("Statistics of a model", _STATISTICS)
ALL_STATISTICS = Told("Statistics of all models", _STATISTICS)
INFER = Told(
    "Run tensors, or encoded images as a BYTES tensor, through a model",
    {
        "content": _json(
            _fields({"model_name": _TEXT, "outputs": _many(_OUTPUT)}, model_version=_TEXT, id=_TEXT, parameters=_OBJECT)
        )
        | {"application/octet-stream": _BYTES}
    },
    {
        "required": True,
        "content": {
            "application/json": {"schema": _REQUEST, "example": _REQUEST_EXAMPLE},
            "application/octet-stream": _BYTES,
        },
    },
    (_HEADER, *DEADLINE),
)
INDEX = Told(
    "Every version of every model, with its state and the reason for it",
    _many(_fields({"name": _TEXT, "version": _TEXT, "state": _TEXT, "reason": _TEXT})),
    _optional_body({"type": "object", "properties": {"ready": {"type": "boolean"}}}),
)
LOAD = Told(
    "Serve a model of the repository; returns when it is ready. Takes no configuration and no files",
    _OBJECT,
    _optional_body(_OBJECT),
)
UNLOAD = Told("Serve a model no more; returns when its last request is answered", _OBJECT, _optional_body(_OBJECT))
REGIONS = Told("Regions of shared memory: none, they are not offered", _many(_OBJECT))
REGION = Told("A region of shared memory: there is none", _many(_OBJECT))
REGISTER = Told("Refused: shared memory is not offered", _OBJECT, _optional_body(_OBJECT))
UNREGISTER = Told("Forget regions of shared memory: there are none", _OBJECT, _optional_body(_OBJECT))
TRACE = Told("Trace settings in Triton's form: off", _OBJECT)
SET_TRACE = Told("Refused, unless they stay as they are", _OBJECT, _optional_body(_OBJECT))
LOGGING = Told("Log settings in Triton's form", _OBJECT)
SET_LOGGING = Told("Refused, unless they stay as they are", _OBJECT, _optional_body(_OBJECT))
