"""What every command of `vedette plan` does with a demand: plan, verify if asked, print, keep, exit code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vedette.cli.tables import Format, note, print_json
from vedette.errors import NOTHING_WORKED, SOME_FAILED
from vedette.values.plan import Status

if TYPE_CHECKING:
    from vedette.adapters.config.fleet import Devices
    from vedette.values.demand import Demand
    from vedette.values.plan import Plan
    from vedette.values.verification import Verification
    from vedette.wiring.plan import Made


@dataclass(frozen=True, slots=True)
class Answering:
    """How a demand is answered.

    Attributes:
        devices: the fleet with its given profiles.
        profiles: ids and files that were named.
        images_from: folder of the user's images; None: shipped ones.
        measure: whether what is not profiled is profiled first.
        output_format: what is printed.
        output: file that the plan is written to besides.
        verify: whether the plan is carried out.
    """

    devices: Devices
    profiles: list[str] | None
    images_from: Path | None
    measure: bool
    output_format: Format
    output: Path | None
    verify: bool


def answered(demand: Demand, how: Answering) -> None:
    """Plan, verify if asked, print, and end with the exit code.

    Raises:
        VedetteError: what is needed to plan is not there.
        Exit: 3 where nothing can do it, 1 where a verified plan missed its deadline.
    """
    from vedette.wiring.plan import Sources, make_plan

    sources = Sources(how.devices.profiles, tuple(how.profiles or ()), how.images_from, how.measure)
    made = make_plan(demand, sources, note)
    plan = made.plan
    if how.output is not None:
        from vedette.cli.plan_json import write_plan

        write_plan(plan, how.output)
    found = plan.status in (Status.OPTIMAL, Status.FEASIBLE)
    verification = _verified(made, how) if how.verify and found else None
    shown(plan, how.output_format, verification)
    if how.verify and not found:
        note("nothing to verify: there is no plan")
    if not found:
        raise typer.Exit(NOTHING_WORKED)
    if verification is not None and (verification.measured_s is None or verification.held is False):
        raise typer.Exit(SOME_FAILED)


def shown(plan: Plan, output_format: Format, verification: Verification | None = None) -> None:
    """Print a plan, and what was measured."""
    if output_format is Format.JSON:
        from vedette.cli.plan_json import plan_json

        print_json(plan_json(plan, verification))
        return
    from vedette.cli.plan_tables import print_plan

    print_plan(plan)
    if verification is not None:
        from vedette.cli.plan_verify import print_verification

        print_verification(verification)


def _verified(made: Made, how: Answering) -> Verification:
    from vedette.wiring.plan_verify import verify_plan

    return verify_plan(made.plan, how.images_from, note, given=made.given)
