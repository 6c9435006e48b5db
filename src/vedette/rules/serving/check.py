"""Contradictions between the values of one configuration: each value is well formed, but together they cannot be meant.

    Serving --check--> Problem, Problem, ...

It reads no file and asks no network: what the host stands for, and which models there are, it is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import PurePosixPath

from vedette.errors import UsageError
from vedette.rules.access.bind import check_bind
from vedette.rules.zoo.names import nearest
from vedette.values.deadline import DeadlineClass
from vedette.values.execution import Precision, RuntimeName
from vedette.values.problem import Problem
from vedette.values.serving import ModelOptions, Serving

Found = tuple[str, str, str, str]
"""Key, value, expected, fix."""

LEAST_TARGET_MS = 1.0
"""Less than the time of one image of the smallest models: such a target is a slip of the unit."""


def check(serving: Serving, file: str, *, addresses: Sequence[str], known: Collection[str]) -> tuple[Problem, ...]:
    """Every contradiction.

    Args:
        serving: the configuration that is in force.
        file: what problems call it.
        addresses: the numeric addresses that its host stands for; empty: it could not be found out.
        known: names of the models in the repository.
    """
    found = [
        *_bind(serving, addresses),
        *(problem for part in _PARTS for problem in part(serving)),
        *_pipelines(serving, known),
    ]
    return tuple(Problem(file, key, value, expected, fix) for key, value, expected, fix in found)


def doubts(serving: Serving) -> tuple[str, ...]:
    """Limits that are well formed and in force, but hardly meant, each in a sentence; a server starts with them."""
    limits, alone = serving.limits, "the largest requests come in only while nothing else waits"
    pairs = (
        ("decompressed_bytes", limits.decompressed_bytes, "body_bytes", limits.body_bytes, "packed bodies hold less"),
        ("queue_bytes", limits.queue_bytes, "body_bytes", limits.body_bytes, alone),
        ("queue_images", limits.queue_images, "images", limits.images, alone),
    )
    return tuple(
        f"limits.{key} is {value}, limits.{other} {greater}: {effect}; raise the first, or lower the second"
        for key, value, other, greater, effect in pairs
        if value < greater
    )


def _bind(serving: Serving, addresses: Sequence[str]) -> Iterator[Found]:
    if not addresses:
        return
    try:
        check_bind(serving.host, addresses, keys=bool(serving.keys), insecure=serving.insecure)
    except UsageError as error:
        yield "host", serving.host, "keys, or an address that only this machine reaches", error.help


def _ports(serving: Serving) -> Iterator[Found]:
    if serving.port and serving.grpc_port == serving.port:
        yield "grpc_port", str(serving.port), "another port than that of HTTP", "write `grpc_port: 8001`"


def _names(serving: Serving) -> Iterator[Found]:
    yield from _twice("models", "name", [model.name for model in serving.models])
    yield from _twice("pipelines", "name", [pipeline.name for pipeline in serving.pipelines])
    yield from _twice("keys", "name", [key.name for key in serving.keys])
    yield from _twice("keys", "hash", [key.hash for key in serving.keys], hidden=True)


def _twice(section: str, key: str, values: Sequence[str], *, hidden: bool = False) -> Iterator[Found]:
    """Every value but the first of those that are equal."""
    counts, seen = Counter(values), set[str]()
    for number, value in enumerate(values):
        if counts[value] > 1 and value in seen:
            first = f"{section}[{values.index(value)}].{key}"
            told = f"the same as {first}" if hidden else f"{value}, as {first}"
            yield f"{section}[{number}].{key}", told, "one of its own", f"change it, or delete {section}[{number}]"
        seen.add(value)


def _models(serving: Serving) -> Iterator[Found]:
    for number, model in enumerate(serving.models):
        for key, value, expected, fix in _model(model):
            yield f"models[{number}].{key}", value, expected, fix


def _model(model: ModelOptions) -> Iterator[Found]:
    target = model.target_latency_ms
    if target is not None and target < LEAST_TARGET_MS:
        fix = "write it with its unit: `target_latency_ms: 45ms`"
        yield "target_latency_ms", f"{target:g} ms", f"{LEAST_TARGET_MS:g} ms or more", fix
    if model.deadline is DeadlineClass.HARD and target is None:
        fix = "add target_latency_ms, or take `deadline: soft`"
        yield "deadline", "hard without target_latency_ms", "a time that the deadline stands for", fix
    if model.precision is Precision.BF16 and model.runtime is RuntimeName.ONNXRUNTIME:
        fix = "write `runtime: openvino`, or leave the precision to auto"
        yield "precision", "bf16 with runtime onnxruntime", "a precision that this runtime has", fix


def _useless(serving: Serving) -> Iterator[Found]:
    """Keys that have no effect as things are."""
    if serving.metrics_public and not serving.keys:
        yield "metrics_public", "true", "keys: without them everything is open", "delete it, or add keys"
    if serving.fetch.private and not serving.fetch.hosts:
        fix = "add fetch.hosts, or delete fetch.private"
        yield "fetch.private", "true", "hosts that may be reached: there are none", fix


def _roots(serving: Serving) -> Iterator[Found]:
    """What requests may write must not be where models are loaded from."""
    if serving.repository is None:
        return
    models = PurePosixPath(serving.repository)
    for number, text in enumerate(serving.files.outputs):
        folder = PurePosixPath(text)
        if folder.is_relative_to(models) or models.is_relative_to(folder):
            fix = f"take a folder apart from {models}"
            yield f"files.outputs[{number}]", text, "a folder without models: requests write there", fix


def _pipelines(serving: Serving, known: Collection[str]) -> Iterator[Found]:
    served = [model.name for model in serving.models] or sorted(known)
    for number, pipeline in enumerate(serving.pipelines):
        for at, name in enumerate(pipeline.models):
            if name not in served:
                fix = _add(name, nearest(name, served), named=bool(serving.models))
                yield f"pipelines[{number}].models[{at}]", name, "a model that is served", fix


def _add(name: str, near: Iterable[str], *, named: bool) -> str:
    other = "".join(f"write {word}, or " for word in list(near)[:1])
    return f"{other}add {name} to {'models' if named else 'the repository'}"


_PARTS: tuple[Callable[[Serving], Iterator[Found]], ...] = (_ports, _names, _models, _useless, _roots)
