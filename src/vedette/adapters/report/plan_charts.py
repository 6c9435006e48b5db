"""The charts of a plan: time and memory against the mini-batch, and what other deadlines would take."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from vedette.adapters.report.latency import RUN_COLOURS
from vedette.adapters.report.plot import Axis, Mark, Plot, Series, Shape, value_axis
from vedette.rules.capacity.amounts import time_text
from vedette.values.plan import Plan, Status
from vedette.values.profile import Origin, Profile, ProfilePoint


@dataclass(frozen=True, slots=True)
class TradeOff:
    """The answer to the same demand at another deadline; None where it has none, or the figure is not known."""

    within_s: float
    status: Status
    devices: int | None = None
    cost: float | None = None
    images: int | None = None
    quality: float | None = None


@dataclass(frozen=True, slots=True)
class _Quantity:
    """A figure of a profile's points: how it is called and read."""

    key: str
    title: str
    name: str
    unit: str
    read: Callable[[ProfilePoint], float | None]


def _first_ms(one: ProfilePoint) -> float | None:
    return None if one.warm_up_s is None else one.warm_up_s.mean * 1e3


def _later_ms(one: ProfilePoint) -> float | None:
    return None if one.latency_s is None else one.latency_s.mean * 1e3


def _each_ms(one: ProfilePoint) -> float | None:
    return None if one.latency_s is None else one.latency_s.mean * 1e3 / one.batch


def _memory_mb(one: ProfilePoint) -> float | None:
    return None if one.peak_bytes is None else one.peak_bytes / 1e6


_CURVES = (
    _Quantity("later", "Time of a later mini-batch, L", "time", "ms", _later_ms),
    _Quantity("first", "Time of the first mini-batch, W", "time", "ms", _first_ms),
    _Quantity("each", "Time of one image, L / b", "time", "ms", _each_ms),
    _Quantity("memory", "Peak memory", "memory", "MB", _memory_mb),
)


@dataclass(frozen=True, slots=True)
class _Trade:
    """A figure of trade-offs: how it is called and read; money has the plan's currency."""

    key: str
    title: str
    name: str
    unit: str
    read: Callable[[TradeOff], float | None]
    stairs: bool = True


_TRADES = (
    _Trade("devices", "Devices that a deadline needs", "number", "devices", lambda one: one.devices),
    _Trade("cost", "Cost of the job", "cost", "", lambda one: one.cost, stairs=False),
    _Trade("images", "Images that are done", "number", "images", lambda one: one.images),
    _Trade("quality", "Quality of the best model that fits", "quality", "of 100", lambda one: one.quality),
)


_BETWEEN = {True: "holds until the next deadline", False: "only joins them"}


def curve_plots(profiles: Sequence[Profile], chosen: Collection[tuple[str, int]]) -> tuple[Plot, ...]:
    """What was measured over the mini-batch, a line a profile; `chosen` (profile id, batch) are marked."""
    plots = (_curve(quantity, profiles, chosen) for quantity in _CURVES)
    return tuple(plot for plot in plots if plot is not None)


def _curve(quantity: _Quantity, profiles: Sequence[Profile], chosen: Collection[tuple[str, int]]) -> Plot | None:
    series = []
    for place, profile in enumerate(profiles):
        for size in profile.sizes:
            points = [one for one in profile.points if one.size == size and quantity.read(one)]
            if points:
                label = f"{profile.profiled.model} on {profile.profiled.device.name}" + (f", {size}" if size else "")
                told = "given" if profile.origin is Origin.GIVEN else "measured"
                series += _drawn((label, told), RUN_COLOURS[place % len(RUN_COLOURS)], points, quantity.read)
    if not series:
        return None
    batches = [x for one in series for x in one.x]
    values = sorted(y for one in series for y in one.y)
    axis = Axis("mini-batch", "images", min(batches) / 1.1, max(batches) * 1.1, log=True, doubling=True)
    marks = tuple(Mark(batch, f"chosen: {batch}") for batch in sorted({batch for _, batch in chosen}))
    return Plot(
        f"plan-{quantity.key}",
        quantity.title,
        axis,
        value_axis(quantity.name, quantity.unit, (values[0], values[len(values) // 2], values[-1])),
        tuple(series),
        marks=tuple(mark for mark in marks if axis.low <= mark.x <= axis.high),
        caption=_origin(profiles),
        height=220,
    )


def _origin(profiles: Sequence[Profile]) -> str:
    """Where the points come from."""
    origins = {one.origin for one in profiles}
    what = "Each point is the mean of all trials at that mini-batch"
    if origins == {Origin.GIVEN}:
        what = "Each point was given by hand"
    elif Origin.GIVEN in origins:
        what += ", or was given by hand"
    return f"{what}; the lines only join them."


def _drawn(
    label: tuple[str, str],
    colour: str,
    points: Sequence[ProfilePoint],
    read: Callable[[ProfilePoint], float | None],
) -> list[Series]:
    """The points that were measured or given, and a line that joins them."""
    ordered = sorted(points, key=lambda one: one.batch)
    xs = tuple(float(one.batch) for one in ordered)
    ys = tuple(float(read(one) or 0.0) for one in ordered)
    return [
        Series(label[0], colour, Shape.LINE, xs, ys, len(xs)),
        Series(": ".join(label), colour, Shape.DOTS, xs, ys, len(xs)),
    ]


def trade_off_plots(found: Sequence[TradeOff], plan: Plan) -> tuple[Plot, ...]:
    """What the demand would take at other deadlines; what none of them has, or all have alike, is no chart."""
    plots = []
    for trade in _TRADES:
        known = sorted((one.within_s, float(value)) for one in found if (value := trade.read(one)) is not None)
        if len({value for _, value in known}) > 1:
            plots.append(_trade(trade, known, plan, _too_short(found)))
    return tuple(plots)


def _too_short(found: Sequence[TradeOff]) -> str:
    """Deadlines at which there is no plan are no points; they are told."""
    none = [one.within_s for one in found if one.status is Status.INFEASIBLE]
    return f" No plan within {time_text(max(none))}." if none else ""


def _stairs(known: Sequence[tuple[float, float]]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """A line that goes on level from each point to the next deadline: what does in less time does in more."""
    xs, ys = [known[0][0]], [known[0][1]]
    for x, y in known[1:]:
        xs += [x, x]
        ys += [ys[-1], y]
    return tuple(xs), tuple(ys)


def _trade(trade: _Trade, known: Sequence[tuple[float, float]], plan: Plan, too_short: str) -> Plot:
    xs, ys = tuple(x for x, _ in known), tuple(value for _, value in known)
    line = _stairs(known) if trade.stairs else (xs, ys)
    axis = Axis("deadline", "s", xs[0] / 1.05, xs[-1] * 1.05, log=True)
    within_s = plan.demand.within_s
    return Plot(
        f"trade-{trade.key}",
        trade.title,
        axis,
        Axis(trade.name, trade.unit or plan.currency, 0.0, max(ys) * 1.1),
        (
            Series(_BETWEEN[trade.stairs], RUN_COLOURS[0], Shape.LINE, *line, len(xs)),
            Series("a plan", RUN_COLOURS[0], Shape.DOTS, xs, ys, len(xs)),
        ),
        marks=(Mark(within_s, "asked"),) if within_s is not None and axis.low <= within_s <= axis.high else (),
        caption=f"Each point is a plan of its own, made of the same profiles.{too_short}",
        height=220,
    )
