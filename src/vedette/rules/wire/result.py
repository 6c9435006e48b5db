"""The schema `vedette.result/1`: an Outcome as an object for JSON, and as rows for CSV."""

from __future__ import annotations

from typing import Any

from vedette.rules.wire.free_json import plain
from vedette.values.result import Class, Detection, Failure, Outcome, Result

SCHEMA = "vedette.result/1"

CSV_COLUMNS = (
    "id",
    "source",
    "frame",
    "time_s",
    "width",
    "height",
    "model",
    "model_version",
    "runtime",
    "precision",
    "rank",
    "label",
    "class_id",
    "score",
    "left",
    "top",
    "right",
    "bottom",
    "total_ms",
    "error_kind",
    "error_message",
)


def to_object(outcome: Outcome) -> dict[str, Any]:
    """An Outcome as plain data; times in milliseconds with 3 digits, scores with 6."""
    if isinstance(outcome, Failure):
        error = {"kind": outcome.kind, "message": outcome.message, "help": outcome.help}
        return {
            "schema": SCHEMA,
            "id": outcome.id,
            "source": outcome.source,
            "error": error,
        }
    return {
        "schema": SCHEMA,
        "id": outcome.id,
        "source": outcome.source,
        "frame": outcome.frame,
        "time_s": outcome.time_s,
        "width": outcome.size.width,
        "height": outcome.size.height,
        "model": outcome.model,
        "model_version": outcome.model_version,
        "runtime": outcome.runtime,
        "precision": outcome.precision,
        **_answer(outcome),
        **_own(outcome),
        "timeline_ms": {stage: round(value, 3) for stage, value in outcome.timeline.milliseconds().items()},
    }


def to_rows(outcome: Outcome) -> list[dict[str, Any]]:
    """An Outcome as rows under `CSV_COLUMNS`: one a class or object, best first, else a single one."""
    if isinstance(outcome, Failure):
        return [
            {
                "id": outcome.id,
                "source": outcome.source,
                "frame": outcome.frame,
                "error_kind": outcome.kind,
                "error_message": outcome.message,
            }
        ]
    shared, answer = _shared(outcome), _answer(outcome)
    found = [one for key in ("classes", "detections") for one in answer.get(key, ())]
    if not found:
        return [shared]
    return [shared | {"rank": rank} | _flat(one) for rank, one in enumerate(found, 1)]


def _answer(result: Result) -> dict[str, Any]:
    """`classes` or `detections` (with `tiles`, where the image was cut): boxes in pixels with 2 digits."""
    answer: dict[str, Any] = {}
    if result.classes is not None:
        answer["classes"] = [_named(found) for found in result.classes]
    if result.detections is not None:
        answer["detections"] = [
            _named(found) | {"box": [round(side, 2) for side in found.box]} for found in result.detections
        ]
    if result.tiles > 1:
        answer["tiles"] = result.tiles
    return answer


def _own(result: Result) -> dict[str, Any]:
    """What the operator's own code added; CSV has no columns for it."""
    said = {"answer": result.answer, "decision": result.decision}
    return {key: plain(tree) for key, tree in said.items() if tree is not None}


def _named(found: Class | Detection) -> dict[str, Any]:
    return {"label": found.label, "class_id": found.class_id, "score": round(found.score, 6)}


def _flat(one: dict[str, Any]) -> dict[str, Any]:
    box = one.pop("box", None)
    return one if box is None else one | dict(zip(("left", "top", "right", "bottom"), box, strict=True))


def _shared(result: Result) -> dict[str, Any]:
    return {
        "id": result.id,
        "source": result.source,
        "frame": result.frame,
        "time_s": result.time_s,
        "width": result.size.width,
        "height": result.size.height,
        "model": result.model,
        "model_version": result.model_version,
        "runtime": result.runtime,
        "precision": result.precision,
        "total_ms": round(result.timeline.milliseconds().get("total", 0.0), 3),
    }
