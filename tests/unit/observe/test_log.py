"""The log: one line an event, with its fields, and never a secret."""

import io
import json
import logging

import pytest

from airhook.observe.log import configure
from airhook.observe.secrets import HIDDEN

SECRET = "s3cr3tV4lue"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def written():
    """A function that configures the log and gives what the code under test writes to it."""
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def start(level="info", style="auto", stream=None):
        stream = stream or io.StringIO()
        configure(level, style, stream)
        return stream

    yield start
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    logging.captureWarnings(False)


def test_json_has_an_object_a_line_with_every_field(written):
    stream = written()
    logging.getLogger("airhook.ingest").info(
        "push %s", "started", extra={"stream": "room1", "bytes": 7, "key_id": 3}
    )
    entry = json.loads(stream.getvalue())
    assert entry.pop("timestamp").endswith("Z")
    assert entry == {
        "event": "push started",
        "level": "info",
        "logger": "airhook.ingest",
        "stream": "room1",
        "bytes": 7,
        "key_id": 3,
    }


def test_a_terminal_gets_text_with_colours_unless_it_does_not_want_them(written, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = written(stream=Terminal())
    logging.getLogger("airhook").warning("careful", extra={"n": 1})
    assert "careful" in stream.getvalue()
    assert "\x1b[" in stream.getvalue()
    monkeypatch.setenv("NO_COLOR", "1")
    stream = written(stream=Terminal())
    logging.getLogger("airhook").warning("careful", extra={"n": 1})
    assert "\x1b[" not in stream.getvalue()
    assert "n=1" in stream.getvalue()


@pytest.mark.parametrize(("style", "is_json"), [("json", True), ("text", False), ("auto", True)])
def test_the_style_can_be_chosen(written, style, is_json):
    stream = written(style=style)
    logging.getLogger("airhook").info("hello")
    assert stream.getvalue().startswith("{") is is_json


def test_the_level_cuts_off_what_is_less(written):
    stream = written(level="warning")
    logging.getLogger("airhook").info("no")
    logging.getLogger("airhook").warning("yes")
    assert [json.loads(line)["event"] for line in stream.getvalue().splitlines()] == ["yes"]


def test_configuring_again_does_not_double_lines(written):
    written()
    stream = written()
    logging.getLogger("airhook").info("once")
    assert len(stream.getvalue().splitlines()) == 1


TEXTS = {
    # what a message may hold: what is left of it
    f"rtmp://a/live/x?txSecret={SECRET}&txTime=6A": f"rtmp://a/live/x?txSecret={HIDDEN}&txTime=6A",
    f'{{"sign": "{SECRET}", "t": 5}}': f'{{"sign": "{HIDDEN}", "t": 5}}',
    f"Authorization: TC3-HMAC-SHA256 Credential=A/b, Signature={SECRET}": f"Authorization: {HIDDEN}",
    f"password={SECRET}": f"password={HIDDEN}",
    f"callback_key: '{SECRET}'": f"callback_key: '{HIDDEN}'",
    f"GET /console/link/{SECRET} 303": f"GET /console/link/{HIDDEN} 303",
    f"POST /hooks/src1/{SECRET}?a=b": f"POST /hooks/src1/{HIDDEN}?a=b",
    f"through http://user:{SECRET}@proxy:3128": f"through http://{HIDDEN}@proxy:3128",
    f"webhook: whsec_{SECRET}==": f"webhook: whsec_{HIDDEN}",
    "a push key is missing, sign it": "a push key is missing, sign it",
    "template design=blue, Assign: 3": "template design=blue, Assign: 3",
    f"https://a/x?a=b&sign={SECRET}&c=d": f"https://a/x?a=b&sign={HIDDEN}&c=d",
    f"webhook_sign={SECRET}": f"webhook_sign={HIDDEN}",
}


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("style", ["json", "text"])
def test_secrets_in_messages_are_cut(written, text, style):
    stream = written(style=style)
    logging.getLogger("airhook").info("%s", text)
    output = stream.getvalue()
    assert SECRET not in output
    assert (json.loads(output)["event"] if style == "json" else output).find(TEXTS[text]) >= 0


FIELDS = [
    "secret_key",
    "console_password",
    "token",
    "api_key",
    "auth_key",
    "callback_key",
    "Cookie",
    "authorization",
    "sign",
    "key",
]


@pytest.mark.parametrize("field", FIELDS)
def test_secret_fields_are_cut_wherever_they_are(written, field):
    stream = written()
    logging.getLogger("airhook").info(
        "x", extra={"deep": {"list": [{field: SECRET}]}, field: SECRET, "secret_id": "AKID1"}
    )
    assert SECRET not in stream.getvalue()
    entry = json.loads(stream.getvalue())
    assert entry[field] == entry["deep"]["list"][0][field] == HIDDEN
    assert entry["secret_id"] == "AKID1"


@pytest.mark.parametrize("style", ["json", "text"])
def test_secrets_in_tracebacks_are_cut(written, style):
    stream = written(style=style)
    try:
        raise ValueError(f"cannot push to rtmp://a/b?txSecret={SECRET}")
    except ValueError:
        logging.getLogger("airhook").exception("broken")
    assert "ValueError: cannot push to rtmp://a/b?txSecret=" in stream.getvalue()
    assert SECRET not in stream.getvalue()


def test_odd_values_are_still_one_line(written):
    stream = written()
    logging.getLogger("airhook").info(
        "x", extra={"raw": b"\xff\n", "error": OSError(5, "gone"), "none": None, "set": {1}}
    )
    entry = json.loads(stream.getvalue())
    assert (entry["error"], entry["none"]) == ("[Errno 5] gone", None)
    assert len(stream.getvalue().splitlines()) == 1
