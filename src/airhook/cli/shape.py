"""How a command's help looks: click's own, and examples below it."""

from collections.abc import Sequence
from typing import Any

import click


class Command(click.Command):
    """A command with ``examples``: lines as somebody would type them."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.examples = examples

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        if self.examples:
            several = (
                sum(not line.startswith(" ") for line in self.examples) > 1
            )  # others go on with the line above
            with formatter.section("Examples" if several else "Example"):
                for line in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")


class Group(click.Group):
    """A group whose commands are ours."""

    command_class = Command
