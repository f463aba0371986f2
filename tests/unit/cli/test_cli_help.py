"""The help and the manners of the command line."""

import subprocess
import sys

import click
import pytest

from airhook import __version__
from airhook.cli.app import app
from airhook.cli.commands import COMMANDS


def walk(command, path=()):
    """Every command and group below ``command``."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from walk(command.get_command(context, name), (*path, name))


EVERY = dict(walk(app))


@pytest.mark.parametrize("path", EVERY, ids=" ".join)
def test_every_command_explains_itself(commands, path):
    output = commands.ok(*path, "--help")
    assert output.startswith("Usage: airhook")
    if not isinstance(EVERY[path], click.Group):
        assert f"  airhook {' '.join(path)}" in output or f" airhook {' '.join(path)}" in output, "an example"


def test_the_first_lines_are_not_cut_off(commands):
    listed = commands.ok("--help").partition("Commands:\n")[2]
    shown = dict(line.split(maxsplit=1) for line in listed.splitlines())
    assert list(shown) == list(COMMANDS)
    assert shown == {name: EVERY[(name,)].get_short_help_str(limit=100) for name in COMMANDS}, "its own words"
    assert "..." not in listed


@pytest.mark.parametrize(
    "command",
    [("domain", "add"), ("domains",), ("rule", "add", "a.b", "one"), ("listen", "--status", "99"), ("listen", "--listen", "8900"), ("publish", "http://x"), ("publish", "rtmp://a/b/c", "--size", "641x360")],
    ids=" ".join,
)  # fmt: skip
def test_wrong_usage_exits_with_2(commands, command):
    result = commands.run(*command)
    assert result.exit_code == 2
    assert "Usage: airhook" in result.stderr


def test_the_version_is_told(commands):
    assert commands.ok("--version") == f"airhook {__version__}\n"


def test_help_loads_nothing_heavy():
    """``airhook --help`` must feel instant."""
    heavy = (
        "av",
        "sqlalchemy",
        "alembic",
        "cryptography",
        "pycurl",
        "starlette",
        "uvicorn",
        "structlog",
        "jinja2",
        "asyncio",
        "msgspec",
        "airhook.config",
        "airhook.control",
    )
    code = f"import sys; sys.argv = ['airhook', '--help']\ntry:\n    from airhook.cli import main; main()\nfinally:\n    print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
