"""``airhook init``, ``airhook serve`` and ``airhook migrate``."""

import asyncio

import click

from airhook.cli.common import as_json, settings_option, show
from airhook.cli.desk import open_desk
from airhook.cli.shape import Command
from airhook.config import FILE_NAME, Settings
from airhook.control.accounts import Credentials
from airhook.core.errors import ConfigError

LOCAL = ("127.0.0.0/8", "::1/128")
LOCAL_FILE = f"""# Written by `airhook init --local`: callbacks may go to this machine itself.
# docs/settings.md lists every setting.
[targets]
allow = ["{LOCAL[0]}", "{LOCAL[1]}"]
"""


@click.command(cls=Command, examples=["airhook init", "airhook init --local --json"])
@click.option(
    "--local",
    is_flag=True,
    help=f"Let callbacks go to this machine itself: writes {FILE_NAME} into the data folder.",
)
@as_json
@settings_option
def init(settings: Settings, *, local: bool, as_json: bool) -> None:
    """Make the database and the first account.

    Prints the account's keys and its console user with a password. The secrets are shown this once.
    """
    made = asyncio.run(_initialize(settings))
    note = _allow_local(settings) if local else ""
    after = "\n".join(filter(None, [note, "Next: airhook serve"]))
    show(made, f"{_welcome(made, settings)}\n{after}", as_json=as_json)


@click.command(cls=Command, examples=["AIRHOOK_HTTP__LISTEN=127.0.0.1:8081 airhook serve"])
@settings_option
def serve(settings: Settings) -> None:
    """Run the server.

    RTMP ingest, delivery, cloud API and console, all in this one process. An empty data folder is initialized first.
    SIGTERM and Ctrl-C end it calmly; live pushes may come back within their reconnect window.
    """
    from airhook import runtime
    from airhook.storage.sqlite.connect import STATE_FILE

    if not (settings.data_dir / STATE_FILE).exists():
        click.echo(_welcome(asyncio.run(_initialize(settings)), settings))
    runtime.run(settings)


@click.command(cls=Command, examples=["airhook migrate"])
@settings_option
def migrate(settings: Settings) -> None:
    """Bring the database to this release. Stop the server first, and keep a copy of the data folder."""
    from airhook.storage.sqlite import migrate as migrate_database

    migrate_database(settings.data_dir)
    click.echo(f"The database in {settings.data_dir} is up to date.")


async def _initialize(settings: Settings) -> Credentials:
    from airhook.control import accounts
    from airhook.storage.sqlite import migrate as migrate_database

    migrate_database(settings.data_dir)
    async with open_desk(settings) as desk:
        return await accounts.initialize(desk, appid=settings.appid or None)


def _allow_local(settings: Settings) -> str:
    """Write the settings file of the data folder; give a note about it."""
    path = settings.data_dir / FILE_NAME
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(LOCAL_FILE)
    except FileExistsError:
        return f"{path} exists already: see that targets.allow holds {' and '.join(LOCAL)} there."
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}") from None
    if settings.targets.allow:
        # Whatever was read before the file was there is stronger than the file.
        given = ", ".join(map(str, settings.targets.allow))
        return f"targets.allow is set to {given} elsewhere, which counts more than {path}."
    return f"Callbacks may go to this machine itself (targets.allow in {path})."


def _welcome(made: Credentials, settings: Settings) -> str:
    rows = [
        ("Cloud API", "SecretId", made.secret_id),
        ("", "SecretKey", made.secret_key),
        ("", "APPID", made.appid),
        ("Console", "address", f"{settings.base_url}/console/"),
        ("", "user", made.console_user),
        ("", "password", made.console_password),
        ("/v1", "API key", made.api_key),
    ]
    lines = [
        f"Airhook is initialized in {settings.data_dir}. Keep these: the secrets are shown this once.",
        "",
    ]
    lines += [f"  {group:<10} {name:<10} {value}" for group, name, value in rows]
    return "\n".join([*lines, ""])
