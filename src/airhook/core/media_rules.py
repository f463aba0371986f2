"""Record and snapshot rules: which template serves a domain, an app, or a single stream (contract 5.4)."""

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

import msgspec

ANY = ""
"""``app`` or ``stream`` of a rule that serves every one of them."""


class RuleKey(NamedTuple):
    """A domain belongs to one account, so the account is no part of it."""

    domain: str
    app: str
    stream: str


class MediaRule(msgspec.Struct, frozen=True, kw_only=True):
    account_id: int
    domain: str
    app: str
    stream: str
    template_id: int
    created_ms: int = 0
    updated_ms: int = 0
    deleted: bool = False  # a tombstone, so that other nodes hear of the deletion
    version: int = 0

    @property
    def key(self) -> RuleKey:
        return RuleKey(self.domain, self.app, self.stream)


class RecordRule(MediaRule, frozen=True, kw_only=True):
    pass


class SnapshotRule(MediaRule, frozen=True, kw_only=True):
    pass


R = TypeVar("R", bound=MediaRule)


def serving(rules: Mapping[RuleKey, R], domain: str, app: str, stream: str) -> R | None:
    """The rule of a stream: the narrowest one, where the stream's name counts for more than the app's."""
    for key in (
        RuleKey(domain, app, stream),
        RuleKey(domain, ANY, stream),
        RuleKey(domain, app, ANY),
        RuleKey(domain, ANY, ANY),
    ):
        if key in rules:
            return rules[key]
    return None
