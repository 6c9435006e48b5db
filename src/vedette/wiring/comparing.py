"""Stored runs that are held against each other: opened, and refused where that would mislead."""

from __future__ import annotations

from collections.abc import Sequence

from vedette.errors import ConflictError, UsageError
from vedette.rules.bench.comparable import incomparable
from vedette.values.run import RunData
from vedette.wiring.runs import open_run


def opened(names: Sequence[str], *, accept_invalid: bool = False) -> list[RunData]:
    """Runs by id or folder, each VALID unless others are accepted.

    Raises:
        NotFoundError: there is no such run.
        ConflictError: one is INVALID and that is not accepted.
    """
    runs = [open_run(name) for name in names]
    spoilt = [data.run for data in runs if not data.run.verdict.valid]
    if spoilt and not accept_invalid:
        reasons = [f"{run.id}: {reason}" for run in spoilt for reason in run.verdict.reasons]
        raise ConflictError(
            _listed(f"{len(spoilt)} of {len(runs)} runs are INVALID", reasons),
            help="measure them again; --accept-invalid uses them nevertheless and says so",
        )
    return runs


def opened_to_compare(names: Sequence[str], *, accept_invalid: bool = False) -> list[RunData]:
    """Runs that may be held against the first of them.

    Raises:
        UsageError: the same run stands twice.
        NotFoundError: there is no such run.
        ConflictError: one is INVALID and that is not accepted, or cannot be compared with the first.
    """
    runs = opened(names, accept_invalid=accept_invalid)
    ids = [data.run.id for data in runs]
    twice = next((one for one in ids if ids.count(one) > 1), None)
    if twice is not None:
        raise UsageError(f"run {twice} stands twice", help="name different runs: vedette bench compare A B")
    head = runs[0].run
    reasons = [f"{data.run.id}: {reason}" for data in runs[1:] for reason in incomparable(head, data.run)]
    if reasons:
        raise ConflictError(
            _listed(f"these runs cannot be compared with {head.id}", reasons),
            help="measure them alike, best in one command: vedette bench run TARGET TARGET --repeats 5",
        )
    return runs


def _listed(what: str, reasons: Sequence[str]) -> str:
    return "\n  ".join([f"{what}:", *reasons])
