"""An endpoint: one row of the route table. Routing, rights and the OpenAPI document are all made of these rows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from vedette.values.serving import Right

Handler = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way in.

    Attributes:
        methods: HTTP methods; HEAD comes with GET by itself.
        path: as Starlette writes it: `/infer/{model}`.
        right: what a key must be allowed to do; None: open to everybody.
        handler: makes the response; a VedetteError that it raises becomes one (see `errors`).
        summary: one line for the document.
        operation: the rest of its OpenAPI operation: parameters, requestBody, responses, tags, operationId.
        error_body: makes the body of an error, for protocols that have a form of their own.
    """

    methods: tuple[str, ...]
    path: str
    right: Right | None
    handler: Handler
    summary: str
    operation: Mapping[str, Any] = field(default_factory=dict)
    error_body: Callable[[str, str, str], Any] | None = None
