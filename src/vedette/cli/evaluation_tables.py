"""An evaluation for people: the figures first, then the classes, then what is to be known of both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vedette.cli.tables import print_line, print_table
from vedette.rules.accuracy.agreement import Agreement, BoxAgreement, ClassAgreement
from vedette.rules.accuracy.average_precision import DetectorAccuracy
from vedette.rules.accuracy.labels import listed
from vedette.rules.accuracy.topk import ClassifierAccuracy, Confusion, Share
from vedette.values.tiling import Tiling

if TYPE_CHECKING:
    from vedette.values.result import Failure
    from vedette.wiring.evaluate import Judged, Report

_EACH_END = 8
"""Classes that a table shows from the best and from the worst; a table of twice as many is shown whole."""

_MOST_PAIRS = 10
_MOST_FAILURES = 5


def print_report(report: Report) -> None:
    """Print everything that was found."""
    match report.finding:
        case DetectorAccuracy() as accuracy:
            _print_precisions(accuracy)
            _print_classes(accuracy)
        case ClassifierAccuracy() as accuracy:
            _print_shares(accuracy)
            _print_worst(accuracy, report.names)
            _print_pairs(accuracy.confusions, report.names, ("class", "taken for", ">images"), "most frequent mistakes")
        case BoxAgreement() as agreement:
            _print_boxes(agreement, report)
        case ClassAgreement() as agreement:
            _print_same(agreement, report)
    _print_failures(report.failures)
    _print_circumstances(report)


# --- against a truth --------------------------------------------------------------------------------------------------


def _print_precisions(accuracy: DetectorAccuracy) -> None:
    heads = (">max dets", ">AP", ">AP50", ">AP75", ">AP small", ">AP medium", ">AP large")
    rows = [
        (str(one.max_dets), *map(_figure, (one.ap, one.ap50, one.ap75, one.ap_small, one.ap_medium, one.ap_large)))
        for one in accuracy.precisions
    ]
    print_table(heads, rows)
    heads = (">max dets", ">AR 1", ">AR 10", ">AR", ">AR small", ">AR medium", ">AR large")
    rows = [
        (str(one.max_dets), *map(_figure, (one.ar_1, one.ar_10, one.ar_max, one.ar_small, one.ar_medium, one.ar_large)))
        for one in accuracy.precisions
    ]
    print_table(heads, rows)
    if accuracy.lacking:
        count = f"{len(accuracy.lacking)} of {len(accuracy.classes)}"
        print_line(f"categories that the model does not know, counted as 0: {count} ({listed(accuracy.lacking)})")
        print_line(f"AP over the categories that it knows: {_figure(accuracy.known_ap)}\n")


def _print_classes(accuracy: DetectorAccuracy) -> None:
    ranked = sorted((one for one in accuracy.classes if one.ap is not None), key=lambda one: (-(one.ap or 0), one.name))
    rows = [
        (one.name, _figure(one.ap), _figure(one.ap50), _figure(one.ar), str(one.objects), str(one.boxes))
        for one in ranked
    ]
    heads = ("class", ">AP", ">AP50", ">AR", ">objects", ">boxes")
    absent = len(accuracy.classes) - len(ranked)
    several = f"; {absent} without objects" if absent else ""
    print_table(heads, _both_ends(rows), title=f"{len(ranked)} classes with objects, best first{several}")


def _print_shares(accuracy: ClassifierAccuracy) -> None:
    shares = [("top-1", accuracy.top1), *([("top-5", accuracy.top5)] if accuracy.top5 else [])]
    rows = [(name, *_share(share)) for name, share in shares]
    print_table(("", ">right", ">share", "95 % interval"), rows)


def _print_worst(accuracy: ClassifierAccuracy, names: Sequence[str]) -> None:
    ranked = sorted(accuracy.classes.items(), key=lambda item: (-(item[1].value or 0), item[0]))
    rows = [(names[class_id], *_share(share)) for class_id, share in ranked]
    title = f"top-1 of {len(rows)} classes, best first"
    print_table(("class", ">right", ">share", "95 % interval"), _both_ends(rows), title=title)


# --- against another model --------------------------------------------------------------------------------------------


def _print_boxes(agreement: BoxAgreement, report: Report) -> None:
    assert report.reference is not None, "an agreement is one with a reference"
    ranked = sorted(agreement.classes.items(), key=lambda item: (-item[1].reference_boxes, -item[1].boxes, item[0]))
    rows = [(report.names[class_id], *_agreement(one)) for class_id, one in ranked]
    heads = (
        *("class", ">found of the reference", ">confirmed of its own", ">F1", ">mean IoU"),
        *(">boxes", ">of the reference"),
    )
    _print_roles(report.judged, report.reference)
    print_line(f"boxes of one class are the same object where their IoU is {agreement.iou_threshold:g} or more")
    print_table(heads, [("all", *_agreement(agreement.total)), *_both_ends(rows)])


def _agreement(one: Agreement) -> tuple[str, ...]:
    shares = (_percent(one.found), _percent(one.confirmed), _percent(one.f1))
    return (*shares, _figure(one.mean_iou), str(one.boxes), str(one.reference_boxes))


def _print_same(agreement: ClassAgreement, report: Report) -> None:
    assert report.reference is not None, "an agreement is one with a reference"
    _print_roles(report.judged, report.reference)
    rows = [("same best answer", *_share(agreement.same))]
    print_table(("", ">images", ">share", "95 % interval"), rows)
    heads = (_name(report.reference), _name(report.judged), ">images")
    _print_pairs(agreement.differences, report.names, heads, "most frequent differences")


def _print_roles(judged: Judged, reference: Judged) -> None:
    print_line(f"{_name(judged)} held against {_name(reference)} as the reference; neither is the truth")


# --- both -------------------------------------------------------------------------------------------------------------


def _print_pairs(pairs: Sequence[Confusion], names: Sequence[str], heads: Sequence[str], title: str) -> None:
    if pairs:
        rows = [(names[pair.truth], names[pair.answer], str(pair.count)) for pair in pairs[:_MOST_PAIRS]]
        print_table(heads, rows, title=title)


def _print_failures(failures: Sequence[Failure]) -> None:
    if not failures:
        return
    rows = [(one.source, one.message, one.help) for one in failures[:_MOST_FAILURES]]
    more = f", the first {_MOST_FAILURES}" if len(failures) > _MOST_FAILURES else ""
    print_table(("image", "why", "help"), rows, title=f"{_count(len(failures), 'answer')} failed{more}")


def _print_circumstances(report: Report) -> None:
    finding = report.finding
    objects = ""
    if isinstance(finding, DetectorAccuracy):
        objects = f", {_count(finding.objects, 'object')}, {_count(finding.boxes, 'box', 'boxes')}"
    print_line(f"{report.asked.data.data}: {_count(report.images, 'image')}{objects}")
    if report.failures and report.reference is None:
        print_line("images that failed count as images in which nothing was found")
    elif report.failures:
        print_line("only images that both models answered were compared")
    for judged in (report.judged, *([report.reference] if report.reference else [])):
        print_line(
            f"{_name(judged)} version {judged.manifest.version}: {judged.execution}, score >= {judged.threshold:g}"
            + ("; UNTRAINED: its answers mean nothing" if judged.manifest.provenance.untrained else "")
        )
    tiles = f"{_tiles(report.asked.tiling)}, " if report.judged.manifest.model_type.is_detector else ""
    print_line(f"{tiles}batch {report.asked.batch}")
    print_line(f"{report.elapsed_s:.2f} s: {report.images / report.elapsed_s:.1f} images a second")
    for note in report.notes:
        print_line(f"note: {note}")


def _tiles(tiling: Tiling | None) -> str:
    if tiling is None:
        return "images were not cut"
    fill = f", {tiling.fill} beside them" if tiling.fill else ""
    return f"tiles of {tiling.tile}, overlap {tiling.overlap}{fill}"


def _both_ends(rows: Sequence[tuple[str, ...]]) -> Sequence[tuple[str, ...]]:
    left_out = len(rows) - 2 * _EACH_END
    if left_out <= 0:
        return rows
    gap = (f"... {left_out} more in --format json", *[""] * (len(rows[0]) - 1))
    return [*rows[:_EACH_END], gap, *rows[-_EACH_END:]]


def _share(share: Share) -> tuple[str, str, str]:
    low, high = share.interval
    return f"{share.count} of {share.total}", _percent(share.value), f"{low:.1%} to {high:.1%}"


def _name(judged: Judged) -> str:
    return judged.manifest.name


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number:,} {one}" if number == 1 else f"{number:,} {several or one + 's'}"
