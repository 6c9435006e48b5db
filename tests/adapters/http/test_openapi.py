"""The OpenAPI document, against the table that it is made of and the official schema of OpenAPI 3.1."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from http_rig import OpenGuard, call, http_rig
from schemathesis.specs.openapi.definitions import OPENAPI_31
from starlette.requests import Request
from starlette.responses import Response
from stations import ReadyModels, colour_station
from website import LIMITS, table

from vedette.adapters.http.endpoint import Endpoint
from vedette.adapters.http.openapi import document
from vedette.clock import SystemClock
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.service import Service
from vedette.values.serving import Right


async def never(request: Request) -> Response:
    raise AssertionError(request)


def row(path: str, *methods: str, right: Right | None = Right.INFER, **operation: Any) -> Endpoint:
    return Endpoint(methods or ("GET",), path, right, never, "A row", operation)


def operations(found: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, methods in found["paths"].items() for method, one in methods.items()]


def schemas(value: Any) -> Iterator[Any]:
    """Every schema below a value."""
    if isinstance(value, dict):
        if "schema" in value:
            yield value["schema"]
        for one in value.values():
            yield from schemas(one)
    elif isinstance(value, list):
        for one in value:
            yield from schemas(one)


def assert_valid(found: dict[str, Any]) -> None:
    """What the official schema says, and what it leaves to words: ids, parameters of paths, and the schemas inside."""
    found = json.loads(json.dumps(found))
    jsonschema_rs.validator_for(OPENAPI_31).validate(found)
    ids = [one["operationId"] for _, _, one in operations(found)]
    assert len(set(ids)) == len(ids)
    for path, _, one in operations(found):
        named = [parameter["name"] for parameter in one["parameters"] if parameter["in"] == "path"]
        assert sorted(named) == sorted(re.findall(r"\{(\w+)\}", path)), path
        asked = [(parameter["name"], parameter["in"]) for parameter in one["parameters"]]
        assert len(set(asked)) == len(asked), path
    for schema in schemas(found):
        jsonschema_rs.meta.validate(schema)


@pytest.fixture
def endpoints(tmp_path: Path) -> Iterator[list[Endpoint]]:
    """The table of a whole server, which does not run."""
    clock = SystemClock()
    crew = Crew(1, clock)
    service = Service(ReadyModels(colour=colour_station(tmp_path)), crew, LIMITS, clock)
    yield list(table(service, OpenGuard(), tmp_path, keys=True))
    crew.close()


@pytest.mark.parametrize("keys", [False, True])
def test_the_document_is_valid_and_holds_every_endpoint(endpoints: list[Endpoint], *, keys: bool) -> None:
    """Each method of each row is in it, nothing else is, and it is OpenAPI 3.1."""
    found = document(endpoints, "1.2.3", keys=keys)

    rows = {(re.sub(r":\w+\}", "}", one.path), method.lower()) for one in endpoints for method in one.methods}
    assert {(path, method) for path, method, _ in operations(found)} == rows
    assert found["info"]["version"] == "1.2.3"
    assert_valid(found)
    read = list(schemathesis.openapi.from_dict(found).get_all_operations())
    assert [type(one).__name__ for one in read] == ["Ok"] * len(rows)


def test_a_bare_row_is_filled_up() -> None:
    """Path parameters, an id, a tag and an answer are there without a word from the row; converters are gone."""
    found = document([row("/files/{name:path}/of/{model}", "GET", "DELETE")], "1", keys=False)

    one = found["paths"]["/files/{name}/of/{model}"]["delete"]
    assert [parameter["name"] for parameter in one["parameters"]] == ["name", "model"]
    assert one["operationId"] == "delete_files_name_of_model"
    assert "200" in one["responses"]
    assert "security" not in one
    assert_valid(found)


def test_what_a_row_says_stays() -> None:
    """Its own parameters, id, tags and answers are taken over, and the row itself is not changed."""
    told = {"name": "model", "in": "path", "required": True, "schema": {"type": "string"}, "description": "A model."}
    own = row(
        "/m/{model}", operationId="mine", tags=["models"], parameters=[told], responses={"204": {"description": "-"}}
    )

    found = document([own], "1", keys=True)

    one = found["paths"]["/m/{model}"]["get"]
    assert (one["operationId"], one["tags"], one["parameters"]) == ("mine", ["models"], [told])
    assert list(own.operation["responses"]) == ["204"]
    assert found["tags"] == [{"name": "models"}]
    assert_valid(found)


def test_examples_are_no_defaults() -> None:
    """An example of a parameter that may be left out is told in words, so that nobody sends it unasked."""
    schema = {"type": "string"}
    tile = {"name": "tile", "in": "query", "schema": schema, "description": "Tiles.", "example": "300x300"}
    model = {"name": "model", "in": "path", "required": True, "schema": schema, "example": "lite0"}

    found = document([row("/m/{model}", parameters=[model, tile])], "1", keys=False)

    shown = found["paths"]["/m/{model}"]["get"]["parameters"]
    assert shown == [model, {"name": "tile", "in": "query", "schema": schema, "description": "Tiles. As `300x300`."}]
    assert tile["example"] == "300x300"


def test_equal_ids_are_told_apart() -> None:
    """Rows that share one operation, and paths that differ in a slash, still have ids of their own."""
    found = document(
        [row("/a", operationId="x"), row("/a/", operationId="x"), row("/a//", operationId="x")], "1", keys=False
    )

    assert [one["operationId"] for _, _, one in operations(found)] == ["x", "get_a", "get_a_2"]
    assert_valid(found)


def test_with_keys_in_force_the_document_says_so() -> None:
    """A row that asks for a right needs a key and can be refused, in the form of its own errors; an open one cannot."""
    form = {"application/json": {"schema": {"type": "object", "required": ["mine"]}}}
    refused = {"4XX": {"description": "-", "content": form}}
    rows = [row("/use", responses=refused), row("/load", right=Right.ADMIN), row("/health", right=None)]

    found = document(rows, "1", keys=True)

    use, load, health = (found["paths"][path]["get"] for path in ("/use", "/load", "/health"))
    assert set(found["components"]["securitySchemes"]) == {"bearer", "apiKey"}
    assert use["security"] == load["security"] == [{"bearer": []}, {"apiKey": []}]
    assert use["responses"]["401"]["content"] == form
    assert "error" in load["responses"]["403"]["content"]["application/json"]["schema"]["required"]
    assert "administration" in load["description"]
    assert "security" not in health
    assert "401" not in health["responses"]
    assert_valid(found)


def test_without_keys_nothing_of_them_is_told() -> None:
    """A server without keys offers no way to send one."""
    found = document([row("/use")], "1", keys=False)

    assert "components" not in found
    assert "security" not in found["paths"]["/use"]["get"]


def test_the_served_document_tells_of_itself(tmp_path: Path) -> None:
    """GET /openapi.json gives the document of the whole table, itself included."""
    with http_rig(
        lambda service: table(service, OpenGuard(), tmp_path, keys=False),
        lambda: {"colour": colour_station(tmp_path)},
    ) as (url, _):
        answer = call("GET", f"{url}/openapi.json")

    assert answer.headers["content-type"] == "application/json"
    assert {"/", "/docs", "/openapi.json", "/infer/{models}", "/compute"} <= set(answer.json()["paths"])
    assert_valid(answer.json())
