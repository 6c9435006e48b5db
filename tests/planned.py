"""Made profiles for plans: L(b) = a + c b and W(b) = w L(b), with the deviations that a test wants."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from vedette.errors import NotFoundError
from vedette.rules.capacity.matching import Match, Wanted, best_profile
from vedette.values.device import DeviceKind
from vedette.values.execution import Execution, RuntimeName
from vedette.values.moment import Moment
from vedette.values.profile import Origin, Profile, Profiled, ProfilePoint


def made_profile(
    model: str = "m",
    device: DeviceKind | None = None,
    a: float = 0.02,
    c: float = 0.01,
    batches: tuple[int, ...] = (1, 2, 4, 8),
    quality: float | None = None,
    spread: float = 0.0,
) -> Profile:
    """A given profile: a mini-batch of b takes a + c b seconds, the first one twice as long, loading half a second."""
    kind = device or DeviceKind("cpu:1")
    points = tuple(_point(batch, a + c * batch, spread) for batch in batches)
    profiled = Profiled(model, "1", "", Execution(RuntimeName.OPENVINO), kind, quality=quality)
    return Profile(f"{model}-{kind.name.replace(':', '-')}", profiled, points, Origin.GIVEN)


def _point(batch: int, seconds: float, spread: float) -> ProfilePoint:
    later = Moment(seconds, spread * seconds, spread * seconds, 60, 3)
    first = replace(later, mean=2 * seconds, count=3)
    return ProfilePoint(batch, None, later, first, Moment(0.5, 0.0, 0.0, 3, 3), peak_bytes=100_000_000 * batch)


@dataclass
class FakeSource:
    """A source that holds some profiles, and others that it can measure."""

    profiles: tuple[Profile, ...]
    measurable: tuple[Profile, ...] = ()
    asked: list[Wanted] = field(default_factory=list)

    def best(self, wanted: Wanted) -> Match:
        """As the home folder chooses."""
        return best_profile(self.profiles, wanted)

    def measure(self, wanted: Wanted) -> Profile:
        """One of the measurable."""
        self.asked.append(wanted)
        match = best_profile(self.measurable, wanted)
        if match.profile is None:
            raise NotFoundError("nothing is to be measured", help="give a profile")
        return match.profile


@dataclass
class StoppedClock:
    """A clock that stands still; its wall shows one instant."""

    def now_ns(self) -> int:
        """Always 0."""
        return 0

    def wall(self) -> datetime:
        """A date for ids."""
        return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

    async def sleep_until(self, at_ns: int) -> None:
        """At once."""
