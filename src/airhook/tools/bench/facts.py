"""What a benchmark's database holds: an account, a domain with template and rule for each receiver, and its events."""

from collections.abc import Sequence

from airhook.core.accounts import Account
from airhook.core.destinations import DestinationRow, HealthState
from airhook.core.domains import Domain
from airhook.core.events import Event, EventType, PushStarted
from airhook.core.ports import Tx
from airhook.core.rules import WHOLE_DOMAIN, CallbackRule
from airhook.core.templates import CallbackTemplate
from airhook.delivery.targets import parse

ACCOUNT = 1
APPID = 1300000001
KEY = "kx7pq2lm9tzr4vbnw8"
APP = "live"


def domain_of(place: int) -> str:
    """The push domain whose callbacks go to the receiver at ``place``."""
    return f"push{place}.bench.example"


def configure(tx: Tx, urls: Sequence[str], first: int = 0) -> None:
    """Write the account and, from place ``first`` on, a domain, a template and a rule for each URL."""
    if first == 0:
        tx.put_account(Account(id=ACCOUNT, appid=APPID, name="bench", created_ms=1))
    for place, url in enumerate(urls, first):
        template = template_of(tx.new_template_id(), place, url)
        tx.put_template(template)
        tx.put_domain(Domain(name=domain_of(place), account_id=ACCOUNT, auth_key=KEY, created_ms=1))
        tx.put_rule(
            CallbackRule(
                account_id=ACCOUNT, domain=domain_of(place), app=WHOLE_DOMAIN, template_id=template.id
            )
        )


def template_of(template_id: int, place: int, url: str, key: str = KEY) -> CallbackTemplate:
    return CallbackTemplate(
        id=template_id,
        account_id=ACCOUNT,
        name=f"to-{place}",
        urls={EventType.PUSH_STARTED: url},
        callback_key=key,
    )


def paused(url: str) -> DestinationRow:
    """The destination of a URL, which an operator holds."""
    target = parse(url)
    return DestinationRow(
        account_id=ACCOUNT,
        scheme=target.scheme,
        host=target.host,
        port=target.port,
        state=HealthState.PAUSED,
        since_ms=1,
        paused=True,
    )


def event(number: int, place: int, now_ms: int, version: int) -> Event:
    """The start of a push on a stream of its own; its session, and so the ``sequence`` on the wire, is ``number``."""
    domain, stream = domain_of(place), f"room{number}"
    return Event(
        id=f"{number}-1",
        account_id=ACCOUNT,
        event_type=EventType.PUSH_STARTED,
        domain=domain,
        app=APP,
        stream=stream,
        session_id=number,
        occurred_ms=now_ms,
        accepted_ms=now_ms,
        config_version=version,
        facts=PushStarted(
            appid=APPID,
            domain=domain,
            app=APP,
            stream=stream,
            stream_param="txSecret=0123456789abcdef0123456789abcdef&txTime=6F0A1B2C",
            user_ip="203.0.113.7",
            node="192.0.2.10",
            set_id=1,
            idc_id=0,
            sequence=number,
            width=1920,
            height=1080,
        ),
    )
