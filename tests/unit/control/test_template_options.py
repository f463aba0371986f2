"""Filling in a template's options, on a real store."""

import base64

import pytest

from airhook.control import templates
from airhook.control.template_options import OptionsForm
from airhook.control.templates import TemplateForm
from airhook.core.delivery_options import DeliveryOptions, Profile, SignMode
from airhook.core.errors import InvalidError
from airhook.core.templates import CallbackTemplate
from support.desk import TestDesk, wait

URL = "https://hooks.example.com/"
OLD, NEW = ("whsec_" + base64.b64encode(bytes([n]) * 24).decode() for n in (1, 2))
HOUR_MS = 3_600_000


def create(desk: TestDesk, mine: int, key: str = "Key1", **options: object) -> CallbackTemplate:
    form = TemplateForm(name="hooks", urls={1: URL}, callback_key=key, options=OptionsForm(**options))  # type: ignore[arg-type]
    return wait(templates.create(desk, mine, form))


def change(
    desk: TestDesk, mine: int, made: CallbackTemplate, key: str | None = None, **options: object
) -> CallbackTemplate:
    form = TemplateForm(callback_key=key, options=OptionsForm(**options))  # type: ignore[arg-type]
    return wait(templates.change(desk, mine, made.id, form))


def options_of(template: CallbackTemplate) -> DeliveryOptions:
    assert template.options is not None
    return template.options


def test_a_template_has_none_unless_they_are_given(desk: TestDesk, mine: int) -> None:
    made = create(desk, mine)
    assert made.options is None
    assert create(desk, mine, profile=Profile.CSS, http2=False, webhook_secret="").options is None
    given = create(desk, mine, http2=True, sign_mode=SignMode.FROZEN)
    assert given.options == DeliveryOptions(http2=True, sign_mode=SignMode.FROZEN)
    assert desk.config.current.templates[given.id].options == given.options


def test_what_is_not_named_stays_and_all_at_their_defaults_is_none_again(desk: TestDesk, mine: int) -> None:
    made = create(desk, mine, webhook_secret=NEW, http2=True)
    changed = change(desk, mine, made, profile=Profile.STANDARD)
    assert changed.options == DeliveryOptions(webhook_secret=NEW, http2=True, profile=Profile.STANDARD)
    assert change(desk, mine, made, profile=Profile.CSS, webhook_secret="", http2=False).options is None


def test_delays_go_with_their_profile(desk: TestDesk, mine: int) -> None:
    made = create(desk, mine, profile=Profile.CUSTOM, delays_s=(1.0, 2.0))
    assert options_of(made).delays_s == (1.0, 2.0)
    assert change(desk, mine, made, http2=True).options == DeliveryOptions(
        profile=Profile.CUSTOM, delays_s=(1.0, 2.0), http2=True
    )
    assert options_of(change(desk, mine, made, profile=Profile.STANDARD)).delays_s == ()


def test_headers_are_changed_by_name(desk: TestDesk, mine: int) -> None:
    made = create(desk, mine, headers={"X-A": "1", "X-B": "2", "X-C": "3"})
    changed = change(desk, mine, made, headers={"x-a": "9", "X-C": "", "X-None": ""})
    assert options_of(changed).headers == (("X-B", "2"), ("x-a", "9"))


def test_wrong_options_are_refused(desk: TestDesk, mine: int) -> None:
    made = create(desk, mine)
    for form, field in (
        ({"profile": Profile.CUSTOM}, "options.delays_s"),
        ({"headers": {"Host": "x"}}, "options.headers.Host"),
        ({"overlap_ms": 1000}, "options.overlap"),  # nothing changes
        ({"overlap_ms": -1}, "options.overlap"),
        ({"overlap_ms": 31 * 24 * HOUR_MS, "webhook_secret": NEW}, "options.overlap"),
        ({"overlap_ms": HOUR_MS, "webhook_secret": NEW}, "options.overlap"),  # there is no old one
    ):
        with pytest.raises(InvalidError) as caught:
            change(desk, mine, made, **form)
        assert caught.value.field == field
    assert wait(templates.get(desk, mine, made.id)).options is None


def test_the_old_key_goes_on_where_an_overlap_is_asked_for(desk: TestDesk, mine: int) -> None:
    made = create(desk, mine)
    changed = change(desk, mine, made, key="Key2", overlap_ms=HOUR_MS)
    assert (changed.callback_key, changed.key_version) == ("Key2", 2)
    until_ms = desk.clock.ms + HOUR_MS
    assert changed.options == DeliveryOptions(previous_key="Key1", overlap_until_ms=until_ms)
    kept = change(desk, mine, made, http2=True)
    assert options_of(kept).previous_key == "Key1", "another change leaves it"
    assert change(desk, mine, made, http2=False, overlap_ms=0).options is None


@pytest.mark.parametrize("key", ["Key3", ""])
def test_a_change_of_key_without_an_overlap_ends_the_last_one(desk: TestDesk, mine: int, key: str) -> None:
    made = create(desk, mine)
    change(desk, mine, made, key="Key2", overlap_ms=HOUR_MS)
    assert change(desk, mine, made, key=key).options is None


def test_both_webhook_secrets_sign_during_their_own_overlap(desk: TestDesk, mine: int) -> None:
    made = create(desk, mine, webhook_secret=OLD)
    change(desk, mine, made, key="Key2", overlap_ms=HOUR_MS)
    key_until_ms = desk.clock.ms + HOUR_MS
    desk.clock.ms += 1000
    changed = change(desk, mine, made, webhook_secret=NEW, overlap_ms=2 * HOUR_MS)
    assert changed.options == DeliveryOptions(
        previous_key="Key1",
        overlap_until_ms=key_until_ms,
        webhook_secret=NEW,
        previous_webhook_secret=OLD,
        webhook_overlap_until_ms=desk.clock.ms + 2 * HOUR_MS,
    )
    assert options_of(change(desk, mine, made, webhook_secret="")).previous_webhook_secret == ""
