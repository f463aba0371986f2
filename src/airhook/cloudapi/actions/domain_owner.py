"""The proof that a domain is one's own (contract 3.4).

Airhook asks for none: a domain is added by whoever may call the API, unless another account has it. So every domain
that could be added counts as verified, and programs that ask before they add one go on.
"""

import hashlib

from airhook.cloudapi import errors
from airhook.cloudapi.actions.domains import OWNER_CHECKS
from airhook.cloudapi.failures import Failures
from airhook.cloudapi.parameters import Parameters
from airhook.cloudapi.registry import Call, Fields, answers
from airhook.core.domains import check_domain_name

VERIFIED = 0
SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "net", "or", "org"})
"""Below a country's name they are no domain of anybody's own."""


class AuthenticateDomainOwner(Parameters):
    domain_name: str
    verify_type: str


class OwnerAnswer(Fields):
    content: str
    status: int
    main_domain: str


@answers(AuthenticateDomainOwner, Failures(values={"domain": errors.DomainFormatError}))
async def authenticate(call: Call, wanted: AuthenticateDomainOwner) -> OwnerAnswer:
    if wanted.verify_type not in OWNER_CHECKS:
        raise errors.InvalidParameter(f"VerifyType must be one of {', '.join(OWNER_CHECKS)}")
    main = main_domain(check_domain_name(wanted.domain_name))
    return OwnerAnswer(content=_content(call.account_id, main), status=VERIFIED, main_domain=main)


def main_domain(name: str) -> str:
    """The part of a domain name that is registered: ``example.com``, ``example.co.jp``."""
    labels = name.split(".")
    country = len(labels[-1]) == 2 and len(labels) > 2 and labels[-2] in SECOND_LEVEL
    return ".".join(labels[-3:] if country else labels[-2:])


def _content(account_id: int, main: str) -> str:
    """What a TXT record or a file would say: the same for an account and domain each time."""
    return hashlib.sha256(f"{account_id}/{main}".encode()).hexdigest()[:32]
