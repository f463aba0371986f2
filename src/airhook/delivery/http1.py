"""Reading the answer to a request in HTTP/1.1 (RFC 9112), as it comes: pure, without a socket.

The status decides: once the head of the final answer is in, whatever follows is kept for the log and tells whether the
connection can be used again; a fault in it fails nothing. What is no head is judged as libcurl judges it, so that a
receiver is no other one over TLS.
"""

import functools
import re
from typing import NamedTuple

from airhook.core.errors import AirhookError
from airhook.delivery.exchange import (
    FINAL_FROM,
    KEEP_BODY,
    KEEP_HEAD,
    KEEP_HEADERS,
    READ_BODY_MAX,
    SWITCHING,
    header,
    is_final,
)

HEAD_MAX = 300 * 1024  # bytes of a head, with those of the interim answers before it
HEAD_LINES = 5000  # of headers, as many as libcurl takes; each interim answer counts as one more
FRAMING_MAX = 16_384  # bytes of a body that are none of its own: sizes of chunks, their extensions, trailers
FRAMING_LINES = 1024  # each costs more than the bytes in it
TOKENS = 100  # of a list; what follows is one more
WITHOUT_BODY = frozenset({204, 304})
REMEMBERED = 1024  # bytes of a head: the ones of most receivers are the same for a second

_BEGINS = b"HTTP/1."
_END_OF_HEAD = re.compile(rb"\n\r?\n").search  # some receivers end their lines with LF alone
_STATUS_LINE = re.compile(rb"HTTP/1\.([01])[ \t](\d{3})(?:[ \t].*)?", re.DOTALL)
_LENGTHS = re.compile(rb"\d+(?:[ \t]*,[ \t]*\d+){0,%d}" % TOKENS)


class AnswerInvalidError(AirhookError):
    """What came is no answer of HTTP/1.1."""


class Head(NamedTuple):
    """``length`` of the body: None when the end of the connection or, of ``chunked`` ones, of the chunks tells."""

    status: int
    headers: tuple[tuple[str, str], ...]
    keeps: bool  # the connection may be used again when the body is over
    chunked: bool
    length: int | None


class AnswerReader:
    """``feed`` it what comes, until it is ``over``.

    ``head`` is the final answer's, as soon as it is complete. ``body`` is what has come of it, decoded, not more than
    ``KEEP_BODY``. ``keeps``: it is over, and nothing more than it has come.
    """

    __slots__ = (
        "_buffer",
        "_chunks",
        "_head_lines",
        "_head_size",
        "_left",
        "_size",
        "body",
        "head",
        "keeps",
        "over",
    )

    def __init__(self) -> None:
        self.head: Head | None = None
        self.body = b""
        self.over = False
        self.keeps = False
        self._buffer: bytearray | None = None  # a head that is not complete
        self._head_size = self._head_lines = 0  # of interim answers
        self._size = 0  # of the body
        self._left = 0  # of a body whose length is known
        self._chunks: _Chunks | None = None

    @property
    def begun(self) -> bool:
        """A line of a head has come, since the last interim answer."""
        return self._buffer is not None and b"\n" in self._buffer

    @property
    def unfinished(self) -> int:
        """Bytes of a head that are kept until the rest of it comes."""
        return len(self._buffer) if self._buffer is not None else 0

    def feed(self, data: bytes) -> None:
        """Raises ``AnswerInvalidError`` as long as there is no final head."""
        if self.head is not None:
            self._read_body(data)
        elif self._buffer is None:
            self._read_heads(data, 0)
        else:
            searched = max(0, len(self._buffer) - 3)
            self._buffer += data
            self._read_heads(self._buffer, searched)

    def _read_heads(self, data: bytes | bytearray, searched: int) -> None:
        at = 0
        while self.head is None:
            end = _END_OF_HEAD(data, searched)
            after = end.end() if end else len(data)
            if self._head_size + after - at > HEAD_MAX:
                raise AnswerInvalidError(f"The head of the answer has more than {HEAD_MAX} bytes")
            if end is None:
                self._wait_for_more(data[at:])
                return
            head = self._read_head(bytes(data[at : end.start()]))
            self._head_size += after - at
            self._head_lines += 1
            at = searched = after
            if is_final(head.status):
                self._begin_body(head, bytes(data[after:]))

    def _wait_for_more(self, data: bytes | bytearray) -> None:
        if data[: len(_BEGINS)] != _BEGINS[: len(data)]:
            raise AnswerInvalidError("The answer does not begin with a status line of HTTP/1.0 or 1.1")
        self._buffer = bytearray(data) if data else None

    def _read_head(self, raw: bytes) -> Head:
        self._head_lines += raw.count(b"\n")
        if self._head_lines > HEAD_LINES:
            raise AnswerInvalidError(f"The head of the answer has more than {HEAD_LINES} lines")
        return _remembered(raw) if len(raw) <= REMEMBERED else read_head(raw)

    def _begin_body(self, head: Head, data: bytes) -> None:
        self.head = head
        self._buffer = None
        if head.status in WITHOUT_BODY:
            self.over, self.keeps = True, head.keeps and not data
        elif head.chunked:
            self._chunks = _Chunks()
            self._read_body(data)
        elif head.length is not None:
            self._left = head.length
            self._read_body(data)
        elif data:
            self._read_body(data)

    def _read_body(self, data: bytes) -> None:
        assert self.head is not None
        whole = False
        if self._chunks is not None:
            data = self._chunks.feed(data)
            self.over, whole = self._chunks.over, self._chunks.whole
        elif self.head.length is not None:
            self._left -= len(data)
            self.over, whole = self._left <= 0, self._left == 0
            if self._left < 0:
                data = data[: self._left]
        if self._size < KEEP_BODY:
            self.body += data[: KEEP_BODY - self._size]
        self._size += len(data)
        if self._size > READ_BODY_MAX:
            self.over, whole = True, False
        self.keeps = whole and self.head.keeps


class _Chunks:
    """The chunked coding (RFC 9112, 7.1). ``over``: nothing more is to be read; ``whole``: its end has come, no more."""

    __slots__ = ("_ends", "_framing", "_left", "_line", "_lines", "_trailers", "over", "whole")

    def __init__(self) -> None:
        self.over = self.whole = False
        self._left = 0  # of the chunk
        self._ends = False  # the end of line that follows a chunk is next
        self._trailers = False
        self._line = b""
        self._framing = self._lines = 0

    def feed(self, data: bytes) -> bytes:
        """The bytes of the body among ``data``."""
        parts = []
        at = 0
        while at < len(data) and not self.over:
            if self._left:
                part = data[at : at + self._left]
                parts.append(part)
                at += len(part)
                self._left -= len(part)
                self._ends = not self._left
            else:
                at = self._read_line(data, at)
        self.whole = self.whole and at == len(data)
        return b"".join(parts)

    def _read_line(self, data: bytes, at: int) -> int:
        """Where the next one begins."""
        end = data.find(b"\n", at)
        part = data[at : end if end >= 0 else len(data)]
        self._line += part
        self._framing += len(part)
        self._lines += end >= 0
        if self._framing > FRAMING_MAX or self._lines > FRAMING_LINES:
            self.over = True
        elif end >= 0:
            line, self._line = self._line.removesuffix(b"\r"), b""
            self._end_line(line)
        return end + 1 if end >= 0 else len(data)

    def _end_line(self, line: bytes) -> None:
        if self._trailers:
            self.over = self.whole = not line
        elif self._ends:
            self._ends = False
            self.over = bool(line)
        else:
            size = line.partition(b";")[0].strip(b" \t")
            if not re.fullmatch(rb"[0-9A-Fa-f]{1,16}", size):
                self.over = True
                return
            self._left = int(size, 16)
            self._trailers = not self._left


def read_head(raw: bytes) -> Head:
    """A head without the empty line at its end, and the end of line before that.

    Raises ``AnswerInvalidError``.
    """
    status_line, *lines = raw.split(b"\n")
    lines = _unfolded(lines)
    status_line = _checked(status_line)
    matched = _STATUS_LINE.fullmatch(status_line)
    if matched is None:
        raise AnswerInvalidError(
            "The status line of the answer is none of HTTP/1.0 or 1.1 with a status of three digits"
        )
    status = int(matched[2])
    if status < 100:
        raise AnswerInvalidError(f"The status of the answer, {status:03}, is below 100")
    names = [line.split(b":", 1) for line in lines]
    if any(len(one) < 2 for one in names):
        raise AnswerInvalidError("The head of the answer has a line without a colon")
    if status == SWITCHING:  # to what is not HTTP any more
        return Head(status, _kept(lines), keeps=False, chunked=False, length=None)
    of = _values(names)
    chunked = _is_chunked(of.get(b"transfer-encoding", ()))
    bodiless = status < FINAL_FROM or status in WITHOUT_BODY
    length = None if bodiless else _length(of.get(b"content-length", ()))
    tokens = {
        token.strip().lower() for value in of.get(b"connection", ()) for token in value.split(b",", TOKENS)
    }
    keeps = b"close" not in tokens and (matched[1] == b"1" or b"keep-alive" in tokens)
    both = chunked and length is not None  # whose end is in doubt: another answer may hide in it
    return Head(status, _kept(lines), keeps and not both, chunked, None if chunked else length)


_remembered = functools.lru_cache(maxsize=256)(read_head)


def _checked(line: bytes) -> bytes:
    line = line.removesuffix(b"\r")
    if b"\0" in line:
        raise AnswerInvalidError("The head of the answer has a NUL byte")
    if b"\r" in line:
        raise AnswerInvalidError("The head of the answer has a carriage return within a line")
    return line


def _unfolded(lines: list[bytes]) -> list[bytes]:
    """A line that begins with a space goes on with the one before it (RFC 9112, 5.2)."""
    found: list[list[bytes]] = []
    for line in map(_checked, lines):
        if line[:1] in (b" ", b"\t") and found:
            found[-1].append(line.strip(b" \t"))
        elif line.startswith(b"HTTP/"):
            raise AnswerInvalidError("The head of the answer has a second status line")
        else:
            found.append([line])
    return [
        line if not more else b" ".join((line.rstrip(b" \t"), *filter(None, more))) for line, *more in found
    ]


def _values(names: list[list[bytes]]) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in names:
        found.setdefault(name.strip().lower(), []).append(value.strip())
    return found


def _is_chunked(values: list[bytes] | tuple[()]) -> bool:
    """Raises ``AnswerInvalidError`` for a coding that nobody asked for."""
    codings = [coding.strip().lower() for value in values for coding in value.split(b",", TOKENS)]
    for coding in codings:
        if coding not in (b"chunked", b"identity", b""):
            raise AnswerInvalidError("The answer has a Transfer-Encoding other than chunked")
    return b"chunked" in codings


def _length(values: list[bytes] | tuple[()]) -> int | None:
    """Raises ``AnswerInvalidError`` for what is none, and for several that differ."""
    if not values:
        return None
    if all(map(_LENGTHS.fullmatch, values)):
        numbers = {number.strip().lstrip(b"0") for value in values for number in value.split(b",", TOKENS)}
        if len(numbers) == 1:
            # What is more than anybody reads is the same as what is more than there is.
            return int(numbers.pop()[:19] or b"0")
    raise AnswerInvalidError("The Content-Length of the answer is no number of bytes")


def _kept(lines: list[bytes]) -> tuple[tuple[str, str], ...]:
    """Those that fit into the log."""
    found: list[tuple[str, str]] = []
    size = 0
    for line in lines:
        if len(found) < KEEP_HEADERS and size + len(line) + 2 <= KEEP_HEAD:
            size += len(line) + 2
            found.append(header(line))
    return tuple(found)
