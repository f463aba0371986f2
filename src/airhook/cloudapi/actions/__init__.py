"""The actions, one file for each kind of thing. Importing this package registers all of them."""

from airhook.cloudapi.actions import (
    auth_keys,
    callback_records,
    delays,
    domain_owner,
    domains,
    media_rules,
    media_tasks,
    past_streams,
    play_auth_keys,
    record_templates,
    rules,
    snapshot_templates,
    streams,
    templates,
)
from airhook.cloudapi.registry import ACTIONS

__all__ = [
    "ACTIONS",
    "auth_keys",
    "callback_records",
    "delays",
    "domain_owner",
    "domains",
    "media_rules",
    "media_tasks",
    "past_streams",
    "play_auth_keys",
    "record_templates",
    "rules",
    "snapshot_templates",
    "streams",
    "templates",
]
