"""Outlets: what becomes of a parcel."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from vedette.errors import ExhaustedError, InvalidError, UnavailableError, VedetteError
from vedette.flows.inference.postprocess import Delivery
from vedette.flows.interface import outlet as module
from vedette.flows.interface.outlet import Outlet
from vedette.rules.interface.retry import ATTEMPTS, FIRST_WAIT_NS
from vedette.values.result import Failure


def parcel_of(name: str) -> tuple[Delivery, ...]:
    return (Delivery(Failure(name, "x.jpg", 0, "invalid", "no image", "send one")),)


class Destination:
    """Keeps what it takes; `before` is called first, in its thread."""

    def __init__(self, before: Callable[[Delivery], None] = lambda delivery: None) -> None:
        self.taken: list[str] = []
        self.tried = 0
        self._before = before

    def write(self, delivery: Delivery) -> None:
        self.tried += 1
        self._before(delivery)
        self.taken.append(delivery.outcome.id)


class SkippingClock:
    """A clock that never waits, and remembers how long it should have."""

    def __init__(self) -> None:
        self.waits: list[int] = []

    def now_ns(self) -> int:
        return 0

    async def sleep_until(self, instant_ns: int) -> None:
        self.waits.append(instant_ns)


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(coroutine, 30))


def failing(*errors: VedetteError | ValueError) -> Callable[[Delivery], None]:
    left = list(errors)

    def before(delivery: Delivery) -> None:
        if left:
            raise left.pop(0)

    return before


BUSY = UnavailableError("busy", help="later")


def test_in_order() -> None:
    """Parcels are written in the order in which they were sent."""

    async def check() -> None:
        there = Destination()
        outlet = Outlet("x", there, SkippingClock())
        parcels = [outlet.send_now(parcel_of(str(number))) for number in range(50)]
        sent = await asyncio.gather(*(parcel.end for parcel in parcels))
        await outlet.close()

        assert there.taken == [str(number) for number in range(50)]
        assert {one.error for one in sent} == {None}

    run(check())


@pytest.mark.parametrize(
    ("errors", "tried", "kind"),
    [
        ([BUSY], 2, None),
        ([BUSY] * (ATTEMPTS - 1), ATTEMPTS, None),
        ([BUSY] * ATTEMPTS, ATTEMPTS, "unavailable"),
        ([ExhaustedError("full", help="")], 1, "exhausted"),
        ([BUSY, InvalidError("no", help="")], 2, "invalid"),
        ([ValueError("a bug")], 1, "internal"),
    ],
)
def test_tried_again(errors: list[Any], tried: int, kind: str | None) -> None:
    """What passes by itself is tried again, with waits that double; the next parcel has its own chance."""

    async def check() -> None:
        there, clock = Destination(failing(*errors)), SkippingClock()
        outlet = Outlet("x", there, clock)
        sent = await outlet.send_now(parcel_of("a")).end
        again = await outlet.send_now(parcel_of("b")).end
        await outlet.close()

        assert (sent.error.kind if sent.error else None) == kind
        assert there.tried == tried + 1
        assert clock.waits == [FIRST_WAIT_NS * 2**number for number in range(tried - 1)]
        assert again.error is None

    run(check())


def test_a_full_queue() -> None:
    """Where too many wait, one more fails at once; who can wait gets room when there is some."""

    async def check() -> None:
        release, entered = threading.Event(), threading.Event()

        def hang(delivery: Delivery) -> None:
            entered.set()
            assert release.wait(30)

        there = Destination(hang)
        outlet = Outlet("x", there, SkippingClock())
        parcels = [outlet.send_now(parcel_of("first"))]
        await asyncio.to_thread(entered.wait, 30)
        parcels += [outlet.send_now(parcel_of("more")) for _ in range(module.WAITING)]
        refused = outlet.send_now(parcel_of("too many"))
        patient = asyncio.create_task(outlet.send(parcel_of("patient")))
        await asyncio.sleep(0)

        assert refused.end.result().error.kind == "overloaded"
        assert not patient.done()
        release.set()
        parcels.append(await patient)
        await asyncio.gather(*(parcel.end for parcel in parcels))
        await outlet.close()
        assert there.taken == ["first"] + ["more"] * module.WAITING + ["patient"]

    run(check())


def test_retired_and_closed() -> None:
    """A retired outlet still delivers what waits; a closed one gives that up and ends when what was begun has ended."""

    async def check() -> None:
        release, entered = threading.Event(), threading.Event()

        def hang(delivery: Delivery) -> None:
            entered.set()
            assert release.wait(30)

        retired, closed = Destination(), Destination(hang)
        one, other = Outlet("x", retired, SkippingClock()), Outlet("y", closed, SkippingClock())
        kept = [one.send_now(parcel_of(str(number))) for number in range(3)]
        lost = [other.send_now(parcel_of(str(number))) for number in range(3)]
        one.retire()
        await asyncio.gather(*(parcel.end for parcel in kept))
        await asyncio.to_thread(entered.wait, 30)
        closing = asyncio.create_task(other.close())
        await asyncio.sleep(0)

        assert retired.taken == ["0", "1", "2"]
        assert [parcel.end.cancelled() for parcel in lost] == [False, True, True]
        assert not closing.done()
        release.set()
        await closing
        assert closed.taken == ["0"]
        await Outlet("never used", Destination(), SkippingClock()).close()

    run(check())


def test_a_cancelled_parcel_is_skipped() -> None:
    """Nobody waits for it any more."""

    async def check() -> None:
        there = Destination()
        outlet = Outlet("x", there, SkippingClock())
        parcels = [outlet.send_now(parcel_of(str(number))) for number in range(3)]
        parcels[1].end.cancel()
        await asyncio.wait([parcel.end for parcel in parcels])
        await outlet.close()

        assert there.taken == ["0", "2"]

    run(check())


def test_an_output_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """At the end what was begun gets its time, and no more; who waits for it learns that nothing will come."""
    monkeypatch.setattr(module, "ENDS_S", 0.05)

    async def check() -> None:
        release, entered = threading.Event(), threading.Event()

        def hang(delivery: Delivery) -> None:
            entered.set()
            assert release.wait(30)

        outlet = Outlet("x", Destination(hang), SkippingClock())
        parcel = outlet.send_now(parcel_of("a"))
        await asyncio.to_thread(entered.wait, 30)
        await outlet.close()
        release.set()

        assert parcel.end.cancelled()

    run(check())
