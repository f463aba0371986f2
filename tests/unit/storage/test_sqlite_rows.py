"""Rows of what is written most are looked at quickly; whatever field holds what cannot be stored, it is refused by name."""

import msgspec
import pytest

from airhook.core.deliveries import ErrorClass
from airhook.core.errors import InvalidError
from airhook.core.events import EventType
from airhook.storage.sqlite.accept import Accepting
from airhook.storage.sqlite.queries import ATTEMPT, DELIVERY, EVENT
from airhook.storage.sqlite.settle import attempt_row
from support.storage import attempt, delivery, event

replace = msgspec.structs.replace

TEXTS = [("a\0b", "characters"), ("a\ud800b", "characters")]
NUMBERS = [(2**63, "range"), (-(2**63) - 1, "range"), (2**70, "range")]

EVENT_ = event(session_id=7)
DELIVERY_ = replace(delivery(EVENT_, lane=True), repeat_of=5, replay_id=6)
ATTEMPT_ = attempt(DELIVERY_)

MENDED = {"error_detail", "answer_headers"}  # of what a receiver says


def cases(value):
    for field in value.__struct_fields__:
        held = getattr(value, field)
        kinds = TEXTS if type(held) is str else NUMBERS if isinstance(held, int) else []
        for bad, rule in kinds if field not in MENDED else ():
            yield pytest.param(value, field, bad, rule, id=f"{type(value).__name__}.{field}={bad!r}")


def accept(value):
    if type(value) is type(EVENT_):
        Accepting().add(value, [])
    elif type(value) is type(DELIVERY_):
        Accepting().add(EVENT_, [value])
    else:
        attempt_row(value)


@pytest.mark.parametrize(
    ("value", "field", "bad", "rule"), [*cases(EVENT_), *cases(DELIVERY_), *cases(ATTEMPT_)]
)
def test_what_cannot_be_stored_is_refused_by_its_name(value, field, bad, rule):
    with pytest.raises(InvalidError) as told:
        accept(replace(value, **{field: bad}))
    assert (told.value.field, told.value.rule) == (field, rule)


def test_every_number_and_text_of_a_row_is_among_the_cases():
    """A field that holds neither in the examples would be tested by nobody."""
    tested = {name for of in (EVENT_, DELIVERY_, ATTEMPT_) for name in {case.values[1] for case in cases(of)}}
    others = {"facts", "body", "state", "error", "request_sha256", "answer_body", "timings", *MENDED}
    assert tested | others == {*EVENT, *DELIVERY, *ATTEMPT}


def test_values_are_what_a_driver_takes_as_it_is():
    """Members of enumerations would go through its adapters, as bytes would."""
    accepting = Accepting()
    accepting.add(replace(EVENT_, event_type=EventType.PUSH_STARTED), [DELIVERY_])
    rows = [
        *accepting._events.values(),
        *(row for _, row in accepting._deliveries.values()),
        attempt_row(replace(ATTEMPT_, error=ErrorClass.TIMEOUT)),
    ]
    kinds = {type(value) for row in rows for value in row}
    assert kinds <= {int, str, bytearray, type(None)}
