"""`python -m vedette` is the command `vedette`."""

import gc
import sys


def main() -> None:
    """Run the command line. No garbage is collected while modules load: it would find none, and takes time."""
    gc.disable()
    try:
        from vedette.cli.app import main as command_line
    except KeyboardInterrupt:  # the modules take a while on a busy machine
        from vedette.errors import INTERRUPTED

        sys.exit(INTERRUPTED)
    command_line()


if __name__ == "__main__":
    main()
