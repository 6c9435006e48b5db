"""What every command of `vedette plan` does with a demand: plan, verify if asked, print, keep, exit code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from vedette.cli.plan_amounts import parse_refresh
from vedette.cli.tables import Format, note, print_json
from vedette.errors import NOTHING_WORKED, SOME_FAILED
from vedette.values.plan import Status

if TYPE_CHECKING:
    from vedette.adapters.config.fleet import Devices
    from vedette.cli.plan_options import AnswerOptions, SourceOptions
    from vedette.values.demand import Demand
    from vedette.values.plan import Plan
    from vedette.values.verification import Verification
    from vedette.wiring.plan import Made, Sources


@dataclass(frozen=True, slots=True)
class Answering:
    """How a demand is answered.

    Attributes:
        devices: the fleet with its given profiles.
        images_from: folder of the user's images; None: shipped ones.
        rests_on: profiles that were named, and whether what is not profiled is profiled first.
        wanted: what is printed and written, and whether the plan is carried out.
    """

    devices: Devices
    images_from: Path | None
    rests_on: SourceOptions
    wanted: AnswerOptions

    @property
    def sources(self) -> Sources:
        """What the plan may rest on."""
        return sources_of(self.devices, self.rests_on, self.images_from)


def sources_of(devices: Devices, rests_on: SourceOptions, images_from: Path | None) -> Sources:
    """What a plan may rest on, out of the options.

    Raises:
        UsageError: `--refresh` is no time.
    """
    from vedette.wiring.plan import Sources

    named, refresh_s = tuple(rests_on.profile or ()), parse_refresh(rests_on.refresh)
    return Sources(devices.profiles, named, images_from, not rests_on.no_profile, refresh_s)


def answered(demand: Demand, how: Answering) -> None:
    """Plan, verify if asked, print, and end with the exit code.

    Raises:
        VedetteError: what is needed to plan is not there.
        Exit: 3 where nothing can do it, 1 where a verified plan missed its deadline.
    """
    from vedette.wiring.plan import make_plan

    made, wanted = make_plan(demand, how.sources, note), how.wanted
    plan = made.plan
    if wanted.output is not None:
        from vedette.cli.plan_json import write_plan

        write_plan(plan, wanted.output)
    found = plan.status in (Status.OPTIMAL, Status.FEASIBLE)
    verification = _verified(made, how) if wanted.verify and found else None
    shown(plan, wanted.output_format, verification)
    if wanted.verify and not found:
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
