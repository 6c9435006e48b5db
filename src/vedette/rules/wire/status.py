"""The one table from neutral kinds of errors to the status codes of the transports."""

from __future__ import annotations

from vedette.errors import Kind

HTTP_STATUS: dict[Kind, int] = {
    "invalid": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "not_found": 404,
    "conflict": 409,
    "too_large": 413,
    "unsupported": 415,
    "overloaded": 503,
    "timeout": 504,
    "unavailable": 503,
    "exhausted": 507,
    "internal": 500,
}

GRPC_STATUS: dict[Kind, str] = {
    "invalid": "INVALID_ARGUMENT",
    "unauthenticated": "UNAUTHENTICATED",
    "forbidden": "PERMISSION_DENIED",
    "not_found": "NOT_FOUND",
    "conflict": "FAILED_PRECONDITION",
    "too_large": "RESOURCE_EXHAUSTED",
    "unsupported": "UNIMPLEMENTED",
    "overloaded": "UNAVAILABLE",
    "timeout": "DEADLINE_EXCEEDED",
    "unavailable": "UNAVAILABLE",
    "exhausted": "RESOURCE_EXHAUSTED",
    "internal": "INTERNAL",
}
"""Names of the codes of gRPC (google.rpc.Code)."""
