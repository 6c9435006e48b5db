"""What every benchmark's JSON carries: environment, versions, settings; and the statistics of paired ratios."""

from __future__ import annotations

import argparse
import json
import math
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from vedette.adapters.probes.host import probe_host

PACKAGES = ("vedette", "numpy", "onnxruntime", "openvino", "opencv-python-headless", "simplejpeg")


def environment() -> dict[str, Any]:
    """The machine and the versions."""
    host = probe_host()
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": host.cpu,
        "features": list(host.features),
        "cores": host.cores,
        "allowed_cores": host.allowed_cores,
        "quota_cores": host.quota_cores,
        "memory_bytes": host.memory_bytes,
        "system": host.system,
        "python": host.python,
        "versions": {name: version(name) for name in PACKAGES},
    }


def median_interval(values: Sequence[float], confidence: float = 0.95) -> dict[str, float]:
    """The median and the tightest order-statistic interval that holds it with at least `confidence`.

    The k-th and (n+1-k)-th of n sorted values enclose the median with probability 1 - 2 P(Binomial(n, 1/2) < k).
    """
    ranked, n = sorted(values), len(values)
    k = 1
    while 1 - 2 * _binomial_below(n, k + 1) >= confidence and k + 1 <= n // 2:
        k += 1
    return {
        "median": statistics.median(ranked),
        "low": ranked[k - 1],
        "high": ranked[n - k],
        "coverage": 1 - 2 * _binomial_below(n, k),
        "pairs": n,
    }


def _binomial_below(n: int, k: int) -> float:
    return float(sum(math.comb(n, i) for i in range(k)) / 2**n)


def json_option(description: str) -> Path | None:
    """Read the command line of a benchmark: `--json FILE` only."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    chosen: Path | None = parser.parse_args().json
    return chosen


def write(file: Path | None, evidence: dict[str, Any]) -> None:
    """Write the evidence, if a file was named."""
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(evidence, indent=2) + "\n")
