"""What the OpenAPI document says of the uniform interface, as plain data; values are OpenAPI 3.1 objects."""

from __future__ import annotations

from typing import Any

from vedette.adapters.http.documents import DEADLINE, ERROR, FORMAT, IMAGE_BODY, LOOK, path

_TEXT: dict[str, Any] = {"type": "string"}
_OBJECT: dict[str, Any] = {"type": "object"}
_ADDRESSES = {"type": "object", "additionalProperties": _TEXT}
_CHANGES = {"type": "object", "additionalProperties": {"type": ["string", "null"]}}
_REFUSED = {"description": "The request cannot be served.", "content": {"application/json": {"schema": ERROR}}}
_OTHERS = {
    "4XX": _REFUSED,
    "503": {"description": "Overloaded, or a model is not ready.", "content": {"application/json": {"schema": ERROR}}},
    "504": {"description": "The deadline passed.", "content": {"application/json": {"schema": ERROR}}},
    "507": {"description": "Disk or memory ran out.", "content": {"application/json": {"schema": ERROR}}},
}
_PICTURE = {"schema": {"type": "string", "format": "binary"}}
_STATE_HEADER = {"Vedette-Outputs": {"description": "State of each delivery, as JSON.", "schema": _TEXT}}
_LOCATION = {"Location": {"description": "Where the job is followed.", "schema": _TEXT}}


def _told(description: str, schema: dict[str, Any], status: str = "200") -> dict[str, Any]:
    return {status: {"description": description, "content": {"application/json": {"schema": schema}}}, **_OTHERS}


_ADDRESS_BODY = {
    "required": True,
    "description": "The address as bare text, as a JSON string, or in an object.",
    "content": {
        "text/plain": {"schema": _TEXT, "example": "synthetic://640x480"},
        "application/json": {
            "schema": {
                "oneOf": [
                    _TEXT,
                    {
                        "type": "object",
                        "required": ["url"],
                        "properties": {"url": _TEXT},
                        "additionalProperties": False,
                    },
                ]
            },
            "example": {"url": "synthetic://640x480"},
        },
    },
}


def _map_body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": schema, "example": {}}}}


_PIPELINE_BODY = {
    "required": True,
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "models": {"type": "array", "items": _TEXT},
                    "input": _TEXT,
                    "output": _ADDRESSES,
                },
            }
        }
    },
}

_COMPUTED: dict[str, Any] = {
    "200": {
        "description": "One image: the results of the models and the state of each delivery, or the annotated picture.",
        "headers": _STATE_HEADER,
        "content": {"application/json": {"schema": _OBJECT}, "image/jpeg": _PICTURE, "image/png": _PICTURE},
    },
    "202": {
        "description": "A folder, pattern or video: the job goes on, Location says where it is followed.",
        "headers": _LOCATION,
        "content": {"application/json": {"schema": _OBJECT}},
    },
    **_OTHERS,
}
_HOW = [*LOOK, *DEADLINE, FORMAT]

OPERATIONS: dict[str, dict[str, Any]] = {
    "get_input": {"responses": _told("The source, null before it is set.", _OBJECT)},
    "put_input": {"requestBody": _ADDRESS_BODY, "responses": _told("The source that is set.", _OBJECT)},
    "get_output": {"responses": _told("The destinations by id, without secrets.", _ADDRESSES)},
    "put_output": {"requestBody": _map_body(_ADDRESSES), "responses": _told("The destinations now.", _ADDRESSES)},
    "patch_output": {"requestBody": _map_body(_CHANGES), "responses": _told("The destinations now.", _ADDRESSES)},
    "delete_output": {"responses": _told("The destinations that are left.", _ADDRESSES)},
    "compute": {"parameters": _HOW, "responses": _COMPUTED},
    "carry": {"parameters": _HOW, "requestBody": IMAGE_BODY, "responses": _COMPUTED},
    "head": {"responses": {"204": {"description": "Nothing is computed."}, **_OTHERS}},
    "stop": {"responses": _told("It is being stopped.", _OBJECT, "202")},
    "job": {"responses": _told("How far the job is.", _OBJECT)},
    "state": {"responses": _told("State, models, input, outputs, newest job.", _OBJECT)},
    "one": {"responses": _told("State, models, input, outputs, newest job.", _OBJECT)},
    "list": {"responses": _told("Every pipeline.", _OBJECT)},
    "create": {
        "requestBody": _PIPELINE_BODY,
        "responses": {**_told("It was replaced.", _OBJECT), **_told("It was made.", _OBJECT, "201")},
    },
    "remove": {"responses": {"204": {"description": "It was removed."}, **_OTHERS}},
}
"""Operations by what they do, without the parameters of their paths."""

_PATH = {
    "{name}": path("name", "Name of the pipeline.", "default"),
    "{id}": path("id", "Id of the output.", "file"),
    "{job}": path("job", "Id of the job, as Location gives it.", "0123456789abcdef"),
}


def operation(what: str, route: str, method: str) -> dict[str, Any]:
    """The operation of one route: with its path parameters, a tag and an id of its own."""
    found = OPERATIONS[what]
    in_path = [parameter for mark, parameter in _PATH.items() if mark in route]
    named = "pipeline_" if route.startswith("/pipelines/{name}/") else ""
    return {
        **found,
        "tags": ["pipelines" if named or route.startswith("/pipelines") else "uniform interface"],
        "operationId": f"{named}{what}_{method.lower()}" + ("_job" if "{job}" in route else ""),
        "parameters": [*in_path, *found.get("parameters", ())],
    }
