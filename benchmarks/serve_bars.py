"""From the rows of all parts to ratios and to the bars of the issue; nothing is measured here."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from benchmarks.evidence import median_interval
from benchmarks.serve_contenders import VEDETTE, Contender
from benchmarks.serve_figures import Bar, above, at_least, at_most, differences, ratios
from benchmarks.serve_fleet import BARE, LEVELS, Row
from benchmarks.serve_latency import PLANS
from benchmarks.serve_overload import HIGH, OVERLOADED
from vedette.values.execution import Execution

OF_BARE, OVERHEAD_MS, START_S, OF_BARE_PSS = 0.95, 1.0, 1.0, 1.5
TAIL = {16: 1.3, 64: 1.15}
AS_THEY_COME, TORCHSERVE = 1.6, 6.0
OF_BEST, REJECTION_MS = 0.95, 10.0
MEMORY_GROWTH = 1.5
"""Peak memory after the overload over that after the capacity: bounded means that it does not follow the load."""

FULL = tuple(level for level in LEVELS if level > 1)
"""Levels at which the server is full."""


@dataclass(slots=True)
class Measured:
    """The rows of every part that ran; a part that did not is empty."""

    levels: list[Row] = field(default_factory=list)
    memory: list[Row] = field(default_factory=list)
    starts: list[Row] = field(default_factory=list)
    latency: list[Row] = field(default_factory=list)
    overload: list[Row] = field(default_factory=list)
    loading: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Field:
    """Who is compared: everybody by name, and whether this processor has bf16."""

    contenders: Mapping[str, Contender]
    execution: Execution
    bf16: bool

    @property
    def same(self) -> list[str]:
        """Peers with the runtime and precision of Vedette."""
        return [name for name, one in self._peers() if one.same_as(self.execution)]

    @property
    def others(self) -> list[str]:
        """Peers as they come: fp32 of ONNX Runtime or TorchScript."""
        return [name for name, one in self._peers() if (one.runtime, one.precision) in _AS_THEY_COME]

    @property
    def frameworks(self) -> list[str]:
        """Serving frameworks."""
        return [name for name, one in self._peers() if one.framework]

    def _peers(self) -> list[tuple[str, Contender]]:
        return [(name, one) for name, one in self.contenders.items() if name != VEDETTE]


_AS_THEY_COME = {("onnxruntime", "fp32"), ("torchscript", "fp32")}


def series(rows: Iterable[Row], name: str, figure: str, **where: Any) -> dict[int, float]:
    """One figure of one contender by round."""
    return {
        row["round"]: row[figure]
        for row in rows
        if row["contender"] == name
        and row.get(figure) is not None
        and all(row[key] == value for key, value in where.items())
    }


def rate_ratio(rows: Sequence[Row], other: str, level: int) -> dict[str, float] | None:
    """Vedette / another at one level."""
    return ratios(series(rows, VEDETTE, "rate", connections=level), series(rows, other, "rate", connections=level))


def bars(measured: Measured, who: Field) -> list[Bar]:
    """Every bar of the issue, whether or not its part ran."""
    return [
        *_rates(measured.levels, who),
        *_tails(measured.levels),
        *_one_connection(measured.latency),
        *_footprint(measured, who),
        *_overload(measured.overload),
        *_loading(measured.loading),
    ]


def _rates(rows: Sequence[Row], who: Field) -> list[Bar]:
    found = [_ratio_bar(f"rate / bare loop at {level}", OF_BARE, rate_ratio(rows, BARE, level)) for level in FULL]
    for level in FULL:
        name, worst = _closest(rows, who.same, level)
        told = f"closest: {name} {_interval(worst)}" if worst else "not measured"
        found.append(above(f"rate / best peer of the same engine at {level}", 1.0, _middle(worst), told))
    torchserve = [name for name in who.others if name.startswith("torchserve")]
    for title, peers, wanted in (
        ("best peer as it comes", who.others, AS_THEY_COME),
        ("TorchServe", torchserve, TORCHSERVE),
    ):
        of_levels = [(level, *_closest(rows, peers, level)) for level in FULL]
        reached = [(ratio["median"], level, name) for level, name, ratio in of_levels if ratio is not None]
        found.append(_bf16_bar(f"rate / {title}, the worst level", wanted, min(reached, default=None), bf16=who.bf16))
    return found


def _bf16_bar(name: str, wanted: float, worst: tuple[float, int, str] | None, *, bf16: bool) -> Bar:
    if worst is None:
        return at_least(name, wanted, None, "not measured")
    note = f"{worst[0]:.2f} at {worst[1]} connections, {worst[2]}"
    if not bf16:
        return at_least(name, wanted, None, f"this processor has no bf16; fp32 against fp32: {note}")
    return at_least(name, wanted, worst[0], note)


def _closest(rows: Sequence[Row], peers: Sequence[str], level: int) -> tuple[str, dict[str, float] | None]:
    """The peer to which Vedette's ratio is smallest."""
    found = [(name, ratio) for name in peers if (ratio := rate_ratio(rows, name, level)) is not None]
    return min(found, key=lambda one: one[1]["median"]) if found else ("", None)


def _tails(rows: Sequence[Row]) -> list[Bar]:
    found = []
    for level, wanted in TAIL.items():
        tail = ratios(
            series(rows, VEDETTE, "p99_ms", connections=level), series(rows, VEDETTE, "p50_ms", connections=level)
        )
        found.append(at_most(f"p99 / median at {level}", wanted, _middle(tail), _interval(tail)))
    return found


def _one_connection(rows: Sequence[Row]) -> list[Bar]:
    found = []
    for plan, loop in PLANS.items():
        over = differences(series(rows, plan, "p50_ms"), series(rows, loop, "p50_ms"))
        name = f"one connection, {plan}: ms over the {loop}"
        found.append(at_most(name, OVERHEAD_MS, _middle(over), _interval(over)))
    return found


def _footprint(measured: Measured, who: Field) -> list[Bar]:
    seconds = {name: list(series(measured.starts, name, "seconds").values()) for name in who.contenders}
    start = median_interval(seconds[VEDETTE]) if seconds[VEDETTE] else None
    least = {name: statistics.median(seconds[name]) for name in who.frameworks if seconds[name]}
    pss = {row["contender"]: row["pss_bytes"] for row in measured.memory}
    of_bare = pss[VEDETTE] / pss[BARE] if VEDETTE in pss else None
    others = {name: pss[name] for name in who.frameworks if name in pss}
    return [
        at_most("start to first right answer, s", START_S, _middle(start), _interval(start)),
        _below("start / quickest framework", _middle(start), least),
        at_most("PSS / bare loop", OF_BARE_PSS, of_bare, f"{pss[VEDETTE] / 2**20:.0f} MiB" if VEDETTE in pss else ""),
        _below("PSS / leanest framework", pss.get(VEDETTE), others),
    ]


def _below(name: str, ours: float | None, theirs: Mapping[str, float]) -> Bar:
    if ours is None or not theirs:
        return at_most(name, 1.0, None, "not measured")
    least = min(theirs, key=lambda one: theirs[one])
    return at_most(name, 1.0, ours / theirs[least], least)


def goodput_ratios(rows: Sequence[Row], name: str) -> dict[str, float] | None:
    """Goodput at three times the capacity over the best at the capacity or below it, paired by round."""
    calm: dict[int, float] = {}
    for row in rows:
        if row["contender"] == name and row["factor"] < OVERLOADED:
            calm[row["round"]] = max(calm.get(row["round"], 0.0), row["goodput"])
    return ratios(series(rows, name, "goodput", factor=OVERLOADED), calm)


def _overload(rows: Sequence[Row]) -> list[Bar]:
    kept = goodput_ratios(rows, VEDETTE)
    refused = list(series(rows, VEDETTE, "refused_p99_ms", factor=OVERLOADED).values())
    grown = ratios(
        series(rows, VEDETTE, "peak_rss_bytes", factor=OVERLOADED), series(rows, VEDETTE, "peak_rss_bytes", factor=1.0)
    )
    slow = statistics.median(refused) if refused else None
    return [
        at_least("goodput at 3x / best at 1x", OF_BEST, _middle(kept), _interval(kept)),
        at_most("rejections p99, ms", REJECTION_MS, slow, "median of the rounds" if refused else "no 503 came"),
        at_most("peak memory after 3x / after 1x", MEMORY_GROWTH, _middle(grown), _interval(grown)),
    ]


def _loading(rows: Sequence[Row]) -> list[Bar]:
    ratio = median_interval([row["ratio"] for row in rows]) if rows else None
    over = median_interval([row["high_s"] - row["load_s"] for row in rows]) if rows else None
    failed = sum(row["failed"] for row in rows) if rows else None
    return [
        at_most("p99 while a second model loads / before", HIGH, _middle(ratio), _interval(ratio)),
        at_most("high latencies after the loading, s", 0.0, _middle(over), _interval(over)),
        at_most("requests that failed while it loads", 0.0, failed),
    ]


def _ratio_bar(name: str, wanted: float, ratio: dict[str, float] | None) -> Bar:
    return at_least(name, wanted, _middle(ratio), _interval(ratio))


def _middle(found: dict[str, float] | None) -> float | None:
    return None if found is None else found["median"]


def _interval(found: dict[str, float] | None) -> str:
    if found is None:
        return "not measured"
    return f"[{found['low']:.3f}, {found['high']:.3f}] of {found['pairs']} rounds, {found['coverage']:.0%}"
