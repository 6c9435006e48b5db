"""The options that the commands of `vedette plan` share, each spelled once, in groups that stand for one parameter."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from vedette.cli.tables import Format

WHERE = "What it may use"
_HOW_SURE = "How sure it must be"
_LIMITS = "Goal and limits"
_IMAGES = "The images"
_PROFILES = "What it rests on"

Model = Annotated[str, typer.Option("--model", "-m", metavar="NAME", help="A model by name.")]
Images = Annotated[int, typer.Option("--images", "-n", metavar="N", help="How many images.")]
Rate = Annotated[str, typer.Option("--rate", metavar="R/s", help="Images that arrive, at random: 30/s, 600/min.")]
P99 = Annotated[str, typer.Option("--p99", metavar="TIME", help="99 of 100 answers come within it: 50ms.")]
ModelsToChooseFrom = Annotated[
    str | None,
    typer.Option("--models", metavar="A,B", help="Models to choose from. Default: all that were profiled or given."),
]
Within = Annotated[str, typer.Option("--within", metavar="T", help="The time for all of them: 20s, 5min, 2h.")]
Candidates = Annotated[
    str | None,
    typer.Option("--models", metavar="A,B", help="Candidates: the best set of them. Default: all profiled or given."),
]
OneOf = Annotated[
    list[str] | None,
    typer.Option("--one-of", metavar="A,B", help="Exactly one of these is needed; may be repeated."),
]
ImagesOfEach = Annotated[int, typer.Option("--images", "-n", metavar="N", help="How many images for each model.")]
Memory = Annotated[
    str | None,
    typer.Option(
        "--memory",
        metavar="SIZE",
        help="Memory of the device: 2GB. A fleet file has its own. Default: no limit.",
        rich_help_panel=WHERE,
    ),
]
Devices = Annotated[
    str | None,
    typer.Option(
        "--devices",
        metavar="LIST|FILE",
        help="cpu:1,cpu:0.5 (shares of cores; equal ones are counted) or fleet.yaml. Default: every core here is one.",
        rich_help_panel=WHERE,
    ),
]
OneDevice = Annotated[
    str | None,
    typer.Option(
        "--devices",
        metavar="DEVICE|FILE",
        help="The one device: cpu:1, cpu:0.5 (cores that it has), or fleet.yaml with one. Default: cpu:1.",
        rich_help_panel=WHERE,
    ),
]
Price = Annotated[
    str | None,
    typer.Option(
        "--price",
        metavar="AMOUNT/h",
        help="Price of a device: 0.12EUR/h. A fleet file has its own. Default: none.",
        rich_help_panel=WHERE,
    ),
]
StartAt = Annotated[
    str,
    typer.Option(
        help="What T holds: cold, loading and the first batch; loaded, the first batch; warm, later batches only.",
        rich_help_panel=_HOW_SURE,
    ),
]
Kind = Annotated[
    str | None,
    typer.Option(
        "--class",
        metavar="CLASS",
        help="hard, soft, relaxed or best-effort deadline. Default: soft; of a budget relaxed.",
        rich_help_panel=_HOW_SURE,
    ),
]
Probability = Annotated[
    str | None,
    typer.Option(
        metavar="P%", help="Chance with which a soft deadline must be met. Default: 95%.", rich_help_panel=_HOW_SURE
    ),
]
Lost = Annotated[
    int, typer.Option("--lost", metavar="K", help="Devices that may be lost at the start.", rich_help_panel=_HOW_SURE)
]
GoalName = Annotated[
    str | None,
    typer.Option(
        "--goal", help="What is made least: devices, cost or energy. Default: devices.", rich_help_panel=_LIMITS
    ),
]
MaxCost = Annotated[
    str | None,
    typer.Option(
        metavar="MONEY", help="Cost of the whole job at most: 2.50EUR. Default: no limit.", rich_help_panel=_LIMITS
    ),
]
MaxEnergy = Annotated[
    str | None,
    typer.Option(
        metavar="ENERGY",
        help="Energy of the whole job at most: 5Wh, 0.2kWh. Default: no limit.",
        rich_help_panel=_LIMITS,
    ),
]
MaxBatch = Annotated[
    int | None,
    typer.Option(
        metavar="B", help="Images of a mini-batch at most. Default: as many as were profiled.", rich_help_panel=_LIMITS
    ),
]
MaxUses = Annotated[
    int | None,
    typer.Option(
        metavar="M",
        help="Mini-batches of a device after its first, at most. Default: no limit.",
        rich_help_panel=_LIMITS,
    ),
]
ImageSize = Annotated[
    str | None,
    typer.Option(
        "--size", metavar="WxH", help="Size of the images in pixels. Default: as they come.", rich_help_panel=_IMAGES
    ),
]
ImagesFrom = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Your images, to profile and to verify with. Default: crops of shipped photos.",
        rich_help_panel=_IMAGES,
    ),
]
Tile = Annotated[
    str | None,
    typer.Option(
        metavar="WxH", help="Cut images in tiles of this size, in pixels. Default: not cut.", rich_help_panel=_IMAGES
    ),
]
Overlap = Annotated[
    int, typer.Option("--tile-overlap", min=0, help="Least overlap of tiles, in pixels.", rich_help_panel=_IMAGES)
]
FillWith = Annotated[
    str | None,
    typer.Option(
        "--fill",
        help="overview: the whole image beside its tiles. blank: blank tiles up to a power of 2. Default: neither.",
        rich_help_panel=_IMAGES,
    ),
]
Profiles = Annotated[
    list[str] | None,
    typer.Option(
        "--profile",
        metavar="ID|FILE",
        help="Profile to rest on; may be repeated. Default: those that are kept.",
        rich_help_panel=_PROFILES,
    ),
]
NoProfile = Annotated[
    bool, typer.Option("--no-profile", help="Never measure: stored and given ones only.", rich_help_panel=_PROFILES)
]
Refresh = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="First see for so long (1s to 10min) how quick this machine is now. Default: profiles count as measured.",
        rich_help_panel=_PROFILES,
    ),
]
Printed = Annotated[Format, typer.Option("--format", help="What is printed.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the plan as JSON too.")]
Verify = Annotated[bool, typer.Option("--verify", help="Carry it out here, and put measured beside predicted.")]


@dataclass(frozen=True, slots=True)
class FleetOptions:
    """What a plan may use."""

    devices: Devices = None
    price: Price = None


@dataclass(frozen=True, slots=True)
class OneDeviceOptions:
    """The one device of a plan."""

    devices: OneDevice = None
    price: Price = None


@dataclass(frozen=True, slots=True)
class PromiseOptions:
    """How sure a plan must be."""

    deadline_class: Kind = None
    probability: Probability = None


@dataclass(frozen=True, slots=True)
class LimitOptions:
    """What a job may not exceed."""

    max_cost: MaxCost = None
    max_energy: MaxEnergy = None
    max_batch: MaxBatch = None
    max_uses: MaxUses = None


@dataclass(frozen=True, slots=True)
class ImageOptions:
    """Which images."""

    size: ImageSize = None
    images_from: ImagesFrom = None


@dataclass(frozen=True, slots=True)
class TileOptions:
    """How images are cut."""

    tile: Tile = None
    tile_overlap: Overlap = 0
    fill: FillWith = None


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """What a plan rests on."""

    profile: Profiles = None
    no_profile: NoProfile = False
    refresh: Refresh = None


@dataclass(frozen=True, slots=True)
class AnswerOptions:
    """What becomes of a plan."""

    output_format: Printed = Format.TABLE
    output: Output = None
    verify: Verify = False


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """Everything that the plans of a job share, besides what is asked."""

    fleet: FleetOptions
    start: StartAt = "loaded"
    promise: PromiseOptions
    lost: Lost = 0
    limits: LimitOptions
    pictures: ImageOptions
    tiles: TileOptions
    sources: SourceOptions
    answer: AnswerOptions
