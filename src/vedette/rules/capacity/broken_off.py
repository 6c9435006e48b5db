"""What a profile lacks that was broken off, in words that plans repeat."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from vedette.rules.capacity.next_point import Point


def broken_off(asked: Sequence[Point], trials: Mapping[Point, int], wanted: int) -> str:
    """What is left out of a full grid; empty if nothing is.

    Args:
        asked: points that can be measured.
        trials: whole ones, by point.
        wanted: trials of each point.
    """
    missing = [point for point in asked if not trials.get(point)]
    told = [f"{_listed(missing)} not measured"] if missing else []
    for count in range(1, wanted):
        fewer = [point for point in asked if trials.get(point) == count]
        if fewer:
            told.append(f"{_listed(fewer)} measured in {count} of {wanted} trials")
    return f"broken off: {'; '.join(told)}" if told else ""


def broken_off_few(trials: Mapping[Point, int], width: float) -> str:
    """What is left out of few samples, which choose their points as they go.

    Args:
        trials: whole ones, by point.
        width: half the relative width of L's interval that was wanted; 0.03 is 3 %.
    """
    count = sum(trials.values())
    return (
        f"broken off after {count} trials, before every mini-batch was certain to {100 * width:.3g} %: "
        f"only {_listed(sorted(trials, key=_order))} measured"
    )


def _listed(points: Iterable[Point]) -> str:
    """`batch 8, 16 of 640x480, batch 4`: by image size, as they come."""
    by_size: dict[str, list[str]] = {}
    for point in points:
        by_size.setdefault("" if point.size is None else f" of {point.size}", []).append(str(point.batch))
    return ", ".join(f"batch {', '.join(batches)}{size}" for size, batches in by_size.items())


def _order(point: Point) -> tuple[int, int]:
    return 0 if point.size is None else point.size.pixels, point.batch
