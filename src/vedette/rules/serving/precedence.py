"""Where a setting comes from. The order is stated here and nowhere else: file < environment < flag.

Only these variables are read: VEDETTE_HOST, VEDETTE_PORT and VEDETTE_GRPC_PORT (`off` for no gRPC). The home folder has
its own, VEDETTE_HOME.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from vedette.errors import UsageError
from vedette.values.serving import ModelOptions, Serving

HOST, PORT, GRPC_PORT = "VEDETTE_HOST", "VEDETTE_PORT", "VEDETTE_GRPC_PORT"
VARIABLES = (HOST, PORT, GRPC_PORT)
_HIGHEST_PORT = 65535


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line says; None where it says nothing.

    Attributes:
        repository: folder of models.
        models: names of those that are served; one that the file describes keeps its options. Empty: says nothing.
        host, port: where it listens.
        grpc_port: a port as text, or `off`.
        insecure: only true says something.
    """

    repository: str | None = None
    models: tuple[str, ...] = ()
    host: str | None = None
    port: int | None = None
    grpc_port: str | None = None
    insecure: bool = False


def settled(serving: Serving, environment: Mapping[str, str], flags: Flags) -> Serving:
    """The configuration that is in force.

    Args:
        serving: what the file says, or the defaults.
        environment: variables of the process; an empty one says nothing.
        flags: the command line.

    Raises:
        UsageError: a port of the environment or of a flag is none.
    """
    changes: dict[str, Any] = {}
    if environment.get(HOST):
        changes["host"] = environment[HOST]
    if environment.get(PORT):
        changes["port"] = _port(environment[PORT], PORT)
    if environment.get(GRPC_PORT):
        changes["grpc_port"] = _port_or_none(environment[GRPC_PORT], GRPC_PORT)
    changes |= {key: value for key in ("repository", "host") if (value := getattr(flags, key)) is not None}
    if flags.port is not None:
        changes["port"] = _port(str(flags.port), "--port")
    if flags.grpc_port is not None:
        changes["grpc_port"] = _port_or_none(flags.grpc_port, "--grpc-port")
    if flags.insecure:
        changes["insecure"] = True
    if flags.models:
        changes["models"] = _chosen(serving.models, flags.models)
    return replace(serving, **changes)


def options_by_name(models: Iterable[ModelOptions]) -> Mapping[str, ModelOptions]:
    """The options that go before what a model's own folder says; an entry with nothing but a name says nothing."""
    return {model.name: model for model in models if model != ModelOptions(model.name)}


def _chosen(described: tuple[ModelOptions, ...], names: tuple[str, ...]) -> tuple[ModelOptions, ...]:
    known = {model.name: model for model in described}
    return tuple(known.get(name, ModelOptions(name)) for name in dict.fromkeys(names))


def _port_or_none(text: str, origin: str) -> int | None:
    return None if text.strip().lower() == "off" else _port(text, origin)


def _port(text: str, origin: str) -> int:
    digits = text.strip()
    if digits.isascii() and digits.isdecimal() and len(digits) <= len(str(_HIGHEST_PORT)):
        port = int(digits)
        if port <= _HIGHEST_PORT:
            return port
    raise UsageError(f"{origin} {text} is no port", help=f"take a number from 0 (any free one) to {_HIGHEST_PORT}")
