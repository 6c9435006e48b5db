"""Documents of runs that have not come to their end: before the load begins, and when it broke off."""

from __future__ import annotations

from dataclasses import replace

from vedette.values.environment import Environment
from vedette.values.evidence import Check, Estimate, State, Summary, Verdict
from vedette.values.run import ClientUse, Quality, Run
from vedette.values.trial import Introduction, TrialSpec

FINISHED = "finished"
"""Name of the check that a run came to its end."""


def unfinished(run_id: str, started: str, spec: TrialSpec, environment: Environment, introduction: Introduction) -> Run:
    """The document of a run before its first request: what is asked, where, and no figure."""
    nothing = Estimate(None, reason="the run did not come to its end")
    return Run(
        id=run_id,
        started=started,
        campaign=None,
        order=(),
        spec=spec,
        environment=environment,
        introduction=introduction,
        summary=Summary(0, (), None, None, nothing, (), ()),
        verdict=Verdict(()),
        quality=Quality(spec.reference, 0, ()),
        client=ClientUse(0.0, 0.0, 0),
    )


def incomplete(run: Run, reason: str) -> Run:
    """The run with a check that failed because it did not come to its end, and a note that says why."""
    check = Check(FINISHED, State.FAIL, f"the run did not come to its end: {reason}")
    others = tuple(one for one in run.verdict.checks if one.name != FINISHED)
    return replace(run, verdict=Verdict((check, *others)), notes=(f"incomplete: {reason}", *run.notes))
