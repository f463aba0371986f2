"""``airhook key``: key pairs of the cloud API."""

import click

from airhook.cli.common import act, as_json, settings_option, show
from airhook.config import Settings
from airhook.control import accounts
from airhook.core.accounts import ApiKey
from airhook.tools.terminal import table


@click.group("key")
def group() -> None:
    """Key pairs of the cloud API: add, list, set."""


@group.command("add")
@as_json
@settings_option
def add(settings: Settings, *, as_json: bool) -> None:
    r"""Make another key pair. Its secret is shown this once.

    \b
    Example:
      airhook key add --json
    """
    made = act(settings, accounts.create_api_key)
    pair = {"secret_id": made.secret_id, "secret_key": made.secret_key}
    show(pair, f"SecretId   {made.secret_id}\nSecretKey  {made.secret_key}", as_json=as_json)


@group.command("list")
@as_json
@settings_option
def list_all(settings: Settings, *, as_json: bool) -> None:
    r"""List the key pairs, without their secrets.

    \b
    Example:
      airhook key list
    """
    found = act(settings, accounts.list_api_keys)
    rows = [(key.secret_id, _state(key)) for key in found]
    show([_shown(key) for key in found], table(("SECRET ID", "STATE"), rows), as_json=as_json)


@group.command("set")
@click.argument("secret_id")
@click.option(
    "--enable/--disable", "enabled", required=True, default=None, help="Whether its requests are answered."
)
@as_json
@settings_option
def change(settings: Settings, *, secret_id: str, enabled: bool, as_json: bool) -> None:
    r"""Enable or disable a key pair.

    \b
    Example:
      airhook key set AKIDxxxxxxxx --disable
    """
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
