"""`vedette bench run`: put load on targets, and say what the figures are worth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from vedette.cli.options import finite, named, parse_duration, parse_wish
from vedette.cli.tables import Format, note, print_json, print_line
from vedette.errors import NOTHING_WORKED, SOME_FAILED, UsageError

if TYPE_CHECKING:
    from vedette.values.trial import TargetSpec
    from vedette.values.workload import LoadKind, Order
    from vedette.wiring.bench import Stored

_LOAD = "Load"
_SENT = "What is sent"
_CHECKED = "How answers are checked"
_WATCHED = "Measuring"


def run(
    targets: Annotated[
        list[str],
        typer.Argument(
            metavar="TARGET...",
            help="KIND:URL[#MODEL]; a bare URL takes images as its body. oip:URL#MODEL, inprocess:MODEL, null[:20ms]. "
            "Several are measured in turns.",
        ),
    ],
    load: Annotated[
        str,
        typer.Option(
            help="closed, constant, poisson, burst, ramp, trace, peak, mlperf-single-stream, mlperf-multi-stream, "
            "mlperf-server, mlperf-offline, scenario-1 to scenario-4.",
            rich_help_panel=_LOAD,
        ),
    ] = "closed",
    clients: Annotated[
        int,
        typer.Option(min=1, max=10_000, help="Clients that wait for their answers (closed).", rich_help_panel=_LOAD),
    ] = 1,
    think: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Pause after an answer, as 50ms (closed).", rich_help_panel=_LOAD),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(callback=finite, help="Requests a second; the most to try (peak).", rich_help_panel=_LOAD),
    ] = None,
    rate_to: Annotated[
        float | None,
        typer.Option(callback=finite, help="Requests a second at the end (ramp).", rich_help_panel=_LOAD),
    ] = None,
    burst: Annotated[int | None, typer.Option(help="Requests at one instant (burst).", rich_help_panel=_LOAD)] = None,
    trace: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Due time of each request in seconds, a line each.", rich_help_panel=_LOAD),
    ] = None,
    limit_ms: Annotated[
        float | None,
        typer.Option(
            "--limit-ms",
            callback=finite,
            help="Milliseconds that the 99th percentile must hold (peak, mlperf-server).",
            rich_help_panel=_LOAD,
        ),
    ] = None,
    duration: Annotated[
        str | None, typer.Option(metavar="TIME", help="How long each repeat is, as 20s.", rich_help_panel=_LOAD)
    ] = None,
    requests: Annotated[
        int | None, typer.Option(min=1, help="How many requests each repeat has.", rich_help_panel=_LOAD)
    ] = None,
    warm_up: Annotated[
        int, typer.Option("--warm-up", min=0, help="Requests before those that count.", rich_help_panel=_LOAD)
    ] = 0,
    timeout: Annotated[
        str, typer.Option(metavar="TIME", help="An answer that takes longer is a failure.", rich_help_panel=_LOAD)
    ] = "30s",
    inputs: Annotated[
        list[str] | None,
        typer.Option(
            "--input",
            "-i",
            metavar="IMAGES",
            help="File, folder, pattern or address. Default: crops of photos that Vedette ships.",
            rich_help_panel=_SENT,
        ),
    ] = None,
    order: Annotated[
        str | None, typer.Option(help="same, cycle or shuffled. Default: cycle.", rich_help_panel=_SENT)
    ] = None,
    wire: Annotated[
        str | None,
        typer.Option(
            help="raw, multipart, template (images); binary, json (oip). The first of them unless given.",
            rich_help_panel=_SENT,
        ),
    ] = None,
    field: Annotated[str, typer.Option(help="Name of the form field (multipart).", rich_help_panel=_SENT)] = "file",
    template: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="JSON body in which {{image}} stands for the image in base64.", rich_help_panel=_SENT
        ),
    ] = None,
    method: Annotated[str, typer.Option(help="POST or PUT.", rich_help_panel=_SENT)] = "POST",
    header: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME:VALUE", help="Sent with each request, never recorded.", rich_help_panel=_SENT),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            metavar="MODEL|NAME.jsonl",
            help="Who tells the right answers: a model run here, or results of `vedette run` on the same images.",
            rich_help_panel=_CHECKED,
        ),
    ] = None,
    quality: Annotated[
        str | None,
        typer.Option(
            metavar="METRIC=SHARE", help="What answers must reach: top1=0.99,top5=1,iou=0.9.", rich_help_panel=_CHECKED
        ),
    ] = None,
    model_may_change: Annotated[
        bool,
        typer.Option("--model-may-change", help="Comparisons may be with another model.", rich_help_panel=_CHECKED),
    ] = False,
    runtime: Annotated[str, typer.Option(help="Of the reference model.", rich_help_panel=_CHECKED)] = "auto",
    precision: Annotated[str, typer.Option(help="Of the reference model.", rich_help_panel=_CHECKED)] = "fp32",
    repeats: Annotated[
        int, typer.Option(min=1, max=1000, help="Times it is done, each with another seed.", rich_help_panel=_WATCHED)
    ] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Of schedules, orders and crops.", rich_help_panel=_WATCHED)] = 0,
    monitor_hz: Annotated[
        float,
        typer.Option(
            "--monitor-hz", min=0, max=100, callback=finite, help="A second; 0: no monitor.", rich_help_panel=_WATCHED
        ),
    ] = 10.0,
    client_cores: Annotated[
        str | None,
        typer.Option(
            "--client-cores", metavar="N,N", help="Cores that the generator is bound to.", rich_help_panel=_WATCHED
        ),
    ] = None,
    server_pid: Annotated[
        int | None,
        typer.Option(
            "--server-pid", min=1, help="Process to watch; found by itself for ports here.", rich_help_panel=_WATCHED
        ),
    ] = None,
    metrics_url: Annotated[
        str | None,
        typer.Option(
            "--metrics-url", metavar="URL", help="The server's own Prometheus figures.", rich_help_panel=_WATCHED
        ),
    ] = None,
    start: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="Start the server with this, measure its cold start, end it after the run.",
            rich_help_panel=_WATCHED,
        ),
    ] = None,
    start_timeout: Annotated[
        str,
        typer.Option(
            "--start-timeout", metavar="TIME", help="Until its first answer, at most.", rich_help_panel=_WATCHED
        ),
    ] = "120s",
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Folder of the run. Default: in the home folder."),
    ] = None,
    output_format: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.TABLE,
) -> None:
    """Measure targets under load: latency with intervals, throughput, the machine, and a verdict with its reasons."""
    from vedette.rules.bench.address import login_header, parse_header, parse_target
    from vedette.rules.bench.quality import parse_quality
    from vedette.values.workload import Load, LoadKind
    from vedette.wiring.bench import bench
    from vedette.wiring.bench_order import BenchOrder

    given = tuple(parse_header(text) for text in header or ())
    if field != "file" and (wire or "").lower() != "multipart":
        raise UsageError(f"--field {field} is for forms", help="add --wire multipart, or leave --field out")
    named_targets = []
    for text in targets:
        spec: TargetSpec = parse_target(text, wire=wire, field=field, template=template, method=method)
        login = login_header(text)
        named_targets.append((spec, given if login is None else (*given, login)))
    kind = named(LoadKind, load, "--load")
    asked = Load(
        kind=kind,
        clients=clients,
        think_ms=(parse_duration(think, "--think") or 0.0) * 1e3,
        rate=rate,
        rate_to=rate_to,
        burst=burst,
        trace=None if trace is None else str(trace),
        limit_ms=limit_ms,
        requests=requests,
        duration_s=parse_duration(duration, "--duration"),
        warm_up=warm_up,
        order=_order(order, kind),
        timeout_s=parse_duration(timeout, "--timeout") or 0.0,
    )
    stored = bench(
        BenchOrder(
            targets=tuple(named_targets),
            load=asked,
            images=tuple(inputs or ()),
            quality=parse_quality(quality),
            reference=reference,
            wish=parse_wish(runtime, precision, "throughput", "cpu", None),
            model_may_change=model_may_change,
            seed=seed,
            repeats=repeats,
            monitor_hz=monitor_hz,
            client_cores=_cores(client_cores),
            output=output,
            metrics_url=metrics_url,
            server_pid=server_pid,
            start=start,
            start_timeout_s=parse_duration(start_timeout, "--start-timeout") or 0.0,
        ),
        note,
    )
    finish(stored, output_format)


def finish(stored: list[Stored], output_format: Format) -> None:
    """Print runs that were just measured, and end with the exit code that they deserve."""
    from vedette.cli.bench_show import print_run, run_json

    if output_format is Format.JSON:
        printed = [{**run_json(each.data), "folder": str(each.folder)} for each in stored]
        print_json(printed[0] if len(printed) == 1 else printed)
    else:
        for each in stored:
            print_run(each.data)
            note(f"stored in {each.folder}")
        if len(stored) > 1:
            _print_comparison(stored)
    if all(each.data.run.summary.latency is None for each in stored):
        raise typer.Exit(NOTHING_WORKED)
    if not all(each.data.run.verdict.valid for each in stored):
        raise typer.Exit(SOME_FAILED)


def _print_comparison(stored: list[Stored]) -> None:
    """Who is faster, for targets that were measured in turns; `vedette bench compare` prints the tests behind it."""
    from vedette.rules.bench.comparable import incomparable
    from vedette.rules.stats.compare import compare_all
    from vedette.rules.stats.wording import sentence

    first, *others = (each.data for each in stored)
    refused = {data.run.id: incomparable(first.run, data.run) for data in others}
    kept = [data for data in others if not refused[data.run.id]]
    for data in others:
        for reason in refused[data.run.id]:
            print_line(f"{data.run.spec.target} is not compared with {first.run.spec.target}: {reason}")
    for comparison, data in zip(compare_all([first, *kept]), kept, strict=True):
        print_line(sentence(comparison, str(first.run.spec.target), str(data.run.spec.target)))
    for run in (data.run for data in (first, *kept) if kept and not data.run.verdict.valid):
        print_line(f"mind: {run.spec.target} is INVALID: this is no evidence")


def _order(text: str | None, kind: LoadKind) -> Order:
    from vedette.values.workload import Order

    if text is None:
        return Order.CYCLE
    if kind.is_scenario:
        raise UsageError(f"--order {text}: {kind} says itself which images it sends", help="leave --order out")
    return named(Order, text, "--order")


def _cores(text: str | None) -> tuple[int, ...]:
    if text is None:
        return ()
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise UsageError(f"--client-cores {text} names no cores", help="write their numbers: --client-cores 0,1")
    return tuple(sorted({int(part) for part in parts}))
