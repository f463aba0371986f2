"""The command line: nothing but parsing, calling, and showing. ``airhook --help`` lists the commands."""

from airhook.cli.app import app


def main() -> None:
    """Entry point of the ``airhook`` command."""
    app(prog_name="airhook")
