"""One connection: what a request costs over the engine itself, for both plans of Vedette.

the default plan (throughput: one thread an inference)  against  the bare loop with one thread
`optimise: latency` (all cores an inference)            against  the bare loop with all cores
"""

from __future__ import annotations

from contextlib import ExitStack

from benchmarks.serve_bare import Bare, Setting, bare_loop
from benchmarks.serve_contenders import MODEL, vedette
from benchmarks.serve_fleet import Entrant, Row, fleet
from benchmarks.serve_setup import Setup

PLANS = {"default plan": "bare loop, one thread", "optimise: latency": "bare loop, all cores"}
"""Each plan of Vedette, and the bare loop that it is held against."""

Turn = Entrant | Bare


def latency(setup: Setup) -> tuple[list[Row], dict[str, str]]:
    """p50 and p99 of everybody in every round, and who takes no part."""
    config = setup.folder / "latency.yaml"
    config.write_text(f"models:\n  - name: {MODEL}\n    optimise: latency\n", encoding="utf-8")
    plans = [
        vedette("default plan", execution=setup.execution),
        vedette("optimise: latency", "--config", str(config), execution=setup.execution),
    ]
    with fleet(plans, setup) as (entrants, absent), ExitStack() as loops:
        turns: dict[str, Turn] = {entrant.contender.name: entrant for entrant in entrants}
        for name, threads in zip(PLANS.values(), (1, setup.cores), strict=True):
            turns[name] = loops.enter_context(bare_loop(setup.job, setup.image_folder, Setting(1, 1, threads)))
        rows = [row for number in range(setup.effort.rounds) for row in _round(turns, number, setup)]
    return rows, absent


def _round(turns: dict[str, Turn], number: int, setup: Setup) -> list[Row]:
    names = list(turns)
    setup.effort.order("latency", number).shuffle(names)
    return [{"round": number, "contender": name, **_measure(turns[name], setup)} for name in names]


def _measure(turn: Turn, setup: Setup) -> Row:
    if isinstance(turn, Bare):
        turn.run(setup.effort.warm_up_s)
        return dict(turn.run(setup.effort.seconds))
    return turn.measure(1, setup.effort.seconds, setup.effort.warm_up_s)
