"""The charts of a plan: time and memory against the mini-batch, and what other deadlines would take."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from vedette.adapters.report.latency import RUN_COLOURS
from vedette.adapters.report.plot import Axis, Mark, Plot, Series, Shape, value_axis
from vedette.values.plan import Plan, Status
from vedette.values.profile import Profile, ProfilePoint


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
    unit: str
    read: Callable[[TradeOff], float | None]


_TRADES = (
    _Trade("devices", "Devices that a deadline needs", "devices", lambda one: one.devices),
    _Trade("cost", "Cost of the job", "", lambda one: one.cost),
    _Trade("images", "Images that are done", "images", lambda one: one.images),
    _Trade("quality", "Quality of the best model that fits", "of 100", lambda one: one.quality),
)


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
                series += _drawn(label, RUN_COLOURS[place % len(RUN_COLOURS)], points, quantity.read)
    if not series:
        return None
    batches = [x for one in series for x in one.x]
    values = sorted(y for one in series for y in one.y)
    axis = Axis("mini-batch", "images", min(batches) / 1.1, max(batches) * 1.1, log=True)
    marks = tuple(Mark(batch, f"chosen: {batch}") for batch in sorted({batch for _, batch in chosen}))
    return Plot(
        f"plan-{quantity.key}",
        quantity.title,
        axis,
        value_axis(quantity.name, quantity.unit, (values[0], values[len(values) // 2], values[-1])),
        tuple(series),
        marks=tuple(mark for mark in marks if axis.low <= mark.x <= axis.high),
        caption="Each point is the mean of all trials at that mini-batch; the lines only join them.",
        height=220,
    )


def _drawn(
    label: str, colour: str, points: Sequence[ProfilePoint], read: Callable[[ProfilePoint], float | None]
) -> list[Series]:
    """The measured points, and a line that joins them."""
    ordered = sorted(points, key=lambda one: one.batch)
    xs = tuple(float(one.batch) for one in ordered)
    ys = tuple(float(read(one) or 0.0) for one in ordered)
    return [
        Series(label, colour, Shape.LINE, xs, ys, len(xs)),
        Series(f"{label}: measured", colour, Shape.DOTS, xs, ys, len(xs)),
    ]


def trade_off_plots(found: Sequence[TradeOff], plan: Plan) -> tuple[Plot, ...]:
    """What the demand would take at other deadlines; what none of them has, or all have alike, is no chart."""
    plots = []
    for trade in _TRADES:
        known = sorted((one.within_s, float(value)) for one in found if (value := trade.read(one)) is not None)
        if len({value for _, value in known}) > 1:
            plots.append(_trade(trade, known, plan))
    return tuple(plots)


def _trade(trade: _Trade, known: Sequence[tuple[float, float]], plan: Plan) -> Plot:
    xs, ys = tuple(x for x, _ in known), tuple(value for _, value in known)
    axis = Axis("deadline", "s", xs[0] / 1.05, xs[-1] * 1.05, log=True)
    within_s = plan.demand.within_s
    return Plot(
        f"trade-{trade.key}",
        trade.title,
        axis,
        Axis(trade.key, trade.unit or plan.currency, 0.0, max(ys) * 1.1),
        (Series(trade.title, RUN_COLOURS[0], Shape.LINE, xs, ys, len(xs)),),
        marks=(Mark(within_s, "asked"),) if within_s is not None and axis.low <= within_s <= axis.high else (),
        caption="Each point is a plan of its own, made of the same profiles; the lines only join them.",
        height=220,
    )
