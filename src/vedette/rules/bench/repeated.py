"""Whether images that were sent before are answered more quickly than new ones: the trace of a cache."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from vedette.values.requests import Requests

_LEAST = 5


def again_ratio(requests: Requests, cut: Mapping[int, int]) -> float | None:
    """Median service time of images sent again, over that of images sent for the first time.

    Requests of a warm-up, declared or found, count as sendings before; their own times are left out, for they are slow
    for other reasons. None with fewer than five of either.

    Args:
        requests: in the order of repeat, then scheduled.
        cut: how many requests at the start of each repeat were found to be warm-up.
    """
    first: list[float] = []
    again: list[float] = []
    seen: set[int] = set()
    passed = dict.fromkeys(cut, 0)
    columns = (requests.repeat, requests.image, requests.warm_up, requests.ok, requests.service_ms)
    for repeat, image, warm_up, ok, service in zip(*(column.tolist() for column in columns), strict=True):
        if not warm_up:
            passed[repeat] = passed.get(repeat, 0) + 1
            if ok and passed[repeat] > cut.get(repeat, 0):
                (again if image in seen else first).append(service)
        seen.add(image)
    if min(len(first), len(again)) < _LEAST or not np.median(first):
        return None
    return float(np.median(again) / np.median(first))
