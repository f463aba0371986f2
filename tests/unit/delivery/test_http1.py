"""Reading answers without a socket."""

import contextlib
import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airhook.delivery.exchange import KEEP_BODY, KEEP_HEADERS, READ_BODY_MAX
from airhook.delivery.http1 import (
    FRAMING_LINES,
    FRAMING_MAX,
    HEAD_LINES,
    HEAD_MAX,
    AnswerInvalidError,
    AnswerReader,
)

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


def read(*parts: bytes) -> AnswerReader:
    reader = AnswerReader()
    for part in parts:
        reader.feed(part)
    return reader


@pytest.mark.parametrize(
    ("answer", "body", "keeps"),
    [
        (OK + b"Content-Length: 2\r\n\r\nok", b"ok", True),
        (OK + b"content-length:2\n\nok", b"ok", True),
        (OK + b"Content-Length: 2, 2\r\nContent-Length: 02\r\n\r\nok", b"ok", True),
        (OK + b"Content-Length: 2\r\nConnection: Keep-Alive, Close\r\n\r\nok", b"ok", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok", b"ok", True),
        (OK + b"Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n", b"ok", False),
        (b"HTTP/1.1 204 N\r\n\r\n", b"", True),
        (b"HTTP/1.1 304 N\r\nContent-Length: 5\r\n\r\n", b"", True),
        (b"HTTP/1.1 204 N\r\n\r\nmore", b"", False),
        (CHUNKED + b"2\r\nok\r\n0\r\n\r\n", b"ok", True),
        (CHUNKED + b"1;a=b\r\no\r\n01 \r\nk\r\n0\r\nTrailer: x\r\n\r\n", b"ok", True),
        (CHUNKED + b"2\nok\n0\n\n", b"ok", True),
        (CHUNKED + b"2\r\nok\r\n0\r\n\r\nmore", b"ok", False),
        (CHUNKED + b"2\r\nokXX\r\n0\r\n\r\n", b"ok", False),
        (CHUNKED + b"zz\r\nok", b"", False),
        (CHUNKED + b"-2\r\nok", b"", False),
        (OK + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n2\r\nok\r\n0\r\n\r\n", b"ok", False),
        (CHUNKED + b"1;" + b"a" * (FRAMING_MAX + 1), b"", False),
    ],
)
def test_the_end_of_an_answer_is_known_and_whether_its_connection_can_be_used_again(
    answer: bytes, body: bytes, *, keeps: bool
) -> None:
    reader = read(answer)
    assert reader.head is not None
    assert (reader.over, reader.keeps, reader.body) == (True, keeps, body)


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: 3\r\n\r\nok",
        OK + b"\r\nok",
        b"HTTP/1.1 101 S\r\nUpgrade: x\r\nContent-Length: 1\r\n\r\nok",
        OK + b"Content-Length: 9999999999999999999999\r\n\r\nok",
        OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\nok",
        CHUNKED + b"2\r\nok\r\n0\r\nTrailer: x\r\n",
        CHUNKED + b"2\r\nok",
    ],
)
def test_a_body_that_goes_on_is_not_over(answer: bytes) -> None:
    reader = read(answer)
    assert reader.head is not None
    assert (reader.over, reader.keeps, reader.body) == (False, False, b"ok")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"220 ftp.example.com\r\n", "status line"),
        (b"http/1.1 200 OK\r\n", "status line"),
        (b"HTTP/2 200 OK\r\n\r\n", "status line"),
        (b"HTTP/1.2 200 OK\r\n\r\n", "status line"),
        (b"HTTP/1.1  200 OK\r\n\r\n", "status line"),
        (b"HTTP/1.1 2000 OK\r\n\r\n", "three digits"),
        (b"HTTP/1.1 200OK\r\n\r\n", "three digits"),
        (b"HTTP/1.1 099 OK\r\n\r\n", "below 100"),
        (OK + b"No colon\r\n\r\n", "without a colon"),
        (OK + b"X: a\0b\r\n\r\n", "NUL"),
        (OK + b"X: a\rb\r\n\r\n", "carriage return"),
        (OK + b"Content-Length: -1\r\n\r\n", "Content-Length"),
        (OK + b"Content-Length: 0x2\r\n\r\n", "Content-Length"),
        (OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n", "Content-Length"),
        (OK + b"Transfer-Encoding: gzip\r\n\r\n", "Transfer-Encoding"),
        (OK + b"Transfer-Encoding: chunked, gzip\r\n\r\n", "Transfer-Encoding"),
        (b"HTTP/1.1 100 Continue\r\nNo colon\r\n\r\n" + OK + b"\r\n", "without a colon"),
        (OK + b"a:\n" * (HEAD_LINES + 1) + b"\n", f"more than {HEAD_LINES} lines"),
        (OK + b"a:b\n" + b" c\n" * HEAD_LINES + b"\n", f"more than {HEAD_LINES} lines"),
        (b"HTTP/1.1 100 Continue\r\na: b\r\n\r\n" * (HEAD_LINES + 1), f"more than {HEAD_LINES} lines"),
        (OK + b"X: " + b"x" * HEAD_MAX, f"more than {HEAD_MAX} bytes"),
        (
            (b"HTTP/1.1 100 Continue\r\nX: " + b"x" * 100 + b"\r\n\r\n") * (HEAD_MAX // 128 + 1),
            f"more than {HEAD_MAX} bytes",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n" * (HEAD_LINES + 1) + OK + b"a: b\r\n\r\n", "lines"),
    ],
)
def test_what_is_no_answer_is_told_why(answer: bytes, why: str) -> None:
    with pytest.raises(AnswerInvalidError, match=why):
        read(answer)


def test_interim_answers_are_passed_over() -> None:
    reader = read(
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 E\r\nLink: x\r\n\r\n", b"HTTP/1.1 503 No\r\nX: y\r\n\r\n"
    )
    assert reader.head is not None
    assert (reader.head.status, reader.head.headers) == (503, (("X", "y"),))


def test_a_line_that_goes_on_is_one() -> None:
    reader = read(OK + b"X: a \r\n\t b\r\n \r\n c\r\nY:c\r\n\r\n")
    assert reader.head is not None
    assert reader.head.headers == (("X", "a b c"), ("Y", "c"))


def test_as_many_lines_as_libcurl_takes_are_an_answer() -> None:
    reader = read(b"HTTP/1.1 100 Continue\r\na:b\r\n\r\n" + OK + b"a:\n" * (HEAD_LINES - 2) + b"\n")
    assert reader.head is not None
    assert reader.head.status == 200


@pytest.mark.parametrize(
    "flood",
    [
        b"1\na\n" * FRAMING_LINES,
        b"0\n" + b"a\n" * FRAMING_LINES,
        b"0\n" + b"a" * FRAMING_MAX + b"\n",
        (b"1;" + b"x" * 1000 + b"\na\n") * 17,
    ],
    ids=["tiny chunks", "trailers", "a long trailer", "extensions"],
)
def test_what_goes_around_a_body_is_not_read_without_end(flood: bytes) -> None:
    """It counts as no body and costs more to read than one."""
    reader = read(CHUNKED + flood)
    assert (reader.over, reader.keeps) == (True, False)


def test_a_usual_number_of_chunks_keeps_the_connection() -> None:
    reader = read(CHUNKED + (b"100\r\n" + b"x" * 256 + b"\r\n") * 200 + b"0\r\n\r\n")
    assert (reader.over, reader.keeps) == (True, True)


FLOODS = [
    OK + b"a:\n" * 100_000 + b"\n",
    OK + b"a:b\n" + b" c\n" * 90_000 + b"\n",
    OK + b"connection:" + b"," * 290_000 + b"\n\n",
    OK + b"content-length:" + b"1," * 140_000 + b"1\n\n",
    OK + b"transfer-encoding:" + b"identity," * 30_000 + b"identity\n\n",
    b"HTTP/1.1 100 C\n\n" * 20_000,
    CHUNKED + b"1\na\n" * 80_000,
    CHUNKED + b"0\n" + b"a\n" * 150_000,
]


@pytest.mark.parametrize("flood", FLOODS, ids=lambda flood: flood[-25:])
def test_no_answer_costs_more_to_read_than_many_usual_ones(flood: bytes) -> None:
    """One receiver must not hold up the others. Measured in usual answers, so that the machine does not matter."""

    def seconds(answer: bytes) -> float:
        reader = AnswerReader()
        began = time.thread_time()
        with contextlib.suppress(AnswerInvalidError):
            for at in range(0, len(answer), 16_384):
                reader.feed(answer[at : at + 16_384])
                if reader.over:
                    break
        return time.thread_time() - began

    usual = OK + b"Date: today\r\nServer: it\r\nContent-Length: 2\r\n\r\n{}"
    of_usual = min(sum(seconds(usual + b" " * (n % 10)) for n in range(1000)) for _ in range(3))
    assert min(seconds(flood) for _ in range(3)) < 3 * of_usual


def test_no_more_is_kept_than_the_log_can_bear() -> None:
    reader = read(OK + b"A: b\r\n" * (KEEP_HEADERS + 1) + b"\r\n" + b"x" * (KEEP_BODY + 1))
    assert reader.head is not None
    assert (len(reader.head.headers), len(reader.body), reader.over) == (KEEP_HEADERS, KEEP_BODY, False)
    reader.feed(b"x" * READ_BODY_MAX)
    assert (reader.over, reader.keeps, len(reader.body)) == (True, False, KEEP_BODY)


ANSWERS = [
    b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\nok",
    CHUNKED + b"1;a=b\r\no\r\n1\r\nk\r\n0\r\nT: x\r\n\r\n",
    OK + b"A: b\n\nuntil it is closed",
    b"HTTP/1.1 204 N\n\r\n",
    OK + b"Content-Length: 1\r\n\r\nok",
]


@settings(max_examples=200, deadline=None, derandomize=True, database=None)
@given(answer=st.sampled_from(ANSWERS), cuts=st.lists(st.integers(1, 90), max_size=8))
def test_it_does_not_matter_how_it_comes_in_pieces(answer: bytes, cuts: list[int]) -> None:
    edges = [0, *sorted({cut for cut in cuts if cut < len(answer)}), len(answer)]
    pieces = [answer[start:end] for start, end in itertools.pairwise(edges)]
    whole, cut = read(answer), AnswerReader()
    for piece in pieces:
        if not cut.over:
            cut.feed(piece)
    assert (cut.head, cut.body, cut.over) == (whole.head, whole.body, whole.over)
    assert cut.keeps == whole.keeps or whole.head is not None  # what comes after the end is another matter
