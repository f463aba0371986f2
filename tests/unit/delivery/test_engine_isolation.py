"""The engine against receivers that hang or are dead, beside one that is well; the clock is moved by hand."""

import time

from airhook.core.deliveries import DeliveryState
from airhook.core.destinations import DestinationKey, DestinationRow, HealthState
from airhook.delivery.health import SLOW_AFTER_S
from support.delivery_bench import MINUTE_S, Bench, eventually
from support.ports import free_port
from support.receiver import Receiver


def test_hung_receivers_and_names_do_not_delay_another_destination(bench: Bench, receiver: Receiver) -> None:
    with Receiver() as hung:
        hung.answer(never=True)
        bench.start(open_max=16)
        for number in range(30):
            bench.accept(f"http://127.0.0.{number + 2}:{hung.port}/", 3)  # nobody there, or hung
            bench.accept(f"http://hanging{number}.example/", 2)
        bench.accept(hung.url(), 10)
        well = bench.accept(receiver.url(), 200)

        bench.store.wait_settled(*well, timeout_s=15)  # an attempt at a hung one takes twenty seconds


def test_a_new_destination_waits_only_a_moment_behind_hundreds_of_hung_ones(
    bench: Bench, receiver: Receiver
) -> None:
    with Receiver() as hung:
        hung.answer(never=True)
        bench.start(open_max=256)  # 64 for those without a success
        for number in range(225):
            bench.accept(hung.url(), 2, account_id=number + 2)  # as many destinations

        # Some rounds of half a second each; of three seconds they would be twelve and more.
        bench.store.wait_settled(*bench.accept(receiver.url(), 1), timeout_s=11)

        bench.stop()  # it hangs up first


def test_a_dead_destination_is_probed_and_the_others_in_line_spend_no_attempts(
    bench: Bench, receiver: Receiver
) -> None:
    port = free_port()
    bench.start()
    ids = bench.accept(f"http://127.0.0.1:{port}/", 40)
    bench.store.wait_until(lambda: sum(map(len, bench.store.attempts.values())) >= 3)
    time.sleep(0.2)
    spent = sum(map(len, bench.store.attempts.values()))
    assert spent < 8

    with Receiver(port=port) as risen:
        bench.later(MINUTE_S + 1)
        bench.store.wait_settled(*ids)
        assert len(risen.requests) == 40


def test_what_a_dead_destination_has_beyond_its_part_waits_in_the_database(
    bench: Bench, receiver: Receiver
) -> None:
    port = free_port()
    engine = bench.start()
    ids = bench.accept(f"http://127.0.0.1:{port}/", 1000)
    eventually(lambda: 0 < engine.stats().in_hand <= 210)
    commits = bench.store.commits
    untouched = [row for row in bench.store.rows.values() if row.state is DeliveryState.PENDING]
    assert len(untouched) > 990
    assert commits < 10

    with Receiver(port=port):
        bench.later(2 * MINUTE_S)  # the probe closes the circuit, and what has failed is due again
        bench.store.wait_settled(*ids)


def test_a_destination_that_is_well_again_does_not_wait_for_the_time_outs_of_others(
    bench: Bench, receiver: Receiver
) -> None:
    """All were failing before the start; two probes at a time may go, and those that go first hang for 20 s."""
    with Receiver() as hung:
        hung.answer(never=True)
        for number in range(8):
            remember_failing(bench, account_id=number + 2, port=hung.port)
            bench.store.accept([bench.make(hung.url(), account_id=number + 2)])
        remember_failing(bench, account_id=1, port=receiver.port)
        bench.start(open_max=16)
        hung.wait_for(2)
        well = bench.accept(receiver.url(), 1)
        for sent in (4, 6, 8):
            bench.later(SLOW_AFTER_S)
            hung.wait_for(sent)
        bench.later(SLOW_AFTER_S)

        bench.store.wait_settled(*well)

        assert bench.store.attempts.keys() == set(well), "no other has ended, their time is not over"
        bench.stop()  # it hangs up first


def test_only_so_many_hung_requests_count_beside_the_others(bench: Bench, receiver: Receiver) -> None:
    """140 probes hang. 32 at a time may go, and 64 that hang give their places back: 96; the rest waits."""
    with Receiver() as hung:
        hung.answer(never=True)
        for number in range(140):
            remember_failing(bench, account_id=number + 2, port=hung.port)
            bench.store.accept([bench.make(hung.url(), account_id=number + 2)])
        engine = bench.start(open_max=256)
        for sent in (32, 64, 96):
            hung.wait_for(sent)
            bench.later(SLOW_AFTER_S)

        well = bench.accept(receiver.url(), 200)
        bench.store.wait_settled(*well)
        bench.later(SLOW_AFTER_S)
        well += bench.accept(receiver.url(), 200)
        bench.store.wait_settled(*well)

        assert len(hung.requests) == engine.stats().open == 96
        assert bench.store.attempts.keys() == set(well), "what waits has spent no attempt"
        waiting = [row for row in bench.store.rows.values() if row.url == hung.url()]
        assert len(waiting) == 140
        assert all(row.attempts == 0 for row in waiting)
        bench.stop()  # it hangs up first


def remember_failing(bench: Bench, account_id: int, port: int) -> None:
    key = DestinationKey(account_id, "http", "127.0.0.1", port)
    bench.store.standings[key] = DestinationRow(
        account_id=account_id,
        scheme=key.scheme,
        host=key.host,
        port=port,
        state=HealthState.FAILING,
        since_ms=0,
    )
