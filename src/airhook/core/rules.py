"""Callback rules: which template serves a domain and app (contract 5.4)."""

import msgspec

WHOLE_DOMAIN = ""
"""``app`` of a rule that serves every app of its domain (contract C-07)."""


class CallbackRule(msgspec.Struct, frozen=True, kw_only=True):
    account_id: int
    domain: str
    app: str
    template_id: int
    created_ms: int = 0
    updated_ms: int = 0
    deleted: bool = False  # a tombstone, so that other nodes hear of the deletion
    version: int = 0
