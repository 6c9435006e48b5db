"""How a plan is carried out on this machine, and whether it can be."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vedette.errors import UnsupportedError
from vedette.values.device import DeviceKind


@dataclass(frozen=True, slots=True)
class Carried:
    """How a plan is carried out.

    Attributes:
        images_from: folder of the user's images; None: those that profiles are measured with.
        probe: look before how quick the machine is now.
        duration_s: of the load of a rate; None: for 2000 images, between 10 s and 5 minutes.
        seed: of the crops that stand for images, and of arrivals.
    """

    images_from: Path | None = None
    probe: bool = True
    duration_s: float | None = None
    seed: int = 0

    @property
    def names(self) -> tuple[str, ...]:
        """What images are read from; empty: crops of the shipped photos."""
        return () if self.images_from is None else (str(self.images_from),)


def share_of(device: DeviceKind) -> float:
    """Cores of a device of this machine.

    Raises:
        UnsupportedError: it is none.
    """
    if device.cores is None:
        raise UnsupportedError(
            f"{device.name} is no CPU of this machine: what is planned for it cannot be carried out here",
            help="carry it out where that device is, or plan with --devices cpu:1",
        )
    return device.cores
