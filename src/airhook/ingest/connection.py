"""One publisher's connection: bytes in, answers out, and why it ended.

::

    handshake --> setup --publish--> admission --> live --unpublish--> setup
                                         |           |
                                     refused     lost, silent, broken, cut

Nothing a client sends raises out of here, holds up another connection, or takes more memory than ``IngestLimits``
allow: reading pauses while the sessions judge a push, while answers are not read, and after some messages in a row.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from airhook.core import reasons
from airhook.core.reasons import Reason
from airhook.core.sessions import NewPush
from airhook.ingest import messages
from airhook.ingest.admission import FAILED, Denial, Service, admit
from airhook.ingest.chunks import ChunkReader, Message
from airhook.ingest.conversation import Conversation
from airhook.ingest.errors import ContentError, RtmpError
from airhook.ingest.handshake import Handshake
from airhook.ingest.names import PushAddress
from airhook.ingest.peer import plain_address, read_rest, reason_of_loss
from airhook.ingest.publication import Publication
from airhook.ingest.rests import REST_BELOW_BYTES

MESSAGES_PER_TURN = 200  # then other connections have their turn
MAX_UNREAD_ANSWER_BYTES = 65_536  # of ours, before reading pauses
SHORTEST_NAP_S = 0.001  # timers may wake a little early
LAST_READS = 128  # of 64 KiB, more than a socket's buffer holds

_ADMISSION, _TURN, _ANSWERS = "admission", "turn", "answers"  # why reading is paused


class Connection(asyncio.Protocol):
    def __init__(self, service: Service) -> None:
        self.address = ""
        self._service = service
        self._limits = service.limits
        self._log = service.log
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport
        self._handshake: Handshake | None = Handshake()
        self._reader = ChunkReader(
            message_bytes=self._limits.message_bytes,
            chunk_streams=self._limits.chunk_streams,
            buffered_bytes=self._limits.buffered_bytes,
        )
        self._conversation = Conversation(self)
        self._push: Publication | None = None
        self._report: asyncio.Task[None] | None = None  # of the last push
        self._timer: asyncio.TimerHandle | None = None
        self._paused: set[str] = set()
        self._closing = False  # nothing that comes is looked at any more
        self._lost: Reason | None = None  # why the connection is gone
        self._leaving = False
        self._received = 0
        self._received_before = 0  # of that, before the push
        self._acknowledged = 0
        self._window = messages.WINDOW_BYTES
        self._setup_bytes = 0

    # --- what the event loop calls ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # A cast, since uvloop's transports derive from none of asyncio's classes.
        self._transport = cast("asyncio.Transport", transport)
        self.address = plain_address(transport.get_extra_info("peername"))
        if not self._service.registry.enter(self):
            self._log.info("connection refused: too many", extra={"user_ip": self.address})
            self._closing = True
            self._transport.abort()
            return
        self._transport.set_write_buffer_limits(high=MAX_UNREAD_ANSWER_BYTES)
        self._set_timer(self._limits.handshake_s, partial(self._too_slow, "no handshake"))

    def data_received(self, data: bytes) -> None:
        if not self._closing:
            self._guard(self._receive, data)
            self._rest_after(data)

    def pause_writing(self) -> None:
        self._pause(_ANSWERS)

    def resume_writing(self) -> None:
        self._resume(_ANSWERS)

    def connection_lost(self, error: Exception | None) -> None:
        self._closing = True
        if error is not None:
            self._guard(self._hear_last_words)
        self._lost = self._lost or reason_of_loss(error)
        self._stop_push(self._lost)
        self._clear_timer()
        self._service.registry.exit(self)

    # --- what the rests call ---

    def wake(self) -> None:
        if not self._paused and not self._closing and not self._transport.is_closing():
            self._transport.resume_reading()

    # --- what the registry calls ---

    def leave(self) -> None:
        self._leaving = True
        self._stop_push(None)
        self._closing = True
        self._clear_timer()
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    # --- what the conversation calls ---

    @property
    def publishing(self) -> bool:
        return self._push is not None

    def send(self, data: bytes) -> None:
        if not self._closing and not self._transport.is_closing():
            self._transport.write(data)

    def publish(self, address: PushAddress) -> None:
        self._clear_timer()
        self._received_before = self._received - self._reader.buffered
        self._pause(_ADMISSION)
        self._report = self._service.registry.spawn(self._publish(address, self._report))

    def unpublish(self, reason: Reason) -> None:
        self._stop_push(reason)
        self._setup_bytes = 0
        self._set_timer(self._limits.setup_s, partial(self._too_slow, "no new publish"))

    def hang_up(self) -> None:
        """Close, but let the client read our last words first: a plain close would reset the connection under them."""
        self._closing = True
        self._clear_timer()
        if self._transport.is_closing():
            return
        try:
            self._transport.write_eof()
        except (OSError, NotImplementedError):  # it is reset already, or of a kind that cannot half close
            self._transport.abort()
            return
        self._set_timer(self._limits.linger_s, self._transport.abort)
        self._transport.resume_reading()

    # --- from bytes to messages ---

    def _guard(self, step: Callable[..., None], *args: Any) -> None:
        """Run a step; whatever it raises ends this connection and nothing else."""
        try:
            step(*args)
        except RtmpError as error:
            self._fail(error.reason, error.message)
        except Exception:
            self._log.exception("a connection failed by a fault of ours", extra={"user_ip": self.address})
            self._fail(reasons.SERVICE_ERROR, "an internal error")

    def _receive(self, data: bytes) -> None:
        self._received += len(data)
        if self._handshake is not None:
            data = self._shake_hands(self._handshake, data)
        elif self._push is not None:
            self._push.bytes += len(data)
        else:
            self._setup_bytes += len(data)
        self._reader.feed(data)
        self._read_messages()
        if self._handshake is None and self._received - self._acknowledged >= self._window // 2:
            # At half the window, since clients differ in whether the handshake counts.
            self._acknowledged = self._received
            self._conversation.acknowledge(self._received)

    def _rest_after(self, data: bytes) -> None:
        """Let a live push's next frames gather. What comes all the same is taken: a rest is no pause for a reason."""
        if self._push is None or self._paused or self._closing or len(data) >= REST_BELOW_BYTES:
            return
        if not self._transport.is_closing():
            self._transport.pause_reading()
            self._service.rests.add(self)

    def _shake_hands(self, handshake: Handshake, data: bytes) -> bytes:
        self.send(handshake.feed(data))
        if handshake.rest is None:
            return b""
        self._handshake = None
        self._setup_bytes = len(handshake.rest)
        self._set_timer(self._limits.setup_s, partial(self._too_slow, "no publish"))
        return handshake.rest

    def _read_messages(self) -> None:
        for _ in range(MESSAGES_PER_TURN):
            if self._closing or self._paused:
                return
            message = self._reader.next()
            if message is None:
                self._check_setup()
                return
            self._handle(message)
        self._pause(_TURN)
        self._loop.call_soon(self._resume, _TURN)

    def _handle(self, message: Message) -> None:
        if message.type in messages.MEDIA:
            if self._push is not None:
                self._push.carry(message, self._reader.chunk_bytes)
        elif message.type in (messages.COMMAND, messages.COMMAND_AMF3):
            self._conversation.hear(message)
        elif message.type == messages.WINDOW_SIZE:
            self._window = int.from_bytes(message.payload[:4], "big") or self._window
        elif message.type == messages.USER_CONTROL and message.payload[:2] == messages.PING_REQUEST:
            self._conversation.ping(bytes(message.payload[2:6]))

    def _hear_last_words(self) -> None:
        """A failed write hides what came before it: often a goodbye, since encoders close without reading answers."""
        socket = self._transport.get_extra_info("socket")
        for _ in range(LAST_READS):
            while self._push is not None and (message := self._reader.next()) is not None:
                self._handle(message)
            data = read_rest(socket) if self._push is not None else b""
            if self._push is None or not data:
                return
            self._push.bytes += len(data)
            self._reader.feed(data)

    def _check_setup(self) -> None:
        if self._push is None and not self._paused and self._setup_bytes > self._limits.setup_bytes:
            raise ContentError(f"more than {self._limits.setup_bytes} bytes without a publish")

    def _pause(self, why: str) -> None:
        self._paused.add(why)
        if not self._transport.is_closing():
            self._transport.pause_reading()

    def _resume(self, why: str) -> None:
        self._paused.discard(why)
        if self._paused or self._closing:
            return
        self._guard(self._read_messages)
        if not self._paused and not self._transport.is_closing():
            self._transport.resume_reading()

    # --- from the publish to its end ---

    async def _publish(self, address: PushAddress, before: asyncio.Task[None] | None) -> None:
        """Ask the sessions, then report to them until the push is over."""
        if before is not None:
            await before  # the end of this connection's last push counts first
        push = NewPush(**address._asdict(), user_ip=self.address)
        try:
            outcome = await admit(self._service, push, self._cut)
            if isinstance(outcome, Denial):
                self._turn_away(push, outcome)
            else:
                self._begin(push, outcome)
                await outcome.run(self._service.gate, self._limits.announce_after_s, self._log)
        except Exception:
            self._log.exception("reporting a push failed", extra={"user_ip": self.address})

    def _begin(self, push: NewPush, publication: Publication) -> None:
        self._push = publication
        publication.bytes = self._received - self._received_before
        self._log.info("push published", extra={**_about(push), "session_id": publication.ticket.session_id})
        if self._closing:
            self._stop_push(None if self._leaving else self._lost or reasons.CONNECTION_CLOSED)
            return
        self._conversation.started()
        self._watch()
        self._resume(_ADMISSION)

    def _turn_away(self, push: NewPush, denial: Denial) -> None:
        self._log.info("push refused", extra={**_about(push), "reason": denial.why})
        if not self._closing:
            self._conversation.turned_away(*denial)
            self.hang_up()

    def _stop_push(self, reason: Reason | None) -> None:
        """The push is over, if there is one; without a reason its end is another's to report."""
        push, self._push = self._push, None
        if push is None:
            return
        self._service.registry.remove(push)
        push.stop(reason)
        why = reason.text if reason else "ended by the sessions"
        ended = {"session_id": push.ticket.session_id, "bytes": push.bytes, "reason": why}
        self._log.info("push ended", extra=ended)

    def _cut(self, reason: Reason) -> None:
        self._stop_push(None)
        self._conversation.turned_away(FAILED, reason.text)
        self.hang_up()

    def _fail(self, reason: Reason, detail: str) -> None:
        """The connection cannot go on because of what the client does, or does not."""
        self._log.info("connection dropped", extra={"user_ip": self.address, "detail": detail})
        self._stop_push(reason)
        if self._handshake is None:
            self._conversation.turned_away(FAILED, reason.text)
        self.hang_up()

    # --- time ---

    def _watch(self) -> None:
        """Look whether the push has gone silent, and when to look again."""
        if self._push is None:
            return
        silent_s = self._service.clock.monotonic() - self._push.heard
        if silent_s >= self._limits.idle_timeout_s:
            self._fail(reasons.NO_DATA, f"no data for {self._limits.idle_timeout_s} s")
        else:
            self._set_timer(max(self._limits.idle_timeout_s - silent_s, SHORTEST_NAP_S), self._watch)

    def _too_slow(self, what: str) -> None:
        self._fail(reasons.NO_DATA, f"{what} in time")

    def _set_timer(self, seconds: float, call: Callable[[], None]) -> None:
        self._clear_timer()
        self._timer = self._loop.call_later(seconds, call)

    def _clear_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _about(push: NewPush) -> dict[str, str]:
    """What a log line tells of a push; never its query, which holds secrets."""
    return {"domain": push.domain, "app": push.app, "stream": push.stream, "user_ip": push.user_ip}
