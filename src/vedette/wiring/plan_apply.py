"""`vedette plan apply`: the files with which `vedette serve` carries a plan out.

Plan -> rules/capacity/server_settings -> vedette.yaml for each server, and beside it the profiles that they name
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vedette.adapters.store.profile_document import write_profile
from vedette.adapters.store.text_file import write_text_file
from vedette.errors import ConflictError, NotFoundError, UsageError
from vedette.rules.capacity.server_settings import ServerSettings, options_of, server_settings
from vedette.values.plan import Plan
from vedette.values.profile import Profile
from vedette.values.serving import ModelOptions
from vedette.wiring.plan_store import profiles_of

_HIGHEST_PORT = 65535
_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Ports:
    """Where a server listens; `grpc` None: nowhere."""

    http: int
    grpc: int | None = None


def apply_plan(
    plan: Plan, output: Path, port: int, *, replace: bool = False, given: Mapping[str, Profile] | None = None
) -> tuple[Path, ...]:
    """Write a configuration for each server of a plan; the files, in the order of the servers.

    One server is written to `output`, several to `output` with a number before its suffix.

    Args:
        plan: to be carried out.
        output: file.
        port: HTTP of the first server; gRPC takes the next one, and so on.
        replace: whether files that are there are replaced.
        given: profiles by id that are not kept.

    Raises:
        UsageError: the plan assigns nothing, or there are not so many ports.
        NotFoundError: a profile is not kept any more, or the folder is not there.
        ConflictError: a file is there already.
        ExhaustedError: there is no room.
        UnavailableError: a file cannot be written.
    """
    profiles = profiles_of(plan, given or {})
    count = len(server_settings(plan, profiles))
    if port + 2 * count - 1 > _HIGHEST_PORT:
        raise UsageError(f"{count} servers from port {port} on need more ports than there are", help="--port 8000")
    ports = [Ports(first, first + 1) for first in range(port, port + 2 * count, 2)]
    files = tuple(
        output if count == 1 else output.with_name(f"{output.stem}-{n}{output.suffix}") for n in _from_1(count)
    )
    texts = dict(zip(files, configurations(plan, profiles, ports), strict=True)) | beside(profiles, output.parent)
    _check(output, texts, replace=replace)
    for file, text in texts.items():
        write_text_file(file, text)
    return files


def configurations(plan: Plan, profiles: Mapping[str, Profile], ports: Sequence[Ports]) -> tuple[str, ...]:
    """The configuration of each server, YAML; the files of `beside` lie in its folder."""
    servers = server_settings(plan, profiles)
    told = [f"{number} of {len(servers)}" for number in _from_1(len(servers))]
    return tuple(_text(plan, *each) for each in zip(servers, told, ports, strict=True))


def lone_configuration(profile: Profile, ports: Ports) -> str:
    """The configuration of a server that runs what was profiled, image by image; its profile lies beside it."""
    return "\n".join([*_listening(ports), *_model(options_of(profile, 1, None))]) + "\n"


def beside(profiles: Mapping[str, Profile], folder: Path) -> dict[Path, str]:
    """The profiles that configurations name, by the file in which each must lie."""
    return {folder / _profile_file(name): write_profile(profile) for name, profile in profiles.items()}


def _from_1(count: int) -> range:
    return range(1, count + 1)


def _check(output: Path, texts: Mapping[Path, str], *, replace: bool) -> None:
    if not output.absolute().parent.is_dir():
        raise NotFoundError(f"there is no folder {output.parent}", help=f"mkdir -p {output.parent}")
    for file, text in texts.items():
        if file.is_dir():
            raise ConflictError(f"{file} is a folder", help="name another file with --output")
        if file.exists() and not replace and not _holds(file, text):
            raise ConflictError(f"{file} is there already", help="name another file with --output, or add --force")


def _holds(file: Path, text: str) -> bool:
    try:
        return file.read_bytes() == text.encode()
    except OSError:
        return False


def _profile_file(profile: str) -> str:
    return f"{profile}.profile.json"


# --- a file -----------------------------------------------------------------------------------------------------------


def _text(plan: Plan, server: ServerSettings, which: str, ports: Ports) -> str:
    lines = [f"# Plan {plan.id}, server {which}: {server.device.name} {server.number}.", "#"]
    lines += ["# What this file cannot say:"]
    lines += [line for remark in server.remarks for line in _comment(remark)]
    lines += _listening(ports)
    for model in server.models:
        lines += _model(model)
    return "\n".join(lines) + "\n"


def _listening(ports: Ports) -> list[str]:
    return [f"port: {ports.http}", f"grpc_port: {'off' if ports.grpc is None else ports.grpc}", "models:"]


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="# - ", subsequent_indent="#   ", break_long_words=False)


def _model(model: ModelOptions) -> Iterator[str]:
    """Only what the plan decides; JSON texts are YAML's too."""
    yield f"  - name: {json.dumps(model.name)}"
    if model.versions.only is not None:
        yield f"    versions: {json.dumps(list(model.versions.only))}"
    yield f"    profile: {json.dumps(_profile_file(model.profile or ''))}"
    yield f"    runtime: {json.dumps(model.runtime)}"
    yield f"    precision: {json.dumps(model.precision)}"
    yield f"    device: {json.dumps(model.device)}"
    yield f"    threads: {model.threads}"
    yield f"    max_batch: {model.max_batch}"
    if model.target_latency_ms is not None:
        yield f"    target_latency_ms: {model.target_latency_ms!r}"
