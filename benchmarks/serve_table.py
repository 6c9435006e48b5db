"""The tables of `benchmarks.serve`: same-runtime ratios first, then the others with what differs, then the bars."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from benchmarks.serve_bars import Field, Measured, goodput_ratios, rate_ratio, series
from benchmarks.serve_contenders import VEDETTE
from benchmarks.serve_figures import LEAST_PAIRS, Bar
from benchmarks.serve_fleet import BARE, LEVELS, Row
from benchmarks.serve_overload import RATES

_WIDTH = 40


def print_all(measured: Measured, who: Field, absent: Mapping[str, str], bars: Sequence[Bar], rounds: int) -> None:
    """Everything that was measured, for a terminal."""
    rest = [name for name in who.contenders if name not in (VEDETTE, *who.same)]
    if measured.levels:
        _rates("the same runtime and precision", [VEDETTE, BARE, *who.same], measured.levels)
        _rates("others, with what differs", rest, measured.levels)
    for name in (*who.same, *rest):
        if who.contenders[name].differs:
            print(f"  {name}: {who.contenders[name].differs}")
    for name, reason in absent.items():
        print(f"  {name}: takes no part: {reason}")
    _footprint(measured)
    _latency(measured.latency)
    _overload(measured.overload)
    _print_bars(bars, rounds)


def summary(measured: Measured, who: Field) -> dict[str, object]:
    """The ratios of Vedette to everybody at every level, for the JSON."""
    names = [BARE, *(name for name in who.contenders if name != VEDETTE)]
    return {name: {str(level): rate_ratio(measured.levels, name, level) for level in LEVELS} for name in names}


def _rates(title: str, names: Sequence[str], rows: Sequence[Row]) -> None:
    if not names:
        return
    print(f"\n{title}: images/s (p50/p99 ms); Vedette / it, median [interval]")
    for name in names:
        for level in LEVELS:
            rates = list(series(rows, name, "rate", connections=level).values())
            if not rates:
                continue
            p50, p99 = (_median(rows, name, figure, level) for figure in ("p50_ms", "p99_ms"))
            failed = sum(series(rows, name, "failed", connections=level).values())
            ratio = None if name == VEDETTE else rate_ratio(rows, name, level)
            told = f"{ratio['median']:6.3f} [{ratio['low']:.3f}, {ratio['high']:.3f}]" if ratio else ""
            print(
                f"  {name:{_WIDTH}} c{level:<3} {statistics.median(rates):8.1f} ({p50:.1f}/{p99:.1f}) "
                f"server {_cores(rows, name, level):.2f} cores {told}" + (f"  {failed:.0f} FAILED" if failed else "")
            )


def _median(rows: Sequence[Row], name: str, figure: str, level: int) -> float:
    middle: float = statistics.median(series(rows, name, figure, connections=level).values())
    return middle


def _cores(rows: Sequence[Row], name: str, level: int) -> float:
    """Cores that the server used, as the median of the rounds."""
    shares: list[float] = [
        row["server_cpu_s"] / row["seconds"] for row in rows if row["contender"] == name and row["connections"] == level
    ]
    return statistics.median(shares)


def _footprint(measured: Measured) -> None:
    if measured.starts:
        print("\nstart to the first right answer, s, median (least)")
        for name in dict.fromkeys(row["contender"] for row in measured.starts):
            seconds = list(series(measured.starts, name, "seconds").values())
            print(f"  {name:{_WIDTH}} {statistics.median(seconds):6.2f} ({min(seconds):.2f})")
    if measured.memory:
        print("\nmemory after the load, MiB: PSS of the process tree")
        for row in measured.memory:
            print(f"  {row['contender']:{_WIDTH}} {row['pss_bytes'] / 2**20:6.0f} in {row['processes']} processes")


def _latency(rows: Sequence[Row]) -> None:
    if rows:
        print("\none connection: p50 and p99, ms")
    for name in dict.fromkeys(row["contender"] for row in rows):
        p50, p99 = (statistics.median(series(rows, name, figure).values()) for figure in ("p50_ms", "p99_ms"))
        print(f"  {name:{_WIDTH}} {p50:7.2f} {p99:7.2f}")


def _overload(rows: Sequence[Row]) -> None:
    if rows:
        print("\nopen loop: right answers within the deadline for each CPU-second that the generator leaves")
    for name in dict.fromkeys(row["contender"] for row in rows):
        figures = [statistics.median(series(rows, name, "goodput", factor=factor).values()) for factor in RATES]
        ratio = goodput_ratios(rows, name)
        told = ", ".join(f"{factor:g}x {figure:.1f}" for factor, figure in zip(RATES, figures, strict=True))
        print(f"  {name:{_WIDTH}} {told}" + (f"; 3x / best at 1x {ratio['median']:.3f}" if ratio else ""))


def _print_bars(bars: Sequence[Bar], rounds: int) -> None:
    print("\nbars" + ("" if rounds >= LEAST_PAIRS else f" ({rounds} rounds are a smoke test, not evidence)"))
    for bar in bars:
        reached = "" if bar.reached is None else f"{bar.reached:.3f}"
        print(f"  {bar.name:58} {bar.wanted:8} {reached:>9}  {bar.verdict:10} {bar.note}")
