import pytest

from airhook.core.delivery_options import DeliveryOptions, Profile
from airhook.core.events import EventType
from airhook.delivery.retry import Schedule, Schedules, max_age_ms

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


DAY = 24 * 60 * MINUTE
STANDARD = DeliveryOptions(profile=Profile.STANDARD)


def test_the_standard_profile_grows_to_about_three_days() -> None:
    schedule = Schedules().of(EventType.SCREENSHOT, STANDARD)

    waits = [schedule.next_due(made, 0) for made in range(1, 14)]

    assert waits == [
        5_000,
        20_000,
        80_000,
        320_000,
        1_280_000,
        5_120_000,
        20_480_000,
        *[46_800_000] * 5,
        None,
    ]
    assert 2.9 * DAY < sum(wait or 0 for wait in waits) < 3.1 * DAY


def test_a_custom_schedule_serves_every_type() -> None:
    options = DeliveryOptions(profile=Profile.CUSTOM, delays_s=(0, 1.5))
    for event_type in (EventType.PUSH_STARTED, EventType.SCREENSHOT):
        schedule = Schedules().of(event_type, options)
        assert [schedule.next_due(made, 100) for made in (1, 2, 3)] == [100, 1600, None]


def test_the_time_out_is_the_setting_s_in_every_profile() -> None:
    schedules = Schedules(usual=Schedule(attempts=1, interval_s=1, timeout_s=7))
    custom = DeliveryOptions(profile=Profile.CUSTOM, delays_s=(1,))
    for options in (None, STANDARD, custom):
        assert schedules.of(EventType.PUSH_STARTED, options).timeout_s == 7


@pytest.mark.parametrize(
    ("options", "least", "most"),
    [
        (None, DAY, DAY),
        (DeliveryOptions(http2=True), DAY, DAY),
        (STANDARD, 3.3 * DAY, 3.5 * DAY),  # every delay a tenth longer, every attempt a time-out
        (DeliveryOptions(profile=Profile.CUSTOM, delays_s=(1, 2)), DAY, DAY),
        (DeliveryOptions(profile=Profile.CUSTOM, delays_s=(86_400,) * 2), 2 * DAY, 2.1 * DAY),
    ],
)
def test_no_schedule_is_cut_short_by_age(options: DeliveryOptions | None, least: float, most: float) -> None:
    assert least <= max_age_ms(options, DAY) <= most
