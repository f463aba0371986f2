"""Chunks: every type of header, the limits, and what real encoders get wrong."""

import random
import struct
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airhook.ingest.chunks import ChunkReader, ChunkWriter, Message
from airhook.ingest.errors import ContentError, FrameTooLargeError, RtmpError
from support import rtmp_bytes as raw

MESSAGE_BYTES = 5000
BUFFERED_BYTES = 12_000
STREAMS = 6

quick = settings(max_examples=150, deadline=None, derandomize=True)


def reader() -> ChunkReader:
    return ChunkReader(message_bytes=MESSAGE_BYTES, chunk_streams=STREAMS, buffered_bytes=BUFFERED_BYTES)


def read_all(chunk_reader: ChunkReader, *pieces: bytes) -> list[Message]:
    messages = []
    for piece in pieces:
        chunk_reader.feed(piece)
        while (message := chunk_reader.next()) is not None:
            messages.append(message)
    return messages


def timestamps(data: bytes) -> list[int]:
    return [message.timestamp for message in read_all(reader(), data)]


@pytest.mark.parametrize("csid", [2, 3, 63, 64, 319, 320, 65_599])
def test_chunk_stream_ids_of_one_two_and_three_bytes(csid: int) -> None:
    payload = bytes(300)  # three chunks, so that the id also stands in headers of type 3
    (message,) = read_all(reader(), raw.message(raw.VIDEO, payload, csid=csid, stream_id=7, timestamp=5))
    assert message == Message(raw.VIDEO, 7, 5, bytearray(payload))


def test_each_type_of_header_inherits_what_it_leaves_out() -> None:
    data = (
        raw.header(0, 4, 1000, 2, raw.VIDEO, 9) + b"aa"
        + raw.header(1, 4, 40, 3, raw.AUDIO) + b"bbb"
        + raw.header(2, 4, 20) + b"ccc"
        + raw.header(3, 4) + b"ddd"
    )  # fmt: skip
    assert read_all(reader(), data) == [
        Message(raw.VIDEO, 9, 1000, bytearray(b"aa")),
        Message(raw.AUDIO, 9, 1040, bytearray(b"bbb")),
        Message(raw.AUDIO, 9, 1060, bytearray(b"ccc")),
        Message(raw.AUDIO, 9, 1080, bytearray(b"ddd")),
    ]


def test_a_type_1_chunk_may_begin_a_chunk_stream() -> None:
    """librtmp answers pings that way."""
    data = raw.header(1, 2, 0, 6, raw.USER_CONTROL) + bytes(6)
    assert [message.type for message in read_all(reader(), data)] == [raw.USER_CONTROL]


@pytest.mark.parametrize("timestamp", [0xFFFFFE, 0xFFFFFF, 0x1000000, 0xFFFFFFFF])
@pytest.mark.parametrize(
    "repeated", [pytest.param(True, id="repeated"), pytest.param(False, id="not repeated")]
)
def test_extended_timestamps_in_chunks_of_type_3(timestamp: int, repeated: bool) -> None:
    """The specification repeats them; its 2009 draft, and OBS until 2024, did not."""
    payload = random.Random(1).randbytes(1000)
    chunks = raw.chunks(raw.VIDEO, payload, timestamp=timestamp, repeat_extended=repeated)
    after = raw.message(raw.AUDIO, b"next", csid=5)
    messages = read_all(reader(), b"".join(chunks) + after)
    assert messages == [
        Message(raw.VIDEO, 1, timestamp, bytearray(payload)),
        Message(raw.AUDIO, 1, 0, bytearray(b"next")),
    ]


def test_an_extended_timestamp_counts_until_the_next_header() -> None:
    payload = bytes(128) + (40).to_bytes(4, "big") + bytes(100)  # looks like its own timestamp, repeated
    late = raw.message(raw.VIDEO, bytes(300), timestamp=0x1000000)
    assert read_all(reader(), late + raw.message(raw.VIDEO, payload, timestamp=40))[1].payload == payload


def test_what_was_read_is_let_go() -> None:
    """A quiet connection must not pin its last read of up to 256 KiB."""
    chunk_reader = reader()
    assert len(read_all(chunk_reader, raw.message(raw.VIDEO, bytes(4000)) * 20 + b"\4\0\0")) == 20
    assert len(chunk_reader._data) == chunk_reader.buffered == 3


def test_steps_lead_past_the_24_bit_timestamps_and_around_at_32() -> None:
    start = raw.header(0, 4, 0xFFFFF0, 1, raw.VIDEO, 1) + b"a"
    steps = raw.header(2, 4, 0x20) + b"b" + raw.header(3, 4) + b"c"
    assert timestamps(start + steps) == [0xFFFFF0, 0x1000010, 0x1000030]
    start = raw.header(0, 4, 0xFFFFFFF0, 1, raw.VIDEO, 1) + b"a"
    assert timestamps(start + raw.header(2, 4, 0x20) + b"b") == [0xFFFFFFF0, 0x10]


def test_an_extended_step() -> None:
    start = raw.header(0, 4, 5, 1, raw.VIDEO, 1) + b"a"
    assert timestamps(start + raw.header(1, 4, 0x1000000, 1, raw.VIDEO) + b"b") == [5, 0x1000005]


def test_chunk_size_follows_the_publisher() -> None:
    payload = bytes(4500)
    data = raw.control(raw.SET_CHUNK_SIZE, 4096) + raw.message(raw.VIDEO, payload, chunk_bytes=4096)
    assert [len(message.payload) for message in read_all(reader(), data)] == [4500]


def test_an_aborted_message_is_forgotten() -> None:
    begun = raw.chunks(raw.VIDEO, bytes(300), csid=4)[0]
    abort = raw.control(raw.ABORT, 4)
    whole = raw.message(raw.VIDEO, b"whole", csid=4)
    chunk_reader = reader()
    assert [message.payload for message in read_all(chunk_reader, begun + abort + whole)] == [b"whole"]
    assert chunk_reader.buffered == 0


def test_aborting_nothing_is_harmless() -> None:
    assert read_all(reader(), raw.control(raw.ABORT, 4), raw.message(raw.AUDIO, b"x"))[0].payload == b"x"


def test_an_empty_message() -> None:
    assert read_all(reader(), raw.message(raw.AUDIO, b"")) == [Message(raw.AUDIO, 1, 0, bytearray())]


@pytest.mark.parametrize(
    ("data", "error", "match"),
    [
        pytest.param(raw.header(2, 4, 0), ContentError, "begins with a chunk of type 2", id="type 2 first"),
        pytest.param(raw.header(3, 4), ContentError, "begins with a chunk of type 3", id="type 3 first"),
        pytest.param(
            raw.header(0, 4, 0, MESSAGE_BYTES + 1, raw.VIDEO), FrameTooLargeError, "at most 5000", id="too long"
        ),
        pytest.param(
            raw.chunks(raw.VIDEO, bytes(300))[0] + raw.message(raw.VIDEO, b"x"),
            ContentError, "before the one before it", id="a message inside another of its chunk stream",
        ),
        pytest.param(raw.control(raw.SET_CHUNK_SIZE, 0), ContentError, "chunk size of 0", id="chunk size 0"),
        pytest.param(raw.control(raw.SET_CHUNK_SIZE, 127), ContentError, "at least 128", id="tiny chunks"),
        pytest.param(raw.control(raw.SET_CHUNK_SIZE, 1 << 31), ContentError, "chunk size", id="the forbidden bit"),
        pytest.param(raw.message(raw.SET_CHUNK_SIZE, b"\0", csid=2), ContentError, "it has 4", id="short control"),
        pytest.param(
            b"".join(raw.message(raw.AUDIO, b"x", csid=csid) for csid in range(3, 3 + STREAMS + 1)),
            ContentError, "more than 6 chunk streams", id="too many chunk streams",
        ),
        pytest.param(
            b"".join(raw.chunks(raw.VIDEO, bytes(5000), csid=csid, chunk_bytes=4900)[0] for csid in (3, 4, 5)),
            ContentError, "unfinished messages", id="too much that is unfinished",
        ),
    ],
)  # fmt: skip
def test_broken_rules_are_named(data: bytes, error: type[RtmpError], match: str) -> None:
    with pytest.raises(error, match=match):
        read_all(reader(), raw.control(raw.SET_CHUNK_SIZE, 4900) if "unfinished" in match else b"", data)


def test_a_chunk_size_beyond_every_message_is_no_fault() -> None:
    data = raw.control(raw.SET_CHUNK_SIZE, 0x7FFFFFFF) + raw.message(raw.VIDEO, bytes(4000), chunk_bytes=4000)
    assert len(read_all(reader(), data)) == 1


@given(payload=st.binary(max_size=700), stream_id=st.integers(0, 2**32 - 1), csid=st.integers(2, 63))
@quick
def test_what_the_writer_writes_the_reader_reads(payload: bytes, stream_id: int, csid: int) -> None:
    writer = ChunkWriter()
    before = writer.write(csid, raw.COMMAND, stream_id, payload)
    after = writer.resize(300) + writer.write(csid, raw.COMMAND, stream_id, payload)
    assert read_all(reader(), before + after) == [Message(raw.COMMAND, stream_id, 0, bytearray(payload))] * 2


messages = st.builds(
    Message,
    type=st.sampled_from([raw.AUDIO, raw.VIDEO, raw.DATA, raw.COMMAND]),
    stream_id=st.integers(0, 9),
    timestamp=st.one_of(st.integers(0, 2**32 - 1), st.integers(0xFFFFF0, 0x1000010)),
    payload=st.binary(max_size=900).map(bytearray),
)


@given(
    queues=st.dictionaries(st.sampled_from([3, 63, 64, 400]), st.lists(messages, max_size=4), max_size=4),
    seed=st.integers(0, 2**32),
    chunk_bytes=st.sampled_from([128, 200, 4096]),
)
@quick
def test_interleaved_chunks_give_the_same_messages_however_they_are_cut(
    queues: dict[int, list[Message]], seed: int, chunk_bytes: int
) -> None:
    chance = random.Random(seed)
    data, complete = interleave(queues, chance, chunk_bytes)
    cuts = sorted(chance.randrange(len(data) + 1) for _ in range(chance.randrange(40)))
    pieces = [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]
    chunk_reader = reader()
    assert read_all(chunk_reader, *pieces) == complete
    assert chunk_reader.buffered == 0
    assert read_all(reader(), *(bytes([byte]) for byte in data)) == complete


def interleave(
    queues: dict[int, list[Message]], chance: random.Random, chunk_bytes: int
) -> tuple[bytes, list[Message]]:
    """The chunks of all queues in a random order that keeps each queue's; with the messages as they complete."""
    waiting = {
        csid: [
            (chunk, message if last else None)
            for message in queue
            for chunk, last in _marked(
                raw.chunks(
                    message.type, bytes(message.payload), csid=csid, stream_id=message.stream_id,
                    timestamp=message.timestamp, chunk_bytes=chunk_bytes,
                )
            )
        ]
        for csid, queue in queues.items()
    }  # fmt: skip
    data, complete = [raw.control(raw.SET_CHUNK_SIZE, chunk_bytes)], []
    while any(waiting.values()):
        chunk, message = waiting[chance.choice([csid for csid, queue in waiting.items() if queue])].pop(0)
        data.append(chunk)
        if message is not None:
            complete.append(message)
    return b"".join(data), complete


def _marked(chunks: list[bytes]) -> list[tuple[bytes, bool]]:
    return [(chunk, chunk is chunks[-1]) for chunk in chunks]


headers = st.builds(
    raw.header,
    chunk_type=st.integers(0, 3),
    csid=st.sampled_from([2, 3, 4, 70, 400]),
    timestamp=st.sampled_from([0, 40, 0xFFFFFE, 0xFFFFFF, 0xFFFFFFFF]),
    length=st.sampled_from([0, 1, 4, 127, 128, 129, 5000, 5001, 0xFFFFFF]),
    message_type=st.sampled_from([1, 2, 3, 4, 5, 8, 9, 20]),
)


@given(
    pieces=st.lists(st.one_of(headers, st.binary(max_size=300), st.just(struct.pack(">I", 200))), max_size=40)
)
@quick
def test_any_bytes_at_all_keep_within_the_limits(pieces: list[bytes]) -> None:
    chunk_reader = reader()
    with suppress(ContentError, FrameTooLargeError):
        for piece in pieces:
            for message in read_all(chunk_reader, piece):
                assert len(message.payload) <= MESSAGE_BYTES
            assert chunk_reader.buffered <= BUFFERED_BYTES
