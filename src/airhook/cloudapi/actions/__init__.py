"""The actions, one file for each kind of thing. Importing this package registers all of them."""

from airhook.cloudapi.actions import (
    auth_keys,
    callback_records,
    domains,
    past_streams,
    rules,
    streams,
    templates,
)
from airhook.cloudapi.registry import ACTIONS

__all__ = [
    "ACTIONS",
    "auth_keys",
    "callback_records",
    "domains",
    "past_streams",
    "rules",
    "streams",
    "templates",
]
