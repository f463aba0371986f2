"""``airhook account``: whose domains, templates, keys and users there are."""

import asyncio

import click

from airhook.cli.common import as_json, settings_option, show
from airhook.cli.desk import open_desk
from airhook.cli.setup import told
from airhook.cli.shape import Group
from airhook.config import Settings
from airhook.control import accounts
from airhook.control.accounts import Credentials
from airhook.core.accounts import Account
from airhook.observe.times import iso_ms
from airhook.tools.terminal import table


@click.group(cls=Group, name="account")
def group() -> None:
    """Accounts: add, list. Other commands act for one of them: airhook --account NAME ..."""


@group.command("add", examples=["airhook account add acme --user alice"])
@click.argument("name")
@click.option("--user", required=True, metavar="NAME", help="Its owner, who signs in to the console.")
@click.option(
    "--appid", type=click.IntRange(1, 2_147_483_647), metavar="N", help="Its APPID. Without: drawn."
)
@as_json
@settings_option
def add(settings: Settings, *, name: str, user: str, appid: int | None, as_json: bool) -> None:
    """Make an account with an owner, a key pair and a key of /v1. The secrets are shown this once."""

    def tell(made: Credentials) -> None:
        show(made, f"The account {name} is made. {told(made, settings)}", as_json=as_json)

    async def work() -> None:
        async with open_desk(settings) as desk:
            await accounts.create(desk, name, appid=appid, user_name=user, told=tell)

    asyncio.run(work())


@group.command("list", examples=["airhook account list --json"])
@as_json
@settings_option
def list_all(settings: Settings, *, as_json: bool) -> None:
    """List every account."""

    async def work() -> list[Account]:
        async with open_desk(settings) as desk:
            return await accounts.list_all(desk)

    found = asyncio.run(work())
    rows = [(one.name, str(one.appid), iso_ms(one.created_ms)) for one in found]
    shown = [{"name": one.name, "appid": one.appid, "created_ms": one.created_ms} for one in found]
    show(shown, table(("NAME", "APPID", "SINCE"), rows), as_json=as_json)
