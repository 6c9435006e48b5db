"""What `vedette plan` may use: the options that name devices and models, as values."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from vedette.cli.options import parse_memory
from vedette.cli.plan_amounts import names_of
from vedette.errors import UsageError
from vedette.values.device import Fleet

if TYPE_CHECKING:
    from vedette.adapters.config.fleet import Devices
    from vedette.cli.plan_options import FleetOptions, OneDeviceOptions

_ONE_DEVICE = "cpu:1"


def fleet_of(fleet: FleetOptions | OneDeviceOptions) -> Devices:
    """What `--devices --price` say.

    Raises:
        VedetteError: a device is none, or the fleet file is wrong.
    """
    from vedette.wiring.plan import devices_of

    return devices_of(fleet.devices, fleet.price)


def one_device(fleet: OneDeviceOptions, memory: str | None = None) -> Devices:
    """The one device, with its memory.

    Raises:
        UsageError: there are several, or its memory is told twice.
    """
    found = fleet_of(replace(fleet, devices=fleet.devices or _ONE_DEVICE))
    if found.fleet.count != 1:
        raise UsageError(
            f"--devices {fleet.devices}: one device is asked about, these are {found.fleet.count}",
            help="name one, as --devices cpu:1",
        )
    size, stock = parse_memory(memory, "--memory"), found.fleet.stocks[0]
    if size is None:
        return found
    if stock.kind.memory_bytes is not None:
        raise UsageError(
            f"--memory {memory} and {fleet.devices} contradict each other: the file has a memory of its own",
            help="leave out one of them",
        )
    return replace(found, fleet=Fleet((replace(stock, kind=replace(stock.kind, memory_bytes=size)),)))


def currency_of(devices: Devices) -> str:
    """Of the prices of the devices."""
    from vedette.rules.capacity.draft import currency_of

    return currency_of(devices.fleet)


def check_lost(lost: int, devices: Devices) -> int:
    """What `--lost` says: fewer than there are.

    Raises:
        UsageError: it is below 0, or no device would be left.
    """
    if lost < 0:
        raise UsageError(f"--lost {lost}: lost devices are 0 or more", help="give 0 or more")
    if lost >= devices.fleet.count:
        raise UsageError(
            f"--lost {lost} and --devices contradict each other: {devices.fleet.count} in all, none would be left",
            help="plan with more devices, or lose fewer",
        )
    return lost


def parse_models(models: str | None, devices: Devices, profiles: list[str] | None) -> tuple[str, ...]:
    """The names of `--models A,B`; for None all that were profiled or given.

    Raises:
        UsageError: it names none.
        NotFoundError: nothing was profiled.
    """
    if models is None:
        from vedette.wiring.plan import profiled_models

        return profiled_models(devices, profiles or ())
    return names_of(models, "--models")
