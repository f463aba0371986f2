import pytest

from airhook.core.events import EventType
from airhook.delivery.retry import Schedule, Schedules

MINUTE = 60_000


@pytest.mark.parametrize(
    ("event_type", "attempts", "interval_ms"),
    [
        (EventType.PUSH_STARTED, 13, MINUTE),  # 267/32744: 12 retries
        (EventType.PUSH_ENDED, 13, MINUTE),
        (EventType.RECORD_FILE, 13, MINUTE),
        (EventType.IMAGE_AUDIT, 13, MINUTE),
        (EventType.AUDIO_AUDIT, 13, MINUTE),
        (EventType.SCREENSHOT, 6, 2 * MINUTE),  # 5 retries, 120 s apart
        (EventType.SUBTITLE, 3, MINUTE),  # 267/73170: three in all
        (EventType.SMART_ERASE, 3, MINUTE),
        (EventType.RECORD_STATUS, 13, MINUTE),  # undocumented ones: the usual
        (EventType.RELAY, 13, MINUTE),
        (EventType.MONITOR, 13, MINUTE),
        (99_999, 13, MINUTE),
    ],
)
def test_schedule_of_each_event_type(event_type: int, attempts: int, interval_ms: int) -> None:
    schedule = Schedules().of(event_type)

    dues = [schedule.next_due(made, 1_000_000) for made in range(1, attempts + 1)]

    assert dues == [1_000_000 + interval_ms] * (attempts - 1) + [None]
    assert schedule.timeout_s == 20


def test_the_interval_runs_from_the_end_of_the_failed_attempt() -> None:
    schedule = Schedule(attempts=3, interval_s=1.5)

    assert schedule.next_due(1, 10_000) == 11_500
    assert schedule.next_due(2, 90_000) == 91_500


def test_a_schedule_can_be_set_for_one_type() -> None:
    schedules = Schedules(by_type={EventType.PUSH_STARTED: Schedule(attempts=2, interval_s=5)})

    assert schedules.of(EventType.PUSH_STARTED).next_due(2, 0) is None
    assert schedules.of(EventType.PUSH_ENDED).next_due(2, 0) == MINUTE
