"""The command `vedette`: the visible list of its commands, and the one place that turns an error into an exit code."""

from __future__ import annotations

import gc
import signal
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup
from typer.main import get_command

from vedette.cli.tables import print_error, print_line
from vedette.errors import INTERRUPTED, UsageError, VedetteError, exit_code

if TYPE_CHECKING:
    from types import FrameType

    from typer._click import Command, Context

_LOADING = ("run", "serve", "evaluate", "demo")
"""Commands that load more modules before they work, and collect garbage from then on."""

_COMMANDS = {
    "run": "vedette.cli.run:run",
    "serve": "vedette.cli.serve:serve",
    "evaluate": "vedette.cli.evaluate:evaluate",
    "models": "vedette.cli.models:app",
    "keys": "vedette.cli.keys:app",
    "data": "vedette.cli.data:app",
    "bench": "vedette.cli.bench:app",
    "profile": "vedette.cli.profile:profile",
    "profiles": "vedette.cli.profiles:app",
    "plan": "vedette.cli.plan:app",
    "report": "vedette.cli.report:report",
    "doctor": "vedette.cli.doctor:doctor",
    "demo": "vedette.cli.demo:demo",
}
"""Every command; each is imported when it is called, so that a start pays only for the one that runs."""


class _Commands(TyperGroup):
    """The commands of `_COMMANDS`."""

    def list_commands(self, ctx: Context) -> list[str]:
        """Their names, in the order of the help."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: Context, cmd_name: str) -> Command | None:
        """The command of a name.

        Raises:
            UsageError: it is none; the message offers the nearest.
        """
        del ctx
        place = _COMMANDS.get(cmd_name)
        if place is None:
            from difflib import get_close_matches

            near = get_close_matches(cmd_name, _COMMANDS, 1)
            help_text = f"did you mean `vedette {near[0]}`?" if near else f"commands are {', '.join(_COMMANDS)}"
            raise UsageError(f"there is no command {cmd_name!r}", help=help_text)
        module, _, name = place.partition(":")
        found = getattr(import_module(module), name)
        if not isinstance(found, typer.Typer):
            single = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
            single.command(cmd_name)(found)
            found = single
        command = get_command(found)
        command.name = cmd_name
        return command


app = typer.Typer(
    name="vedette",
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it with the flag
    if wanted:
        from importlib.metadata import version

        print_line(f"vedette {version('vedette')}")
        raise typer.Exit


@app.callback()
def vedette(
    context: typer.Context,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Serve your vision model, find the cheapest set-up that meets your deadline, and see it proved."""
    if context.invoked_subcommand not in _LOADING:
        gc.enable()


def main() -> None:
    """Run the command line; errors become a message and an exit code, never a traceback.

    A request to terminate ends a command as Ctrl-C does: what was started is ended, what was measured is kept.
    """
    signal.signal(signal.SIGTERM, _terminated)
    try:
        app()
    except (VedetteError, ImportError) as error:
        if _comes_of_an_interrupt(error):
            sys.exit(INTERRUPTED)
        if isinstance(error, ImportError):
            raise
        print_error(error)
        sys.exit(exit_code(error))
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(INTERRUPTED)


def _comes_of_an_interrupt(error: BaseException | None) -> bool:
    """Ctrl-C while a library of C++ loads comes out as an ImportError: initialization failed."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _terminated(number: int, frame: FrameType | None) -> None:
    """Do what Ctrl-C does just now: while an event loop runs that cancels its work, and does not stop it in between.

    Jobs in the background of a shell ignore Ctrl-C; they are interrupted where they are.
    """
    handler = signal.getsignal(signal.SIGINT)
    (handler if callable(handler) else signal.default_int_handler)(number, frame)
