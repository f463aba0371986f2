"""A port with two accounts: the owner, who has one of each thing, and a stranger, who has nothing."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from airhook.cloudapi.face import CloudApi
from airhook.cloudapi.rates import DOCUMENTED, UNLIMITED, Rates
from airhook.control import (
    bearer,
    destinations,
    domains,
    media_rules,
    media_tasks,
    media_templates,
    replays,
    rules,
    stream_delays,
    streams,
    templates,
)
from airhook.control.bearer import KeyRing
from airhook.control.events import Events
from airhook.control.media_rules import RECORD_RULES, SNAPSHOT_RULES
from airhook.control.media_tasks import RECORD_TASKS, SCREENSHOT_TASKS, TaskForm
from airhook.control.record_templates import RECORD, RecordTemplateForm
from airhook.control.snapshot_templates import SNAPSHOT, SnapshotTemplateForm
from airhook.control.templates import TemplateForm
from airhook.core.accounts import ApiKey
from airhook.core.media_rules import RuleKey
from airhook.core.ports import Tx
from airhook.core.search import Filter
from airhook.core.sessions import NodeIdentity, SessionState
from airhook.core.streams import StreamKey
from airhook.delivery.plan import Planner
from airhook.dialects import css
from airhook.web.app import create_app
from airhook.web.events import EventsApi
from airhook.web.faces import create_faces
from airhook.web.v1 import catalogue
from support.cloud import add_key, tc3_post
from support.desk import NOW_MS, TestDesk, open_desk, wait
from support.http_server import Answer, Browser, serve
from support.storage import accept, delivered, delivery, event, session, settle

OWNER, STRANGER = 1, 2
DOMAIN, PLAY_DOMAIN = "owner.example.com", "play.owner.example.com"
ON_AIR, PAST, FORBIDDEN = "onair", "past", "forbidden"
URL = "https://owner.example.com/hooks"


class TwoAccounts:
    """What the stranger may ask, and what the owner has."""

    def __init__(self, folder: Path, desk: TestDesk) -> None:
        self.desk = desk
        self.address = ""
        self._database = folder / "airhook.db"
        self.keys: dict[int, ApiKey] = {one: add_key(desk, one) for one in (OWNER, STRANGER)}
        self.tokens = {one: wait(bearer.create_bearer_key(desk, one, "v1"))[0] for one in (OWNER, STRANGER)}
        self.ids = dict(self._things())
        for key in self.keys.values():  # of this minute, so that no call writes it again
            self._commit(lambda tx: tx.note_api_key_use(key.secret_id, desk.clock.ms))  # noqa: B023 - run at once

    def _commit(self, work: Callable[[Tx], None]) -> None:
        wait(self.desk.store.transact(work))

    def _things(self) -> Iterator[tuple[str, Any]]:
        """Make the owner's things; the names of those that have an id."""
        desk = self.desk
        for name, kind in ((DOMAIN, domains.PUSH), (PLAY_DOMAIN, domains.PLAYBACK)):
            wait(domains.add(desk, OWNER, name, domain_type=kind))
        template = wait(templates.create(desk, OWNER, TemplateForm(name="hooks", urls={1: URL})))
        yield "template", template.id
        wait(rules.bind(desk, OWNER, DOMAIN, "live", template.id))
        wait(streams.forbid(desk, OWNER, DOMAIN, "live", FORBIDDEN))
        wait(destinations.pause(desk, OWNER, URL))
        yield from self._media()
        now_ms = desk.clock.ms
        names = {"account_id": OWNER, "domain": DOMAIN, "started_ms": now_ms, "last_data_ms": now_ms}
        on_air = session(desk.ids(), **names, stream=ON_AIR, state=SessionState.LIVE)
        past = session(
            desk.ids(),
            **names,
            stream=PAST,
            state=SessionState.CLOSED,
            owner=None,
            ended_ms=now_ms,
            errcode=1,
        )
        for one in (on_air, past):
            self._commit(lambda tx: tx.insert_session(one))  # noqa: B023 - run at once
        of = event("owners", account_id=OWNER, domain=DOMAIN, stream=ON_AIR, accepted_ms=now_ms)
        planned = delivery(of, id=desk.ids(), template_id=template.id, url=URL, created_ms=now_ms)
        (stored,) = accept(desk.store, of, planned)  # type: ignore[arg-type]
        settle(desk.store, delivered(stored))  # type: ignore[arg-type]
        yield "delivery", str(stored.id)
        yield "replay", str(wait(replays.create(desk, OWNER, Filter(stream=ON_AIR), start=False)).id)
        yield "event", of.id
        yield "session", str(past.id)

    def _media(self) -> Iterator[tuple[str, Any]]:
        desk, place = self.desk, RuleKey(DOMAIN, "vod", "")
        films = wait(media_templates.create(desk, RECORD, OWNER, RecordTemplateForm(name="films")))
        shots = wait(media_templates.create(desk, SNAPSHOT, OWNER, SnapshotTemplateForm(name="shots")))
        wait(media_rules.bind(desk, RECORD_RULES, OWNER, place, films.id))
        wait(media_rules.bind(desk, SNAPSHOT_RULES, OWNER, place, shots.id))
        form = TaskForm(
            domain=DOMAIN, app="live", stream=ON_AIR, end_ms=desk.clock.ms + 60_000, template_id=shots.id
        )
        yield "owners_record_template", films.id
        yield "owners_snapshot_template", shots.id
        yield "owners_record_task", wait(media_tasks.create(desk, RECORD_TASKS, OWNER, form)).id
        yield "owners_screenshot_task", wait(media_tasks.create(desk, SCREENSHOT_TASKS, OWNER, form)).id
        wait(stream_delays.add(desk, StreamKey(OWNER, DOMAIN, "live", ON_AIR), 30))

    def app(self) -> Any:
        desk, keys = self.desk, KeyRing(self.desk.store, self.desk.clock)
        node = NodeIdentity(id="n", ip="192.0.2.1", set_id=1, idc_id=0)
        events = Events(desk.store, desk.config, Planner(desk.ids, css.render), desk.clock, node)
        return create_app(
            faces=create_faces(
                cloud_api=CloudApi(desk, Rates(desk.clock, UNLIMITED, dict.fromkeys(DOCUMENTED, UNLIMITED))),
                console=_nothing,
                v1=catalogue.routes(desk, keys),
            ),
            events_api=EventsApi(events, keys),
            ready=_ready,
        )

    def call(self, account_id: int, action: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Call an action of the cloud API; the content of ``Response``."""
        raw = tc3_post(self.keys[account_id], action, fields, now_ms=self.desk.clock.ms)
        answer = Browser(self.address).ask("POST", "/", raw.body, dict(raw.headers))
        response = answer.json()["Response"]
        assert isinstance(response, dict)
        return response

    def ask(self, account_id: int, method: str, path: str, body: Any = None) -> Answer:
        """A request of ``/v1``."""
        headers = {"Authorization": f"Bearer {self.tokens[account_id]}"}
        return Browser(self.address).ask(method, path, json.dumps(body).encode() if body else b"", headers)

    def owned(self) -> dict[str, list[Any]]:
        """Every row of the database that is the owner's."""
        raw = sqlite3.connect(f"{self._database.as_uri()}?mode=ro", uri=True)
        try:
            names = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: _rows_of(raw, name) for name in names if _has_owner(raw, name)}
        finally:
            raw.close()


def _has_owner(raw: sqlite3.Connection, table: str) -> bool:
    return any(column[1] == "account_id" for column in raw.execute(f"PRAGMA table_info({table})"))


def _rows_of(raw: sqlite3.Connection, table: str) -> list[Any]:
    return sorted(raw.execute(f"SELECT * FROM {table} WHERE account_id = {OWNER}"), key=repr)


async def _nothing(*_: Any) -> None:
    raise AssertionError("nobody asks the console")


async def _ready() -> list[str]:
    return []


@contextmanager
def two_accounts(folder: Path, now_ms: int = NOW_MS) -> Iterator[TwoAccounts]:
    with open_desk(folder) as desk:
        desk.clock.ms = now_ms
        site = TwoAccounts(folder, desk)
        with serve(site.app()) as site.address:
            yield site
