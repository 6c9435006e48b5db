"""Documents of runs that have not come to their end."""

from __future__ import annotations

from dataclasses import replace

from made_runs import made_environment, made_run, made_spec

from vedette.rules.bench.unfinished import FINISHED, incomplete, unfinished
from vedette.values.evidence import State, Verdict
from vedette.values.trial import Introduction, Scope


def test_draft_tells_what_is_asked_and_no_figure() -> None:
    """Before the first request a run has its spec, its place and no figure at all, and not 0 for one."""
    run = unfinished("a", "2026-01-02T03:04:05+00:00", made_spec(), made_environment(), Introduction(Scope.IMAGE))

    assert run.spec == made_spec()
    assert run.summary.latency is None
    assert run.summary.throughput.value is None
    assert run.summary.throughput.reason


def test_incomplete_run_is_never_valid() -> None:
    """Whatever its checks say, a run that broke off is INVALID, once, with the reason."""
    run = replace(made_run().run, verdict=Verdict(()))
    assert run.verdict.valid

    broken = incomplete(incomplete(run, "disk was full"), "disk was full")

    assert [(check.name, check.state) for check in broken.verdict.checks] == [(FINISHED, State.FAIL)]
    assert broken.verdict.reasons == ("the run did not come to its end: disk was full",)
    assert broken.notes[0] == "incomplete: disk was full"
