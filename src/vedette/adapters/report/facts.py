"""The figures, tables and facts of a run that need no chart."""

from __future__ import annotations

from collections.abc import Sequence

from vedette.adapters.report.reproduce import reproduce
from vedette.adapters.report.sheet import Fact, Figure, Sheet
from vedette.adapters.report.words import (
    ABSENT,
    PLACEMENTS,
    SCOPES,
    exact,
    interval,
    named,
    number,
    percent,
    plural,
    quantity,
)
from vedette.values.evidence import Estimate, RepeatSummary, Summary
from vedette.values.reading import Samples
from vedette.values.run import Run

_NO_ANSWER = "no request was answered rightly"
_MAXIMUM = "a largest value has no interval: a longer run finds a larger one"
_GIB = 1024**3


def figures(summary: Summary) -> tuple[Figure, ...]:
    """p50, p90, p99, the largest, service p50 and p99, throughput, in this order; without answers each says so."""
    none = Estimate(None, reason=_NO_ANSWER)
    latency, service = summary.latency, summary.service
    shares = dict(latency.percentiles) if latency else {}
    served = dict(service.percentiles) if service else {}
    largest = Estimate(latency.maximum, reason=_MAXIMUM) if latency else none
    missing = Estimate(None, reason="it was not reckoned for this run") if latency else none
    return (
        Figure("p50", "p50 latency", "ms", shares.get(50, missing), "half of the answers"),
        Figure("p90", "p90 latency", "ms", shares.get(90, missing), "90 of 100 answers"),
        Figure("p99", "p99 latency", "ms", shares.get(99, missing), "99 of 100 answers"),
        Figure("max", "largest latency", "ms", largest, "the slowest answer"),
        Figure("service-p50", "p50 service time", "ms", served.get(50, missing), "from the real send"),
        Figure("service-p99", "p99 service time", "ms", served.get(99, missing), "from the real send"),
        Figure("throughput", "throughput", "/s", summary.throughput, "right answers a second"),
    )


def failed_words(summary: Summary) -> str:
    """How many requests failed, by reason."""
    total = sum(count for _, count in summary.failed)
    if not total:
        return f"none of {plural(summary.sent, 'request')}"
    kinds = ", ".join(f"{count:,} {name.lower().replace('_', ' ')}" for name, count in summary.failed if count)
    share = percent(total / summary.sent) if summary.sent else ABSENT
    return f"{total:,} of {plural(summary.sent, 'request')} ({share}): {kinds}"


def sheets(run: Run) -> tuple[Sheet, ...]:
    """The tables of a run: all its percentiles, its repeats, the steps of a search."""
    found = [_distributions(run.summary), _repeats(run.summary.repeats), _probes(run), _referee(run)]
    return tuple(sheet for sheet in found if sheet.rows)


def _distributions(summary: Summary) -> Sheet:
    rows: list[tuple[str, ...]] = []
    reasons = []
    for name, part in (("latency", summary.latency), ("service time", summary.service)):
        if part is None:
            continue
        rows.append((name, "mean", number(part.mean.value), interval(part.mean, "ms"), f"{part.count:,}"))
        rows.append((name, "smallest", number(part.minimum), ABSENT, f"{part.count:,}"))
        rows.append((name, "quartile 1", number(part.quartile_1), ABSENT, f"{part.count:,}"))
        for share, estimate in part.percentiles:
            rows.append((name, f"p{share:g}", number(estimate.value), interval(estimate, "ms"), f"{part.count:,}"))
            if estimate.reason:
                reasons.append(f"{name} p{share:g}: {estimate.reason}")
        rows.append((name, "quartile 3", number(part.quartile_3), ABSENT, f"{part.count:,}"))
        rows.append((name, "largest", number(part.maximum), ABSENT, f"{part.count:,}"))
        rows.append((name, "standard deviation", number(part.deviation_ms), ABSENT, f"{part.count:,}"))
        reasons.append(f"{name}: {part.count:,} values are worth {part.effective_count:,.0f} independent ones")
    heads = ("of", "figure", ">ms", ">interval", ">values")
    return Sheet("All figures of the answers", heads, tuple(rows), ". ".join(reasons))


def _repeats(repeats: Sequence[RepeatSummary]) -> Sheet:
    heads = (
        *(">repeat", ">seed", ">cut, warm-up", ">cut, cool-down", ">p50 ms", ">p99 ms", ">throughput /s"),
        *(">under way", ">Little gap", ">backlog slope /s", "steady", ">lateness p99 ms"),
    )
    reasons = tuple(f"repeat {one.repeat + 1}: {one.cuts.reason}" for one in repeats if one.cuts.reason)
    return Sheet("Repeats", heads, tuple(_repeat(one) for one in repeats), ". ".join(dict.fromkeys(reasons)))


def _repeat(one: RepeatSummary) -> tuple[str, ...]:
    shares = dict(one.latency.percentiles) if one.latency else {}
    none = Estimate(None)
    slope = ABSENT if one.slope is None else f"{number(one.slope.value)} ({interval(one.slope, '').strip()})"
    steady = {None: "too few to tell", True: "yes", False: "no"}[one.stationary]
    return (
        f"{one.repeat + 1}",
        f"{one.seed}",
        f"{one.cuts.warm_up} ({quantity(one.cuts.warm_up_s, 's')})",
        f"{one.cuts.cool_down} ({quantity(one.cuts.cool_down_s, 's')})",
        number(shares.get(50, none).value),
        number(shares.get(99, none).value),
        number(one.throughput.value),
        number(one.in_flight),
        percent(one.little_gap),
        slope,
        steady,
        number(one.lateness_p99_ms),
    )


def _probes(run: Run) -> Sheet:
    rows = tuple(
        (number(one.rate), "held" if one.held else "not held", number(one.p99_ms), one.reason) for one in run.probes
    )
    return Sheet("Search for the highest rate", (">requests/s", "outcome", ">p99 ms", "why"), rows)


def _referee(run: Run) -> Sheet:
    figures = run.referee.figures if run.referee else ()
    rows = tuple((name, number(value)) for name, value in figures)
    return Sheet(f"Figures of {run.referee.name if run.referee else ''}, by its own names", ("name", ">value"), rows)


def side_by_side(runs: Sequence[Run]) -> Sheet:
    """The key figures of several runs, a row each."""
    heads = ("run", "target", "verdict", ">p50 ms", ">interval", ">p99 ms", ">interval", ">throughput /s", ">interval")
    return Sheet("Side by side", heads, tuple(_one_line(run) for run in runs))


def _one_line(run: Run) -> tuple[str, ...]:
    by_key = {figure.key: figure.estimate for figure in figures(run.summary)}
    shown = [by_key[key] for key in ("p50", "p99", "throughput")]
    cells = [cell for one in shown for cell in (number(one.value), interval(one, "").strip())]
    server = f", {run.introduction.server}" if run.introduction.server else ""
    return (run.id, f"{named(run)}{server}", "VALID" if run.verdict.valid else "INVALID", *cells)


def absences(samples: Samples | None) -> tuple[Fact, ...]:
    """What the monitor could not read, and why."""
    if samples is None:
        return ()
    return tuple(Fact(absence.name, absence.reason) for absence in samples.absences)


def headed(run: Run) -> tuple[tuple[str, tuple[Fact, ...]], ...]:
    """Facts under their headings."""
    return (
        ("Were the answers right?", _quality(run)),
        ("What was measured", _subject(run)),
        ("Where", _environment(run)),
        ("How to do it again", reproduce(run)),
    )


def _quality(run: Run) -> tuple[Fact, ...]:
    quality, asked = run.quality, run.spec.quality
    facts = [Fact("failures", failed_words(run.summary))]
    if quality.reference is None:
        facts.append(Fact("agreement", "not checked: there was no reference to compare the answers with"))
    else:
        facts.append(Fact("reference", quality.reference))
        facts.append(Fact("answers checked", f"{quality.checked:,}"))
        facts += [Fact(f"agreement, {metric}", percent(share)) for metric, share in quality.shares]
    facts += [Fact(f"asked for, {one.metric}", f"at least {percent(one.share)}") for one in asked]
    facts += [Fact("example", example) for example in quality.examples]
    return tuple(facts)


def _subject(run: Run) -> tuple[Fact, ...]:
    told, inputs = run.introduction, run.spec.inputs
    silent = told.reason or "the target did not tell"
    tensors = ", ".join(f"{one.name} {one.datatype} {list(one.shape)}" for one in told.tensors or ())
    sizes = ", ".join(f"{width}x{height}" for width, height in inputs.sizes[:6])
    more = f" and {len(inputs.sizes) - 6} more" if len(inputs.sizes) > 6 else ""  # noqa: PLR2004 - as shown above
    return (
        Fact("target", str(run.spec.target)),
        Fact("server", told.server or silent),
        Fact("model", told.model or silent),
        Fact("tensors that entered the model", tensors or silent),
        *([Fact("how a tensor was made", told.recipe)] if told.recipe else []),
        Fact("timed", SCOPES[told.scope]),
        Fact("images", f"{plural(inputs.count, 'image')}, {inputs.total_bytes:,} bytes, sizes {sizes}{more}"),
        Fact("images from", ", ".join(inputs.sources)),
        Fact("order", f"{run.spec.load.order}, timeout {exact(run.spec.load.timeout_s)} s"),
    )


def _environment(run: Run) -> tuple[Fact, ...]:
    place, host = run.environment, run.environment.host
    quota = "none" if host.quota_cores is None else f"{exact(host.quota_cores)} cores"
    use = run.client
    each = f"{number(1e6 * use.cpu_s / use.requests)} us a request" if use.requests else "no request was sent"
    return (
        Fact("processor", f"{host.cpu}, {plural(host.cores, 'core')}, {host.allowed_cores} allowed, quota {quota}"),
        Fact("instruction sets", ", ".join(host.features) or "none that matter"),
        Fact("memory", f"{number(host.memory_bytes / _GIB)} GiB"),
        Fact("system", f"{host.system}, Python {host.python}"),
        Fact("frequency governor", place.governor or "the system does not tell"),
        Fact(
            "client", f"{PLACEMENTS[place.placement]}; {number(use.cpu_s)} s of CPU in {number(use.wall_s)} s, {each}"
        ),
        Fact("versions", ", ".join(f"{name} {version}" for name, version in place.versions)),
        Fact("vedette", place.vedette),
        Fact("machine", f"{place.machine} (a hash: the same for runs of the same machine)"),
    )
