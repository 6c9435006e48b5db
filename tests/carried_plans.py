"""A tiny model in the home folder, its profile, and plans for it: everything that carrying a plan out needs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from fakes import colour_manifest, write_colour_model
from profiled_models import given_profile
from timed_devices import planned, rate_plan

from vedette.adapters.config.repository import Repository
from vedette.values.plan import Plan
from vedette.wiring.plan_store import home_plans
from vedette.wiring.profiles import home_profiles

CHEAPER = {1: 0.010, 2: 0.012, 4: 0.016}


def ready(home: Path) -> None:
    """`colour` can be served, and has a profile `p-1`."""
    Repository(home).save(colour_manifest("model.onnx"), {"model.onnx": write_colour_model(home / "colour.onnx")})
    home_profiles().put(given_profile(CHEAPER))


def kept_job(*parts: tuple[str, int, int]) -> Plan:
    """A plan for a job, which is kept; generous, so that it holds on any machine."""
    plan, _ = planned(*(parts or (("cpu:0.5", 4, 10), ("cpu:0.5", 2, 5))), within_s=500.0)
    home_plans().put(plan)
    return plan


def kept_rate(count: int = 1, rate: float = 280.0) -> Plan:
    """A plan for a rate, which is kept."""
    plan = rate_plan(count, rate, p99_ms=500.0)
    assert plan.replicas is not None
    plan = replace(plan, replicas=replace(plan.replicas, target_latency_ms=40.0))
    home_plans().put(plan)
    return plan
