"""`python -m vedette` is the command `vedette`."""

import gc


def main() -> None:
    """Run the command line. No garbage is collected while modules load: it would find none, and takes time."""
    gc.disable()
    from vedette.cli.app import main as command_line

    command_line()


if __name__ == "__main__":
    main()
