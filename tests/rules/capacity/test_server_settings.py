"""Which servers carry a plan out."""

from __future__ import annotations

from dataclasses import replace

from profiled_models import given_profile
from timed_devices import planned, rate_plan

from vedette.rules.batching.policy import policy_for
from vedette.rules.capacity.capable import batch_curve
from vedette.rules.capacity.server_settings import server_settings
from vedette.values.device import DeviceKind
from vedette.values.execution import Execution, Precision, RuntimeName
from vedette.values.plan import Prediction
from vedette.values.serving import VersionPolicy

CHEAPER = {1: 0.010, 2: 0.012, 4: 0.016, 8: 0.024}
"""Larger batches pay: the policy makes them."""


def test_replica_runs_as_it_was_profiled_with_the_policy_of_the_plan() -> None:
    """Runtime, precision and threads are the profile's; policy_for makes the plan's batch and window of the options."""
    profile = given_profile(CHEAPER, execution=Execution(RuntimeName.OPENVINO, Precision.BF16))
    plan = rate_plan()
    assert plan.replicas is not None
    plan = replace(plan, replicas=replace(plan.replicas, batch=4, delay_ms=12.0, target_latency_ms=36.0))

    (server,) = server_settings(plan, {"p-1": profile})
    (model,) = server.models
    policy = policy_for(batch_curve(profile), model.max_batch, model.target_latency_ms)

    assert (model.runtime, model.precision, model.threads) == (RuntimeName.OPENVINO, Precision.BF16, 1)
    assert model.profile == "p-1"
    assert model.versions == VersionPolicy(None, ("1",))
    assert (policy.size, policy.window_ns) == (4, 12_000_000)
    assert not any("mini-batches" in remark for remark in server.remarks)


def test_each_replica_is_a_server_and_a_proxy_is_asked_for() -> None:
    """Three replicas are three servers that differ by their number."""
    servers = server_settings(rate_plan(count=3), {"p-1": given_profile(CHEAPER)})

    assert [server.number for server in servers] == [1, 2, 3]
    assert len({server.models for server in servers}) == 1
    assert any("proxy before the 3 servers" in remark for remark in servers[0].remarks)


def test_each_device_that_works_is_a_server_and_others_are_none() -> None:
    """A device that only stands by for one that may be lost has no images, and no server."""
    plan, _ = planned(("cpu:1", 4, 12), ("cpu:0.5", 2, 6), ("cpu:0.5", 2, 6))
    spare = replace(plan.assignments[2], images=0)
    plan = replace(plan, assignments=(*plan.assignments[:2], spare))

    servers = server_settings(plan, {"p-1": given_profile(CHEAPER)})

    assert [(server.device.name, server.number) for server in servers] == [("cpu:1", 1), ("cpu:0.5", 1)]
    assert [server.models[0].max_batch for server in servers] == [4, 2]


def test_models_on_one_device_share_its_server() -> None:
    """Two assignments of one device become two models of one server."""
    plan, _ = planned(("cpu:1", 4, 12))
    (one,) = plan.assignments
    other = replace(one, model="other", profile="p-2", batch=2, time_s=Prediction(1.0))
    plan = replace(plan, assignments=(one, other))

    (server,) = server_settings(plan, {"p-1": given_profile(CHEAPER), "p-2": given_profile(CHEAPER, "other", "p-2")})

    assert [(model.name, model.max_batch) for model in server.models] == [("colour", 4), ("other", 2)]


def test_batches_that_the_server_would_not_make_are_told() -> None:
    """Where a larger batch saves nothing, the server's policy makes none, whatever the plan has."""
    plan, _ = planned(("cpu:1", 4, 12))

    (server,) = server_settings(plan, {"p-1": given_profile({1: 0.01, 4: 0.04})})

    assert any("the server makes batches of 1 at most" in remark for remark in server.remarks)


def test_limits_of_a_device_are_told() -> None:
    """A configuration limits neither cores nor memory."""
    plan, _ = planned(("cpu:0.5", 4, 12))
    device = DeviceKind("cpu:0.5", 0.5, memory_bytes=512_000_000)
    plan = replace(plan, assignments=(replace(plan.assignments[0], device=device),))

    (server,) = server_settings(plan, {"p-1": given_profile(CHEAPER)})

    assert any("0.5 of the cores" in remark for remark in server.remarks)
    assert any("512 MB" in remark for remark in server.remarks)


def test_infeasible_plan_has_no_servers() -> None:
    """Nothing is assigned."""
    plan, _ = planned(("cpu:1", 4, 12))

    assert server_settings(replace(plan, assignments=()), {}) == ()
