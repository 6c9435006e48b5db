"""`vedette plan idle`: when an idle instance is to end, between kept warm and scaled to zero."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from vedette.cli import plan_amounts as amounts
from vedette.cli import plan_options as given
from vedette.cli.option_group import spread
from vedette.cli.plan_answer import sources_of
from vedette.cli.plan_fleet import currency_of, one_device
from vedette.cli.tables import Format, note, print_json, print_line, print_table, print_wrapped
from vedette.errors import NOTHING_WORKED
from vedette.rules.capacity.amounts import amount_text, share_text, time_text
from vedette.values.demand import Demand, PlanKind, Start

if TYPE_CHECKING:
    from vedette.rules.capacity.warmth import Warmth
    from vedette.values.device import DeviceKind
    from vedette.wiring.plan_idle import IdleFound

SCHEMA = "vedette.idle/1"
_TINY, _RARE = 1e-4, 0.005


@spread
def idle(
    model: given.Model,
    rate: given.Rate,
    fleet: given.OneDeviceOptions,
    pictures: given.ImageOptions,
    tiles: given.TileOptions,
    sources: given.SourceOptions,
    p99: Annotated[
        str | None,
        typer.Option(
            "--p99", metavar="TIME", help="99 of 100 answers are to come within it: 300ms. Default: no such goal."
        ),
    ] = None,
    idle_timeout: Annotated[
        str | None, typer.Option(metavar="TIME", help="Tell also what this one means: 5min.")
    ] = None,
    kept_price: Annotated[
        str | None,
        typer.Option(
            metavar="MONEY/h",
            help="Price of an instance that is always kept. Default: that of the device.",
            rich_help_panel=given.WHERE,
        ),
    ] = None,
    output_format: given.Printed = Format.TABLE,
) -> None:
    """Find when an idle instance is to end: kept warm, scaled to zero, or after which time."""
    from vedette.rules.capacity.idle_choice import IdleAsked
    from vedette.wiring.plan_idle import idle_timeouts

    devices = one_device(fleet)
    asked = IdleAsked(
        amounts.parse_rate(rate),
        None if p99 is None else amounts.seconds_of(p99, "--p99"),
        None if idle_timeout is None else amounts.seconds_of(idle_timeout, "--idle-timeout"),
        amounts.parse_money_an_hour(kept_price, currency_of(devices), "--kept-price"),
    )
    demand = amounts.demanded(
        lambda: Demand(
            PlanKind.RATE,
            (model,),
            devices.fleet,
            rate_per_s=asked.rate_per_s,
            start=Start.COLD,
            size=amounts.parse_image_size(pictures),
            tiling=amounts.tiling_of(tiles),
        )
    )
    found = idle_timeouts(demand, asked, sources_of(devices, sources, pictures.images_from), note)
    if output_format is Format.JSON:
        print_json(_json(found, model, devices.fleet.stocks[0].kind))
    else:
        _print(found, model, devices.fleet.stocks[0].kind)
    if not found.choice.holds:
        raise typer.Exit(NOTHING_WORKED)


def _named(found: IdleFound) -> Iterator[tuple[str, Warmth]]:
    """Each timeout once, the longest first."""
    choice = found.choice
    every = (
        ("kept warm", choice.kept),
        ("shortest", choice.shortest),
        ("asked", choice.given),
        ("at once", choice.ended),
    )
    there = [(name, one) for name, one in every if one is not None]
    yield from sorted(there, key=lambda pair: -pair[1].timeout_s)


def _print(found: IdleFound, model: str, device: DeviceKind) -> None:
    from vedette.rules.capacity.idle_choice import cost_text, idle_words

    choice = found.choice
    heads = ["ends", ">after", ">cold", ">mean", ">p99", ">runs", ">starts/h"]
    priced = device.price_per_hour is not None
    rows = [_row(name, one, *([cost_text(one)] if priced else [])) for name, one in _named(found)]
    if rows:
        print_table([*heads, *([f">{device.currency}/h"] if priced else [])], rows)
    instance = choice.instance
    first = f"load {time_text(instance.load_s)}, first image {time_text(instance.warm_up_s)}"
    facts = {
        "demand": _asked(found, model),
        "instance": f"{first}, later ones {time_text(instance.latency_s)}, on {device.name}",
        "profile": found.profile,
    }
    for label, text in facts.items():
        print_wrapped(text, label.ljust(12))
    print_line()
    for words in idle_words(choice, model, device.currency):
        print_wrapped(words, "- ")
    for warning in found.warnings:
        print_wrapped(warning, "note: ")


def _asked(found: IdleFound, model: str) -> str:
    asked = found.choice.asked
    goal = "" if asked.p99_s is None else f", p99 of {time_text(asked.p99_s)}"
    return f"{amount_text(asked.rate_per_s)} images a second through one instance of {model}{goal}"


def _row(name: str, one: Warmth, *cost: str) -> tuple[str, ...]:
    return (
        name,
        "never" if math.isinf(one.timeout_s) else time_text(one.timeout_s),
        _share(one.cold_share),
        time_text(one.mean_s),
        time_text(one.p99_s),
        _share(one.on_share),
        "0" if one.starts_per_hour < _RARE else amount_text(one.starts_per_hour),
        *cost,
    )


def _share(share: float) -> str:
    """In a column: shares that are nearly 0 or 1 take no more room than others."""
    if share < _TINY:
        return "0 %"
    return ">99.99 %" if 1 - _TINY < share < 1 else share_text(min(1.0, share))


def _json(found: IdleFound, model: str, device: DeviceKind) -> dict[str, Any]:
    """Times in seconds, money in `currency`; `timeout_s` null is never."""
    from vedette.adapters.store.record import to_data
    from vedette.rules.capacity.idle_choice import idle_words, kept_price

    choice = found.choice
    return {
        "schema": SCHEMA,
        "model": model,
        "device": to_data(device),
        "profile": found.profile,
        "rate_per_s": choice.asked.rate_per_s,
        "p99_s": choice.asked.p99_s,
        "load_s": choice.instance.load_s,
        "warm_up_s": choice.instance.warm_up_s,
        "latency_s": choice.instance.latency_s,
        "most_per_s": choice.most_per_s,
        "holds": choice.holds,
        "timeouts": [{"ends": name, **_warmth_json(one)} for name, one in _named(found)],
        "kept_price_per_hour": kept_price(choice),
        "kept_cheaper_per_s": _ends(choice.kept_cheaper_per_s),
        "words": list(idle_words(choice, model, device.currency)),
        "warnings": list(found.warnings),
    }


def _ends(rates: tuple[float, float] | None) -> list[float | None] | None:
    return None if rates is None else [None if math.isinf(rate) else rate for rate in rates]


def _warmth_json(one: Warmth) -> dict[str, float | None]:
    return {
        "timeout_s": None if math.isinf(one.timeout_s) else one.timeout_s,
        "cold_share": one.cold_share,
        "mean_s": one.mean_s,
        "p99_s": one.p99_s,
        "on_share": one.on_share,
        "starts_per_hour": one.starts_per_hour,
        "cost_per_hour": one.cost_per_hour,
        "least_cost_per_hour": one.least_cost_per_hour,
    }
