"""The four scenarios as loads: one client, a request after the other.

scenario-1  the same image, from the first request on
scenario-2  the same image, after a warm-up
scenario-3  different images of one size, after a warm-up
scenario-4  different images of different sizes, after a warm-up
"""

from __future__ import annotations

from dataclasses import replace

from vedette.errors import UsageError
from vedette.values.workload import Load, LoadKind, Order

REQUESTS = 1000
WARM_UP = 10

_SAME_IMAGE = (LoadKind.SCENARIO_1, LoadKind.SCENARIO_2)


def expanded(load: Load) -> Load:
    """A scenario with its number of requests, warm-up and order filled in; any other load as it is.

    Raises:
        UsageError: a warm-up is asked of the scenario that has none.
    """
    if not load.kind.is_scenario:
        return load
    cold = load.kind is LoadKind.SCENARIO_1
    if cold and load.warm_up:
        raise UsageError(
            f"--warm-up {load.warm_up}: scenario-1 has no warm-up", help="leave it out, or take scenario-2"
        )
    return replace(
        load,
        requests=load.requests or (None if load.duration_s else REQUESTS),
        warm_up=0 if cold else load.warm_up or WARM_UP,
        order=Order.SAME if load.kind in _SAME_IMAGE else load.order,
    )
