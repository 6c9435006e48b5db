"""One or several targets that take turns: interleaved repeats, or a search for the highest rate that holds.

targets A, B, 4 repeats -> rounds AB BA BA AB -> Instrument.run(Part) each -> what each part reported, in order
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np

from vedette.flows.bench.generator import Part, PartReport
from vedette.rules.bench.rounds import rounds
from vedette.rules.load.images import seed_of
from vedette.rules.load.peak import after, best, next_rate, outcome, start
from vedette.values.run import Probe
from vedette.values.trial import Introduction, TrialSpec
from vedette.values.workload import Load, LoadKind


class Instrument(Protocol):
    """Puts load on one target and watches the machine meanwhile."""

    async def open(self) -> Introduction:
        """Reach the target."""

    async def run(self, part: Part) -> PartReport:
        """Run one part; its rows and samples are kept by the instrument."""

    def judge(self, part: Part) -> Probe:
        """Whether the rate of a part was held, from its rows."""

    async def close(self) -> None:
        """Let go of the target."""


@dataclass(slots=True)
class Trial:
    """One target of a campaign: what was asked of it, and what has come of it so far.

    Attributes:
        spec: what was asked.
        instrument: who measures it.
        introduction: what the target told; None until it was reached.
        parts: what was run, with its report, in order.
        order: the turn of each part within the campaign.
        probes: steps of a search for the peak.
        counted: numbers of the repeats whose figures count; a search counts those at the rate it found.
        notes: what a search found, in words.
    """

    spec: TrialSpec
    instrument: Instrument
    introduction: Introduction | None = None
    parts: list[tuple[Part, PartReport]] = field(default_factory=list)
    order: list[int] = field(default_factory=list)
    probes: list[Probe] = field(default_factory=list)
    counted: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


Say = Callable[[str], None]


class Campaign:
    """Runs its trials in turns; `begin` is told of each target once it is reached.

    What was measured before an error or an interruption stays in `trials`.
    """

    def __init__(self, trials: Sequence[Trial], say: Say, begin: Callable[[Trial], None]) -> None:
        self.trials = tuple(trials)
        self._say, self._begin = say, begin
        self._turn = 0

    async def run(self) -> None:
        """Reach all targets, then run every part."""
        for trial in self.trials:
            trial.introduction = await trial.instrument.open()
            self._begin(trial)
        spec = self.trials[0].spec
        if spec.load.kind is LoadKind.PEAK:
            for trial in self.trials:
                await self._search(trial)
            return
        order = rounds(len(self.trials), spec.repeats, np.random.default_rng(spec.seed))
        for repeat, turns in enumerate(order):
            for number in turns:
                trial = self.trials[number]
                part = Part(repeat, seed_of(trial.spec.seed, repeat), trial.spec.load)
                self._say(f"{trial.spec.target}: repeat {repeat + 1} of {spec.repeats}")
                await self._one(trial, part)
                trial.counted.append(repeat)

    async def close(self) -> None:
        """Let go of every target."""
        for trial in self.trials:
            await trial.instrument.close()

    async def _search(self, trial: Trial) -> None:
        state = start(trial.spec.load)
        while (rate := next_rate(state)) is not None:
            number = len(trial.parts)
            part = Part(number, seed_of(trial.spec.seed, number), at_rate(trial.spec.load, rate))
            self._say(f"{trial.spec.target}: trying {rate:.4g} requests/s")
            await self._one(trial, part)
            probe = trial.instrument.judge(part)
            trial.probes.append(probe)
            state = after(state, probe)
        self._say(f"{trial.spec.target}: {outcome(state)}")
        trial.notes.append(outcome(state))
        found = best(state)
        trial.counted = [number for number, probe in enumerate(trial.probes) if probe.rate == found]

    async def _one(self, trial: Trial, part: Part) -> None:
        trial.order.append(self._turn)
        self._turn += 1
        report = await trial.instrument.run(part)
        trial.parts.append((part, report))


def at_rate(load: Load, rate: float) -> Load:
    """The load of one step of a search: Poisson arrivals at a rate."""
    return replace(load, kind=LoadKind.POISSON, rate=rate, limit_ms=None)
