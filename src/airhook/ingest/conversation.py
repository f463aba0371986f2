"""What a publisher says in commands, and what it is answered (RTMP 1.0, section 7.2; FMLE's release and FC calls).

Without input or output: a message goes in, the connection is told what it means.
"""

from collections.abc import Callable
from typing import Protocol

from airhook.core import reasons
from airhook.core.reasons import Reason
from airhook.ingest import amf
from airhook.ingest.admission import BAD_NAME
from airhook.ingest.chunks import Message
from airhook.ingest.commands import Command, parse_command
from airhook.ingest.errors import AmfError, ContentError
from airhook.ingest.messages import Answers, status
from airhook.ingest.names import PushAddress, push_address

_FMS_VERSION = "FMS/3,0,1,123"  # old encoders look for a server they know
_CAPABILITIES = 31


class Publisher(Protocol):
    """The connection, as its conversation sees it."""

    @property
    def publishing(self) -> bool: ...
    def send(self, data: bytes) -> None: ...
    def publish(self, address: PushAddress) -> None:
        """Ask whether the push may begin; ``Conversation.started`` or ``turned_away`` tells the publisher."""
        ...

    def unpublish(self, reason: Reason) -> None: ...
    def hang_up(self) -> None:
        """Close once what was sent is read."""
        ...


class Conversation:
    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._answers = Answers()
        self._connected = False
        self._app = ""
        self._tc_url = ""
        self._streams = 0  # created so far
        self._stream_id = 0  # of the push
        self._handlers: dict[str, Callable[[Command], None]] = {
            "connect": self._connect,
            "createStream": self._create_stream,
            "releaseStream": self._acknowledged,
            "FCPublish": self._fc_publish,
            "publish": self._publish,
            "FCUnpublish": self._fc_unpublish,
            "deleteStream": self._delete_stream,
            "closeStream": self._close_stream,
            "play": self._play,
            "play2": self._play,
            "_checkbw": self._acknowledged,
            "getStreamLength": self._stream_length,
            "_result": self._nothing,
            "_error": self._nothing,
            "onStatus": self._nothing,
        }

    def hear(self, message: Message) -> None:
        """Answer one command. Raises ``AmfError`` and ``ContentError``."""
        command = parse_command(message)
        if not self._connected and command.name != "connect":
            raise ContentError(f"{command.name[:32]!r} before connect")
        self._handlers.get(command.name, self._unknown)(command)

    def ping(self, timestamp: bytes) -> None:
        self._send(self._answers.ping_response(timestamp))

    def acknowledge(self, received: int) -> None:
        self._send(self._answers.acknowledgement(received))

    def started(self) -> None:
        code = "NetStream.Publish.Start"
        self._send(self._answers.status(self._stream_id, "status", code, "the push may begin"))

    def turned_away(self, code: str, why: str) -> None:
        """The push does not begin, or is over because of us."""
        self._send(self._answers.status(self._stream_id, "error", code, why))

    # --- commands, by their names on the wire ---

    def _connect(self, command: Command) -> None:
        if self._connected:
            raise ContentError("connect a second time")
        self._connected = True
        self._app = _text(command, "app")
        self._tc_url = _text(command, "tcUrl")
        server: amf.Value = {"fmsVer": _FMS_VERSION, "capabilities": _CAPABILITIES}
        success = status("status", "NetConnection.Connect.Success", "Connection succeeded.")
        self._send(self._answers.welcome())
        self._result(command, server, {**success, "objectEncoding": 0})

    def _create_stream(self, command: Command) -> None:
        self._streams += 1
        self._result(command, None, self._streams)

    def _fc_publish(self, command: Command) -> None:
        self._result(command, None)
        self._fc("onFCPublish", "NetStream.Publish.Start", command)

    def _publish(self, command: Command) -> None:
        address = push_address(self._tc_url, self._app, command.text(0, "the stream's name"))
        if self._publisher.publishing:
            text = "this connection publishes already; end that push first"
            self._send(self._answers.status(command.stream_id, "error", BAD_NAME, text))
            return
        self._stream_id = command.stream_id
        self._publisher.publish(address)

    def _fc_unpublish(self, command: Command) -> None:
        self._fc("onFCUnpublish", "NetStream.Unpublish.Success", command)
        self._unpublish(reasons.CLIENT_STOPPED)

    def _delete_stream(self, _command: Command) -> None:
        self._unpublish(reasons.CLIENT_STOPPED)

    def _close_stream(self, _command: Command) -> None:
        self._unpublish(reasons.CLIENT_CLOSED_STREAM)

    def _play(self, command: Command) -> None:
        text = "this server takes pushes and plays nothing"
        self._send(self._answers.status(command.stream_id, "error", "NetStream.Play.Failed", text))
        self._publisher.hang_up()

    def _acknowledged(self, command: Command) -> None:
        self._result(command, None)

    def _stream_length(self, command: Command) -> None:
        self._result(command, None, 0)

    def _nothing(self, command: Command) -> None:
        """Answers to calls that we never make, and hints that ask for nothing."""

    def _unknown(self, command: Command) -> None:
        if command.transaction:
            text = f"{command.name[:32]} is not known"
            error = status("error", "NetConnection.Call.Failed", text)
            self._send(self._answers.command("_error", command.transaction, None, error))

    # --- helpers ---

    def _unpublish(self, reason: Reason) -> None:
        if not self._publisher.publishing:
            return
        code = "NetStream.Unpublish.Success"
        self._send(self._answers.status(self._stream_id, "status", code, "the push is over"))
        self._publisher.unpublish(reason)

    def _fc(self, name: str, code: str, command: Command) -> None:
        stream = command.args[0] if command.args else None
        description = stream[:128] if isinstance(stream, str) else ""
        self._send(self._answers.command(name, 0, None, status("status", code, description)))

    def _result(self, command: Command, *values: amf.Value) -> None:
        self._send(self._answers.command("_result", command.transaction, *values))

    def _send(self, data: bytes) -> None:
        self._publisher.send(data)


def _text(command: Command, field: str) -> str:
    value = command.object.get(field, "")
    if not isinstance(value, str):
        raise AmfError(f"connect with a {field} that is no text")
    return value
