"""``airhook key``: key pairs of the cloud API."""

import click

from airhook.cli.common import act, as_json, settings_option, show
from airhook.cli.shape import Group
from airhook.config import Settings
from airhook.control import accounts
from airhook.core.accounts import ApiKey
from airhook.tools.terminal import table


@click.group(cls=Group, name="key")
def group() -> None:
    """Key pairs of the cloud API: add, list, set."""


@group.command("add", examples=["airhook key add --json"])
@as_json
@settings_option
def add(settings: Settings, *, as_json: bool) -> None:
    """Make another key pair. Its secret is shown this once."""
    made = act(settings, accounts.create_api_key)
    pair = {"secret_id": made.secret_id, "secret_key": made.secret_key}
    show(pair, f"SecretId   {made.secret_id}\nSecretKey  {made.secret_key}", as_json=as_json)


@group.command("list", examples=["airhook key list"])
@as_json
@settings_option
def list_all(settings: Settings, *, as_json: bool) -> None:
    """List the key pairs, without their secrets."""
    found = act(settings, accounts.list_api_keys)
    rows = [(key.secret_id, _state(key)) for key in found]
    show([_shown(key) for key in found], table(("SECRET ID", "STATE"), rows), as_json=as_json)


@group.command("set", examples=["airhook key set AKIDxxxxxxxx --disable"])
@click.argument("secret_id")
@click.option(
    "--enable/--disable", "enabled", required=True, default=None, help="Whether its requests are answered."
)
@as_json
@settings_option
def change(settings: Settings, *, secret_id: str, enabled: bool, as_json: bool) -> None:
    """Enable or disable a key pair."""
    key = act(
        settings, lambda desk, account: accounts.enable_api_key(desk, account, secret_id, enabled=enabled)
    )
    show(_shown(key), f"{key.secret_id} is {_state(key)} now.", as_json=as_json)


def _state(key: ApiKey) -> str:
    return "enabled" if key.enabled else "disabled"


def _shown(key: ApiKey) -> dict[str, object]:
    return {
        "secret_id": key.secret_id,
        "enabled": key.enabled,
        "created_ms": key.created_ms,
        "last_used_ms": key.last_used_ms,
    }
