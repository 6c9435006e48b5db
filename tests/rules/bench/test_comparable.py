"""Which runs may be held against each other."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from made_runs import made_run

from vedette.rules.bench.comparable import incomparable
from vedette.values.run import Run
from vedette.values.tensor import TensorSpec
from vedette.values.trial import Inputs, Introduction, Limits, Placement, QualityTarget, Scope, TargetKind, TargetSpec
from vedette.values.workload import Load, LoadKind, Order

RUN = made_run(id="a").run
LARGE = (TensorSpec("images", "FP32", (1, 3, 600, 600)),)


def with_host(**changes: object) -> Run:
    host = replace(RUN.environment.host, **changes)
    return replace(RUN, environment=replace(RUN.environment, host=host))


def with_environment(**changes: object) -> Run:
    return replace(RUN, environment=replace(RUN.environment, **changes))


def with_spec(**changes: object) -> Run:
    return replace(RUN, spec=replace(RUN.spec, **changes))


def with_load(run: Run = RUN, **changes: object) -> Run:
    return replace(run, spec=replace(run.spec, load=replace(run.spec.load, **changes)))


def told(**changes: object) -> Run:
    return replace(RUN, introduction=replace(RUN.introduction, **changes))


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (with_environment(machine="f" * 16), "other machine: "),
        (with_host(quota_cores=1.5), "other CPU quota: 2 cores and 1.5 cores"),
        (with_host(quota_cores=None), "other CPU quota: 2 cores and none"),
        (with_host(allowed_cores=1), "other number of allowed cores: 2 and 1"),
        (with_host(memory_bytes=4 * 1024**3), "other memory: 8.6 GB and 4.3 GB"),
        (with_environment(placement=Placement.REMOTE), "other place of the client: shared and remote"),
        (with_spec(client_cores=(1,)), "other binding of the client: none and to 1 cores"),
        (with_spec(inputs=Inputs(("x",), 9, ((1, 1),), 5, "b" * 64)), "other images: 8 of sha256 "),
        (told(scope=Scope.TENSOR), "other scope of what is timed: image and tensor"),
        (with_load(kind=LoadKind.POISSON), "other load: constant and poisson"),
        (with_load(rate=60.0), "other rate of the load: 50 and 60"),
        (with_load(clients=4), "other clients of the load: 1 and 4"),
        (with_load(think_ms=2.5), "other think_ms of the load: 0 and 2.5"),
        (with_load(warm_up=5), "other warm_up of the load: 0 and 5"),
        (with_load(order=Order.SAME), "other order of the load: cycle and same"),
        (with_load(timeout_s=1.0), "other timeout_s of the load: 30 and 1"),
        (told(tensors=LARGE), "other shapes entered the model: 1x3x224x224 and 1x3x600x600"),
        (told(tensors=LARGE + LARGE), "other shapes entered the model: "),
        (told(model="detector 1"), "other model: classifier 1 and detector 1"),
        (told(model="classifier 2"), "other model: classifier 1 and classifier 2"),
        (with_spec(quality=()), "other quality target: top1=0.99 and none"),
        (with_spec(quality=(QualityTarget("top1", 0.9),)), "other quality target: top1=0.99 and top1=0.9"),
        (with_spec(reference="other.jsonl"), "other reference of the quality: reference.jsonl and other.jsonl"),
    ],
)
def test_what_must_be_alike_is_named_when_it_is_not(other: Run, reason: str) -> None:
    """One thing that differs gives one reason, in words, whichever run comes first."""
    (found,) = incomparable(RUN, other)
    assert found.startswith(reason)
    assert len(incomparable(other, RUN)) == 1


@pytest.mark.parametrize(
    "other",
    [
        made_run(id="b", seed=9, mean_ms=50.0, server="another-server 7", campaign="c").run,
        with_environment(versions=(("openvino", "2027.0"),), vedette="9.9", governor="powersave"),
        with_host(memory_bytes=8 * 1024**3 - 4096, python="3.14.0", system="other kernel"),
        with_spec(target=TargetSpec(TargetKind.OIP, "http://other:9000", "classifier")),
        with_spec(limits=Limits(failed_share=0.5), repeats=9, monitor_hz=0.0),
        with_load(requests=5000),
        with_load(requests=None, duration_s=20.0),
        told(tensors=(TensorSpec("input:0", "UINT8", (-1, 3, 224, 224)),)),
        told(tensors=None),
        told(tensors=()),
        told(model=None),
        told(model="Classifier"),
        told(server=None, pid=None, reason="it does not tell"),
    ],
)
def test_what_is_free_to_differ_is_no_reason(other: Run) -> None:
    """Server, runtime, precision, amount, seed and what a target does not tell never make runs incomparable."""
    assert incomparable(RUN, other) == ()
    assert incomparable(other, RUN) == ()


def test_amount_is_part_of_the_shape_of_a_ramp() -> None:
    """Twice as long a ramp climbs half as fast."""
    ramp = with_load(kind=LoadKind.RAMP, rate_to=100.0, duration_s=20.0, requests=None)

    assert incomparable(ramp, with_load(ramp, duration_s=40.0)) == ("other duration_s of the load: 20 and 40",)


def test_model_may_change_where_a_run_declares_it() -> None:
    """Another model is no reason if either run says so beforehand; other shapes still are one."""
    other = told(model="classifier-int8 1")
    free = replace(other, spec=replace(other.spec, model_may_change=True))

    assert len(incomparable(RUN, other)) == 1
    assert incomparable(RUN, free) == ()
    assert incomparable(free, RUN) == ()
    larger = replace(free, introduction=Introduction(Scope.IMAGE, "s", "m", LARGE))
    assert len(incomparable(RUN, larger)) == 1


def test_every_figure_of_a_load_is_looked_at() -> None:
    """No field of the load but its amount is forgotten: a change of any gives a reason."""
    changes = {
        "kind": LoadKind.CLOSED,
        "trace": "other.txt",
        "order": Order.SHUFFLED,
        **{field.name: 77 for field in fields(Load) if field.name not in {"kind", "trace", "order"}},
    }

    silent = [name for name, value in changes.items() if not incomparable(RUN, with_load(**{name: value}))]

    assert silent == ["requests", "duration_s"]


def test_all_reasons_are_told_at_once() -> None:
    """Several differences give several reasons."""
    other = replace(with_environment(machine="f" * 16, placement=Placement.REMOTE), spec=with_load(rate=9.0).spec)

    assert len(incomparable(RUN, other)) == 3
