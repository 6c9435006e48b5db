"""`vedette serve --check`: every problem of configuration and repository at once, without starting anything.

file, environment, flags --> Serving --> contradictions, stages, TLS, folders, ports
                                     --> every model that would be served
"""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from vedette.adapters.config.home import default_home
from vedette.adapters.config.serving_file import Linted, lint
from vedette.adapters.config.yaml_lines import line_of
from vedette.errors import UsageError, VedetteError
from vedette.rules.serving.check import check, doubts
from vedette.rules.serving.precedence import VARIABLES, Flags, settled
from vedette.values.problem import Problem
from vedette.values.serving import Serving
from vedette.wiring.check_repository import check_repository
from vedette.wiring.stages import KEYS, StageSource, find_class, importable

_COMMAND_LINE = "command line"


@dataclass(frozen=True, slots=True)
class Checked:
    """What was looked at and what was found.

    Attributes:
        models: those that would be served, each as `name version 1`.
        problems: everything that is wrong; empty if a server would start.
        notes: what of foreign descriptions is taken otherwise than it says, and limits that are hardly meant.
    """

    models: tuple[str, ...]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]


def check_serving(config: Path | None, flags: Flags, environment: Mapping[str, str]) -> Checked:
    """Look for every problem.

    Args:
        config: `vedette.yaml`; None: the defaults are in force.
        flags: what the command line says.
        environment: variables of the process.

    Raises:
        NotFoundError: there is no such file.
        UsageError: it cannot be read at all.
    """
    linted = Linted(Serving(), ()) if config is None else lint(config)
    file = _COMMAND_LINE if config is None else str(config)
    problems = list(linted.problems)
    whole = linted.serving is not None
    serving = linted.serving or linted.sound
    try:
        serving = settled(serving, environment, flags)
    except UsageError as error:
        problems.append(_from_error(error, _COMMAND_LINE))
    root = default_home() if serving.repository is None else Path(serving.repository).expanduser()
    repository = check_repository(root, serving.models, file)
    problems += repository.problems
    addresses, unknown = _addresses(serving, file)
    problems += unknown
    if whole:
        names = [model.rpartition(" version ")[0] for model in repository.models]
        problems += check(serving, file, addresses=addresses, known=names)
    problems += _surroundings(serving, file, StageSource(None if config is None else config.absolute(), root))
    problems += _ports(serving, file) if addresses else ()
    notes = (*repository.notes, *doubts(serving))
    return Checked(repository.models, tuple(_lined(problems, file, linted.lines)), notes)


def _lined(problems: list[Problem], file: str, lines: Mapping[str, int]) -> Iterator[Problem]:
    for problem in dict.fromkeys(problems):
        here = problem.file == file and problem.line is None and problem.key
        yield replace(problem, line=line_of(lines, problem.key)) if here else problem


def _surroundings(serving: Serving, file: str, source: StageSource) -> Iterator[Problem]:
    """What the configuration names outside of itself."""
    yield from _stages(serving, file, source)
    yield from _profiles(serving, file)
    yield from _tls(serving, file)
    yield from _folders(serving, file)


def _addresses(serving: Serving, file: str) -> tuple[tuple[str, ...], list[Problem]]:
    """The numeric addresses of the host."""
    try:
        found = socket.getaddrinfo(serving.host or None, 0, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        fix = "take 127.0.0.1, or an address of this machine"
        return (), [Problem(file, "host", serving.host, "a name or address that is known", fix)]
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found)), []


def _stages(serving: Serving, file: str, source: StageSource) -> Iterator[Problem]:
    for number, model in enumerate(serving.models):
        for key in KEYS:
            place = getattr(model.stages, key)
            reason = "" if place is None else _import_problem(place, source)
            if reason:
                fix = "correct it, or install the module (or lay it beside the configuration)"
                yield Problem(file, f"models[{number}].stages.{key}", place, f"a class that is there: {reason}", fix)


def _profiles(serving: Serving, file: str) -> Iterator[Problem]:
    for number, model in enumerate(serving.models):
        if model.profile is None:
            continue
        from vedette.wiring.profiled import profile_of

        try:
            profile_of(model)
        except VedetteError as error:
            expected = f"a profile of {model.name} as it is served: {error.message}"
            yield Problem(file, f"models[{number}].profile", model.profile, expected, error.help)


def _import_problem(place: str, source: StageSource) -> str:
    """Why a class cannot be imported; empty if it can. Its module is run, as any import does; the class is not."""
    with importable(source.file and source.file.parent):
        try:
            find_class(place, source)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a module may fail in any way: that is what is asked
            return f"{type(error).__name__}: {error}".split("\n", maxsplit=1)[0]
    return ""


def _tls(serving: Serving, file: str) -> Iterator[Problem]:
    if serving.tls is None:
        return
    from vedette.adapters.http.tls import server_tls

    try:
        server_tls(serving.tls)
    except VedetteError as error:
        key, _, value = error.message.partition(": ")
        yield Problem(file, key, value, "PEM files that belong together", error.help)


def _folders(serving: Serving, file: str) -> Iterator[Problem]:
    import os

    for key, needed in (("inputs", os.R_OK), ("outputs", os.W_OK)):
        for number, text in enumerate(getattr(serving.files, key)):
            path = Path(text)
            if not path.is_dir():
                yield Problem(file, f"files.{key}[{number}]", text, "a folder that is there", f"mkdir -p {text}")
            elif not os.access(path, needed | os.X_OK):
                what = "readable" if needed == os.R_OK else "writable"
                yield Problem(file, f"files.{key}[{number}]", text, f"a {what} folder", "change its rights")


def _ports(serving: Serving, file: str) -> Iterator[Problem]:
    from vedette.adapters.http.listen import listen

    for key, port in (("port", serving.port), ("grpc_port", serving.grpc_port)):
        if port is None or (key == "grpc_port" and port == serving.port):  # the same port is told of already
            continue
        try:
            listen(serving.host, port).close()
        except VedetteError as error:
            yield Problem(file, key, f"{port}: {error.message}", "a free port", error.help)


def _from_error(error: UsageError, file: str) -> Problem:
    name, _, value = error.message.partition(" ")
    file = "environment" if name in VARIABLES else file
    return Problem(file, name, value.removesuffix(" is no port"), "a port", error.help)
