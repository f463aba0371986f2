"""Accounts, and who may act for them."""

import enum

import msgspec


class Account(msgspec.Struct, frozen=True, kw_only=True):
    id: int
    appid: int
    name: str
    created_ms: int
    version: int = 0


class Role(enum.StrEnum):
    SYSTEM_OWNER = "system_owner"
    OWNER = "owner"
    OPERATOR = "operator"
    VIEWER = "viewer"

    def includes(self, other: "Role") -> bool:
        """Whether who has this role may do all that who has ``other`` may."""
        order = list(Role)
        return order.index(self) <= order.index(other)


class User(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who signs in to the console."""

    id: int
    account_id: int
    name: str
    role: Role
    password_hash: str  # argon2id; empty: nobody knows a password yet
    enabled: bool = True
    created_ms: int = 0


class ApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key pair of the cloud API. The secret is kept readable (encrypted at rest): signatures need it."""

    secret_id: str
    secret_key: str
    account_id: int
    enabled: bool
    created_ms: int
    last_used_ms: int | None = None


class BearerKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key of ``/v1``; only its SHA-256 is stored."""

    id: int
    account_id: int
    name: str
    sha256: bytes
    created_ms: int
    enabled: bool = True


class ConsoleSession(msgspec.Struct, frozen=True, kw_only=True):
    """A signed-in browser. The token is in its cookie; only its SHA-256 is stored.

    With ``one_time`` it is a link that becomes a session when it is first opened.
    """

    token_sha256: bytes
    user_id: int
    created_ms: int
    expires_ms: int
    one_time: bool = False
