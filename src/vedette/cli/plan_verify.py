"""`vedette plan verify`, `calibration` and `apply`: a plan carried out, what predictions are worth, a server's file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vedette.cli.options import parse_duration
from vedette.cli.tables import Format, note, print_json, print_line, print_table, print_wrapped
from vedette.errors import SOME_FAILED
from vedette.rules.capacity.amounts import plural, share_text, time_text

if TYPE_CHECKING:
    from vedette.values.calibration import Calibration, Pair
    from vedette.values.evidence import Estimate
    from vedette.values.verification import DeviceRun, Verification

_NONE = "-"
_SPEED = 0.03
_ID = 15
"""Signs of an id that are shown: date and time, by which `vedette plan show` finds it."""

PlanName = Annotated[
    str, typer.Argument(metavar="PLAN", help="Id of a plan, the start of one, `last`, or its JSON file.")
]
ProfileFiles = Annotated[
    list[Path] | None, typer.Option("--profile", metavar="FILE", help="A profile of the plan that is not kept.")
]
Printed = Annotated[Format, typer.Option("--format", help="How to print the answer.")]


def verify(
    plan: PlanName,
    images_from: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Your images. Default: those that profiles are measured with.")
    ] = None,
    probe: Annotated[bool, typer.Option(help="Look before how quick the machine is now.")] = True,
    duration: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="How long a rate is put on. Default: as long as 2000 images take, 10s to 5min."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of shipped images, and of the arrivals of a rate.")] = 0,
    profile: ProfileFiles = None,
    output_format: Printed = Format.TABLE,
) -> None:
    """Carry a stored plan out on this machine, and put what it took beside what was predicted."""
    from vedette.wiring.carried import Carried
    from vedette.wiring.plan_store import read_profiles
    from vedette.wiring.plan_verify import open_plan, verify_plan

    how = Carried(probe=probe, duration_s=parse_duration(duration, "--duration"), seed=seed)
    found = verify_plan(open_plan(plan), images_from, note, how, read_profiles(profile or ()))
    if output_format is Format.JSON:
        print_json(verification_json(found))
    else:
        print_verification(found)
    if found.measured_s is None or found.held is False:
        raise typer.Exit(SOME_FAILED)


def verification_json(verification: Verification) -> dict[str, Any]:
    """A verification as it is stored: `predicted_s`, `measured_s`, `error`, `held`, each device's run."""
    from vedette.adapters.store.plans import VERIFICATION_SCHEMA
    from vedette.adapters.store.record import to_data

    return {"schema": VERIFICATION_SCHEMA, **to_data(verification)}


def print_verification(verification: Verification) -> None:
    """Print what was measured beside what was predicted, and what each device took."""
    if verification.runs:
        which = "model" if verification.runs[0].model else "number"
        heads = ("device", which, ">images", ">load", ">first batch", ">done after", ">speed")
        print_table(heads, [_run_row(run) for run in verification.runs], title="measured")
    for label, text in _facts(verification):
        print_wrapped(text, f"{label:<12}")
    for told in (*(f"not enforced: {one}" for one in verification.not_enforced), *verification.notes):
        print_wrapped(told, "note: ")


def _run_row(run: DeviceRun) -> tuple[str, ...]:
    return (
        run.device,
        run.model or str(run.number),
        f"{run.images:,}",
        time_text(run.load_s),
        time_text(run.warm_up_s),
        "failed" if run.failed else time_text(run.took_s),
        _NONE if run.speed is None else f"{run.speed:.2f}",
    )


def _facts(found: Verification) -> Iterator[tuple[str, str]]:
    yield "predicted", _seconds(found.predicted_s)
    if found.measured_s is None:
        yield "measured", f"nothing: {found.reason}"
        return
    yield "measured", _seconds(found.measured_s)
    if found.error is not None:
        more = "more" if found.error >= 0 else "less"
        yield "error", f"{found.error:+.1%} of what was measured: it took {more} than predicted"
    if found.held is not None:
        yield "limit", "held" if found.held else "missed"
    if found.within_interval is not None:
        yield "interval", "measured lies in it" if found.within_interval else "measured lies outside of it"
    if found.speed is not None:
        yield "speed", f"{found.speed:.2f} of that of the profiles, probed just before{_phase(found.speed)}"


def _phase(speed: float) -> str:
    if abs(speed - 1) <= _SPEED:
        return ""
    phase = "slower" if speed < 1 else "quicker"
    return f": the machine is {phase} now (`--refresh 10s` plans with that)"


def _seconds(seconds: float) -> str:
    """Four figures, so that two values that differ by a per cent look different."""
    return f"{seconds * 1000:.4g} ms" if seconds < 1 else f"{seconds:.4g} s"


# --- calibration ------------------------------------------------------------------------------------------------------


def calibration(
    promise: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="Plans of this probability or more count as promised.")
    ] = 0.95,
    output_format: Printed = Format.TABLE,
) -> None:
    """Show every pair of predicted and measured, and how good predictions were."""
    from vedette.wiring.plan_verify import calibrated

    pairs, groups, problems = calibrated(promise)
    if output_format is Format.JSON:
        print_json({"pairs": [_pair_json(pair) for pair in pairs], "groups": [_group_json(one) for one in groups]})
    else:
        _print_calibration(pairs, groups)
    for problem in problems:
        note(f"note: {problem}")


def _pair_json(pair: Pair) -> dict[str, Any]:
    from vedette.adapters.store.record import to_data

    return {**to_data(pair), "predicted_s": pair.predicted.expected, "error": pair.error}


def _group_json(group: Calibration) -> dict[str, Any]:
    from vedette.adapters.store.record import to_data

    told: dict[str, Any] = to_data(group)
    return told


def _print_calibration(pairs: Sequence[Pair], groups: Sequence[Calibration]) -> None:
    if not pairs:
        print_line("no plan was verified yet: add --verify to `vedette plan deadline`, or `vedette plan verify PLAN`")
        return
    columns = ("plan", ">devices", ">predicted", ">measured", ">error", "limit", "interval")
    print_table(columns, [_pair_row(pair) for pair in pairs], title="pairs")
    heads = ("group", ">pairs", ">failed", ">median", ">90 %", ">bias", ">inside", ">held")
    print_table(heads, [_group_row(one) for one in groups], title="errors, of what was measured")
    held = groups[0].held
    promise = share_text(groups[0].promise)
    if held.value is None:
        print_line(f"no plan with a deadline was promised with {promise} or more")
    elif held.low is not None and held.high is not None:
        print_line(
            f"promised with {promise} or more: {share_text(held.value)} held "
            f"(95 % interval {share_text(held.low)} to {share_text(held.high)})"
        )


def _pair_row(pair: Pair) -> tuple[str, ...]:
    return (
        pair.plan[:_ID],
        str(len(pair.devices)),
        _seconds(pair.predicted.expected),
        "failed" if pair.measured_s is None else _seconds(pair.measured_s),
        _percent(pair.error),
        _NONE if pair.held is None else "held" if pair.held else "missed",
        _NONE if pair.within_interval is None else "inside" if pair.within_interval else "outside",
    )


def _group_row(one: Calibration) -> tuple[str, ...]:
    return (
        one.group,
        str(one.pairs),
        str(one.failed),
        _NONE if one.median_error is None else f"{one.median_error:.1%}",
        _NONE if one.p90_error is None else f"{one.p90_error:.1%}",
        _percent(one.bias),
        _share(one.within),
        _share(one.held),
    )


def _percent(value: float | None) -> str:
    return _NONE if value is None else f"{value:+.1%}"


def _share(estimate: Estimate) -> str:
    return _NONE if estimate.value is None else share_text(estimate.value)


# --- apply ------------------------------------------------------------------------------------------------------------


def apply(
    plan: PlanName,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="The configuration; several replicas are numbered.")
    ] = Path("vedette.yaml"),
    port: Annotated[
        int, typer.Option(min=1, max=65534, help="HTTP of the first server; gRPC takes the next one.")
    ] = 8000,
    profile: ProfileFiles = None,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Write the configuration of the server, or servers, that carry a plan out."""
    from vedette.wiring.plan_apply import apply_plan
    from vedette.wiring.plan_store import read_profiles
    from vedette.wiring.plan_verify import open_plan

    written = apply_plan(open_plan(plan), output, port, replace=force, given=read_profiles(profile or ()))
    for file in written:
        print_line(f"vedette serve --config {file}")
    note(f"{plural(len(written), 'file')} written; what the file cannot say is in its comments")
