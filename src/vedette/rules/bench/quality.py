"""What share of answers must be right, by which metric: `--quality top1=0.99,top5=1`."""

from __future__ import annotations

from vedette.errors import UsageError
from vedette.rules.zoo.names import nearest
from vedette.values.trial import QualityTarget

METRICS = ("top1", "top5", "iou")


def parse_quality(text: str | None) -> tuple[QualityTarget, ...]:
    """The targets of a text; none for None or an empty one.

    Raises:
        UsageError: a metric that is none, twice the same, or a share that is not in 0..1.
    """
    targets = tuple(_target(part.strip()) for part in (text or "").split(",") if part.strip())
    metrics = [target.metric for target in targets]
    twice = sorted({metric for metric in metrics if metrics.count(metric) > 1})
    if twice:
        raise UsageError(f"--quality names {', '.join(twice)} more than once", help="give each metric one share")
    return targets


def _target(text: str) -> QualityTarget:
    metric, equals, share = (part.strip() for part in text.partition("="))
    if metric.lower() not in METRICS:
        close = nearest(metric, METRICS) or METRICS
        raise UsageError(f"--quality: {metric!r} is no metric", help=f"take {' or '.join(close)}, such as top1=0.99")
    value = _share(share)
    if not equals or value is None or not 0 <= value <= 1:
        raise UsageError(f"--quality {text!r}: {share!r} is no share", help=f"give 0..1 or 0%..100%: {metric}=0.99")
    return QualityTarget(metric.lower(), value)


def _share(text: str) -> float | None:
    try:
        return float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        return None
