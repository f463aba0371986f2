"""The ``airhook`` command: its subcommands, found when they are called, and what errors look like."""

import contextlib
import importlib
import os
import sys
from typing import Any

import click

from airhook import __version__
from airhook.cli.commands import COMMANDS
from airhook.core.errors import AirhookError, InvalidError

OPTIONS = {
    "urls": "--begin-url, --end-url, --url",
    "urls.0": "--end-url",
    "urls.1": "--begin-url",
    "callback_key": "--key",
    "description": "--description",
    "auth_key": "--auth-key",
    "backup_auth_key": "--backup-key",
    "auth_delta_s": "--auth-delta",
    "reconnect_window_s": "--reconnect-window",
    "user": "--user",
    "appid": "--appid",
    "resume_time": "--until, --hours",
    "id": "--id",
    "destination": "--destination",
    "since": "--since",
    "until": "--until",
    "reason": "--reason",
    "url": "URL",
    "interval_s": "--interval",
    "width": "--width",
    "height": "--height",
    "prefix": "--prefix",
    "file_name": "--file-name",
    "hls_continue_s": "--hls-continue",
    "rate_limit": "--rate",
    "allowed": "--allow",
    "domain_rule": "--domain-rule",
    "api_url": "--api-url",
    "api_secret": "--api-secret",
    "silence_s": "--silence",
    "base_url": "--base-url",
    "options.delays_s": "--delays",
    "options.overlap": "--overlap",
    "options.webhook_secret": "--webhook-secret",
    "options.headers": "--header",
    "options.ca_pem": "--ca",
    "options.client_cert_pem": "--client-cert",
    "options.client_key_pem": "--client-key",
}
"""What the use cases' fields are called here."""

_MEDIA = {"interval_s": "--format", "storage_s": "--keep-days", "file_name": "--file-name"}
"""And those of a format of a record template."""


class App(click.Group):
    """Imports a command's module when it is asked for, and turns our errors into one line and exit status 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except AirhookError as error:
            click.echo(f"airhook: {in_our_words(error)}", err=True)
            ctx.exit(1)
        except BrokenPipeError:
            raise  # click ends quietly when nobody reads on
        except OSError as error:
            if error.filename is None:
                _give_up_output()
            click.echo(f"airhook: {_told(error)}", err=True)
            ctx.exit(1)


def _told(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename is not None else reason


def _give_up_output() -> None:
    """Output that could not be written must not be tried again, with a complaint, when the process ends."""
    with contextlib.suppress(OSError), open(os.devnull, "wb") as nowhere:  # noqa: PTH123
        os.dup2(nowhere.fileno(), sys.stdout.fileno())


def in_our_words(error: AirhookError) -> str:
    """The message; a wrong value goes by the name of the option it came from."""
    if not isinstance(error, InvalidError):
        return error.message
    option = OPTIONS.get(error.field, error.field)
    if option.startswith("params."):
        option = _MEDIA.get(option.rpartition(".")[2], option)
    if option.startswith("urls."):
        option = f"--url {option.removeprefix('urls.')}=URL"
    if option.startswith("options.headers."):
        option = f"--header {option.removeprefix('options.headers.')}"
    return f"{option}: {error.reason}"


HELP = """Live-streaming callbacks you host yourself.

Publishers push over RTMP; your server gets signed JSON when a push starts and when it ends. Bodies, signatures and
the cloud API are those of Tencent Cloud CSS.

\b
See it work:
  airhook demo

\b
Use it:
  airhook init
  airhook serve
  airhook domain add push.example.com
  airhook template add hooks --begin-url https://hooks.example.com/ --generate-key
  airhook rule add push.example.com 1001
  airhook domain push-url push.example.com live room1

Settings come from airhook.toml and AIRHOOK_... variables; docs/settings.md lists them.
"""


@click.group(
    cls=App, help=HELP, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, "-V", "--version", message="airhook %(version)s")
@click.option(
    "--account", metavar="NAME", help="Act for this account (name or APPID), not for the first one."
)
def app(account: str | None) -> None:
    """Nothing happens before a subcommand; ``cli.common.account_of`` asks for the option."""
