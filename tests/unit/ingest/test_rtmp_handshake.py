"""The server's side of the handshake."""

import pytest

from airhook.ingest.errors import ContentError
from airhook.ingest.handshake import Handshake

C1 = bytes(range(256)) * 6
C2 = bytes(1536)


def test_answer_is_s0_s1_s2_and_echoes_the_client() -> None:
    answer = Handshake().feed(b"\3" + C1)
    assert len(answer) == 1 + 1536 + 1536
    assert answer[0] == 3
    assert answer[1 + 4 : 1 + 8] == bytes(4), "a version of zero in S1 asks for the simple handshake"
    assert answer[1 + 1536 :] == C1


def test_what_follows_c2_belongs_to_the_chunks() -> None:
    handshake = Handshake()
    handshake.feed(b"\3" + C1)
    assert handshake.rest is None
    handshake.feed(C2 + b"first chunk")
    assert handshake.rest == b"first chunk"


def test_bytes_may_come_one_by_one() -> None:
    handshake = Handshake()
    answers = [handshake.feed(bytes([byte])) for byte in b"\3" + C1 + C2]
    assert [len(answer) for answer in answers if answer] == [3073]
    assert handshake.rest == b""


@pytest.mark.parametrize(
    "first",
    [
        pytest.param(b"GET / HTTP/1.1\r\n", id="an HTTP client"),
        pytest.param(b"\6", id="encrypted RTMP"),
        pytest.param(b"\x16\3\1", id="a TLS client"),
    ],
)
def test_other_protocols_are_refused_at_their_first_byte(first: bytes) -> None:
    with pytest.raises(ContentError, match="not RTMP version 3"):
        Handshake().feed(first)
