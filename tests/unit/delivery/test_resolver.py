"""Look-ups run on real threads; the clock and the system's resolver are ours."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from airhook.core.deliveries import ErrorClass
from airhook.delivery import resolver as module
from airhook.delivery.resolver import Resolver, system_lookup
from support.moved_clock import MovedClock


class Names:
    """A system resolver: ``known`` names answer, others fail, ``hanging`` ones wait until the test is over."""

    def __init__(self) -> None:
        self.known: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.over = threading.Event()

    def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        if host.startswith("hanging"):
            self.over.wait(10)
        if host in self.known:
            return self.known[host]
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


class Table:
    """A resolver with its clock and names."""

    def __init__(self) -> None:
        self.names = Names()
        self.clock = MovedClock()
        self.woken = threading.Event()
        self.resolver = Resolver(self.clock.monotonic, self.woken.set, self.names)

    def collect_until(self, true: Callable[[set[str]], bool]) -> set[str]:
        over: set[str] = set()
        for _ in range(500):
            over.update(self.resolver.collect())
            if true(over):
                return over
            self.woken.wait(0.02)
            self.woken.clear()
        raise AssertionError(f"only {over} came")

    def known(self, host: str) -> module.Resolution:
        found = self.resolver.get(host)
        assert found is not None, f"{host} is not known"
        return found

    def resolve(self, host: str) -> module.Resolution:
        assert self.resolver.get(host) is None
        self.collect_until(lambda over: host in over)
        return self.known(host)


@pytest.fixture
def table() -> Iterator[Table]:
    made = Table()
    yield made
    made.names.over.set()
    made.resolver.close()


def test_a_literal_needs_no_look_up(table: Table) -> None:
    found = table.known("0x7f.1")

    assert found.addresses == ("127.0.0.1",)
    assert table.names.asked == []


def test_a_name_is_looked_up_once_for_all_who_ask(table: Table) -> None:
    table.names.known["a.example"] = ["192.0.2.1", "2001:db8::1"]
    assert table.resolver.get("a.example") is None
    assert table.resolver.get("a.example") is None

    table.collect_until(lambda over: "a.example" in over)

    assert table.known("a.example").addresses == ("192.0.2.1", "2001:db8::1")
    assert table.names.asked == ["a.example"]


def test_an_answer_grows_old_and_is_served_while_it_is_looked_up_anew(table: Table) -> None:
    table.names.known["a.example"] = ["192.0.2.1"]
    table.resolve("a.example")
    table.names.known["a.example"] = ["192.0.2.2"]
    table.clock.advance(module.KEEP_S + 1)

    assert table.known("a.example").addresses == ("192.0.2.1",)
    table.collect_until(lambda over: "a.example" in over)
    assert table.known("a.example").addresses == ("192.0.2.2",)


def test_a_name_that_does_not_exist_fails_for_a_short_while(table: Table) -> None:
    found = table.resolve("no.example")

    assert found.error is ErrorClass.DNS_FAILED
    assert found.detail == "no.example does not resolve: Name or service not known"
    table.clock.advance(module.KEEP_FAILURE_S + 0.1)
    table.names.known["no.example"] = ["192.0.2.1"]
    assert table.resolve("no.example").addresses == ("192.0.2.1",)


def test_a_name_without_addresses_fails(table: Table) -> None:
    table.names.known["empty.example"] = []

    assert table.resolve("empty.example").error is ErrorClass.DNS_FAILED


def test_a_hanging_name_is_given_up_after_three_seconds(table: Table) -> None:
    assert table.resolver.get("hanging.example") is None
    assert table.resolver.collect() == []
    table.clock.advance(module.PATIENCE_S)

    assert table.resolver.collect() == ["hanging.example"]
    found = table.known("hanging.example")
    assert found.error is ErrorClass.DNS_TIMEOUT
    assert found.detail == "hanging.example did not resolve within 3 s"


def test_many_hanging_names_do_not_keep_a_good_one_waiting(table: Table) -> None:
    table.names.known["good.example"] = ["192.0.2.1"]
    hanging = {f"hanging{i}.example" for i in range(module.THREADS * 2)}
    for name in hanging:
        table.resolver.get(name)
    for _ in range(2):  # a full pool of them each time
        table.clock.advance(module.PATIENCE_S)
        table.resolver.collect()

    # They are known for what they are now: even all together they leave threads for others.
    table.clock.advance(module.KEEP_FAILURE_S + 0.1)
    for name in hanging:
        table.resolver.get(name)
    assert table.resolve("good.example").addresses == ("192.0.2.1",)


def test_a_late_answer_is_not_heard(table: Table) -> None:
    table.names.known["hanging.example"] = ["192.0.2.1"]
    table.resolver.get("hanging.example")
    table.clock.advance(module.PATIENCE_S)
    assert table.resolver.collect() == ["hanging.example"]
    table.woken.clear()

    table.names.over.set()
    assert table.woken.wait(30)

    assert table.resolver.collect() == []
    assert table.known("hanging.example").error is ErrorClass.DNS_TIMEOUT


def test_the_next_deadline_is_that_of_the_oldest_look_up(table: Table) -> None:
    assert table.resolver.next_deadline() is None
    table.resolver.get("hanging.example")

    assert table.resolver.next_deadline() == pytest.approx(
        table.clock.monotonic() + module.PATIENCE_S, abs=0.5
    )


def test_a_look_up_that_breaks_costs_no_thread(table: Table) -> None:
    def breaks(host: str) -> list[str]:
        raise MemoryError(host)

    resolver = Resolver(table.clock.monotonic, table.woken.set, breaks)
    table.resolver.close()
    table.resolver = resolver
    for n in range(3):
        assert table.resolve(f"name{n}.example").error is ErrorClass.DNS_FAILED
    assert (resolver.stats().running, resolver.stats().stuck) == (0, 0)


def test_without_a_thread_to_be_had_a_name_fails_and_is_found_when_there_are_some(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.names.known["good.example"] = ["192.0.2.1"]

    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as lack:
        lack.setattr(threading.Thread, "start", none_left)
        found = table.resolve("good.example")
    assert (found.error, "no more threads" in found.detail) == (ErrorClass.DNS_FAILED, True)
    assert (table.resolver.stats().running, table.resolver.stats().stuck) == (0, 0)
    table.clock.advance(module.KEEP_FAILURE_S + 0.1)
    assert table.resolve("good.example").addresses == ("192.0.2.1",)


def test_the_systems_resolver_knows_this_machine() -> None:
    assert "127.0.0.1" in system_lookup("localhost")
