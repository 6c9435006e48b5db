"""Whether images that come again are answered more quickly."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from made_runs import made_requests

from vedette.rules.bench.repeated import again_ratio


def served(images: list[int], service_ms: list[float], warm_up: int = 0):
    made = made_requests(repeats=1, count=len(images))
    return replace(
        made,
        image=np.array(images, np.int32),
        done=made.sent + (np.array(service_ms) * 1e6).astype(np.int64),
        warm_up=np.arange(len(images)) < warm_up,
    )


def test_a_cache_shows() -> None:
    """Ten images at 20 ms the first time and 2 ms the second: a tenth."""
    assert again_ratio(served([*range(10)] * 2, [20.0] * 10 + [2.0] * 10), {}) == 0.1


def test_images_of_the_warm_up_were_seen_before() -> None:
    """What was warmed up counts as sent again, its own time does not count."""
    requests = served([*range(5), *range(10)], [100.0] * 5 + [2.0] * 5 + [20.0] * 5, warm_up=5)

    assert again_ratio(requests, {}) == 0.1


def test_too_few_of_either_tell_nothing() -> None:
    """One image sent a hundred times has one first time."""
    assert again_ratio(served([0] * 100, [5.0] * 100), {}) is None


def test_what_was_cut_as_warm_up_does_not_make_new_images_look_slow() -> None:
    """Ten cold requests of new images, then new and repeated ones at the same speed: no cache."""
    requests = served([*range(20), *range(10)], [50.0] * 10 + [5.0] * 20)

    assert again_ratio(requests, {0: 10}) == 1.0
