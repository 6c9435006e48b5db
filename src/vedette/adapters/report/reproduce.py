"""How a run is done again: the stored one by its id, or the same from a fresh command line."""

from __future__ import annotations

import shlex

from vedette.adapters.report.sheet import Fact
from vedette.values.run import Run
from vedette.values.trial import SHIPPED_CROPS, TargetKind, TargetSpec, TrialSpec, Wire
from vedette.values.workload import Load

_USUAL_HZ = 10.0

"""What the inputs are called where no `--input` was given."""


def reproduce(run: Run) -> tuple[Fact, ...]:
    """The commands, the seeds and the hash of what was sent."""
    seeds = ", ".join(str(one.seed) for one in run.summary.repeats)
    order = ", ".join(str(place + 1) for place in run.order)
    campaign = f"{run.campaign}, turns {order}" if run.campaign else "none: this run was made on its own"
    return (
        Fact("again, exactly", f"vedette bench replay {shlex.quote(run.id)}", code=True),
        Fact("the same asked anew", command(run.spec), code=True),
        Fact("run", f"{run.id}, started {run.started}"),
        Fact("campaign", campaign),
        Fact("seed", f"{run.spec.seed}; of the repeats: {seeds or 'none was run'}"),
        Fact("sha256 of the images", run.spec.inputs.sha256, code=True),
    )


def command(spec: TrialSpec) -> str:
    """The command line that asks for a trial, quoted for a shell; what is at its default is left out."""
    words = ["vedette", "bench", "run", _written(spec.target), *_load(spec.load), *_target(spec.target)]
    for source in spec.inputs.sources if spec.inputs.sources != SHIPPED_CROPS else ():
        words += ["--input", source]
    if spec.reference is not None:
        words += ["--reference", spec.reference]
    if spec.quality:
        words += ["--quality", ",".join(f"{one.metric}={one.share:.12g}" for one in spec.quality)]
    if spec.model_may_change:
        words += ["--model-may-change"]
    if spec.client_cores:
        words += ["--client-cores", ",".join(str(core) for core in spec.client_cores)]
    words += _changed("--monitor-hz", spec.monitor_hz, _USUAL_HZ)
    words += ["--repeats", str(spec.repeats), "--seed", str(spec.seed)]
    return shlex.join(words)


def _written(target: TargetSpec) -> str:
    """TARGET as it is written on the command line."""
    if target.kind is TargetKind.NULL and target.service_ms:
        return f"null:{target.service_ms:.12g}ms"
    return str(target)


def _load(load: Load) -> list[str]:
    usual = Load(load.kind)
    options = (
        ("--clients", load.clients, usual.clients, ""),
        ("--think", load.think_ms, usual.think_ms, "ms"),
        ("--rate", load.rate, None, ""),
        ("--rate-to", load.rate_to, None, ""),
        ("--burst", load.burst, None, ""),
        ("--trace", load.trace, None, ""),
        ("--limit-ms", load.limit_ms, None, ""),
        ("--requests", load.requests, None, ""),
        ("--duration", load.duration_s, None, "s"),
        ("--warm-up", load.warm_up, usual.warm_up, ""),
        ("--order", load.order.value, usual.order.value, ""),
        ("--timeout", load.timeout_s, usual.timeout_s, "s"),
    )
    changed = [word for option, value, default, unit in options for word in _changed(option, value, default, unit)]
    return ["--load", load.kind.value, *changed]


def _target(target: TargetSpec) -> list[str]:
    if target.kind not in {TargetKind.IMAGE, TargetKind.OIP}:
        return []
    usual = Wire.RAW if target.kind is TargetKind.IMAGE else Wire.BINARY
    words = _changed("--wire", target.wire.value, usual.value)
    words += _changed("--field", target.field, "file") if target.wire is Wire.MULTIPART else []
    words += _changed("--template", target.template, None)
    return [*words, *_changed("--method", target.method, "POST")]


def _changed(option: str, value: float | str | None, default: float | str | None, unit: str = "") -> list[str]:
    """An option and its value, or nothing where it is at its default."""
    if value is None or value == default:
        return []
    return [option, f"{value}{unit}" if isinstance(value, str | int) else f"{value:.12g}{unit}"]
