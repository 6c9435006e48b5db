"""What one model can do on one kind of device, as plans see it: a row for each mini-batch size. Plans know no curves.

Profile -> curves -> Capability(options for b = 1, 2, ..., MB) -> plans
"""

from __future__ import annotations

from dataclasses import dataclass

from vedette.values.device import DeviceKind
from vedette.values.moment import Moment


@dataclass(frozen=True, slots=True)
class Option:
    """A device that works in mini-batches of one size.

    Attributes:
        batch: mbs, images of a mini-batch.
        first_s: of the first mini-batch, counted from the start that the demand names: W(b), the load time and W(b), or
            L(b) where everything is warm.
        later_s: L(b), of each later one.
        longest_first_s, longest_later_s: the longest that were seen; a hard deadline counts with them.
        peak_bytes: most memory; None: not known.
        first_j, later_j: energy of the first mini-batch and of a later one; None: not known.
    """

    batch: int
    first_s: Moment
    later_s: Moment
    longest_first_s: float
    longest_later_s: float
    peak_bytes: int | None = None
    first_j: float | None = None
    later_j: float | None = None


@dataclass(frozen=True, slots=True)
class Capability:
    """One model on one kind of device.

    Attributes:
        model: name.
        profile: id of the profile that the figures are of.
        device: the kind.
        options: in the order of their batch, each batch once; empty where the model does not fit the device.
        quality: of the model, 0..100; None: not known.
    """

    model: str
    profile: str
    device: DeviceKind
    options: tuple[Option, ...]
    quality: float | None = None

    def __post_init__(self) -> None:
        batches = [option.batch for option in self.options]
        if batches != sorted(set(batches)):
            raise ValueError(f"options rise by their batch, got {batches}")
