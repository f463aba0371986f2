"""The table of reasons covers every code of 267/31083, and its texts are those on the wire."""

import pytest

from airhook.core.reasons import TEXTS, Reason

DOCUMENTED = {
    *((code, 0) for code in range(40) if code not in (18, 21)),
    *((18, sub) for sub in (100, 101, 102, 103, 104, 200, 201, 202, 203, *range(300, 310))),
    *((18, sub) for sub in (400, 401, 500, 501, 502, 503, 600, 601, 602)),
    *((21, sub) for sub in (100, 101, 102, 103)),
}


def test_every_documented_reason_has_a_text():
    assert set(TEXTS) == DOCUMENTED


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        # the two that published bodies show
        (Reason(1), "The push client actively stopped the push"),
        (Reason(21, 100), "The stream was stopped at your request"),
    ],
)
def test_texts_of_published_bodies(reason, text):
    assert reason.text == text


def test_no_text_ends_in_a_full_stop_or_holds_odd_characters():
    assert all(text.isascii() and not text.endswith(".") and text[0].isupper() for text in TEXTS.values())
