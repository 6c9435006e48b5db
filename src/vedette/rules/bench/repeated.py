"""Whether images that were sent before are answered more quickly than new ones: the trace of a cache."""

from __future__ import annotations

import numpy as np

from vedette.values.requests import Requests

_LEAST = 5


def again_ratio(requests: Requests) -> float | None:
    """Median service time of images sent again, over that of the same repeat's images sent for the first time.

    Requests of a warm-up count as sendings before; their own times are left out, for they are slow for other reasons.
    None with fewer than five of either.
    """
    first: list[float] = []
    again: list[float] = []
    seen: set[int] = set()
    for image, warm_up, ok, service in zip(
        requests.image.tolist(),
        requests.warm_up.tolist(),
        requests.ok.tolist(),
        requests.service_ms.tolist(),
        strict=True,
    ):
        if ok and not warm_up:
            (again if image in seen else first).append(service)
        seen.add(image)
    if min(len(first), len(again)) < _LEAST:
        return None
    return float(np.median(again) / np.median(first)) if np.median(first) > 0 else None
