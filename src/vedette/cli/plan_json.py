"""Plans for programs: every field of the value under its own name, and what was measured beside what was predicted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vedette.adapters.store.record import to_data
from vedette.adapters.store.text_file import write_text_file
from vedette.values.plan import SCHEMA, Plan
from vedette.values.verification import Verification


def plan_json(plan: Plan, verification: Verification | None = None) -> dict[str, Any]:
    """A plan as it is stored; with a verification also `predicted_s`, `measured_s`, `error`, `held` and itself."""
    found = {"schema": SCHEMA, **to_data(plan)}
    if verification is not None:
        told = to_data(verification)
        found |= {key: told[key] for key in ("predicted_s", "measured_s", "error", "held")}
        found["verification"] = told
    return found


def head_json(plan: Plan) -> dict[str, Any]:
    """A plan as it is listed."""
    return {
        "id": plan.id,
        "kind": plan.demand.kind.value,
        "models": list(plan.demand.models),
        "status": plan.status.value,
        "objective": to_data(plan.objective),
        "images": plan.images,
        "within_s": plan.demand.within_s,
        "makespan_s": None if plan.makespan_s is None else to_data(plan.makespan_s),
        "probability": plan.probability,
        "created": plan.created,
    }


def write_plan(plan: Plan, file: Path) -> None:
    """Write a plan as it is stored, whole or not at all.

    Raises:
        NotFoundError, ConflictError, ExhaustedError, UnavailableError: it cannot be written.
    """
    import json

    text = json.dumps({"schema": SCHEMA, **to_data(plan)}, indent=2, allow_nan=False) + "\n"
    write_text_file(file, text)
