"""``airhook console-link``: sign in to the console without a password, once."""

import asyncio

import click

from airhook.cli.common import account_of, as_json, listening, settings_option, show
from airhook.cli.desk import open_desk
from airhook.cli.shape import Command
from airhook.config import Settings, reachable

LINK_PATH = "/console/link/"


@click.command("console-link", cls=Command, examples=["airhook console-link"])
@click.option("--user", default="admin", show_default=True, help="Whom the link signs in.")
@as_json
@settings_option
def console_link(settings: Settings, *, user: str, as_json: bool) -> None:
    """Print a link that signs in to the console.

    It works once, for half an hour.
    """
    token = asyncio.run(_token(settings, user))
    base = settings.public_url or f"http://{reachable(listening(settings, 'http'))}"
    url = f"{base}{LINK_PATH}{token}"
    show({"url": url}, url, as_json=as_json)


async def _token(settings: Settings, user: str) -> str:
    from airhook.control import accounts

    async with open_desk(settings) as desk:
        await account_of(desk, settings)
        return await accounts.one_time_link_token(desk.store, desk.clock.now_ms(), user)
