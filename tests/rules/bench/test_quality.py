"""What share of answers must be right."""

from __future__ import annotations

import pytest

from vedette.errors import UsageError
from vedette.rules.bench.quality import parse_quality
from vedette.values.trial import QualityTarget


def test_shares_by_metric() -> None:
    """As a share or in percent; nothing asks for nothing."""
    assert parse_quality("top1=0.99, TOP5=100%") == (QualityTarget("top1", 0.99), QualityTarget("top5", 1.0))
    assert parse_quality(None) == parse_quality("") == ()


@pytest.mark.parametrize(
    "text", ["top2=1", "top1", "top1=", "top1=x", "top1=1.5", "iou=-1", "iou=nan", "top1=0.9,top1=0.8"]
)
def test_what_is_no_share_is_refused(text: str) -> None:
    """With a next step."""
    with pytest.raises(UsageError) as caught:
        parse_quality(text)

    assert caught.value.help
