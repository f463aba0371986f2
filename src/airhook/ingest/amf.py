"""AMF0, the values of RTMP commands and metadata (AMF 0 specification, Adobe 2007).

Decoding is bounded in bytes, in depth and in the number of values, and raises nothing but ``AmfError``.
"""

import struct
from typing import TypeAlias

from airhook.ingest.errors import AmfError

MAX_BYTES = 262_144
MAX_DEPTH = 16
MAX_VALUES = 4096

Value: TypeAlias = "bool | float | str | list[Value] | dict[str, Value] | None"

_NUMBER, _BOOLEAN, _STRING, _OBJECT, _NULL, _UNDEFINED, _REFERENCE = 0, 1, 2, 3, 5, 6, 7
_ECMA_ARRAY, _OBJECT_END, _STRICT_ARRAY, _DATE, _LONG_STRING = 8, 9, 10, 11, 12
_UNSUPPORTED, _XML, _TYPED_OBJECT = 13, 15, 16

_DOUBLE = struct.Struct(">d")


def decode(data: bytes | bytearray) -> list[Value]:
    """Every value of a message. Text that is no UTF-8 gets replacement characters; references become None."""
    if len(data) > MAX_BYTES:
        raise AmfError(f"AMF of {len(data)} bytes; at most {MAX_BYTES}")
    decoder = _Decoder(bytes(data))
    values = []
    while not decoder.at_end:
        values.append(decoder.value(MAX_DEPTH))
    return values


def encode(*values: Value) -> bytes:
    return b"".join(_encode(value) for value in values)


class _Decoder:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._pos = 0
        self._values_left = MAX_VALUES

    @property
    def at_end(self) -> bool:
        return self._pos >= len(self._data)

    def value(self, depth: int) -> Value:
        self._values_left -= 1
        if self._values_left < 0:
            raise AmfError(f"more than {MAX_VALUES} AMF values")
        marker = self._take(1)[0]
        if marker in (_OBJECT, _ECMA_ARRAY, _STRICT_ARRAY, _TYPED_OBJECT):
            return self._container(marker, depth - 1)
        return self._scalar(marker)

    def _scalar(self, marker: int) -> Value:
        if marker == _NUMBER:
            return self._number()
        if marker == _BOOLEAN:
            return self._take(1) != b"\0"
        if marker == _STRING:
            return self._text(2)
        if marker in (_LONG_STRING, _XML):
            return self._text(4)
        if marker == _DATE:
            milliseconds = self._number()
            self._take(2)  # a time zone, always 0
            return milliseconds
        if marker == _REFERENCE:
            self._take(2)
        elif marker not in (_NULL, _UNDEFINED, _UNSUPPORTED):
            raise AmfError(f"AMF0 has no marker {marker}")
        return None

    def _container(self, marker: int, depth: int) -> Value:
        if depth < 0:
            raise AmfError(f"AMF values nested deeper than {MAX_DEPTH}")
        if marker == _STRICT_ARRAY:
            return [self.value(depth) for _ in range(self._int(4))]
        if marker == _ECMA_ARRAY:
            self._take(4)  # a number of entries that encoders get wrong
        elif marker == _TYPED_OBJECT:
            self._text(2)
        return self._entries(depth)

    def _entries(self, depth: int) -> dict[str, Value]:
        entries: dict[str, Value] = {}
        # Some encoders leave the end mark out when nothing follows.
        while not self.at_end:
            key = self._text(2)
            if not key and self._data[self._pos : self._pos + 1] == bytes([_OBJECT_END]):
                self._pos += 1
                break
            entries[key] = self.value(depth)
        return entries

    def _number(self) -> float:
        number: float = _DOUBLE.unpack(self._take(8))[0]
        return number

    def _text(self, length_bytes: int) -> str:
        return self._take(self._int(length_bytes)).decode("utf-8", "replace")

    def _int(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def _take(self, count: int) -> bytes:
        end = self._pos + count
        if end > len(self._data):
            raise AmfError("AMF data ends inside a value")
        taken = self._data[self._pos : end]
        self._pos = end
        return taken


def _encode(value: Value) -> bytes:
    if value is None:
        return bytes([_NULL])
    if isinstance(value, bool):
        return bytes([_BOOLEAN, value])
    if isinstance(value, int | float):
        return bytes([_NUMBER]) + _DOUBLE.pack(value)
    if isinstance(value, str):
        return bytes([_STRING]) + _encode_key(value)
    if isinstance(value, list):
        items = b"".join(_encode(item) for item in value)
        return bytes([_STRICT_ARRAY]) + len(value).to_bytes(4, "big") + items
    entries = b"".join(_encode_key(key) + _encode(entry) for key, entry in value.items())
    return bytes([_OBJECT]) + entries + _encode_key("") + bytes([_OBJECT_END])


def _encode_key(text: str) -> bytes:
    data = text.encode()[:0xFFFF]
    return len(data).to_bytes(2, "big") + data
