"""A console with something to see: two accounts, their users, streams in each state, callbacks with each ending."""

import asyncio
import contextlib
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import argon2
import msgspec
from starlette.routing import Mount, Router

from airhook.console.app import create_console
from airhook.control.trends import Sample, Trends
from airhook.control.trials import Trials
from airhook.core.accounts import Account, Role, User
from airhook.core.clock import IdMaker, SystemClock
from airhook.core.deliveries import (
    Attempt,
    Delivery,
    DeliveryState,
    ErrorClass,
    ExhaustReason,
    Outcome,
    Timings,
    lane_key,
    shard_of,
)
from airhook.core.events import Event, Facts, PushEnded, PushStarted
from airhook.core.ports import Settled, Tx
from airhook.core.sessions import NodeIdentity, Session, SessionState
from airhook.core.stats import TOOK_MS
from airhook.core.templates import CallbackTemplate
from airhook.delivery import signing
from airhook.delivery.addresses import TargetPolicy
from airhook.delivery.plan import Planner
from airhook.delivery.retry import Schedules
from airhook.delivery.trial import TrialSender
from airhook.dialects import css
from support.desk import NOW_MS, TestDesk, open_desk, wait
from support.http_server import Browser, Switch

OURS, THEIRS = 1, 2
NODE = NodeIdentity(id="n1", ip="192.0.2.1", set_id=1, idc_id=1)
PASSWORD = "correct horse battery"
KEY = "Kx7Pq2Lm9TzR4vBnW8"
TEMPLATE_ID = 1001
USERS = {
    "admin": (OURS, Role.SYSTEM_OWNER),
    "aiko": (OURS, Role.OWNER),
    "wei": (OURS, Role.VIEWER),
    "other": (THEIRS, Role.OWNER),
}

# Signing in is slow by design; here the cost is the least there is.
_hash = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


class Site:
    """The console on its desk, served under ``/console``."""

    def __init__(self, desk: TestDesk, address: str, trends: Trends) -> None:
        self.desk = desk
        self.address = address
        self.trends = trends

    def browser(self, user: str = "", **headers: str) -> Browser:
        """A browser, signed in as ``user``."""
        browser = Browser(self.address, **headers)
        if user:
            answer = browser.post("/console/sign-in", {"name": user, "password": PASSWORD})
            assert answer.status == 303, answer.text
        return browser

    def change(self, work: Any) -> None:
        wait(self.desk.change(work))


@contextlib.contextmanager
def open_site(folder: Path, switch: Switch) -> Iterator[Site]:
    """A site with accounts and users, and nothing under way."""
    with open_desk(folder) as desk:
        wait(desk.change(add_people))
        trends = Trends(None, TOOK_MS)
        switch.app = Router([Mount("/console", create_console(desk, trials(desk), trends=trends))])
        yield Site(desk, switch.address, trends)


def trials(desk: TestDesk) -> Trials:
    """Sends for real, to this machine."""
    clock = SystemClock()
    sender = TrialSender(TargetPolicy(["127.0.0.0/8"]), clock, Schedules())
    return Trials(Planner(IdMaker(clock), css.render), sender, clock, NODE)


def add_people(tx: Tx) -> None:
    for account_id in (OURS, THEIRS):
        tx.put_account(
            Account(id=account_id, appid=1_300_000_000 + account_id, name=f"a{account_id}", created_ms=NOW_MS)
        )
    for user_id, (name, (account_id, role)) in enumerate(USERS.items(), 1):
        tx.put_user(User(id=user_id, account_id=account_id, name=name, role=role, password_hash=_hash))
    tx.put_template(template())


def template(**changed: Any) -> CallbackTemplate:
    return msgspec.structs.replace(
        CallbackTemplate(
            id=TEMPLATE_ID,
            account_id=OURS,
            name="prod-hooks",
            urls={1: "https://hooks.example.com/live/begin"},
            callback_key=KEY,
        ),
        **changed,
    )


# --- sessions -----------------------------------------------------------------------------------------------------


def session(session_id: int, stream: str, **changed: Any) -> Session:
    return msgspec.structs.replace(
        Session(
            id=session_id,
            account_id=OURS,
            domain="push.example.com",
            app="live",
            stream=stream,
            stream_param="",
            user_ip="203.0.113.7",
            node="n1",
            source="rtmp",
            state=SessionState.LIVE,
            owner="n1",
            epoch=1,
            started_ms=NOW_MS - 195_000,
            last_data_ms=NOW_MS,
            bytes=48_312_004,
            width=1920,
            height=1080,
        ),
        **changed,
    )


def lost(session_id: int, stream: str, **changed: Any) -> Session:
    """Gone for 12 s; it may come back for 58 s more."""
    return session(
        session_id,
        stream,
        state=SessionState.LOST,
        owner=None,
        ended_ms=NOW_MS - 12_000,
        errcode=3,
        close_due_ms=NOW_MS + 58_000,
        **changed,
    )


def put_sessions(site: Site, *sessions: Session) -> None:
    def work(tx: Tx) -> None:
        for one in sessions:
            tx.insert_session(one)

    wait(site.desk.store.transact(work))


def close_session(site: Site, old: Session) -> None:
    closed = msgspec.structs.replace(old, state=SessionState.CLOSED, ended_ms=NOW_MS, errcode=1, sub=0)
    assert wait(site.desk.store.transact(lambda tx: tx.change_session(old, closed)))


# --- deliveries ---------------------------------------------------------------------------------------------------


def delivery(delivery_id: int, stream: str, **changed: Any) -> Delivery:
    """A start's callback, accepted one minute ago and free of any lane."""
    made = Delivery(
        id=delivery_id,
        event_id=f"push-{delivery_id}-1",
        account_id=OURS,
        event_type=1,
        domain="push.example.com",
        app="live",
        stream=stream,
        template_id=TEMPLATE_ID,
        url="https://hooks.example.com/live/begin",
        body=json.dumps(
            {
                "app": "push.example.com",
                "appname": "live",
                "event_type": 1,
                "sequence": "8023",
                "stream_id": stream,
            },
            separators=(",", ":"),
        ).encode(),
        lane=None,
        shard=shard_of(OURS, "push.example.com", "live", stream),
        state=DeliveryState.PENDING,
        created_ms=NOW_MS - 60_000,
        due_ms=NOW_MS - 60_000,
        hold_until_ms=NOW_MS + 900_000,
        expires_ms=NOW_MS + 86_400_000,
    )
    return msgspec.structs.replace(made, **changed)


def in_lane(one: Delivery) -> Delivery:
    return msgspec.structs.replace(one, lane=lane_key(one.account_id, one.domain, one.app, one.stream))


def attempt(one: Delivery, n: int = 1, **changed: Any) -> Attempt:
    """An attempt that was answered with 200; its request is signed with the template's key."""
    started_ms = one.created_ms + (n - 1) * 60_000 + 40
    signed = signing.sign(one.body, KEY, started_ms)
    return msgspec.structs.replace(
        Attempt(
            delivery_id=one.id,
            n=n,
            started_ms=started_ms,
            finished_ms=started_ms + 143,
            t=signed.t,
            key_version=1,
            request_sha256=hashlib.sha256(signed.body).digest(),
            remote_addr="198.51.100.20:443",
            status=200,
            error=None,
            error_detail="",
            answer_headers=[("content-type", "application/json"), ("server", "nginx")],
            answer_body=b'{"code":0}',
            timings=Timings(dns_ms=2.1, connect_ms=18.4, tls_ms=41.9, first_byte_ms=142.2, total_ms=142.9),
        ),
        **changed,
    )


def refused(one: Delivery, n: int = 1) -> Attempt:
    return attempt(
        one,
        n,
        status=None,
        error=ErrorClass.CONNECT_REFUSED,
        error_detail="nothing listens on 198.51.100.20 port 443",
        answer_headers=[],
        answer_body=b"",
        remote_addr="",
        timings=Timings(dns_ms=1.2, total_ms=3.8),
    )


def bad_status(one: Delivery, n: int = 1, status: int = 503) -> Attempt:
    return attempt(
        one,
        n,
        status=status,
        error=ErrorClass.BAD_STATUS,
        error_detail=f"the receiver answered {status}",
        answer_headers=[("content-type", "text/html"), ("retry-after", "120")],
        answer_body=b"<html><script>alert(1)</script>Service Unavailable</html>",
    )


def accept(site: Site, *deliveries: Delivery, session_id: int | None = None) -> None:
    """Each with an event of its own, of that push."""

    def work(tx: Tx) -> None:
        for one in deliveries:
            told = {"id": one.event_id, "event_type": one.event_type, "session_id": session_id}
            tx.accept(_event(one, PushStarted(**_facts(one)), one.created_ms, **told), [one])

    wait(site.desk.store.transact(work))


def delivered(site: Site, one: Delivery, made: Attempt) -> None:
    settle(site, Outcome(delivery=one, attempt=made, state=DeliveryState.DELIVERED))


def waiting(site: Site, one: Delivery, made: Attempt) -> None:
    due_ms = NOW_MS + 60_000
    settle(site, Outcome(delivery=one, attempt=made, state=DeliveryState.WAITING, due_ms=due_ms))


def exhausted(site: Site, one: Delivery, made: Attempt) -> None:
    reason = ExhaustReason.ATTEMPTS
    settle(site, Outcome(delivery=one, attempt=made, state=DeliveryState.EXHAUSTED, reason=reason))


def settle(site: Site, outcome: Outcome) -> None:
    async def work() -> None:
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Settled | Exception] = loop.create_future()
        store: Any = site.desk.store
        store.settle([outcome], lambda result: loop.call_soon_threadsafe(done.set_result, result))
        result = await asyncio.wait_for(done, 10)
        assert isinstance(result, Settled), result
        assert len(result.applied) == 1

    wait(work())


def accept_untold_stop(site: Site, of: Session) -> None:
    """The event of a push's end, with nobody to tell."""
    facts = PushEnded(**_facts(of), errcode=1, sub=0, duration_ms=5)
    stop = _event(of, facts, NOW_MS, id=f"{of.id}-0", event_type=0, session_id=of.id)
    wait(site.desk.store.transact(lambda tx: tx.accept(stop, [])))


def _event(of: Delivery | Session, facts: Facts, at_ms: int, **told: Any) -> Event:
    return Event(
        account_id=of.account_id,
        domain=of.domain,
        app=of.app,
        stream=of.stream,
        occurred_ms=at_ms,
        accepted_ms=at_ms,
        config_version=1,
        facts=facts,
        **told,
    )


def _facts(of: Delivery | Session) -> dict[str, Any]:
    """What every push tells of itself."""
    return {
        "appid": 1_300_000_001,
        "domain": of.domain,
        "app": of.app,
        "stream": of.stream,
        "stream_param": "",
        "user_ip": "203.0.113.7",
        "node": "192.0.2.1",
        "set_id": 1,
        "idc_id": 1,
        "sequence": 8023,
        "width": 0,
        "height": 0,
    }


def fill_trends(site: Site, minutes: int = 60) -> None:
    """An hour with a busy middle: about a thousand callbacks a minute, some of which fail."""
    took = [0] * (len(TOOK_MS) + 1)
    delivered = failed = 0
    for n in range(minutes * 6):
        busy = 1 + 2 * (abs(n - minutes * 3) < minutes)
        delivered += 90 * busy + n % 17
        failed += (n % 13) * busy // 6
        for bucket, count in enumerate((20, 50, 60, 30 * busy, 8 * busy, 2, busy - 1)):
            took[bucket] += count
        site.trends.add(
            Sample(
                at_ms=NOW_MS - (minutes * 6 - n) * 10_000,
                delivered=delivered,
                failed=failed,
                took=tuple(took),
                backlog=20 * busy + n % 7,
                live=12 + n // 40,
            )
        )
