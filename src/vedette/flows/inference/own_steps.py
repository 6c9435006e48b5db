"""The steps of one image that the operator's own code takes: hands call it, and the crew goes on with the answer.

part -> hand: `make_row` -> then(row | error)        outputs -> hand: `read_row` -> then(read | error)
deliveries -> hands: `decided`, one a model -> then(deliveries)
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, TypeVar

from vedette.flows.inference.crew import Crew
from vedette.flows.inference.hands import Errand, Hands
from vedette.flows.inference.own import Own, Wanted, decided, make_row, read_row
from vedette.flows.inference.postprocess import Delivery, fail
from vedette.flows.inference.preprocess import Prepared, Row
from vedette.flows.inference.read import Read
from vedette.flows.inference.runtime import Tensor
from vedette.rules.vision.places import Kind, Place
from vedette.values.manifest import Manifest
from vedette.values.result import Result
from vedette.values.timeline import Span

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OwnSteps:
    """The own code of the models of one image.

    Attributes:
        codes: of each model; None where it has none.
        crew: goes on with what the code gives.
        until_ns: the deadline of the image; None without one.
        under_way: holds the names of the code that is at work.
        spend: told the nanoseconds that the code took.
    """

    codes: tuple[Own | None, ...]
    crew: Crew
    until_ns: int | None
    under_way: list[str]
    spend: Callable[[int], None]

    def makes(self, model: int) -> bool:
        """Whether the rows of a model are made by own code."""
        own = self.codes[model]
        return own is not None and own.preprocess is not None

    def reads(self, model: int) -> bool:
        """Whether the outputs of a model are read by own code."""
        own = self.codes[model]
        return own is not None and own.postprocess is not None

    def make(self, model: int, prepared: Prepared, number: int, then: Callable[[Row | Exception], None]) -> None:
        """Make one row."""
        own = self.codes[model]
        assert own is not None, "it makes rows"
        stage, hands = own.stages.preprocess, own.preprocess
        assert stage is not None, "it makes rows"
        assert hands is not None, "there are hands for it"
        if prepared.places[model][number].kind is Kind.BLANK:
            then(prepared.row(model, number))
            return
        part, spec = prepared.part(model, number), prepared.spec(model)
        self._start(hands, lambda: make_row(stage, part, spec), then)

    def read(
        self,
        model: int,
        outputs: tuple[Tensor, ...],
        asked: tuple[Manifest, Place, Wanted],
        then: Callable[[Read | Exception], None],
    ) -> None:
        """Read the outputs for one row."""
        own = self.codes[model]
        assert own is not None, "it reads"
        stage, hands = own.stages.postprocess, own.postprocess
        assert stage is not None, "it reads"
        assert hands is not None, "there are hands for it"
        manifest, place, wanted = asked
        self._start(hands, lambda: read_row(stage, outputs, place, manifest, wanted), then)

    def decide(self, deliveries: Sequence[Delivery], then: Callable[[tuple[Delivery, ...]], None]) -> None:
        """Let each model's own code decide on its result; a failure is none to decide on."""
        judged = [
            (number, own, delivery.outcome)
            for number, (own, delivery) in enumerate(zip(self.codes, deliveries, strict=True))
            if own is not None and own.decide is not None and isinstance(delivery.outcome, Result)
        ]
        if not judged:
            then(tuple(deliveries))
            return
        bench = _Bench(list(deliveries), len(judged), then)
        for number, own, result in judged:
            assert own.decide is not None, "it was chosen for that"
            self._start(own.decide, partial(self._decided, own, result), partial(bench.heard, number))

    def _decided(self, own: Own, result: Result) -> Result:
        assert own.stages.decide is not None, "it was chosen for that"
        started = self.crew.clock.now_ns()
        found = decided(own.stages.decide, result)
        took = Span("postprocess", started, self.crew.clock.now_ns())
        return replace(found, timeline=result.timeline.add(took))

    def _start(self, hands: Hands, work: Callable[[], T], then: Callable[[Any], None]) -> None:
        hands.start(Errand(partial(self._timed, work), then, self.until_ns, self.under_way), self.crew)

    def _timed(self, work: Callable[[], T]) -> T:
        started = self.crew.clock.now_ns()
        try:
            return work()
        finally:
            self.spend(self.crew.clock.now_ns() - started)


class _Bench:
    """Waits for the decisions of several models; whoever brings the last one goes on."""

    def __init__(self, deliveries: list[Delivery], missing: int, then: Callable[[tuple[Delivery, ...]], None]) -> None:
        self._deliveries, self._missing, self._then = deliveries, missing, then
        self._lock = threading.Lock()

    def heard(self, number: int, found: Result | Exception) -> None:
        """One model's own code has decided, or failed."""
        before = self._deliveries[number]
        outcome = found if isinstance(found, Result) else self._failed(before, found)
        with self._lock:
            kept = before if isinstance(found, Result) else Delivery(outcome)
            self._deliveries[number] = replace(kept, outcome=outcome)
            self._missing -= 1
            last = self._missing == 0
        if last:
            self._then(tuple(self._deliveries))

    @staticmethod
    def _failed(before: Delivery, error: Exception) -> Any:
        outcome = before.outcome
        return fail(outcome.id, outcome.source, outcome.frame, error)
