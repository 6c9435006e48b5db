"""Checks of the circumstances of a run: repeats, placement, caches, tensors, the machine, the referee."""

from __future__ import annotations

from vedette.rules.bench.evidence import Evidence
from vedette.values.evidence import Check, State
from vedette.values.run import RefereeReport
from vedette.values.trial import Placement, TargetKind

_CO_TENANT = 0.1
_THROTTLED = 0.01
_FASTER_AGAIN = 0.7
_COMPARABLE_REPEATS = 5


def checks_of_circumstances(evidence: Evidence) -> list[Check]:
    """What is around the figures, in the order in which a reader asks."""
    checks = [
        _repeats(evidence),
        _placement(evidence),
        _repeated_images(evidence),
        _tensors(evidence),
        *_machine(evidence),
    ]
    if evidence.referee is not None:
        checks.append(_referee(evidence.referee))
    return checks


def _repeats(evidence: Evidence) -> Check:
    count = len(evidence.summary.repeats)
    if count < _COMPARABLE_REPEATS:
        sentence = (
            f"{count} repeat{'s' if count != 1 else ''}: enough to look, not to say what is faster "
            f"(--repeats {_COMPARABLE_REPEATS} or more)"
        )
        return Check("repeats", State.WARN, sentence, count, _COMPARABLE_REPEATS)
    return Check("repeats", State.PASS, f"{count} repeats, each with a schedule of its own", count, _COMPARABLE_REPEATS)


def _placement(evidence: Evidence) -> Check:
    name = "placement"
    match evidence.placement:
        case Placement.SHARED:
            told = "client and target share cores: what the client uses is missing from the target (--client-cores)"
            return Check(name, State.WARN, told)
        case Placement.DISJOINT:
            return Check(name, State.PASS, "client and target run on cores of their own")
        case Placement.REMOTE:
            return Check(name, State.PASS, "the target runs on another machine; the network is part of the figures")
        case Placement.IN_PROCESS:
            return Check(name, State.PASS, "the target runs in the generator's process")


def _repeated_images(evidence: Evidence) -> Check:
    name, inputs, sent = "repeated images", evidence.spec.inputs, evidence.summary.sent
    if sent <= inputs.count:
        return Check(name, State.PASS, f"{inputs.count} different images, none sent twice")
    ratio = evidence.again_ratio
    if ratio is None:
        return Check(name, State.SKIPPED, f"{inputs.count} different images: too few to tell a cache from the model")
    told = f"images sent again took {ratio:.2f} times as long as the first time"
    if ratio < _FASTER_AGAIN:
        return Check(name, State.WARN, f"{told}: a cache may have answered", ratio, _FASTER_AGAIN)
    return Check(name, State.PASS, told, ratio, _FASTER_AGAIN)


def _tensors(evidence: Evidence) -> Check:
    name, told = "input tensor", evidence.introduction.tensors
    if evidence.spec.target.kind is TargetKind.NULL:
        return Check(name, State.SKIPPED, "the null target runs no model")
    if told is None:
        reason = evidence.introduction.reason or "the target does not tell"
        return Check(name, State.WARN, f"what entered the model is not known: {one_line(reason)}")
    shapes = ", ".join(f"{each.name} {each.datatype} {list(each.shape)}" for each in told)
    return Check(name, State.PASS, f"what entered the model: {shapes}")


def _machine(evidence: Evidence) -> list[Check]:
    around, limit = evidence.surroundings, evidence.spec.limits.steal_share
    return [
        _share("steal", around.steal, limit, State.FAIL, "of the machine's time was taken by its host", around.reason),
        _share(
            "throttling", around.throttled, _THROTTLED, State.WARN, "of the time the CPU quota held back", around.reason
        ),
        _share(
            "other work",
            around.others,
            _CO_TENANT,
            State.WARN,
            "of the machine was used by other programs",
            around.reason,
        ),
    ]


def _share(name: str, share: float | None, limit: float, beyond: State, told: str, reason: str) -> Check:
    if share is None:
        return Check(name, State.SKIPPED, reason or "it cannot be read here")
    if share > limit:
        return Check(name, beyond, f"{share:.1%} {told}: more than {limit:.0%}", share, limit)
    return Check(name, State.PASS, f"{share:.1%} {told}", share, limit)


def _referee(referee: RefereeReport) -> Check:
    if referee.valid:
        return Check("referee", State.PASS, f"{referee.name}: VALID")
    return Check("referee", State.WARN, f"{referee.name}: INVALID ({'; '.join(referee.reasons) or 'no reason given'})")


def one_line(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())
