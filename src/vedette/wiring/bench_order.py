"""What `vedette bench run` is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from vedette.rules.candidates import Wish
from vedette.values.trial import Limits, QualityTarget, TargetSpec
from vedette.values.workload import Load
from vedette.wiring.targets import Headers


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
    wish: Wish = field(default_factory=Wish)
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
