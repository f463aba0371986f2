"""A replayer on a clock that is moved by hand, and deliveries for it to send again; nobody sends what is made."""

from collections.abc import Sequence

from airhook.control import replays
from airhook.control.replayer import Replayer
from airhook.core.deliveries import Delivery, DeliveryState
from airhook.core.events import Event
from airhook.core.ports import Tx
from airhook.core.replays import Replay
from airhook.core.search import Filter
from airhook.core.templates import CallbackTemplate
from airhook.storage.sqlite import SqliteStore
from airhook.storage.sqlite.logs import day_of
from support.desk import TestDesk, wait
from support.storage import delivered, delivery, event, settle

TEMPLATE = 1001
STREAM = Filter(stream="room1")


class ReplayStage:
    """A replayer, and an account whose deliveries have ended."""

    def __init__(self, desk: TestDesk) -> None:
        self.desk = desk
        self.replayer = Replayer(desk)
        self.put_template()

    @property
    def store(self) -> SqliteStore:
        assert isinstance(self.desk.store, SqliteStore)
        return self.desk.store

    @property
    def day(self) -> str:
        return day_of(self.desk.clock.now_ms()).isoformat()

    def put_template(self, *, deleted: bool = False) -> None:
        made = CallbackTemplate(
            id=TEMPLATE, account_id=1, name="hooks", urls={1: "https://h.example/"}, deleted=deleted
        )
        wait(self.desk.change(lambda tx: tx.put_template(made)))

    def accept(self, count: int = 1, *, lane: bool = False) -> list[Delivery]:
        now_ms = self.desk.clock.ms
        heard: list[Delivery] = []

        def work(tx: Tx) -> None:
            for _ in range(count):
                of = event(accepted_ms=now_ms)
                tx.accept(of, [self.planned(of, lane=lane)])

        self.store.on_accepted(heard.extend)
        wait(self.store.transact(work))
        return heard[:count]

    def planned(self, of: Event, *, lane: bool = False) -> Delivery:
        now_ms = self.desk.clock.ms
        times = {"created_ms": now_ms, "expires_ms": now_ms + 7_200_000}
        return delivery(of, lane=lane, id=self.desk.ids(), template_id=TEMPLATE, **times)

    def ended(self, count: int) -> list[Delivery]:
        made = self.accept(count)
        settle(self.store, *map(delivered, made))
        return made

    def create(self, wanted: Filter = STREAM, rate: int = 1000, *, start: bool = True) -> int:
        return wait(replays.create(self.desk, 1, wanted, rate=rate, start=start)).id

    def turns(self, count: int = 1, seconds: float = 1) -> None:
        for _ in range(count):
            self.desk.clock.ms += round(seconds * 1000)
            wait(self.replayer.turn())

    def now(self, replay_id: int) -> Replay:
        return wait(replays.find(self.desk, 1, replay_id))

    def under_way(self) -> list[Delivery]:
        found = wait(
            self.desk.store.read(lambda view: view.search(1, Filter(state=DeliveryState.PENDING), 500))
        )
        return [record.delivery for record in reversed(found.records)]

    def settle(self, some: Sequence[Delivery]) -> None:
        settle(self.store, *map(delivered, some))
