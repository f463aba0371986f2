"""For which account the owner of the system looks and acts: for every one, or for one that a cookie remembers.

A page knows for whom it was made (``key``) and says so with what it asks. So a form that was opened before the account was
switched in another window changes nothing of the new one.
"""

from collections.abc import Mapping

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from airhook.core.accounts import Account, Role, User

COOKIE = "airhook_account"
HEADER = "x-airhook-account"  # of what the page's script asks
FIELD = "acting_for"  # of a form that the browser sends
ALL = "all"


class Acting(msgspec.Struct, frozen=True, kw_only=True):
    """``account`` None: pages show every account, and what is changed belongs to the user's ``own``."""

    account: Account | None
    own: Account
    choices: list[Account]  # in order of their names

    @property
    def key(self) -> str:
        return ALL if self.account is None else str(self.account.id)

    def known(self, account_id: int) -> Account | None:
        """The account of something on a page that shows every account; None where there is one only."""
        return (
            next((one for one in self.choices if one.id == account_id), None)
            if self.account is None
            else None
        )

    @property
    def is_for_another(self) -> bool:
        return self.account is not None and self.account.id != self.own.id


def acting_of(request: Request, user: User, accounts: Mapping[int, Account]) -> Acting | None:
    """None: there is no choice, for want of a right to it or of a second account."""
    own = accounts.get(user.account_id)
    if user.role is not Role.SYSTEM_OWNER or own is None or len(accounts) < 2:
        return None
    chosen = request.cookies.get(COOKIE, "")
    account = accounts.get(int(chosen)) if chosen.isdecimal() and len(chosen) <= 19 else None
    return Acting(account=account, own=own, choices=sorted(accounts.values(), key=lambda one: one.name))


def remember(response: Response, account: Account | None) -> None:
    if account is None:
        response.delete_cookie(COOKIE, httponly=True, samesite="lax", path="/console")
    else:
        response.set_cookie(COOKIE, str(account.id), httponly=True, samesite="lax", path="/console")


async def is_meant(request: Request, acting: Acting | None) -> bool:
    """Whether a page asks on behalf of the account that counts now. What says nothing is taken as it is."""
    said = request.headers.get(HEADER)
    if said is None and request.method == "POST":
        said = _field(await request.body())
    return said is None or acting is None or said == acting.key


def _field(body: bytes) -> str | None:
    """Only the field is read: how many a form may have is the page's to say."""
    said = [part.partition(b"=")[2] for part in body.split(b"&") if part.startswith(f"{FIELD}=".encode())]
    return (
        said[-1].decode("ascii", "replace") if said else None
    )  # a number or a word: nothing in it is escaped
