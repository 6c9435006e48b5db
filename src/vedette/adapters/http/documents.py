"""What the OpenAPI document says of the image endpoints, as plain data; values are OpenAPI 3.1 objects."""

from __future__ import annotations

from typing import Any

_TEXT: dict[str, Any] = {"type": "string"}
ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["kind", "message", "help"],
            "properties": {"kind": _TEXT, "message": _TEXT, "help": _TEXT},
        }
    },
}
"""Every error: its neutral kind, what happened, the next step."""


def query(name: str, schema: dict[str, Any], description: str, example: Any = None) -> dict[str, Any]:
    """One query parameter."""
    found = {"name": name, "in": "query", "required": False, "schema": schema, "description": description}
    return found if example is None else found | {"example": example}


def path(name: str, description: str, example: str) -> dict[str, Any]:
    """One parameter of the path."""
    return {
        "name": name,
        "in": "path",
        "required": True,
        "schema": _TEXT,
        "description": description,
        "example": example,
    }


LOOK = [
    query("threshold", {"type": "number", "minimum": 0, "maximum": 1}, "Lowest score that is reported."),
    query("top_k", {"type": "integer", "minimum": 1}, "Classes at most, of a classifier."),
    query("classes", _TEXT, "Labels that a detector reports, with commas between.", "person,car"),
    query("tile", {"type": "string", "pattern": "^[0-9]+x[0-9]+$"}, "Cut the image in tiles of this size.", "300x300"),
    query("overlap", {"type": "integer", "minimum": 0}, "Least overlap of neighbouring tiles, in pixels."),
    query("fill", {"type": "string", "enum": ["blank", "overview"]}, "What goes to the detector beside the tiles."),
    query("roi", _TEXT, "Region of interest: left,top,width,height in pixels.", "0,0,640,480"),
]

DEADLINE = [
    query("timeout_ms", {"type": "number", "exclusiveMinimum": 0}, "The answer is wanted within this time."),
    query("deadline", {"type": "string", "enum": ["hard", "soft", "relaxed", "best-effort"]}, "How much that matters."),
]

IMAGE_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "image/jpeg": {"schema": {"type": "string", "format": "binary"}},
        "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        "multipart/form-data": {
            "schema": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
        },
        "application/json": {
            "schema": {"type": "object", "required": ["url"], "properties": {"url": {"type": "string"}}}
        },
    },
}

ANSWERS: dict[str, Any] = {
    "200": {
        "description": "The result (schema vedette.result/1), an array of them, or the annotated picture.",
        "content": {
            "application/json": {"schema": {}},
            "application/x-ndjson": {"schema": _TEXT},
            "image/jpeg": {"schema": {"type": "string", "format": "binary"}},
            "image/png": {"schema": {"type": "string", "format": "binary"}},
        },
    },
    "4XX": {"description": "The request cannot be served.", "content": {"application/json": {"schema": ERROR}}},
    "503": {"description": "Overloaded: see Retry-After.", "content": {"application/json": {"schema": ERROR}}},
    "504": {"description": "The deadline passed.", "content": {"application/json": {"schema": ERROR}}},
}

FORMAT = query("format", {"type": "string", "enum": ["json", "jpeg", "png", "ndjson"]}, "Goes before Accept.")

INFER: dict[str, Any] = {
    "tags": ["images"],
    "parameters": [*LOOK, *DEADLINE, FORMAT],
    "requestBody": IMAGE_BODY,
    "responses": ANSWERS,
}
