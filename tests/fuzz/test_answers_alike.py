"""A receiver is judged alike whether it is called over sockets of our own or by libcurl, as over TLS."""

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from support.answer_pieces import answers
from support.receiver import Receiver
from support.sender_bench import SenderBench


@settings(max_examples=1000, deadline=None, derandomize=True, database=None)
@given(answer=st.one_of(answers, answers.map(b"HTTP/1.1 200 OK\r\n".__add__)))
@example(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok")
def test_both_ways_hear_the_same(
    receiver: Receiver, own: SenderBench, libcurl: SenderBench, answer: bytes
) -> None:
    # libcurl may not have let go of the connection of a 101 when the next request begins, and takes "HTTP/2" sometimes.
    assume(b" 101 " not in answer and b"HTTP/2" not in answer)
    receiver.answer(raw=answer)
    ours = own.post(receiver.url(), timeout_s=2)
    theirs = libcurl.post(receiver.url(), timeout_s=2)
    receiver.requests.clear()

    assert (ours.status, ours.error) == (theirs.status, theirs.error)
    if ours.status is not None:
        assert (ours.headers, ours.body) == (theirs.headers, theirs.body)
