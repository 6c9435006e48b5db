"""An evaluation for programs: one object, `vedette.evaluation/1`. Figures are 0..1, and null where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from vedette.rules.accuracy.agreement import Agreement, BoxAgreement, ClassAgreement
from vedette.rules.accuracy.average_precision import DetectorAccuracy
from vedette.rules.accuracy.topk import ClassifierAccuracy, Confusion, Share

if TYPE_CHECKING:
    from vedette.values.tiling import Tiling
    from vedette.wiring.evaluate import Judged, Report

SCHEMA = "vedette.evaluation/1"


def report_to_object(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    return {
        "schema": SCHEMA,
        "model": _judged(report.judged),
        "reference": None if report.reference is None else _judged(report.reference),
        **_finding(report),
        "circumstances": _circumstances(report),
        "images": report.images,
        "failed": [
            {"source": one.source, "error": {"kind": one.kind, "message": one.message, "help": one.help}}
            for one in report.failures
        ],
        "elapsed_s": report.elapsed_s,
        "images_per_s": report.images / report.elapsed_s,
        "notes": list(report.notes),
    }


def _finding(report: Report) -> dict[str, Any]:
    names = report.names
    match report.finding:
        case DetectorAccuracy() as accuracy:
            return {"kind": "detector accuracy", **asdict(accuracy)}
        case ClassifierAccuracy() as accuracy:
            return {
                "kind": "classifier accuracy",
                "top1": _share(accuracy.top1),
                "top5": None if accuracy.top5 is None else _share(accuracy.top5),
                "classes": [{"name": names[number], **_share(share)} for number, share in accuracy.classes.items()],
                "confusions": _pairs(accuracy.confusions, names, "class", "answer"),
            }
        case BoxAgreement() as agreement:
            return {
                "kind": "box agreement",
                "iou_threshold": agreement.iou_threshold,
                "all": _agreement(agreement.total),
                "classes": [{"name": names[number], **_agreement(one)} for number, one in agreement.classes.items()],
            }
        case ClassAgreement() as agreement:
            return {
                "kind": "class agreement",
                "same_best_answer": _share(agreement.same),
                "differences": _pairs(agreement.differences, names, "reference", "model"),
            }


def _judged(judged: Judged) -> dict[str, Any]:
    execution = judged.execution
    return {
        "name": judged.manifest.name,
        "version": judged.manifest.version,
        "untrained": judged.manifest.provenance.untrained,
        "runtime": str(execution.runtime),
        "precision": str(execution.precision),
        "device": execution.device,
        "streams": execution.streams,
        "threads": execution.threads,
        "threshold": judged.threshold,
    }


def _circumstances(report: Report) -> dict[str, Any]:
    asked = report.asked
    return {
        "data": asked.data.data,
        "limit": asked.data.limit,
        "batch": asked.batch,
        "tiling": None if asked.tiling is None else _tiling(asked.tiling),
        "boxes": {key: value for key, value in asdict(asked.boxes).items() if value is not None},
        "renames": dict(asked.renames),
    }


def _tiling(tiling: Tiling) -> dict[str, Any]:
    return {
        "width": tiling.tile.width,
        "height": tiling.tile.height,
        "overlap": tiling.overlap,
        "fill": None if tiling.fill is None else str(tiling.fill),
    }


def _share(share: Share) -> dict[str, Any]:
    return {"count": share.count, "total": share.total, "share": share.value, "interval_95": list(share.interval)}


def _agreement(one: Agreement) -> dict[str, Any]:
    return {
        "found_of_the_reference": one.found,
        "confirmed_of_its_own": one.confirmed,
        "f1": one.f1,
        "mean_iou": one.mean_iou,
        "pairs": one.pairs,
        "boxes": one.boxes,
        "reference_boxes": one.reference_boxes,
    }


def _pairs(pairs: Sequence[Confusion], names: Sequence[str], first: str, second: str) -> list[dict[str, Any]]:
    return [{first: names[pair.truth], second: names[pair.answer], "count": pair.count} for pair in pairs]
