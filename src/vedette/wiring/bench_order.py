"""What `vedette bench run` is asked for."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from vedette.errors import NotFoundError, UsageError
from vedette.rules.bench.secrets import check_metrics_url
from vedette.rules.candidates import Wish
from vedette.values.execution import Precision
from vedette.values.trial import Limits, QualityTarget, TargetSpec
from vedette.values.workload import Load
from vedette.wiring.targets import Headers

REFERENCE_WISH = Wish(precision=Precision.FP32)
"""How a reference model is run unless something else is asked."""


@dataclass(frozen=True, slots=True)
class BenchOrder:
    """What the command line asks for; targets that are several are measured in turns.

    Attributes:
        targets: systems under test, each with the headers that are sent to it and never recorded.
        load: shape of the load.
        images: files, folders, patterns, addresses; empty: crops of the shipped photos.
        quality: what answers must reach.
        reference: a model or NAME.jsonl that tells the right answers.
        wish: how the reference model is run.
        model_may_change: whether comparisons may be with another model.
        seed, repeats, monitor_hz, client_cores, limits: see `TrialSpec`.
        output: folder of the run; None: the home folder.
        metrics_url: Prometheus text of the server.
        server_pid: process that is watched as the server.
        start: command that starts the server; its cold start is measured, and it is ended after the run.
        start_timeout_s: a server that gives no right answer by then is given up.
    """

    targets: tuple[tuple[TargetSpec, Headers], ...]
    load: Load
    images: tuple[str, ...] = ()
    quality: tuple[QualityTarget, ...] = ()
    reference: str | None = None
    wish: Wish = REFERENCE_WISH
    model_may_change: bool = False
    seed: int = 0
    repeats: int = 1
    monitor_hz: float = 10.0
    client_cores: tuple[int, ...] = ()
    limits: Limits = field(default_factory=Limits)
    output: Path | None = None
    metrics_url: str | None = None
    server_pid: int | None = None
    start: str | None = None
    start_timeout_s: float = 120.0


def check_order(order: BenchOrder) -> None:
    """Refuse what would be ignored, or cannot be on this machine.

    Raises:
        UsageError: quality or a wish without a reference, cores that this process may not use, no address of metrics.
        NotFoundError: no process has the number of the server.
    """
    if order.reference is None and order.quality:
        raise UsageError("--quality compares answers, and nothing tells the right ones", help="add --reference MODEL")
    if order.reference is None and order.wish != REFERENCE_WISH:
        raise UsageError("--runtime and --precision are of the reference model", help="add --reference MODEL")
    if order.client_cores and not set(order.client_cores) <= os.sched_getaffinity(0):
        allowed = ",".join(map(str, sorted(os.sched_getaffinity(0))))
        asked = ",".join(map(str, order.client_cores))
        raise UsageError(f"--client-cores {asked}: not all of them may be used here", help=f"take of {allowed}")
    if order.server_pid is not None and not os.path.exists(f"/proc/{order.server_pid}"):  # noqa: PTH110 - no file of ours
        raise NotFoundError(
            f"no process has the number {order.server_pid}", help="leave --server-pid out, or look again"
        )
    if order.metrics_url is not None:
        check_metrics_url(order.metrics_url)
