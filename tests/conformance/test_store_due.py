"""What is due, asked for by destination."""

import pytest

from airhook.core.destinations import NOWHERE, id_of
from airhook.core.due import Want
from support.storage import NOON_MS, accept_one, delivered, failed, promote_held, settle

HOSTS = [f"http://h{n}.example.com" for n in range(7)]
HOUR_MS = 3_600_000


def ids(found):
    return [one.id for one in found]


def test_each_destination_that_has_something_is_one_line_in_order_of_their_ids(store):
    for host in HOSTS:
        accept_one(store, url=f"{host}/start")
        accept_one(store, url=f"{host}:80/stop")
    lines = store.lines(NOON_MS, None, 100)
    assert [line.destination for line in lines] == sorted(id_of(1, host) for host in HOSTS)


def test_lines_come_by_pages(store):
    for host in HOSTS:
        accept_one(store, url=host)
    found, after = [], None
    while page := store.lines(NOON_MS, after, 3):
        assert len(page) <= 3
        found += [line.destination for line in page]
        after = found[-1]
    assert found == sorted(id_of(1, host) for host in HOSTS)


def test_a_line_tells_when_the_first_of_each_kind_is_due_and_what_comes_next(store):
    accept_one(store, url=HOSTS[0], due_ms=NOON_MS - 10)
    accept_one(store, url=HOSTS[0], due_ms=NOON_MS - 5)
    retry, later = accept_one(store, url=HOSTS[0]), accept_one(store, url=HOSTS[0])
    settle(store, failed(retry, due_ms=NOON_MS - 3), failed(later, due_ms=NOON_MS + 60_000))
    [line] = store.lines(NOON_MS, None, 10)
    assert (line.pending_ms, line.waiting_ms, line.next_ms) == (NOON_MS - 10, NOON_MS - 3, NOON_MS + 60_000)
    [line] = store.lines(NOON_MS + 60_000, None, 10)
    assert line.next_ms is None


def test_what_has_ended_or_is_held_is_in_no_line(store):
    head = accept_one(store, url=HOSTS[0], lane=True)
    accept_one(store, url=HOSTS[1], lane=True, hold_until_ms=NOON_MS + 1000)
    assert [line.destination for line in store.lines(NOON_MS, None, 10)] == [id_of(1, HOSTS[0])]
    assert store.next_held() == NOON_MS + 1000
    settle(store, delivered(head))
    assert [line.destination for line in store.lines(NOON_MS, None, 10)] == [id_of(1, HOSTS[1])]
    assert store.next_held() is None
    assert promote_held(store, NOON_MS + 2000) == []


def test_only_one_destination_is_read_without_what_is_in_hand(store):
    mine = [accept_one(store, url=HOSTS[0], due_ms=NOON_MS - 10 + n) for n in range(5)]
    accept_one(store, url=HOSTS[1])
    want = Want(destination=id_of(1, HOSTS[0]), limit=3, in_hand=[mine[0].id, mine[2].id])
    [found] = store.due(NOON_MS, [want])
    assert ids(found) == [mine[1].id, mine[3].id, mine[4].id]
    assert store.due(NOON_MS - HOUR_MS, [want]) == [[]]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 400])
def test_many_destinations_are_read_together_as_each_would_be_alone(store, limit):
    """Some with more than their limit, some with nothing, some of whom all is in hand."""
    made = {
        host: [accept_one(store, url=host, due_ms=NOON_MS - n) for n in range(at)]
        for at, host in enumerate(HOSTS)
    }
    settle(store, *(failed(one, due_ms=NOON_MS - 2) for one in [*made[HOSTS[4]][:2], *made[HOSTS[6]][2:]]))
    in_hand = [made[HOSTS[3]][0], *made[HOSTS[5]]]
    wants = [
        Want(
            destination=id_of(1, host),
            limit=limit + at % 2,
            in_hand=[one.id for one in in_hand if one.url == host],
        )
        for at, host in enumerate(reversed(HOSTS))
    ]
    together = store.due(NOON_MS, wants)
    assert together == [store.due(NOON_MS, [want])[0] for want in wants]
    assert sum(map(len, together)) == sum(
        min(want.limit, sum(one not in in_hand for one in made[host]))
        for want, host in zip(wants, reversed(HOSTS), strict=True)
    )


def test_accounts_have_destinations_of_their_own(store):
    assert id_of(1, HOSTS[0]) != id_of(2, HOSTS[0])
    assert id_of(1, "HTTP://H0.example.com/x") == id_of(1, HOSTS[0])
    assert id_of(1, "https://h0.example.com/") != id_of(1, HOSTS[0])


def test_ids_are_the_same_in_every_release():
    assert id_of(1, "https://hooks.example.com/start?room=1") == 48532560229056
    assert id_of(1, "ftp://hooks.example.com/") == NOWHERE


def test_what_cannot_be_called_is_found(store):
    bad = accept_one(store, url="no url at all")
    [line] = store.lines(NOON_MS, None, 10)
    assert line.destination == NOWHERE
    [found] = store.due(NOON_MS, [Want(destination=NOWHERE, limit=5)])
    assert ids(found) == [bad.id]
