"""Plans for a rate: each kind of device is a kind of replica, and the rule simulates."""

from __future__ import annotations

from collections.abc import Iterator

from vedette.errors import InvalidError
from vedette.flows.planning.known import Known
from vedette.flows.planning.solver import Solver
from vedette.rules.capacity.capability import Capability
from vedette.rules.capacity.capable import batch_curve
from vedette.rules.capacity.draft import currency_of
from vedette.rules.capacity.rate import METHOD, plan_rate
from vedette.rules.capacity.replicas import ReplicaKind
from vedette.values.demand import Demand
from vedette.values.plan import Plan


def rate_plan(demand: Demand, known: Known, solver: Solver) -> Plan:
    """Fewest (or cheapest) replicas that keep the p99 of a rate.

    Raises:
        InvalidError: no device has a profile of single images.
        UsageError: a limit that a rate knows nothing of, or a price is missing.
    """
    del solver  # a rate is simulated
    kinds = list(_replica_kinds(demand, known))
    if not kinds:
        raise InvalidError(
            f"no mini-batch of {demand.models[0]} fits a device of the fleet",
            help="allow more memory, or profile again",
        )
    answer = plan_rate(kinds, demand)
    return Plan(
        id="",
        demand=demand,
        status=answer.status,
        objective=answer.objective,
        method=METHOD,
        replicas=answer.replicas,
        currency=answer.currency or currency_of(demand.fleet),
        binding=answer.binding,
        relaxations=answer.relaxations,
        warnings=answer.warnings,
    )


def _replica_kinds(demand: Demand, known: Known) -> Iterator[ReplicaKind]:
    profiles = {profile.id: profile for profile in known.profiles}
    counts = {stock.kind.name: stock.count for stock in demand.fleet.stocks}
    for able in known.capabilities:
        largest = _largest(able, demand)
        if largest:
            curve = batch_curve(profiles[able.profile], demand.size)
            count, profile = counts[able.device.name], profiles[able.profile]
            yield ReplicaKind(
                able.device,
                able.model,
                able.profile,
                curve,
                count,
                largest,
                profile.request_s,
                profile.after_idle,
            )


def _largest(able: Capability, demand: Demand) -> int:
    """Largest mini-batch that the device and the demand allow; 0: none."""
    memory, most = able.device.memory_bytes, demand.limits.batch
    allowed = (
        option.batch
        for option in able.options
        if (most is None or option.batch <= most)
        and (memory is None or option.peak_bytes is None or option.peak_bytes <= memory)
    )
    return max(allowed, default=0)
