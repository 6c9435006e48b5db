"""A run for people: the verdict first with its reasons, then the figures with their intervals, then how it was made."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from vedette.cli.bench_json import chosen_figures, verdict_word
from vedette.cli.bench_words import ABSENT, PLACES, SCOPES, between, load_words, number, printable, target_words
from vedette.cli.tables import print_line, print_table
from vedette.rules.bench.figures import Figure
from vedette.values.environment import Environment
from vedette.values.evidence import Check, Distribution, Estimate, RepeatSummary, State, Summary
from vedette.values.run import Run, RunData

_TIMES = "latency counts from the time at which a request was due, service time from its send"


def print_run(data: RunData, percentiles: Sequence[float] | None = None) -> None:
    """Print everything that is known of a run but its rows.

    Args:
        data: the run.
        percentiles: reckoned anew from the requests that count, instead of those that are stored.
    """
    run = data.run
    _print_verdict(run)
    _print_question(run)
    if run.summary.latency is not None:
        _print_times(chosen_figures(data, percentiles))
    _print_throughput(run.summary)
    _print_failures(run.summary)
    _print_cold_start(run)
    _print_first_ten(run.summary)
    _print_repeats(run)
    _print_quality(run)
    _print_search(run)
    _print_environment(run.environment)


# --- verdict ----------------------------------------------------------------------------------------------------------


def _print_verdict(run: Run) -> None:
    print_line(f"{verdict_word(run)}  {run.id}")
    for check in _in_state(run, State.FAIL):
        print_line(f"  because {printable(check.sentence)}")
    for check in _in_state(run, State.WARN):
        print_line(f"  mind: {printable(check.sentence)}")
    for note in run.notes:
        print_line(f"  note: {printable(note)}")
    passed, skipped = len(_in_state(run, State.PASS)), len(_in_state(run, State.SKIPPED))
    print_line(f"  {passed} checks passed, {skipped} do not apply (all with their reasons: --format json)")
    if run.referee is not None:
        word = "VALID" if run.referee.valid else "INVALID"
        why = f": {'; '.join(map(printable, run.referee.reasons))}" if run.referee.reasons else ""
        print_line(f"  {printable(run.referee.name)} says {word}{why}")


def _in_state(run: Run, state: State) -> list[Check]:
    return [check for check in run.verdict.checks if check.state is state]


def _print_question(run: Run) -> None:
    spec = run.spec
    print_line()
    print_line(f"target   {printable(str(spec.target))}: {target_words(run.introduction)}")
    print_line(f"timed    {SCOPES[run.introduction.scope]}")
    print_line(f"client   {PLACES[run.environment.placement]}")
    print_line(f"load     {load_words(spec.load)}; {spec.repeats} x, seed {spec.seed}")
    inputs = spec.inputs
    print_line(f"images   {inputs.count} of {inputs.total_bytes:,} bytes, sha256 {inputs.sha256[:16]}")
    print_line()


# --- figures ----------------------------------------------------------------------------------------------------------


def _print_times(found: Sequence[Figure]) -> None:
    by_name = {figure.name: figure.estimate for figure in found}
    names = [name for name in by_name if name.endswith("_ms") and not name.startswith("service_")]
    rows = [_both(name, by_name[name], by_name[f"service_{name}"]) for name in names]
    print_line(_TIMES)
    print_table((">ms", ">latency", "interval", ">service time", "interval"), rows)
    for name, reason in _refused(found):
        print_line(f"{name}: {printable(reason)}")


def _print_throughput(summary: Summary) -> None:
    throughput = summary.throughput
    if throughput.value is None:
        print_line(f"throughput: none, {printable(throughput.reason)}")
    else:
        told = between(throughput)
        around = f" ({throughput.confidence:.0%} interval {told})" if told != ABSENT else f" ({throughput.reason})"
        print_line(f"throughput: {number(throughput.value)} right answers/s{around}")


def _both(name: str, latency: Estimate, service: Estimate) -> tuple[str, ...]:
    label = name.removesuffix("_ms").replace("_", " ")
    return (label, number(latency.value), between(latency), number(service.value), between(service))


def _refused(found: Iterable[Figure]) -> list[tuple[str, str]]:
    """Figures that are not there, by their reason: one line for all that share it."""
    reasons: dict[str, list[str]] = {}
    for figure in found:
        if figure.estimate.value is None and figure.name != "throughput":
            label = figure.name.removesuffix("_ms").replace("service_", "service ")
            reasons.setdefault(figure.estimate.reason, []).append(label)
    return [(_named(names), reason) for reason, names in reasons.items()]


def _named(names: list[str]) -> str:
    plain = [name for name in names if not name.startswith("service ")]
    doubled = [name for name in plain if f"service {name}" in names]
    return ", ".join(plain if len(doubled) * 2 == len(names) else names)


def _print_failures(summary: Summary) -> None:
    if summary.failed:
        rows = [
            (name.lower().replace("_", " "), f"{count:,}", _of(count, summary.sent)) for name, count in summary.failed
        ]
        failed = sum(count for _, count in summary.failed)
        print_table(("failure", ">requests", ">share"), rows, title=f"{failed:,} of {summary.sent:,} requests failed")
    else:
        print_line(f"{summary.sent:,} requests, none failed")


def _of(count: int, whole: int) -> str:
    return f"{count / whole:.2%}" if whole else ABSENT


def _print_first_ten(summary: Summary) -> None:
    if summary.first_ten_ms:
        times = "  ".join("failed" if one is None else number(one) for one in summary.first_ten_ms)
        print_line(f"first requests, service time in ms: {times}")


# --- repeats ----------------------------------------------------------------------------------------------------------


def _print_repeats(run: Run) -> None:
    if not run.summary.repeats:
        return
    heads = (
        *(">repeat", ">seed", ">count", ">p50 ms", ">p99 ms", ">max ms", ">answers/s", ">under way"),
        *(">late p99 ms", ">cut before", ">cut after", "steady"),
    )
    print_line("\nrepeats; requests that were cut count in no figure")
    print_table(heads, [_repeat(one) for one in run.summary.repeats])
    reasons = dict.fromkeys(one.cuts.reason for one in run.summary.repeats if one.cuts.reason)
    for reason in reasons:
        print_line(f"cuts: {printable(reason)}")


def _repeat(one: RepeatSummary) -> tuple[str, ...]:
    cuts = one.cuts
    return (
        str(one.repeat),
        str(one.seed),
        f"{one.latency.count:,}" if one.latency else "0",
        number(_percentile(one.latency, 50.0)),
        number(_percentile(one.latency, 99.0)),
        number(one.latency.maximum if one.latency else None),
        number(one.throughput.value),
        number(one.in_flight),
        number(one.lateness_p99_ms),
        f"{cuts.warm_up} ({cuts.warm_up_s:.2f} s)",
        f"{cuts.cool_down} ({cuts.cool_down_s:.2f} s)",
        {True: "yes", False: "no", None: ABSENT}[one.stationary],
    )


def _percentile(times: Distribution | None, percent: float) -> float | None:
    return None if times is None else dict(times.percentiles).get(percent, Estimate(None)).value


# --- circumstances ----------------------------------------------------------------------------------------------------


def _print_cold_start(run: Run) -> None:
    if run.cold_start_s is not None:
        print_line(f"cold start: {run.cold_start_s:.3f} s from the start of the server to its first right answer")


def _print_quality(run: Run) -> None:
    quality = run.quality
    if quality.reference is None:
        return
    shares = ", ".join(f"{metric} {share:.2%}" for metric, share in quality.shares) or "no share"
    print_line(f"quality: {shares} of {quality.checked:,} answers agree with {printable(quality.reference)}")
    for example in quality.examples:
        print_line(f"  differs: {printable(example)}")


def _print_search(run: Run) -> None:
    if run.probes:
        rows = [
            (number(one.rate), "yes" if one.held else "no", number(one.p99_ms), printable(one.reason))
            for one in run.probes
        ]
        print_table((">requests/s", "held", ">p99 ms", "why"), rows, title="search for the peak")


def _print_environment(environment: Environment) -> None:
    host = environment.host
    quota = "no quota" if host.quota_cores is None else f"a quota of {host.quota_cores:g}"
    governor = environment.governor or "not told"
    print_line()
    print_line(
        f"machine  {environment.machine}{_likeness(environment.machine)}: {host.cpu}, {host.cores} cores, {quota},"
    )
    print_line(f"         {host.memory_bytes / 1e9:.1f} GB, governor {governor}, {host.system}")
    versions = ", ".join(f"{name} {version}" for name, version in environment.versions)
    print_line(f"software Vedette {environment.vedette}, Python {host.python}, {versions}")


def _likeness(machine: str) -> str:
    """The fingerprint of a machine without an id is one of its hardware, and says so."""
    return " (it has no id: machines with the same hardware look alike)" if machine.startswith("hardware-") else ""
