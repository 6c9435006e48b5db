"""Targets take turns, and a search for the peak tries rate after rate."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from made_runs import made_run

from vedette.errors import UnavailableError
from vedette.flows.bench.campaign import Campaign, Trial
from vedette.flows.bench.generator import Part, PartReport
from vedette.values.run import ClientUse, Probe
from vedette.values.trial import Introduction, Scope, TrialSpec
from vedette.values.workload import Load, LoadKind


@dataclass
class Instrument:
    """An instrument whose target holds rates up to `peak`, and which writes down its turns in `turns`."""

    name: str
    turns: list[tuple[str, Part]]
    peak: float = 100.0
    closed: bool = field(default=False)

    async def open(self) -> Introduction:
        return Introduction(Scope.HARNESS)

    async def run(self, part: Part) -> PartReport:
        self.turns.append((self.name, part))
        return PartReport(ClientUse(0.0, 1.0, 1), (), 1)

    def judge(self, part: Part) -> Probe:
        assert part.load.rate is not None
        return Probe(part.load.rate, part.load.rate <= self.peak, 1.0, "")

    async def close(self) -> None:
        self.closed = True


class Absent(Instrument):
    async def open(self) -> Introduction:
        raise UnavailableError("nothing answers", help="start it")


def spec(load: Load, repeats: int = 1) -> TrialSpec:
    made = made_run().run.spec
    return TrialSpec(made.target, load, made.inputs, seed=5, repeats=repeats)


def conducted(names: str, load: Load, repeats: int = 1) -> tuple[Campaign, list[tuple[str, Part]]]:
    turns: list[tuple[str, Part]] = []
    begun: list[Trial] = []
    campaign = Campaign(
        [Trial(spec(load, repeats), Instrument(name, turns)) for name in names], lambda _: None, begun.append
    )
    asyncio.run(campaign.run())
    assert begun == list(campaign.trials)
    return campaign, turns


def test_targets_take_turns_and_every_second_round_runs_backwards() -> None:
    """ABBA: a drift of the machine falls on both alike."""
    campaign, turns = conducted("AB", Load(LoadKind.CLOSED, requests=1), repeats=6)

    rounds = ["".join(name for name, _ in turns[start : start + 2]) for start in range(0, 12, 2)]
    assert all(first == second[::-1] for first, second in zip(rounds[::2], rounds[1::2], strict=True))
    assert sorted(campaign.trials[0].order + campaign.trials[1].order) == list(range(12))


def test_every_repeat_has_a_seed_of_its_own_and_targets_share_it() -> None:
    """In one round all targets see the same schedule; in the next another."""
    _, turns = conducted("AB", Load(LoadKind.CLOSED, requests=1), repeats=3)

    seeds = {(name, part.repeat): part.seed for name, part in turns}
    assert all(seeds["A", repeat] == seeds["B", repeat] for repeat in range(3))
    assert len(set(seeds.values())) == 3


def test_a_search_ends_near_the_peak_and_counts_what_confirmed_it() -> None:
    """Probes are kept; the figures are those of the rate that was found."""
    campaign, turns = conducted("A", Load(LoadKind.PEAK, limit_ms=50, duration_s=60))

    (trial,) = campaign.trials
    found = {trial.probes[number].rate for number in trial.counted}
    assert len(found) == 1
    assert 95 <= found.pop() <= 100
    assert len(trial.counted) >= 2
    assert all(part.load.kind is LoadKind.POISSON and part.load.limit_ms is None for _, part in turns)
    assert trial.notes


def test_a_target_that_is_absent_is_told_before_anything_is_measured() -> None:
    """The others are not measured in vain."""
    turns: list[tuple[str, Part]] = []
    load = Load(LoadKind.CLOSED, requests=1)
    trials = [Trial(spec(load), Instrument("A", turns)), Trial(spec(load), Absent("B", turns))]
    campaign = Campaign(trials, lambda _: None, lambda _: None)

    with pytest.raises(UnavailableError, match="nothing answers"):
        asyncio.run(campaign.run())

    assert turns == []
    asyncio.run(campaign.close())
    assert all(trial.instrument.closed for trial in trials)
