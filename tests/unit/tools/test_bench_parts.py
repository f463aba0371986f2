"""The parts of ``airhook bench``: receivers, the rig, the backlog, and how figures are made of what they note."""

import asyncio
import itertools
import json
import shutil
import sqlite3
import time
import urllib.error
import urllib.request

import pytest
import uvloop

from airhook.core.errors import AirhookError
from airhook.delivery.signing import sign
from airhook.tools.bench import backlog, bare, machine, receiver, recovery, throughput
from airhook.tools.bench.load import ClosedLoad, latencies_ms, open_load
from airhook.tools.bench.report import Promise, Report
from airhook.tools.bench.rig import Rig

LOOPBACK = ["127.0.0.1", "127.0.0.2"]


def post(url, number=7, timeout=5):
    body = json.dumps({"sequence": str(number), "t": 1, "sign": "x"}, separators=(",", ":")).encode()
    with urllib.request.urlopen(urllib.request.Request(url, body), timeout=timeout) as answer:
        return answer.status


# --- figures ---


@pytest.mark.parametrize(
    ("values", "part", "expected"),
    [
        ([3.0, 1.0, 2.0], 50, 2.0),
        ([5.0], 99, 5.0),
        (list(range(1, 101)), 99, 99),
        (list(range(1, 101)), 100, 100),
        ([1.0, 2.0], 1, 1.0),
    ],
)
def test_percentile(values, part, expected):
    assert machine.percentile(values, part) == expected


def test_latency_counts_from_the_intended_time_to_the_first_arrival():
    intended = {1: 1_000_000, 2: 2_000_000, 3: 3_000_000}
    arrivals = [
        (2, 7_000_000),
        (1, 2_500_000),
        (2, 9_000_000),
        (99, 1),
    ]  # 3 never came, 99 is somebody else's
    assert sorted(latencies_ms(intended, arrivals)) == [1.5, 5.0]


@pytest.mark.parametrize(
    ("arrived", "lost", "repeats"),
    [([1, 2, 3], 0, 0), ([1, 3], 1, 0), ([3, 1, 2, 1, 1], 0, 2), ([], 3, 0)],
)
def test_lost_and_repeated_are_told_apart(arrived, lost, repeats):
    assert recovery.compare(range(1, 4), arrived) == (lost, repeats)


def test_fsyncs_are_real_times(tmp_path):
    fsyncs = machine.Fsyncs(tmp_path)
    fsyncs.probe(20)
    assert 0 < fsyncs.p50_ms <= fsyncs.p99_ms
    assert list(tmp_path.iterdir()) == []


def test_a_report_shows_what_was_promised():
    report = Report(
        name="x",
        figures={"good": 1.23456, "bad": 12345.6},
        promises={"good": Promise(text="<= 2", kept=True), "bad": Promise(text="<= 3", kept=False)},
        runs=[{"good": 1.23456}],
    )
    scripts = report.for_scripts()
    assert (scripts["good"], scripts["bad"], scripts["runs"]) == (1.235, 12345.6, [{"good": 1.235}])
    assert scripts["promises"]["bad"] == {"text": "<= 3", "kept": False}
    assert {"machine", "versions"} <= scripts.keys()
    lines = report.for_people().splitlines()
    assert [line.split() for line in lines[2:]] == [
        ["good", "1.23", "<=", "2", "kept"],
        ["bad", "12,346", "<=", "3", "MISSED"],
    ]


# --- receivers ---


def test_receiver_notes_what_came_when():
    with receiver.own("record", LOOPBACK) as receiving:
        before = time.monotonic_ns()
        assert [post(url, number) for number, url in enumerate(receiving.urls, 41)] == [200, 200]
        arrivals = receiving.arrivals()
        assert receiving.count() == 2
    assert [number for number, _ in arrivals] == [41, 42]
    assert before < arrivals[0][1] < arrivals[1][1] < time.monotonic_ns()


def test_receiver_tells_which_key_signed():
    now_ms = time.time_ns() // 1_000_000
    with receiver.own("keep", LOOPBACK[:1]) as receiving:
        for key in ("old", "new"):
            body = sign(b'{"sequence":"1"}', key, now_ms).body
            urllib.request.urlopen(urllib.request.Request(receiving.urls[0], body), timeout=5).close()
        assert [new for _, new in receiving.signed_by("new")] == [False, True]


def test_hung_receiver_accepts_and_never_answers():
    with receiver.own("hang", LOOPBACK[:1]) as receiving:
        with pytest.raises((TimeoutError, urllib.error.URLError)):
            post(receiving.urls[0], timeout=0.3)
        assert receiving.count() == 1


def test_nginx_is_taken_where_it_is_installed(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with receiver.answering(LOOPBACK[:1]) as receiving:
        assert receiving.name == "own (answer)"
    with pytest.raises(AirhookError, match="--receiver own"), receiver.answering(LOOPBACK[:1], "nginx"):
        pass
    monkeypatch.setattr(shutil, "which", lambda _name: "/bin/false")  # found, but it does not start
    with pytest.raises(AirhookError, match="nginx did not start"), receiver.answering(LOOPBACK[:1]):
        pass


def test_a_receiver_that_is_gone_is_told():
    with receiver.own("answer", LOOPBACK[:1]) as receiving:
        receiving._child._process.kill()
        receiving._child._process.wait()
        with pytest.raises(AirhookError, match="has ended by itself"):
            receiving.count()


@pytest.mark.parametrize(
    ("count", "first", "last"), [(1, 1, "127.0.1.1"), (250, 1, "127.0.1.250"), (251, 8, "127.0.9.1")]
)
def test_each_destination_has_an_address(count, first, last):
    addresses = receiver.loopback(count, first)
    assert len(set(addresses)) == count
    assert addresses[-1] == last


# --- load ---


def test_bare_loop_counts_real_requests():
    with receiver.own("answer", LOOPBACK) as receiving:
        rate = bare.libcurl_per_s(receiving.urls, b"{}", 0.3)
        assert 0 < rate * 0.3 <= receiving.count()


def test_bare_loop_says_when_its_receiver_fails():
    with pytest.raises(AirhookError, match="receiver of the bare loop failed"):
        bare.libcurl_per_s(["http://127.0.0.1:9/"], b"{}", 0.3)


def test_the_whole_way_is_really_gone(tmp_path):
    """What a rate is made of has arrived at the receiver, each event once, and lies in the log."""
    with receiver.own("record", LOOPBACK) as receiving:

        async def whole():
            load = ClosedLoad(range(2), itertools.count(1), under_way=50)
            async with Rig(tmp_path, receiving.urls, on_delivered=load.delivered) as rig:
                load.start(rig)
                await rig.settled(100)
                await load.stop()
                await rig.settled(load.accepted)
                return load.accepted, rig.delivered, len(load.through_ms), len(load.accept_ms)

        accepted, delivered, *noted = uvloop.run(whole())
        numbers = [number for number, _ in receiving.arrivals()]
    assert sorted(numbers) == list(range(1, accepted + 1))
    assert accepted == delivered == noted[0] == noted[1] >= 100
    assert _logged(tmp_path) == accepted
    assert backlog.unsettled(tmp_path) == 0


def test_open_load_keeps_its_times(tmp_path):
    with receiver.own("record", LOOPBACK[:1]) as receiving:

        async def whole():
            async with Rig(tmp_path, receiving.urls) as rig:
                intended = await open_load(rig, [0], itertools.count(1), 100, 0.3)
                await rig.settled(30)
                return intended

        intended = uvloop.run(whole())
        waits = latencies_ms(intended, receiving.arrivals())
    times = list(intended.values())
    assert [later - at for at, later in itertools.pairwise(times)] == [10_000_000] * 29
    assert len(waits) == 30
    assert min(waits) > 0


def test_a_rig_that_cannot_deliver_says_so(tmp_path):
    async def whole():
        async with Rig(tmp_path, ["http://127.0.0.1:9/"]) as rig:
            await rig.accept(1, 0)
            await rig.settled(1, within_s=0.2)

    with pytest.raises(AirhookError, match="only 0 of 1"):
        uvloop.run(whole())


def test_accept_only_accepts(tmp_path):
    assert uvloop.run(throughput.accept_only(tmp_path, ["http://127.0.0.1:9/"], 0.2)) > 0
    assert backlog.unsettled(tmp_path) > 0


# --- the backlog ---


def test_backlog_is_what_accepts_write(tmp_path):
    """All columns of both tables, but for ids and times."""
    urls = ["http://127.0.0.1:9/a", "http://127.0.0.1:9/b"]

    async def accepted():
        async with Rig(tmp_path / "real", urls, deliver=False) as rig:
            for number in range(1, 6):
                await rig.accept(number, number % 2)

    asyncio.run(accepted())
    config = backlog.prepare(tmp_path / "made", urls)
    backlog.fill(tmp_path / "made", config, 5, places=range(2))
    made, real = (_unsettled_rows(tmp_path / name) for name in ("made", "real"))
    assert len(made["deliveries"]) == len(made["events"]) == 5
    assert made == real


def test_backlog_may_wait(tmp_path):
    config = backlog.prepare(tmp_path, ["http://127.0.0.1:9/"])
    backlog.fill(tmp_path, config, 3, places=[0], change=backlog.waiting_until(4_000_000_000_000))
    with sqlite3.connect(tmp_path / "airhook.db") as raw:
        rows = raw.execute("SELECT state, attempts, due_ms FROM deliveries").fetchall()
    raw.close()
    assert rows == [("waiting", 1, 4_000_000_000_000)] * 3


def _unsettled_rows(folder):
    raw = sqlite3.connect(folder / "airhook.db")
    raw.row_factory = sqlite3.Row
    tables = {}
    for table, key in (("deliveries", "event_id"), ("events", "id")):
        rows = [dict(row) for row in raw.execute(f"SELECT * FROM {table} ORDER BY {key}")]
        for row in rows:
            for name in [
                name for name in row if name.endswith("_ms") or (table, name) == ("deliveries", "id")
            ]:
                del row[name]
            row.pop("body", None) if table == "events" else row.update(body=_without_time(row["body"]))
        tables[table] = rows
    raw.close()
    return tables


def _without_time(body):
    return {name: value for name, value in json.loads(body).items() if name != "event_time"}


def _logged(folder):
    """Successful attempts; tomorrow's file is there already, and empty."""
    count = 0
    for path in (folder / "logs").glob("airhook-*.db"):
        raw = sqlite3.connect(path)
        count += raw.execute("SELECT count(*) FROM attempt_log WHERE error IS NULL").fetchone()[0]
        raw.close()
    return count
