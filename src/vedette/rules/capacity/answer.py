"""What the rules of plans answer: which device does what. The planner makes a `Plan` of it."""

from __future__ import annotations

from dataclasses import dataclass

from vedette.rules.capacity.capability import Capability, Option
from vedette.rules.capacity.spread import Spread, spread
from vedette.values.demand import Goal
from vedette.values.plan import Binding, Prediction, Relaxation, Status


@dataclass(frozen=True, slots=True)
class Share:
    """What one device does.

    Attributes:
        capability: model and kind of device.
        option: mini-batch size and its times.
        later_uses: t, mini-batches after the first.
        images: that it gets, (t + 1) mbs at most; 0 for a device that stands by for one that is lost.
        last: option of the last mini-batch where that is smaller and its times are known.
    """

    capability: Capability
    option: Option
    later_uses: int
    images: int
    last: Option | None = None

    @property
    def spread(self) -> Spread:
        """Distribution of its time."""
        return spread(self.option, self.later_uses, self.last)


def last_option(capability: Capability, option: Option, later_uses: int, images: int) -> Option | None:
    """The row of a smaller last mini-batch, where it is there and no figure of it is larger than that of a full one.

    So the prediction of a device never comes later, nor knows less, than what was counted against the deadline.

    Args:
        capability: whose rows are searched.
        option: of the full mini-batches.
        later_uses: t; without any the first mini-batch is the last, and counts as a full one.
        images: of the device.
    """
    size = images - later_uses * option.batch
    if not later_uses or size == option.batch:
        return None
    found = next((one for one in capability.options if one.batch == size), None)
    if found is None or found.later_s.trials < option.later_s.trials:
        return None
    small, full = found.later_s, option.later_s
    grows = small.mean > full.mean or small.within > full.within or (small.between or 0.0) > (full.between or 0.0)
    return None if grows or (small.between is None) != (full.between is None) else found


@dataclass(frozen=True, slots=True)
class Answer:
    """Which device does what, how sure that is, and what decides it.

    Attributes:
        status: `optimal` or `infeasible` by a closed form; a solver may know less.
        goal: what was made best.
        value: of the objective; None where infeasible.
        bound: proven; equal to the value where optimal.
        shares: one for each device, equal kinds side by side.
        images: of all shares.
        capacity: images that the devices of the shares could process within T; 0 without one.
        time_s: makespan that counts against T (by the class of the deadline, all mini-batches full); None without.
        makespan_s: when the last device is expected to be done.
        probability: that all devices end within T; None where one trial tells nothing of the next.
        binding: what decides, and what one more unit buys; why it is infeasible, where it is.
        relaxations: of an infeasible demand, each of one limit alone.
        printed_objective: NGPU x images, as equation 2 is printed; None for other questions.
    """

    status: Status
    goal: Goal
    value: float | None = None
    bound: float | None = None
    shares: tuple[Share, ...] = ()
    images: int = 0
    capacity: int = 0
    time_s: float | None = None
    makespan_s: Prediction | None = None
    probability: float | None = None
    binding: tuple[Binding, ...] = ()
    relaxations: tuple[Relaxation, ...] = ()
    printed_objective: float | None = None
