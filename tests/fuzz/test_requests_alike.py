"""What goes out is alike over sockets of our own and by libcurl: a URL is called the same way, or refused for the same reason."""

import string

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from airhook.core.deliveries import ErrorClass
from airhook.delivery.targets import parse
from support.receiver import Receiver
from support.sender_bench import SenderBench

PATIENCE_S = 2
CHARACTERS = st.sampled_from("ab/?#%&=;:@\\|\"'<>^`{}[]()!$*+,.~_- \t\r\n\x01\x1f\x7f\x80\x85é\u2028道")
RESTS = st.tuples(st.sampled_from(["", "/", "?", "#", "/a?b#c"]), st.text(CHARACTERS, max_size=12)).map(
    "".join
)


def sent(out: SenderBench, receiver: Receiver, url: str) -> tuple[int | None, ErrorClass | None, list[bytes]]:
    receiver.requests.clear()
    answer = out.post(url, timeout_s=PATIENCE_S)
    return answer.status, answer.error, [one.head for one in receiver.requests]


def can_be_parsed(url: str) -> bool:
    try:
        parse(url)
    except ValueError:
        return False
    return True


@settings(max_examples=500, deadline=None, derandomize=True, database=None)
@given(rest=RESTS)
@example("/?a b HTTP/1.1")
@example("/?a\r\nX: y")
@example("/a\nb")
@example("/?")
@example("?#")
@example("/%aa%3f?%aa#%aa")
def test_any_path_is_sent_or_refused_alike(
    receiver: Receiver, own: SenderBench, libcurl: SenderBench, rest: str
) -> None:
    url = f"http://127.0.0.1:{receiver.port}{rest or '/'}"
    assume(rest[:1] in "/?#" and can_be_parsed(url))
    assert sent(own, receiver, url) == sent(libcurl, receiver, url)


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(name=st.text(st.sampled_from("ab.-_~" + string.punctuation + " \x01\x7f"), min_size=1, max_size=6))
@example("0x7f.1")
@example("0177.0.0.1")
@example("2130706433")
@example("127.1")
@example("a b")
@example(".")
@example("a..b")
@example("BÜCHER")
@example("ａ")
def test_any_name_is_called_or_refused_alike(
    receiver: Receiver, own: SenderBench, libcurl: SenderBench, name: str
) -> None:
    # libcurl decodes percents in a name and asks the system for what comes out; nobody's name has one.
    assume(not set("/?#@:[]%") & set(name))
    url = f"http://{name}:{receiver.port}/"
    assume(can_be_parsed(url))
    assert sent(own, receiver, url) == sent(libcurl, receiver, url)


@pytest.mark.parametrize("host", ["%31", "127.0.0.1%00", "127.0.0.1%2f", "[v1.a]", "a%41", "a\0b"])
def test_a_host_that_hides_another_is_called_by_nobody(
    receiver: Receiver, own: SenderBench, host: str
) -> None:
    assert sent(own, receiver, f"http://{host}:{receiver.port}/") == (None, ErrorClass.URL_INVALID, [])


@pytest.mark.parametrize("header", [("X", "a\r\nEvil: 1"), ("X\r\nY", "b"), ("X", "a\nb"), ("X", "a\0b")])
def test_a_header_cannot_begin_another_line(
    receiver: Receiver, own: SenderBench, header: tuple[str, str]
) -> None:
    receiver.requests.clear()
    with pytest.raises(ValueError, match="end of line or a NUL"):
        own.start(receiver.url(), "it", headers=(header,))
    assert own.sender.open == 0
    assert receiver.requests == []
