"""The audit log: who changed what, when, from where, and what it was before. Secrets are never in it."""

import enum
from typing import Any

import msgspec


class Face(enum.StrEnum):
    """Through which door somebody came."""

    CONSOLE = "console"
    API = "api"  # the cloud API
    V1 = "v1"
    CLI = "cli"
    SYSTEM = "system"  # nobody: the program itself


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    face: Face
    name: str  # a user, a key's id, who runs the command
    address: str = ""  # where the request came from


SYSTEM = Actor(face=Face.SYSTEM, name="airhook")


class Deed(enum.StrEnum):
    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    SIGNED_IN = "signed_in"
    SENT_AGAIN = "sent_again"


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One field. Of a secret only whether there is one is told: ``•••`` or nothing."""

    field: str
    before: Any
    after: Any


class AuditEntry(msgspec.Struct, frozen=True, kw_only=True):
    id: int  # in order of time
    account_id: int
    at_ms: int
    face: Face
    actor: str
    address: str
    deed: Deed
    thing: str  # what kind: "callback_template", "domain", …
    name: str  # which one
    changes: list[Change]
