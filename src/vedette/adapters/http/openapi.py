"""The OpenAPI document of the server, made of its table of endpoints: what is served and what is told cannot differ.

    Endpoint(GET, /v2/models/{model}) -> paths["/v2/models/{model}"]["get"]

Format: OpenAPI 3.1.0. What a row leaves out is filled in here: path parameters, an id of its own, a tag, an answer; and
with keys in force, the key and its refusals.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from vedette.adapters.http.documents import ERROR
from vedette.adapters.http.endpoint import Endpoint
from vedette.values.serving import Right

_CONVERTER = re.compile(r"\{(\w+)(?::\w+)?\}")
_NO_WORD = re.compile(r"[^A-Za-z0-9]+")
_SCHEMES: dict[str, Any] = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "A secret of `vedette keys new`."},
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "The same, in another header."},
}
_SECURITY: list[dict[str, list[str]]] = [{"bearer": []}, {"apiKey": []}]
_REFUSALS = {
    "401": "No key, or one that is not known.",
    "403": "The key has not this right.",
    "503": "The key asks more often than its rate: see Retry-After.",
}
_RIGHT = {Right.INFER: "inference", Right.ADMIN: "administration"}


def document(endpoints: Sequence[Endpoint], version: str, *, keys: bool) -> dict[str, Any]:
    """The document, as plain data.

    Args:
        endpoints: the whole table.
        version: of Vedette.
        keys: callers need a key wherever a row asks for a right.
    """
    paths: dict[str, dict[str, Any]] = {}
    taken: set[str] = set()
    for endpoint in endpoints:
        path = _CONVERTER.sub(r"{\1}", endpoint.path)
        for method in endpoint.methods:
            told = _operation(endpoint, path, keys=keys)
            told["operationId"] = _unique(told.get("operationId") or _named(method, path), method, path, taken)
            paths.setdefault(path, {})[method.lower()] = told
    found: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Vedette",
            "version": version,
            "summary": "Images in; classes, boxes or annotated pictures out.",
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name} for name in _tags(paths)],
        "paths": paths,
    }
    return found | ({"components": {"securitySchemes": _SCHEMES}} if keys else {})


def _operation(endpoint: Endpoint, path: str, *, keys: bool) -> dict[str, Any]:
    told = {"summary": endpoint.summary, "tags": ["server"], **endpoint.operation}
    given = told.get("parameters", ())
    told["parameters"] = [*_missing(given, path), *map(_unset, given)]
    told["responses"] = dict(told.get("responses") or {"200": {"description": "The answer."}})
    if keys and endpoint.right is not None:
        told["security"] = _SECURITY
        told["description"] = f"{told.get('description', '')} Needs a key for {_RIGHT[endpoint.right]}.".strip()
        for status, description in _REFUSALS.items():
            told["responses"].setdefault(status, _refused(told["responses"], description))
    return told


def _missing(given: Sequence[Mapping[str, Any]], path: str) -> Iterator[dict[str, Any]]:
    """Parameters of the path that the row does not describe."""
    described = {one["name"] for one in given if one.get("in") == "path"}
    for name in re.findall(r"\{(\w+)\}", path):
        if name not in described:
            yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _unset(parameter: Mapping[str, Any]) -> dict[str, Any]:
    """A parameter that may be left out has its example in words: Swagger UI fills examples in and sends them."""
    told = dict(parameter)
    if not told.get("required") and "example" in told:
        told["description"] = f"{told.get('description', '')} As `{told.pop('example')}`.".strip()
    return told


def _refused(responses: Mapping[str, Any], description: str) -> dict[str, Any]:
    """A refusal in the form of the endpoint's other errors."""
    content = responses.get("4XX", {}).get("content") or {"application/json": {"schema": ERROR}}
    return {"description": description, "content": content}


def _named(method: str, path: str) -> str:
    return _NO_WORD.sub("_", f"{method.lower()}{path}").strip("_")


def _unique(wanted: str, method: str, path: str, taken: set[str]) -> str:
    """An id that no other operation has."""
    name = wanted if wanted not in taken else _named(method, path)
    number = 2
    while name in taken:
        name, number = f"{_named(method, path)}_{number}", number + 1
    taken.add(name)
    return name


def _tags(paths: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Tags in the order in which the table first has them."""
    return list(
        dict.fromkeys(tag for operations in paths.values() for one in operations.values() for tag in one["tags"])
    )
