"""What a video message says of itself: whether it is a codec's sequence header, and the picture's size in it.

Sources: Video File Format Specification 10.1, annex E.4.3 (FLV), Enhanced RTMP v2 (FourCC codecs), ISO/IEC 14496-15
(avcC, hvcC), AV1 Codec ISO Media File Format Binding (av1C). Looking at a message costs the same whatever its size.
"""

from airhook.ingest.sps import Size, av1_size, h264_size, hevc_size

_ENHANCED = 0x80
_COMMAND_FRAME = 5  # a frame type without a picture
_SEQUENCE_START = 0  # AVCPacketType and VideoPacketType alike
_RECORD_AT = 5  # bytes before the codec's configuration record, in both forms of the tag
_RECORD_BYTES = 16_384  # looked at of a record

_LEGACY_CODECS = {7: b"avc1", 12: b"hvc1"}  # 12 is a habit older than Enhanced RTMP
_HEVC_SPS = 33
_AV1_SEQUENCE_HEADER = 1


def is_sequence_header(tag: bytes | bytearray) -> bool:
    """Whether a video message carries its codec's configuration."""
    if len(tag) < _RECORD_AT or (tag[0] >> 4 & 7) == _COMMAND_FRAME:
        return False
    if tag[0] & _ENHANCED:
        return tag[0] & 0x0F == _SEQUENCE_START
    return tag[0] & 0x0F in _LEGACY_CODECS and tag[1] == _SEQUENCE_START


def tells_size(tag: bytes | bytearray) -> bool:
    """Whether a sequence header is of a codec whose header holds the picture's size."""
    codec = bytes(tag[1:5]) if tag[0] & _ENHANCED else _LEGACY_CODECS[tag[0] & 0x0F]
    return codec in (b"avc1", b"hvc1", b"av01")


def size_in_header(tag: bytes | bytearray) -> Size | None:
    """The picture's size; None for codecs whose header lacks it (VP9) and for headers that cannot be read."""
    codec = bytes(tag[1:5]) if tag[0] & _ENHANCED else _LEGACY_CODECS[tag[0] & 0x0F]
    record = bytes(tag[_RECORD_AT : _RECORD_AT + _RECORD_BYTES])
    try:
        if codec == b"avc1":
            return _size_in_avcc(record)
        if codec == b"hvc1":
            return _size_in_hvcc(record)
        if codec == b"av01":
            return _size_in_av1c(record)
    except (ValueError, IndexError):
        return None
    return None


def _size_in_avcc(record: bytes) -> Size | None:
    if not record[5] & 0x1F:  # no sequence parameter set
        return None
    length = int.from_bytes(record[6:8], "big")
    return h264_size(record[8 : 8 + length])


def _size_in_hvcc(record: bytes) -> Size | None:
    pos = 23
    for _ in range(record[22]):  # arrays of parameter sets, one for each kind
        kind, count = record[pos] & 0x3F, int.from_bytes(record[pos + 1 : pos + 3], "big")
        pos += 3
        if kind == _HEVC_SPS and count:
            length = int.from_bytes(record[pos : pos + 2], "big")
            return hevc_size(record[pos + 2 : pos + 2 + length])
        for _ in range(count):
            pos += 2 + (record[pos] << 8 | record[pos + 1])
    return None


def _size_in_av1c(record: bytes) -> Size | None:
    pos = 4
    while pos < len(record):
        header = record[pos]
        pos += 2 if header & 4 else 1  # an extension byte
        length = len(record) - pos
        if header & 2:
            length, pos = _leb128(record, pos)
        if header >> 3 & 0x0F == _AV1_SEQUENCE_HEADER:
            return av1_size(record[pos : pos + length])
        pos += length
    return None


def _leb128(data: bytes, pos: int) -> tuple[int, int]:
    """A number in groups of seven bits, lowest first, and where it ends."""
    number = 0
    for index in range(8):
        number |= (data[pos + index] & 0x7F) << (7 * index)
        if not data[pos + index] & 0x80:
            return number, pos + index + 1
    raise ValueError("a length of more than 8 bytes")
