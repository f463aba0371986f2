"""Answers put together of pieces of HTTP: whatever a receiver says, the attempt ends, and its failure has a name."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from airhook.core.deliveries import ErrorClass
from support.answer_pieces import answers
from support.receiver import Receiver
from support.sender_bench import SenderBench

NOT_THEIRS = {ErrorClass.INTERNAL, ErrorClass.URL_INVALID, ErrorClass.ADDRESS_REFUSED}


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(answer=st.one_of(answers, answers.map(b"HTTP/1.1 200 OK\r\n".__add__)))
@example(
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\rContent-Range: bytes 0-0/1\r\nConnection: close\r\n"
)
@example(b"HTTP/1.1 200 OK\r\nContent-")
@example(b"HTTP/1.1 2" + b"0" * 5000 + b"\r\n\r\n")
def test_every_answer_has_a_status_or_a_reason_that_is_the_receiver_s(
    receiver: Receiver, own: SenderBench, answer: bytes
) -> None:
    receiver.answer(raw=answer)

    got = own.post(receiver.url(), timeout_s=2)

    if got.status is None:
        assert got.error not in NOT_THEIRS
        assert got.detail
    else:
        assert 101 <= got.status <= 999
        assert got.error is None
    receiver.requests.clear()
