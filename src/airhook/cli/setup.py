"""``airhook init``, ``airhook serve`` and ``airhook migrate``."""

import asyncio
from collections.abc import Callable

import click

from airhook.cli.common import as_json, settings_option, show
from airhook.cli.desk import open_desk
from airhook.cli.shape import Command
from airhook.config import FILE_NAME, Settings
from airhook.control.accounts import Credentials
from airhook.core import garbage
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
    from airhook.storage.sqlite import lock_folder

    def tell(made: Credentials) -> None:
        show(made, _welcome(made, settings), as_json=as_json)

    with lock_folder(settings.data_dir):
        asyncio.run(_initialize(settings, tell))
        note = _allow_local(settings) if local else ""
    if not as_json:
        click.echo("\n".join(filter(None, [note, "Next: airhook serve"])))


@click.command(cls=Command, examples=["AIRHOOK_HTTP__LISTEN=127.0.0.1:8081 airhook serve"])
@settings_option
def serve(settings: Settings) -> None:
    """Run the server.

    RTMP ingest, delivery, cloud API and console, all in this one process. An empty data folder is initialized first.
    SIGTERM and Ctrl-C end it calmly; live pushes may come back within their reconnect window.
    """
    garbage.begin()
    from airhook.runtime import process

    process.run(settings, prepare=lambda: _initialize_once(settings))


@click.command(cls=Command, examples=["airhook migrate"])
@settings_option
def migrate(settings: Settings) -> None:
    """Bring the database to this release. Stop the server first, and keep a copy of the data folder."""
    from airhook.storage.sqlite import lock_folder
    from airhook.storage.sqlite import migrate as migrate_database

    with lock_folder(settings.data_dir):
        migrate_database(settings.data_dir)
    click.echo(f"The database in {settings.data_dir} is up to date.")


async def _initialize_once(settings: Settings) -> None:
    """Make what an empty folder lacks, and what an interrupted first start left out. The folder is locked."""
    from airhook.storage.sqlite import has_account

    if not has_account(settings.data_dir):
        await _initialize(settings, lambda made: click.echo(_welcome(made, settings)))


async def _initialize(settings: Settings, tell: Callable[[Credentials], None]) -> None:
    from airhook.control import accounts
    from airhook.storage.secretbox import load_or_create_secret_key
    from airhook.storage.sqlite import is_initialized
    from airhook.storage.sqlite import migrate as migrate_database

    if not is_initialized(settings.data_dir):
        load_or_create_secret_key(
            settings.secret_key_path
        )  # first, so that no database is ever without its key
        migrate_database(settings.data_dir)
    async with open_desk(settings) as desk:
        await accounts.initialize(desk, appid=settings.appid or None, told=tell)


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
    return f"Airhook is initialized in {settings.data_dir}. {told(made, settings)}"


def told(made: Credentials, settings: Settings) -> str:
    """The credentials of a new account, as people read them."""
    rows = [
        ("Cloud API", "SecretId", made.secret_id),
        ("", "SecretKey", made.secret_key),
        ("", "APPID", made.appid),
        ("Console", "address", f"{settings.base_url}/console/"),
        ("", "user", made.console_user),
        ("", "password", made.console_password),
        ("/v1", "API key", made.api_key),
    ]
    lines = [f"  {group:<10} {name:<10} {value}" for group, name, value in rows]
    return "\n".join(["Keep these: the secrets are shown this once.", "", *lines, ""])
