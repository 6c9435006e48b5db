"""Every reason for which a run is INVALID, and those for which it is not."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_runs import made_run

from vedette.rules.bench.evidence import Evidence, Surroundings
from vedette.rules.bench.verdict import judge
from vedette.values.evidence import Check, Estimate, State
from vedette.values.run import ClientUse, Quality, RefereeReport
from vedette.values.trial import Introduction, Placement, QualityTarget, Scope, TargetKind
from vedette.values.workload import LoadKind


def evidence(**changes: object) -> Evidence:
    run = made_run(repeats=5).run
    repeats = tuple(
        replace(each, stationary=True, little_gap=0.001, lateness_p99_ms=0.4, slope=Estimate(0.0, -1.0, 1.0))
        for each in run.summary.repeats
    )
    found = Evidence(
        spec=run.spec,
        introduction=run.introduction,
        placement=Placement.DISJOINT,
        summary=replace(run.summary, repeats=repeats),
        client=ClientUse(1.0, 10.0, run.summary.sent),
        quality=Quality("a model", 100, tuple((target.metric, 1.0) for target in run.spec.quality)),
        surroundings=Surroundings(0.0, 0.0, 0.0, ""),
        planned=run.summary.sent,
        faults=(),
        little_gap=0.0001,
        unchecked=0,
        again_ratio=1.0,
        referee=None,
    )
    return replace(found, **changes)


def check(found: Evidence, name: str) -> Check:
    return next(each for each in judge(found).checks if each.name == name)


def each_repeat(found: Evidence, **changes: object) -> Evidence:
    repeats = tuple(replace(repeat, **changes) for repeat in found.summary.repeats)
    return replace(found, summary=replace(found.summary, repeats=repeats))


def test_a_clean_run_is_valid() -> None:
    """Nothing is wrong, and every check says what it found."""
    verdict = judge(evidence())

    assert verdict.valid, verdict.reasons
    assert all(each.sentence for each in verdict.checks)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (LoadKind.PEAK, "no request counts: no rate held the limit"),
        (LoadKind.POISSON, "no request was sent: none was due before the end"),
    ],
)
def test_a_run_without_a_request_says_why(kind: LoadKind, told: str) -> None:
    """A search for a peak sent many, of which none counts; another load had nothing to send."""
    found = evidence()
    spec = replace(found.spec, load=replace(found.spec.load, kind=kind))

    answered = check(replace(found, spec=spec, summary=replace(found.summary, sent=0)), "answered")

    assert answered.state is State.FAIL
    assert answered.sentence == told


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("whole", evidence(faults=("the disk is full\nhelp: make room",))),
        ("whole", evidence(planned=10**6)),
        ("answered", replace(evidence(), summary=replace(evidence().summary, failed=(("timeout", 500),)))),
        ("answered", replace(evidence(), summary=replace(evidence().summary, latency=None, service=None))),
        ("lateness", each_repeat(evidence(), lateness_p99_ms=6.0)),
        ("client", evidence(client=ClientUse(9.0, 10.0, 100))),
        ("backlog", each_repeat(evidence(), slope=Estimate(5.0, 4.0, 6.0))),
        ("stationary", each_repeat(evidence(), stationary=False)),
        ("Little's law", evidence(little_gap=0.06)),
        ("steal", evidence(surroundings=Surroundings(0.06, 0.0, 0.0, ""))),
    ],
)
def test_what_makes_a_run_invalid(name: str, found: Evidence) -> None:
    """Each of these alone is enough, and the reason is told."""
    verdict = judge(found)

    failed = [each for each in verdict.checks if each.state is State.FAIL]
    assert [each.name for each in failed] == [name]
    assert verdict.reasons == (failed[0].sentence,)


def test_wrong_answers_make_a_run_invalid_and_right_ones_do_not() -> None:
    """A share below the target fails, one at the target passes, a metric that was not reckoned fails."""
    asked = replace(evidence().spec, quality=(QualityTarget("top1", 0.99),))
    shares = {share: Quality("a model", 100, (("top1", share),)) for share in (0.98, 0.99)}

    below, at, missing = (
        check(evidence(spec=asked, quality=quality), "quality top1")
        for quality in (shares[0.98], shares[0.99], Quality("a model", 100, ()))
    )

    assert [below.state, at.state, missing.state] == [State.FAIL, State.PASS, State.FAIL]


def test_how_many_answers_may_be_wrong_is_said_by_quality_alone() -> None:
    """3 % of wrong answers hold a target of 97 %; without a target they are failures like any other."""
    found = evidence()
    some = replace(found, summary=replace(found.summary, failed=(("wrong", found.summary.sent * 3 // 100),)))
    asked = replace(some.spec, quality=(QualityTarget("top1", 0.97),))
    unasked = replace(some.spec, quality=())

    assert check(replace(some, spec=asked), "answered").state is State.PASS
    assert check(replace(some, spec=unasked), "answered").state is State.FAIL


def test_answers_that_were_not_kept_are_taken_to_fail_like_those_that_were() -> None:
    """10 of 100 that were checked are wrong, 900 were not kept: 10 % fail, not 1 %."""
    found = evidence(unchecked=900, quality=Quality("a model", 100, ()))
    some = replace(found, summary=replace(found.summary, sent=1000, failed=(("wrong", 10),)))
    seen = check(replace(some, spec=replace(some.spec, quality=())), "answered")

    assert seen.state is State.FAIL
    assert seen.value == pytest.approx(0.1)
    assert "900 answers were not kept" in seen.sentence


def test_answers_that_were_not_checked_are_told() -> None:
    """A run without a reference may be quoted, with that said."""
    found = check(evidence(quality=Quality(None, 0, ())), "quality")

    assert found.state is State.WARN
    assert "--reference" in found.sentence


def test_what_is_told_without_making_a_run_invalid() -> None:
    """Shared cores, other programs, throttling, few repeats, a cache, an unknown tensor, a referee that objects."""
    some = evidence(
        placement=Placement.SHARED,
        surroundings=Surroundings(0.0, 0.5, 0.5, ""),
        again_ratio=0.1,
        introduction=Introduction(Scope.IMAGE, reason="it does not tell"),
        referee=RefereeReport("LoadGen", valid=False, reasons=("too short",), figures=()),
    )
    some = replace(some, summary=replace(some.summary, repeats=some.summary.repeats[:1]))

    verdict = judge(some)

    warned = {each.name for each in verdict.checks if each.state is State.WARN}
    assert verdict.valid
    assert warned >= {"placement", "throttling", "other work", "repeats", "repeated images", "input tensor", "referee"}


def test_one_repeat_that_moved_among_many_is_told_and_most_of_them_fail() -> None:
    """A single bad moment does not spoil five repeats."""
    found = evidence()
    one = (replace(found.summary.repeats[0], stationary=False), *found.summary.repeats[1:])

    assert check(replace(found, summary=replace(found.summary, repeats=one)), "stationary").state is State.WARN


def test_growth_within_one_per_cent_of_the_rate_is_no_backlog() -> None:
    """What cannot be told from rounding is not called a queue without end."""
    found = each_repeat(evidence(), slope=Estimate(0.05, 0.01, 0.09))

    assert check(found, "backlog").state is State.PASS


def test_checks_that_do_not_apply_say_why() -> None:
    """Closed loops have no schedule and no backlog; a ramp is not steady; a model in process shares its CPU."""
    found = each_repeat(evidence(), lateness_p99_ms=None, slope=None)
    ramp = replace(found.spec, load=replace(found.spec.load, kind=LoadKind.RAMP))
    inside = replace(ramp, target=replace(ramp.target, kind=TargetKind.INPROCESS))

    skipped = {each.name for each in judge(replace(found, spec=inside)).checks if each.state is State.SKIPPED}

    assert skipped >= {"lateness", "backlog", "stationary", "client"}


def test_a_machine_that_does_not_tell_is_not_taken_for_a_quiet_one() -> None:
    """Steal that cannot be read is skipped with its reason, never 0 %."""
    found = check(evidence(surroundings=Surroundings(None, None, None, "nothing was monitored")), "steal")

    assert found.state is State.SKIPPED
    assert found.sentence == "nothing was monitored"
