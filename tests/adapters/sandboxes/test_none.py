"""No sandbox at all."""

from __future__ import annotations

import asyncio

from vedette.adapters.sandboxes.none import NoSandboxes
from vedette.flows.bench.sandbox import Confinement


def test_nothing_is_enforced_and_everything_is_told() -> None:
    """Share, memory and cores, each in a sentence; an order without limits lacks nothing."""
    sandbox, free = (NoSandboxes().enforce(one) for one in (Confinement((0, 1), 0.5, 2_500_000), Confinement()))

    words = (*sandbox.not_enforced, *sandbox.bind(1))
    asyncio.run(sandbox.close())

    assert [one.partition(" is not enforced: ")[0] for one in words] == [
        "the share of 0.5 cores",
        "the memory limit of 2.5 MB",
        "the binding to cores 0, 1",
    ]
    assert (sandbox.prefix, sandbox.out_of_memory()) == ((), False)
    assert (*free.not_enforced, *free.bind(1)) == ()
