"""`vedette keys`: make the keys that callers of a server show."""

from __future__ import annotations

import math
from typing import Annotated

import typer

from vedette.cli.options import named
from vedette.cli.tables import note, print_line
from vedette.errors import UsageError
from vedette.values.serving import Right

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Make the keys that callers of a server show.")


@app.callback()
def keys() -> None:
    """Make the keys that callers of a server show."""


@app.command("new")
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Of the key, for logs: who or what will use it.")],
    rights: Annotated[
        list[str] | None,
        typer.Option("--right", metavar="infer|admin", help="What it may do; repeat it for both. Default: infer."),
    ] = None,
    rate: Annotated[
        float | None, typer.Option("--rate", help="Requests a second at most; without it there is no limit.")
    ] = None,
) -> None:
    """Make a key: the secret goes to standard error, the lines for vedette.yaml, with its hash only, to the output."""
    import secrets

    from vedette.rules.access.rights import SECRET_BYTES, check_name, hash_of, secret_of

    check_name(name)
    granted = sorted({named(Right, right, "--right") for right in rights or [Right.INFER.value]}, reverse=True)
    if rate is not None and not (math.isfinite(rate) and rate > 0):
        raise UsageError(f"--rate {rate} cannot be", help="give requests a second above 0, or leave it out")
    secret = secret_of(secrets.token_bytes(SECRET_BYTES))
    note(f"secret: {secret}")
    note("It is shown this once and kept nowhere. The caller sends it as: Authorization: Bearer SECRET")
    note("Lines for vedette.yaml, below `keys:`")
    for line in _entry(name, hash_of(secret), granted, rate):
        print_line(line)


def _entry(name: str, digest: str, rights: list[Right], rate: float | None) -> list[str]:
    """One item of `keys:` in YAML."""
    lines = [f'  - name: "{name}"', f'    hash: "{digest}"', f"    rights: [{', '.join(rights)}]"]
    return lines if rate is None else [*lines, f"    rate: {rate:g}"]
