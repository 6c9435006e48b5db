"""One image on its way through a server: decoded, cut, run by every model it is for, and answered by worker threads.

    start -> a worker: decode, rows -> stations -> batches (this worker, or idle ones) -> the last row: answer, render

Rows of a batch may belong to several jobs; whoever brings the last row of a job finishes it. Of a job that nobody waits
for any more no row is run.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Generic, TypeVar

from vedette.clock import Clock
from vedette.errors import UnsupportedError, kind_of
from vedette.flows.inference.acquire import Arrival
from vedette.flows.inference.batches import ImageStation, Part, hand_back, run_batch, run_batches, run_due
from vedette.flows.inference.crew import Crew
from vedette.flows.inference.gather import Work
from vedette.flows.inference.image_order import ImageOrder
from vedette.flows.inference.lesson import Lesson
from vedette.flows.inference.postprocess import Delivery, Seen, answer, fail, unread
from vedette.flows.inference.preprocess import Intake, Prepared, Preprocess, Row
from vedette.flows.inference.read import Read, Reader
from vedette.flows.inference.runtime import Tensor
from vedette.flows.inference.ticket import BEGUN, Ticket, rank_of
from vedette.flows.inference.trail import Run
from vedette.values.deadline import DeadlineClass
from vedette.values.frame import Pixels
from vedette.values.manifest import Manifest
from vedette.values.result import Failure
from vedette.values.tiling import Tiling
from vedette.values.timeline import Span, Timeline

if TYPE_CHECKING:
    from vedette.flows.inference.own_steps import OwnSteps

A = TypeVar("A")


class ImageJob(Generic[A]):
    """Started in the event loop, worked on by the crew; its ticket gets what `order.render` makes."""

    def __init__(self, order: ImageOrder[A], stations: Sequence[ImageStation], ticket: Ticket[A], crew: Crew) -> None:
        self._order, self._stations, self._ticket, self._crew = order, stations, ticket, crew
        self._rank = rank_of(ticket.deadline)
        self._clock: Clock = crew.clock
        self._work: Work | None = None
        self._left: deque[tuple[Prepared, int, int]] = deque()
        self._owed = [0] * len(stations)
        self._turn: ImageStation | None = None
        self._lesson = Lesson(stations)
        self._own = self._own_steps()

    @property
    def alive(self) -> bool:
        """Whether anybody waits for it."""
        return self._ticket.alive

    def start(self) -> None:
        """Put the job into the queue of the crew. Rows of best-effort work are nothing that others wait for."""
        if self._ticket.deadline.kind is not DeadlineClass.BEST_EFFORT:
            for model in range(len(self._stations)):
                self._owe(model, 1)
        self._crew.put(self._rank, self._process)

    def _own_steps(self) -> OwnSteps | None:
        """What of this image the operator's own code does; None: nothing."""
        if all(station.own is None for station in self._stations):
            return None
        from vedette.flows.inference.own_steps import OwnSteps

        codes = tuple(station.own for station in self._stations)
        return OwnSteps(codes, self._crew, self._ticket.deadline.at_ns, self._ticket.under_way, self._lesson.worked)

    # --- a worker makes the rows ---

    def _process(self) -> None:
        try:
            if self.alive:
                prepared = self._prepared()
                for model, placed in enumerate(prepared.places):
                    self._owe(model, len(placed) - self._owed[model])
                    self._left.extend((prepared, model, number) for number in range(len(placed)))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with an image, its caller hears of it
            self._refused(error)
            self._left.clear()
        self._go_on()

    def _take_turn(self, station: ImageStation, *, stream: bool) -> None:
        """Go on after a wait for a station; a stream of it that no row takes is given back (a worker)."""
        self._turn = station if stream else None
        self._go_on()

    def _leave_turn(self) -> None:
        """Give back the stream of a turn that no row takes."""
        if self._turn is not None:
            unused, self._turn = self._turn, None
            hand_back(unused, self._crew)

    def _go_on(self) -> None:
        """Make rows and offer them, until none is left, or others wait and a batch has been run."""
        try:
            parked = self._make_rows()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a row, its caller hears of it
            self._refused(error)
            self._left.clear()
            parked = False
        if parked:  # another worker may have gone on with it by now
            return
        self._leave_turn()
        if self._left and self.alive:
            self._crew.put(self._rank, self._go_on)
            return
        self._left.clear()
        for model, station in enumerate(self._stations):
            self._owe(model, -self._owed[model])  # rows that will not come
            run_due(station, self._crew)

    def _make_rows(self) -> bool:
        """Offer row after row; a batch goes to an idle worker while there are rows to be made, else it is run here.

        Returns:
            whether it is parked: it goes on when a stream is free.
        """
        while self._left and self.alive:
            prepared, model, number = self._left[0]
            station = self._stations[model]
            if self._turn is not station and station.crowded(self._rank, partial(self._take_turn, station)):
                return True
            self._left.popleft()
            self._owed[model] -= 1
            if self._own is not None and self._own.makes(model):
                self._leave_turn()
                self._own.make(model, prepared, number, partial(self._made, model, number))
                continue
            batch = self._offered(prepared, model, number)
            if batch and self._left and self._crew.idle:
                self._crew.put(BEGUN, partial(run_batches, station, batch, self._crew))
            elif batch:
                run_batch(station, batch, self._crew)
                if self._crew.waiting:
                    return False
        return False

    def _owe(self, model: int, rows: int) -> None:
        """Let a station expect so many more rows of this job; negative: not after all."""
        self._owed[model] += rows
        if rows:
            self._stations[model].expect(rows)

    def _prepared(self) -> Prepared:
        look, order = self._order.look, self._order
        own = self._own
        intakes = [
            _intake(station.manifest, look.tiling, own=own is not None and own.makes(model))
            for model, station in enumerate(self._stations)
        ]
        wanted = look.asked.picture or look.asked.crops
        prepared = Preprocess(intakes, wanted, self._clock, look.pixel_limit, lambda _: look.region)(order.frame)
        arrival = Arrival(0, order.id, order.frame, order.received)
        self._work = Work(arrival, prepared.size, prepared.places, prepared.pixels, prepared.decode)
        self._lesson.worked(prepared.decode.end_ns - prepared.decode.start_ns)
        return prepared

    def _offered(self, prepared: Prepared, model: int, number: int) -> list[Part]:
        assert self._work is not None, "it was prepared"
        started = self._clock.now_ns()
        try:
            row = prepared.row(model, number)
        except Exception:
            self._stations[model].expect(-1)
            raise
        self._lesson.worked(self._clock.now_ns() - started)
        turn, self._turn = self._turn is self._stations[model], None
        return self._offer(model, number, row, turn=turn)

    def _offer(self, model: int, number: int, row: Row, *, turn: bool = False) -> list[Part]:
        assert self._work is not None, "it was prepared"
        self._work.rows_made_ns = self._clock.now_ns()
        part = Part(self, model, number, row, self._work.rows_made_ns, self._rank)
        return self._stations[model].offer(part, turn=turn)

    def _made(self, model: int, number: int, row: Row | Exception) -> None:
        """Go on with a row that own code has made, or could not make (a worker)."""
        assert self._work is not None, "it was prepared"
        station = self._stations[model]
        if not isinstance(row, Exception):
            if batch := self._offer(model, number, row):
                run_batch(station, batch, self._crew)
        else:
            station.expect(-1)
            if self._work.gather(model, number, row):
                self._finish(self._work)
        run_due(station, self._crew)

    def broke(self, error: Exception) -> None:
        """Something of our own went wrong with this job."""
        self._refused(error)

    def _refused(self, error: Exception) -> None:
        if not self.alive:  # who waited has been answered, and was counted then
            return
        for station in self._stations:
            station.statistics.failed(kind_of(error))
        self._ticket.fail(error)

    # --- whoever ran the last row ends the job ---

    def answered(self, part: Part, output: tuple[Tensor, ...] | Exception, infer: Span, share_ns: int) -> None:
        """Take the outputs for a row, whose share of the inference was `share_ns`; the last one makes the answer."""
        assert self._work is not None, "a part is made of a work"
        work = self._work
        self._lesson.inferred(part.model, share_ns)
        if (
            self._own is None
            or not self._own.reads(part.model)
            or isinstance(output, Exception)
            or self._order.look.raw
        ):
            self._gather(part, infer, self._read(part, output, work))
            return
        from vedette.flows.inference.own import Wanted

        look, place = self._order.look, work.places[part.model][part.number]
        wanted = Wanted(look.asked.threshold, self._class_ids(part.model))
        asked = (self._stations[part.model].manifest, place, wanted)
        self._own.read(part.model, output, asked, partial(self._gather, part, infer))

    def _gather(self, part: Part, infer: Span, read: Read | Exception) -> None:
        assert self._work is not None, "a part is made of a work"
        waited = Span("queue", part.ready_ns, max(part.ready_ns, infer.start_ns))
        after = Span("postprocess", infer.end_ns, self._clock.now_ns())
        if self._work.gather(part.model, part.number, read, waited, infer, after):
            self._finish(self._work)

    def _class_ids(self, model: int) -> frozenset[int] | None:
        look = self._order.look
        return look.class_ids[model] if look.class_ids else None

    def _read(self, part: Part, output: tuple[Tensor, ...] | Exception, work: Work) -> Read | Exception:
        look, manifest = self._order.look, self._stations[part.model].manifest
        if isinstance(output, Exception) or look.raw:
            return output
        try:
            reader = Reader(manifest, look.asked.threshold_for(manifest), self._class_ids(part.model))
            return reader(output, work.places[part.model][part.number])
        except Exception as error:  # noqa: BLE001 - one answer must not stop the rest
            return error.with_traceback(None)

    def _finish(self, work: Work) -> None:
        if not self.alive:
            self._lesson.too_late(work, self._clock.now_ns())
            return
        started = self._clock.now_ns()
        deliveries = tuple(self._delivery(work, number) for number in range(len(self._stations)))
        self._lesson.worked(self._clock.now_ns() - started)
        if self._own is None or self._order.look.raw:
            self._end(work, deliveries)
        else:
            self._own.decide(deliveries, partial(self._end, work))

    def _end(self, work: Work, deliveries: tuple[Delivery, ...]) -> None:
        started = self._clock.now_ns()
        try:
            rendered = self._order.render(deliveries)
        except Exception as error:  # noqa: BLE001 - whatever it is, the caller hears of it
            self._refused(error)
            return
        if not self.alive:
            self._lesson.too_late(work, self._clock.now_ns())
            return
        self._leave_trail(deliveries)
        self._lesson.worked(self._clock.now_ns() - started)
        # before the answer leaves: who has it may ask for the statistics
        self._lesson.answered(work, deliveries, self._clock.now_ns())
        self._ticket.settle(rendered)

    def _leave_trail(self, deliveries: Sequence[Delivery]) -> None:
        if not self._ticket.traced:
            return
        for station, delivery in zip(self._stations, deliveries, strict=True):
            if not isinstance(delivery.outcome, Failure):
                self._ticket.ran(Run(station.manifest.name, station.manifest.version, delivery.outcome.timeline))

    def _delivery(self, work: Work, number: int) -> Delivery:
        order, station = self._order, self._stations[number]
        refused = work.errors[number]
        if refused is not None:
            return Delivery(fail(order.id, order.frame.source, order.frame.index, refused))
        try:
            rows = [one for one in work.answers[number] if one is not None]
            waited = Span("queue", order.received.end_ns, work.decode.start_ns)
            timeline = Timeline((order.received, waited, *work.prepared, *work.spans[number]))
            seen = Seen(order.id, order.frame, work.size, work.places[number], timeline, self._pixels(work))
            if order.look.raw:
                return unread(seen, station.loaded.instance, rows)
            return answer(seen, station.loaded.instance, rows, order.look.asked, self._clock)
        except Exception as error:  # noqa: BLE001 - one model must not stop the others
            return Delivery(fail(order.id, order.frame.source, order.frame.index, error))

    def _pixels(self, work: Work) -> Pixels | None:
        """The whole image, where a picture is wanted; a large one was not kept, and is decoded once more."""
        asked = self._order.look.asked
        if work.pixels is not None or not (asked.picture or asked.crops):
            return work.pixels
        return Preprocess([], keep_pixels=True, clock=self._clock, pixel_limit=self._order.look.pixel_limit).whole(
            self._order.frame
        )


def _intake(manifest: Manifest, tiling: Tiling | None, *, own: bool) -> Intake:
    if manifest.input is None:
        raise UnsupportedError(
            f"{manifest.name} takes plain tensors, not images", help=f"POST tensors to /v2/models/{manifest.name}/infer"
        )
    return Intake(manifest.input, tiling if manifest.model_type.is_detector else None, own)
