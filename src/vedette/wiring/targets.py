"""The client of each kind of target, and Vedette's own model as one."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qsl

from vedette.adapters.probes.listener import pid_listening
from vedette.clock import Clock
from vedette.errors import NotFoundError, UsageError
from vedette.flows.bench.target import Target
from vedette.values.manifest import InputSpec
from vedette.values.tensor import TensorSpec
from vedette.values.trial import Introduction, Scope, TargetKind, TrialSpec
from vedette.wiring.placing import host_and_port, is_here

Headers = tuple[tuple[str, str], ...]
"""Names and values that are sent with each request and never recorded: keys, logins."""

_CHOICES = ("runtime", "precision", "optimise", "device", "threads")


def build_target(spec: TrialSpec, headers: Headers, clock: Clock) -> Target:
    """The client for a trial's target; nothing is reached yet, but a model in process is loaded.

    Raises:
        VedetteError: a model that cannot be loaded.
    """
    match spec.target.kind:
        case TargetKind.NULL:
            from vedette.adapters.targets.null import NullTarget

            return NullTarget(spec.target.service_ms, clock)
        case TargetKind.IMAGE:
            from vedette.adapters.targets.image import ImageTarget

            return ImageTarget(spec.target, dict(headers))
        case TargetKind.OIP:
            from vedette.adapters.targets.oip import OipTarget

            return OipTarget(spec.target, _recipe(spec.target.model), dict(headers))
        case TargetKind.INPROCESS:
            return _inprocess(spec)


def seen_from_here(introduction: Introduction, spec: TrialSpec) -> Introduction:
    """With the process that serves, where it listens on this machine."""
    if introduction.pid is not None or spec.target.kind not in (TargetKind.IMAGE, TargetKind.OIP):
        return introduction
    host, port = host_and_port(spec.target.address)
    return replace(introduction, pid=pid_listening(host, port)) if is_here(host) else introduction


def _recipe(model: str | None) -> InputSpec | None:
    """How the catalogue makes the input of a model, if that model is here."""
    from vedette.adapters.config.home import default_home
    from vedette.rules.zoo.names import is_name
    from vedette.wiring.instances import find_manifest

    if model is None or not is_name(model) or not (default_home() / model).is_dir():
        return None
    try:
        return find_manifest(model, lambda _: None).input
    except NotFoundError:
        return None


def _inprocess(spec: TrialSpec) -> Target:
    """`inprocess:NAME?runtime=openvino&precision=fp32&optimise=latency&threads=1`."""
    from vedette.adapters.targets.inprocess import InProcessTarget
    from vedette.rules.wire.result import to_object
    from vedette.wiring.door import load_model
    from vedette.wiring.process import own_process

    name, _, query = spec.target.address.partition("?")
    chosen = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := [key for key in chosen if key not in _CHOICES]:
        raise UsageError(f"inprocess:{name}: {unknown[0]} is no choice", help=f"choices are {', '.join(_CHOICES)}")
    threads = chosen.get("threads")
    if threads is not None and not (threads.isdecimal() and int(threads)):
        raise UsageError(f"inprocess:{name}: threads={threads} is no number of cores", help="write threads=1")
    several = spec.load.clients > 1 or spec.load.kind.is_open
    own_process()
    try:
        model = load_model(
            name,
            runtime=chosen.get("runtime", "auto"),
            precision=chosen.get("precision", "auto"),
            optimise=chosen.get("optimise", "throughput" if several else "latency"),
            device=chosen.get("device", "cpu"),
            threads=None if threads is None else int(threads),
        )
    except ValueError as error:
        raise UsageError(f"inprocess:{name}: {error}", help="see `vedette run --help`") from None
    taken = model.manifest.input
    tensors = None
    if taken is not None:
        side = taken.size
        tensors = (TensorSpec("image", "UINT8", (1, side.height, side.width, 3)),)
    introduction = Introduction(
        Scope.IMAGE, f"vedette in process, {model.execution}", f"{name} {model.manifest.version}", tensors
    )

    def answer(image: bytes) -> bytes:
        return json.dumps(to_object(model(image))).encode()

    streams = model.execution.streams
    return InProcessTarget(answer, introduction, max(streams, spec.load.clients), model.close)
