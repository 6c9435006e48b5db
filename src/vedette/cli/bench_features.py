"""`vedette bench features`: what the monitor can record on this machine, and what is absent and why."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vedette.cli.tables import Format, note, print_json, print_table

if TYPE_CHECKING:
    from vedette.values.reading import Feature
    from vedette.wiring.monitor import Offer

_DIGITS = 6


def features(
    output_format: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.TABLE,
) -> None:
    """Show what the monitor can record here, each with unit, source and meaning, and what is absent and why.

    This command stands in for the process that is watched as `server`.
    """
    from vedette.wiring.monitor import offer

    found = offer()
    if output_format is Format.JSON:
        print_json(_as_json(found))
    else:
        _print(found)


def _print(found: Offer) -> None:
    rows = [
        (feature.name, _figure(value), feature.unit, str(feature.pace), str(feature.reckoning), feature.meaning)
        for feature, value in found.features
        if not math.isnan(value)
    ]
    print_table(("feature", ">now", "unit", "pace", "kind", "meaning"), rows)
    print_table(("absent", "why"), [(name, reason) for name, reason in _absent(found)])
    note(f"{len(rows)} features can be recorded here; `--format json` names the source of each")


def _figure(value: float) -> str:
    return f"{value:.{_DIGITS}g}" if abs(value) < 10**_DIGITS else f"{value:.0f}"


def _absent(found: Offer) -> list[tuple[str, str]]:
    unread = [
        (feature.name, "the file has it, but no number") for feature, value in found.features if math.isnan(value)
    ]
    told = [(absence.name, absence.reason) for absence in found.absences]
    return told + [(name, reason) for name, reason in unread if not any(name.startswith(one) for one, _ in told)]


def _as_json(found: Offer) -> dict[str, Any]:
    return {
        "features": [_row(feature, value) for feature, value in found.features if not math.isnan(value)],
        "absent": [{"name": name, "reason": reason} for name, reason in _absent(found)],
    }


def _row(feature: Feature, value: float) -> dict[str, Any]:
    return {
        "name": feature.name,
        "unit": feature.unit,
        "source": feature.source,
        "meaning": feature.meaning,
        "pace": feature.pace,
        "kind": feature.reckoning,
        "now": value,
    }
