"""What the commands share: settings, the desk where configuration is changed, and showing results."""

import asyncio
import functools
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Literal, TypeVar

import click
import msgspec

from airhook.cli.desk import open_desk
from airhook.config import Address, Settings, load
from airhook.config.kinds import ADDRESS, WrongError
from airhook.control.base import Desk
from airhook.core.accounts import Account
from airhook.core.errors import AirhookError

T = TypeVar("T")

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")


def settings_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the checked settings as its first argument, and the option that names their file."""

    @click.option(
        "--config",
        "config_file",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="Settings file, instead of airhook.toml in the working folder.",
    )
    @functools.wraps(command)
    def with_settings(config_file: Path | None, **options: Any) -> None:
        command(load(config_file, os.environ), **options)

    return with_settings


def act(settings: Settings, work: Callable[[Desk, int], Awaitable[T]]) -> T:
    """Run a use case for an account (``account_of``), on the database itself.

    A server that runs on it sees the change within a second. Raises ``AirhookError`` when there is no account.
    """

    async def run() -> T:
        async with open_desk(settings) as desk:
            return await work(desk, (await account_of(desk, settings)).id)

    return asyncio.run(run())


async def account_of(desk: Desk, settings: Settings) -> Account:
    """Whom the command line acts for: ``airhook --account NAME``, or the first one.

    Raises ``AirhookError`` when there is nobody.
    """
    from airhook.control import accounts

    chosen = click.get_current_context().find_root().params.get("account")
    if chosen is not None:
        return await accounts.by_name(desk, chosen)
    account = await accounts.first_account(desk)
    if account is None:
        raise AirhookError(f"the data folder {settings.data_dir} holds no account yet; run: airhook init")
    return account


def show(value: object, text: str, *, as_json: bool) -> None:
    """Print a result: as JSON for scripts, or as text for people."""
    click.echo(msgspec.json.format(msgspec.json.encode(value)).decode() if as_json else text)


def plain(row: msgspec.Struct) -> dict[str, Any]:
    """A row as JSON shows it, without what is ours alone."""
    fields = msgspec.to_builtins(row, str_keys=True)
    return {name: value for name, value in fields.items() if name not in ("account_id", "version", "deleted")}


def listening(settings: Settings, name: Literal["http", "rtmp"]) -> Address:
    """Where the server listens; a port that the system chose is asked of the running server."""
    address: Address = getattr(settings, name).listen
    if address.port:
        return address
    from airhook.runtime.where import WHERE_FILE, Where

    try:
        where = msgspec.json.decode((settings.data_dir / WHERE_FILE).read_bytes(), type=Where)
        return ADDRESS.read(getattr(where, name))
    except (OSError, msgspec.DecodeError, WrongError):
        raise AirhookError(f"{name}.listen has port 0, and no server runs that could tell its port") from None
