"""The command line: nothing but parsing, calling, and showing. ``airhook --help`` lists the commands."""

from airhook.cli.app import app
from airhook.core import garbage


def main() -> None:
    """Entry point of the ``airhook`` command."""
    garbage.begin()
    app(prog_name="airhook")
