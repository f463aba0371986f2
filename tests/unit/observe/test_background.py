"""The log's own thread: nobody waits for it, nothing is lost at the end, and it never takes more than its room."""

import io
import json
import logging
import subprocess
import sys
import threading

import pytest

from airhook.core.deliveries import DeliveryState, ErrorClass, ExhaustReason, Outcome
from airhook.delivery.attemptlog import AttemptBlock
from airhook.observe import log as logs
from airhook.observe.background import BackgroundHandler
from support.storage import attempt, delivery, event


class Pipe(io.StringIO):
    """A stream that takes nothing while it is ``stopped``."""

    def __init__(self):
        super().__init__()
        self.may_go = threading.Event()
        self.may_go.set()
        self.reached = threading.Event()

    def write(self, text):
        self.reached.set()
        assert self.may_go.wait(60)
        return super().write(text)


STREAMS: list[Pipe] = []


@pytest.fixture
def logger():
    """A logger apart from the root, and a function that gives it a handler."""
    made = logging.Logger("airhook.test", logging.DEBUG)  # noqa: LOG001 - on purpose
    yield made
    for stream in STREAMS:
        stream.may_go.set()
    STREAMS.clear()
    for handler in made.handlers:
        handler.close()


def attach(logger, style="json", **options):
    stream = Pipe()
    handler = BackgroundHandler(stream, **options)
    STREAMS.append(stream)
    handler.setFormatter(logs.Lines(as_json=style == "json", out=stream))
    logger.addHandler(handler)
    return handler, stream


def lines(stream):
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_records_come_out_in_order_and_complete(logger):
    handler, stream = attach(logger)
    for n in range(1000):
        logger.info("line %d", n, extra={"n": n})
    handler.flush()
    assert [line["event"] for line in lines(stream)] == [f"line {n}" for n in range(1000)]


def test_what_a_message_refers_to_is_read_when_it_is_logged(logger):
    handler, stream = attach(logger)
    seen = [1]
    logger.info("seen %s", seen)
    seen.append(2)
    handler.flush()
    assert lines(stream)[0]["event"] == "seen [1]"


def test_a_line_that_its_values_do_not_fit_stops_nobody(logger):
    handler, stream = attach(logger)
    template = "%d pushes of %s"
    logger.info(template, "many")
    logger.info("after")
    handler.flush()
    broken, after = lines(stream)
    assert broken["event"].startswith("%d pushes of %s (its values do not fit: ")
    assert after["event"] == "after"


def test_a_warning_does_not_wait_for_company(logger):
    handler, stream = attach(logger)
    handler._hurry.wait = lambda _timeout: handler._hurry.is_set() or threading.Event().wait(60)
    logger.warning("now")
    assert stream.reached.wait(30)


def test_a_full_log_drops_the_newest_lines_and_tells_how_many(logger):
    handler, stream = attach(logger, capacity=50)
    stream.may_go.clear()
    logger.warning("first")
    assert stream.reached.wait(30)  # it is being written, and still takes its room
    for n in range(100):
        logger.info("%d", n)
    assert handler.dropped == 51
    stream.may_go.set()
    handler.flush()
    logger.info("after")
    handler.flush()
    found = lines(stream)
    assert [line["event"] for line in found if line["level"] == "info"] == [*map(str, range(49)), "after"]
    assert [line["lines"] for line in found if "were dropped" in line["event"]] == [51]


def test_a_broken_stream_stops_nobody(logger):
    handler, stream = attach(logger)
    stream.close()
    logger.info("lost")
    handler.flush()
    assert handler.dropped == 1


def test_closing_writes_what_is_in_line_and_ends_the_thread(logger):
    handler, stream = attach(logger)
    for n in range(300):
        logger.info("%d", n)
    handler.close()
    assert len(lines(stream)) == 300
    assert not handler._thread.is_alive()


def test_nothing_is_lost_when_the_process_ends():
    code = (
        "import logging; from airhook.observe import log\n"
        "log.configure('info', 'json', background=True)\n"
        "for n in range(500): logging.getLogger('airhook').info('%d', n)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert [json.loads(line)["event"] for line in done.stderr.splitlines()] == [str(n) for n in range(500)]


def test_configuring_anew_ends_the_old_thread():
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    root.handlers[:] = []
    try:
        logs.configure(stream=io.StringIO(), background=True)
        [first] = root.handlers
        assert isinstance(first, BackgroundHandler)
        logs.configure(stream=io.StringIO())
        assert not first._thread.is_alive()
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        logging.captureWarnings(False)


# --- blocks ---


def outcomes():
    failed = delivery(event("e1"), url="https://hooks.example.com/?token=s3cr3t", id=7)
    done = delivery(event("e2"), id=8)
    bad = attempt(
        failed, n=13, status=500, error=ErrorClass.BAD_STATUS, error_detail="The answer has status 500"
    )
    return [
        Outcome(delivery=failed, attempt=bad, state=DeliveryState.EXHAUSTED, reason=ExhaustReason.ATTEMPTS),
        Outcome(delivery=done, attempt=attempt(done), state=DeliveryState.DELIVERED),
    ]


def test_a_block_is_an_object_for_each_attempt_with_every_field(logger):
    handler, stream = attach(logger)
    logger.info(AttemptBlock(outcomes()))
    handler.flush()
    failed, good = lines(stream)
    assert failed == {
        "event": "attempt failed",
        "level": "info",
        "logger": "airhook.test",
        "timestamp": "2026-01-01T12:00:00.012Z",
        "delivery_id": 7,
        "event_id": "e1",
        "event_type": 1,
        "account_id": 1,
        "attempt": 13,
        "url": "https://hooks.example.com/",
        "took_ms": 12,
        "then": "exhausted",
        "status": 500,
        "error": "bad_status",
        "detail": "The answer has status 500",
        "remote_addr": "203.0.113.9",
        "reason": "attempts",
    }
    assert (good["event"], good["then"], "error" in good) == ("attempt succeeded", "delivered", False)


def test_on_a_terminal_a_block_is_a_sentence_for_each_attempt(logger):
    handler, stream = attach(logger, style="text")
    logger.info(AttemptBlock(outcomes()))
    handler.flush()
    first, second = stream.getvalue().splitlines()
    assert first.startswith(
        "2026-01-01T12:00:00.012Z [info     ] Delivery 7 of event e1 (type 1), attempt 13 to "
    )
    assert (
        "to https://hooks.example.com/: 500 The answer has status 500 in 12 ms, then exhausted (attempts)"
        in first
    )
    assert "Delivery 8" in second


def test_a_block_takes_the_room_of_its_lines(logger):
    handler, stream = attach(logger, capacity=3)
    stream.may_go.clear()
    logger.info(AttemptBlock(outcomes()))
    logger.info(AttemptBlock(outcomes()))
    assert handler.dropped == 2
    stream.may_go.set()
