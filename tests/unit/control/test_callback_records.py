"""Callbacks as they were sent: one record for each attempt, from the real log."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from airhook.control import callback_records, search, templates
from airhook.control.callback_records import Page, Wanted
from airhook.control.templates import TemplateForm
from airhook.core.deliveries import Delivery, DeliveryState, ErrorClass, Outcome
from airhook.core.errors import InvalidError, UnavailableError
from airhook.delivery import signing
from airhook.storage.sqlite import SqliteStore
from support.desk import NOW_MS, TestDesk, add_account, open_desk, wait
from support.storage import accept, attempt, delivered, delivery, event, settle

DAY_MS = 86_400_000
KEY = "Kx7Pq2Lm9TzR4vBnW8"
STREAM = "room1"
BODY = b'{"event_time":1768477000,"event_type":%d}'
STATUS = {"status": 500, "error": ErrorClass.BAD_STATUS}


class History:
    """Deliveries a second apart, each with the attempts it is told to have made."""

    def __init__(self, desk: TestDesk) -> None:
        self.desk = desk
        form = TemplateForm(name="hooks", urls={1: "https://hooks.example.com/"}, callback_key=KEY)
        self.template = wait(templates.create(desk, add_account(desk, 1), form))
        add_account(desk, 2, "other")

    @property
    def store(self) -> SqliteStore:
        assert isinstance(self.desk.store, SqliteStore)
        return self.desk.store

    def add(
        self, *attempts: dict[str, Any], kind: int = 1, stream: str = STREAM, account_id: int = 1
    ) -> None:
        self.desk.clock.ms += 1000
        now_ms = self.desk.clock.ms
        of = event(stream=stream, account_id=account_id, event_type=kind, accepted_ms=now_ms)
        planned = delivery(
            of, id=self.desk.ids(), template_id=self.template.id, created_ms=now_ms, body=BODY % kind
        )
        (stored,) = accept(self.store, of, planned)
        for n, changes in enumerate(attempts):
            settle(self.store, _outcome(replace(stored, attempts=n), changes, now_ms))

    def page(self, *, account_id: int | None = 1, number: int = 1, size: int = 10, **wanted: Any) -> Page:
        asked = {"stream": STREAM, "since_ms": NOW_MS, "until_ms": NOW_MS + 3_600_000, **wanted}
        return wait(callback_records.page(self.desk, account_id, Wanted(**asked), number=number, size=size))

    def results(self, **how: Any) -> list[tuple[int, int]]:
        return [(record.event_type, record.result) for record in self.page(**how).records]


def _outcome(of: Delivery, changes: dict[str, Any], now_ms: int) -> Outcome:
    sent = signing.sign(of.body, KEY, now_ms)
    sha256 = hashlib.sha256(sent.body).digest()
    made = attempt(of, t=sent.t, request_sha256=sha256, started_ms=now_ms, finished_ms=now_ms + 40, **changes)
    if made.error is None:
        return replace(delivered(of), attempt=made)
    return Outcome(delivery=of, attempt=made, state=DeliveryState.WAITING, due_ms=now_ms + DAY_MS)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Iterator[History]:
    with open_desk(tmp_path_factory.mktemp("records")) as desk:
        history = History(desk)
        history.add(STATUS, {"status": None, "error": ErrorClass.TIMEOUT}, {})
        history.add({"status": None, "error": ErrorClass.CONNECT_REFUSED}, kind=0)
        history.add()  # not sent yet
        history.add({}, kind=100)
        history.add({}, stream="room2")
        history.add({}, account_id=2)
        yield history


def test_each_attempt_is_a_record_and_the_newest_comes_first(history: History) -> None:
    assert history.results() == [(100, 0), (0, 1), (1, 0), (1, 408), (1, 500)]


def test_a_record_holds_what_went_over_the_wire(history: History) -> None:
    record = history.page(event_type=100).records[0]
    t = (NOW_MS + 4000) // 1000 + 600
    sign = hashlib.md5(f"{KEY}{t}".encode()).hexdigest()
    assert record.request == b'{"event_time":1768477000,"event_type":100,"sign":"%s","t":%d}' % (
        sign.encode(),
        t,
    )
    assert record.response == b'{"code":0}\xff\x00'
    assert (record.event_ms, record.answered_ms) == (1_768_477_000_000, NOW_MS + 4040)
    assert record.stream == STREAM


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({"succeeded": True}, [(100, 0), (1, 0)], id="successes"),
        pytest.param({"succeeded": False}, [(0, 1), (1, 408), (1, 500)], id="failures"),
        pytest.param({"event_type": 1}, [(1, 0), (1, 408), (1, 500)], id="one-type"),
        pytest.param({"event_type": 332}, [], id="a-type-that-was-not-sent"),
        pytest.param({"stream": "room"}, [], id="part-of-a-name"),
        pytest.param({"since_ms": NOW_MS + 1001}, [(100, 0), (0, 1)], id="since"),
        pytest.param({"until_ms": NOW_MS + 1000}, [(1, 0), (1, 408), (1, 500)], id="until"),
        pytest.param({"account_id": 2}, [(1, 0)], id="another-account"),
    ],
)
def test_filters(history: History, wanted: dict[str, Any], found: list[tuple[int, int]]) -> None:
    assert history.results(**wanted) == found
    assert history.page(**wanted).total == len(found)


def test_pages_cut_through_the_attempts_of_a_delivery(history: History) -> None:
    pages = [history.page(number=number, size=2) for number in (1, 2, 3, 4)]
    assert [[record.result for record in page.records] for page in pages] == [[0, 1], [0, 408], [500], []]
    assert {page.total for page in pages} == {5}
    failures = [history.page(number=number, size=2, succeeded=False) for number in (1, 2)]
    assert [[record.result for record in page.records] for page in failures] == [[1, 408], [500]]


def test_without_the_key_that_signed_the_planned_body_is_shown(tmp_path_factory: Any) -> None:
    with open_desk(tmp_path_factory.mktemp("keyless")) as desk:
        history = History(desk)
        history.add({})
        for key in ("First1", "Second2"):
            wait(templates.change(desk, 1, history.template.id, TemplateForm(callback_key=key)))
        assert history.page().records[0].request == BODY % 1


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        pytest.param(
            {"since_ms": NOW_MS - 15 * DAY_MS, "until_ms": NOW_MS - 14 * DAY_MS}, "start_time", id="old"
        ),
        pytest.param({"until_ms": NOW_MS + DAY_MS + 1}, "end_time", id="more-than-a-day"),
        pytest.param({"until_ms": NOW_MS - 1}, "end_time", id="backwards"),
        pytest.param({"event_type": 7}, "event_type", id="no-such-type"),
    ],
)
def test_what_cannot_be_asked(history: History, wanted: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidError) as caught:
        history.page(**wanted)
    assert caught.value.field == field


def test_an_account_has_few_lists_counted_at_once(desk: TestDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has left its callers waiting is still worked off: a flood would be worked off for hours."""
    wanted = Wanted(stream=STREAM, since_ms=NOW_MS, until_ms=NOW_MS + 3_600_000)

    async def work() -> None:
        over = asyncio.Event()

        async def stalled(*_: Any) -> AsyncIterator[list[Any]]:
            await over.wait()
            yield []

        monkeypatch.setattr(search, "everything", stalled)

        async def ask(account_id: int) -> Page:
            return await callback_records.page(desk, account_id, wanted, number=1, size=10)

        asked = [asyncio.create_task(ask(1)) for _ in range(8)]
        await asyncio.sleep(0)  # they have begun
        with pytest.raises(UnavailableError, match="lists of callback records are under way"):
            await ask(1)
        other = asyncio.create_task(ask(2))
        over.set()
        assert [page.total for page in await asyncio.gather(*asked, other)] == [0] * 9
        assert (await ask(1)).total == 0

    wait(work())
