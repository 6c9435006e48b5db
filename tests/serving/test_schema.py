"""Requests made out of the OpenAPI document: no operation has an answer that is the server's own fault.

schemathesis reads the document and makes requests that follow it, and some that almost do.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from served import Server, http_table

from vedette.adapters.http.openapi import document

DOCUMENT = document(http_table(), "1", keys=False)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {found.ok().label: found.ok() for found in SCHEMA.get_all_operations()}
KNOWN = {"model": "slow", "models": "colour", "version": "1", "name": "default"}
"""Parameters of a path that name something which is there; made-up ones are mostly not found."""
BUSY = {503, 504}
"""Not the server's fault: a model that was just unloaded, a deadline of a microsecond."""


def test_the_document_names_every_way_in() -> None:
    """Each row of the table is an operation of the document, and the other way round."""
    rows = {f"{method} {row.path}" for row in http_table() for method in row.methods}

    assert set(OPERATIONS) == rows


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_no_request_is_the_servers_own_fault(server: Server, label: str) -> None:
    """Never 500; an error has a body in the form that the document promises, and says what to do."""
    operation: Any = OPERATIONS[label]

    @settings(
        max_examples=6,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(), known=st.booleans())
    def ask(case: Any, known: bool) -> None:  # noqa: FBT001 - drawn
        if known and not label.endswith("load"):
            case.path_parameters = {**(case.path_parameters or {}), **there(case.path_parameters)}
        try:
            answer = case.call(base_url=server.url, timeout=20)
        except (ValueError, requests.exceptions.InvalidHeader, requests.exceptions.InvalidURL):
            return  # what a client of HTTP cannot send
        assert answer.status_code < 500 or answer.status_code in BUSY, (case, answer.content)
        if answer.status_code >= 400 and not label.startswith("HEAD "):
            assert told(answer.content), (case, answer.content)

    ask()


def there(parameters: Any) -> dict[str, str]:
    return {name: KNOWN[name] for name in parameters or {} if name in KNOWN}


def told(body: bytes) -> bool:
    """Whether an error says what happened: the server's own, the Open Inference Protocol's, or that of an image."""
    found = json.loads(body)
    if isinstance(found, list):
        return all("error" in one for one in found)
    error = found.get("error", found)
    return bool(error if isinstance(error, str) else error.get("message"))


def test_models_are_still_served(server: Server) -> None:
    """After all of it."""
    for name in ("slow", "colour"):
        server.post(f"/v2/repository/models/{name}/load", b"")

        assert server.call("GET", f"/v2/models/{name}/ready").status == 200
