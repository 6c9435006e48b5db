"""Whether two runs may be held against each other: what must be alike, and what is free to differ.

Alike: machine, cores, memory, images, place of the client, scope, load, shapes that entered the model, quality target,
and the model unless a run declares that it may change. Free: the server, the runtime, the precision, how many requests
were sent, the seed: these are what comparisons are made for, or what only makes the sample larger.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields

from vedette.rules.bench.machines import differences
from vedette.values.run import Run
from vedette.values.tensor import TensorSpec
from vedette.values.trial import Introduction
from vedette.values.workload import Load, LoadKind

_AMOUNTS = ("requests", "duration_s")
_SHAPED = (LoadKind.RAMP, LoadKind.TRACE)
"""Loads whose rate depends on how long they last: the amount is part of their shape."""


def incomparable(a: Run, b: Run) -> tuple[str, ...]:
    """Why two runs cannot be compared, in words, each naming both sides; empty if they can."""
    return (*_places(a, b), *_inputs(a, b), *_load(a.spec.load, b.spec.load), *_models(a, b), *_quality(a, b))


def _places(a: Run, b: Run) -> Iterator[str]:
    here, there = a.environment, b.environment
    for found in differences(here, there):
        yield f"other {found.what}: {found.one} and {found.other}"
    if here.placement is not there.placement:
        yield f"other place of the client: {here.placement} and {there.placement}"
    if len(a.spec.client_cores) != len(b.spec.client_cores):
        yield f"other binding of the client: {_bound(a.spec.client_cores)} and {_bound(b.spec.client_cores)}"


def _inputs(a: Run, b: Run) -> Iterator[str]:
    here, there = a.spec.inputs, b.spec.inputs
    if here.sha256 != there.sha256:
        yield f"other images: {here.count} of sha256 {here.sha256[:12]} and {there.count} of {there.sha256[:12]}"
    if a.introduction.scope is not b.introduction.scope:
        yield f"other scope of what is timed: {a.introduction.scope} and {b.introduction.scope}"


def _load(a: Load, b: Load) -> Iterator[str]:
    if a.kind is not b.kind:
        yield f"other load: {a.kind} and {b.kind}"
        return
    for field in fields(Load):
        if field.name in _AMOUNTS and a.kind not in _SHAPED:
            continue
        here, there = getattr(a, field.name), getattr(b, field.name)
        if here != there:
            yield f"other {field.name} of the load: {_figure(here)} and {_figure(there)}"


def _quality(a: Run, b: Run) -> Iterator[str]:
    here, there = _targets(a), _targets(b)
    if here != there:
        yield f"other quality target: {here or 'none'} and {there or 'none'}"
    elif here and a.spec.reference != b.spec.reference:
        yield f"other reference of the quality: {a.spec.reference} and {b.spec.reference}"


def _targets(run: Run) -> str:
    return ", ".join(sorted(f"{one.metric}={one.share:g}" for one in run.spec.quality))


# --- models -----------------------------------------------------------------------------------------------------------


def _models(a: Run, b: Run) -> Iterator[str]:
    if a.introduction.tensors and b.introduction.tensors:
        yield from _tensors(a.introduction.tensors, b.introduction.tensors)
    may_change = a.spec.model_may_change or b.spec.model_may_change
    if not may_change and _differ(_model(a.introduction), _model(b.introduction)):
        yield (
            f"other model: {a.introduction.model} and {b.introduction.model}, "
            "and neither run declares that the model may change"
        )


def _tensors(a: Sequence[TensorSpec], b: Sequence[TensorSpec]) -> Iterator[str]:
    """Names and types belong to the server and the precision; the shapes are what was worked on."""
    if len(a) != len(b) or not all(_fits(one.shape, other.shape) for one, other in zip(a, b, strict=True)):
        yield f"other shapes entered the model: {_shapes(a)} and {_shapes(b)}"


def _fits(a: Sequence[int], b: Sequence[int]) -> bool:
    """Whether two shapes may be one; -1 stands for any side."""
    return len(a) == len(b) and all(one == other or -1 in {one, other} for one, other in zip(a, b, strict=True))


def _shapes(tensors: Sequence[TensorSpec]) -> str:
    return ", ".join("x".join(map(str, one.shape)) for one in tensors)


def _model(introduction: Introduction) -> tuple[str, str]:
    """Name and version of the model as the target tells them; empty where it does not."""
    name, _, version = (introduction.model or "").strip().partition(" ")
    return name.lower(), version.strip().lower()


def _differ(a: tuple[str, str], b: tuple[str, str]) -> bool:
    """Whether one of name and version is told by both and is not the same."""
    return any(one and other and one != other for one, other in zip(a, b, strict=True))


# --- words ------------------------------------------------------------------------------------------------------------


def _bound(cores: Sequence[int]) -> str:
    return f"to {len(cores)} cores" if cores else "none"


def _figure(value: object) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
