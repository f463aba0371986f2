"""``airhook key``: key pairs of the cloud API, and with ``--v1`` the bearer keys of ``/v1``."""

import click

from airhook.cli.common import act, as_json, settings_option, show
from airhook.cli.shape import Group
from airhook.config import Settings
from airhook.control import accounts, bearer
from airhook.core.accounts import ApiKey, BearerKey
from airhook.observe.times import iso_ms
from airhook.tools.terminal import table


@click.group(cls=Group, name="key")
def group() -> None:
    """Keys of the cloud API, and of /v1: add, list, set."""


@group.command("add", examples=["airhook key add --json", "airhook key add --v1 recorder"])
@click.option("--v1", "name", metavar="NAME", help="Make a bearer key of /v1 with this name instead.")
@as_json
@settings_option
def add(settings: Settings, *, name: str | None, as_json: bool) -> None:
    """Make another key. Its secret is shown this once."""
    if name is not None:
        token, key = act(settings, lambda desk, account: bearer.create_bearer_key(desk, account, name))
        show({"name": key.name, "api_key": token}, f"API key    {token}", as_json=as_json)
        return
    made = act(settings, accounts.create_api_key)
    pair = {"secret_id": made.secret_id, "secret_key": made.secret_key}
    show(pair, f"SecretId   {made.secret_id}\nSecretKey  {made.secret_key}", as_json=as_json)


@group.command("list", examples=["airhook key list"])
@click.option("--v1", is_flag=True, help="List the bearer keys of /v1 instead.")
@as_json
@settings_option
def list_all(settings: Settings, *, v1: bool, as_json: bool) -> None:
    """List the keys, without their secrets."""
    if v1:
        bearers = act(settings, bearer.list_bearer_keys)
        named = [(key.name, _state(key)) for key in bearers]
        show([_shown_bearer(key) for key in bearers], table(("NAME", "STATE"), named), as_json=as_json)
        return
    found = act(settings, accounts.list_api_keys)
    rows = [
        (key.secret_id, _state(key), iso_ms(key.last_used_ms) if key.last_used_ms else "never")
        for key in found
    ]
    show([_shown(key) for key in found], table(("SECRET ID", "STATE", "LAST USED"), rows), as_json=as_json)


@group.command(
    "set", examples=["airhook key set AKIDxxxxxxxx --disable", "airhook key set --v1 recorder --disable"]
)
@click.argument("key_name", metavar="SECRET_ID|NAME")
@click.option("--v1", is_flag=True, help="Change the bearer key of /v1 that has this name.")
@click.option(
    "--enable/--disable", "enabled", required=True, default=None, help="Whether its requests are answered."
)
@as_json
@settings_option
def change(settings: Settings, *, key_name: str, v1: bool, enabled: bool, as_json: bool) -> None:
    """Enable or disable a key."""
    if v1:
        named = act(
            settings, lambda desk, account: bearer.enable_bearer_key(desk, account, key_name, enabled=enabled)
        )
        show(_shown_bearer(named), f"{named.name} is {_state(named)} now.", as_json=as_json)
        return
    key = act(
        settings, lambda desk, account: accounts.enable_api_key(desk, account, key_name, enabled=enabled)
    )
    show(_shown(key), f"{key.secret_id} is {_state(key)} now.", as_json=as_json)


def _state(key: ApiKey | BearerKey) -> str:
    return "enabled" if key.enabled else "disabled"


def _shown(key: ApiKey) -> dict[str, object]:
    return {
        "secret_id": key.secret_id,
        "enabled": key.enabled,
        "created_ms": key.created_ms,
        "last_used_ms": key.last_used_ms,
    }


def _shown_bearer(key: BearerKey) -> dict[str, object]:
    return {"name": key.name, "enabled": key.enabled, "created_ms": key.created_ms}
