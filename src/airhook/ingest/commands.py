"""Commands and metadata as plain values, out of their messages (RTMP 1.0, section 7)."""

import math

import msgspec

from airhook.ingest import amf
from airhook.ingest.chunks import Message
from airhook.ingest.errors import AmfError
from airhook.ingest.messages import COMMAND_AMF3, DATA_AMF3
from airhook.ingest.sps import MAX_SIDE, Size


class Command(msgspec.Struct, frozen=True, kw_only=True):
    """``args`` are the values after the command object."""

    name: str
    transaction: float
    object: dict[str, amf.Value]
    args: list[amf.Value]
    stream_id: int

    def text(self, index: int, meaning: str) -> str:
        """An argument that must be text. Raises ``AmfError``."""
        value = self.args[index] if index < len(self.args) else None
        if not isinstance(value, str):
            raise AmfError(f"{self.name} without {meaning}")
        return value


def parse_command(message: Message) -> Command:
    """Raises ``AmfError``."""
    values = _values(message)
    name = values[0] if values else None
    transaction = values[1] if len(values) > 1 else 0.0
    if not isinstance(name, str) or not isinstance(transaction, float):
        raise AmfError("a command begins with its name and a number")
    command_object = values[2] if len(values) > 2 else None
    return Command(
        name=name,
        transaction=transaction if math.isfinite(transaction) else 0.0,
        object=command_object if isinstance(command_object, dict) else {},
        args=values[3:],
        stream_id=message.stream_id,
    )


def metadata(message: Message) -> dict[str, amf.Value] | None:
    """What an ``onMetaData`` announces; None when the message is another. Raises ``AmfError``."""
    values = _values(message)
    if values[:1] == ["@setDataFrame"]:
        values = values[1:]
    if len(values) < 2 or values[0] != "onMetaData" or not isinstance(values[1], dict):
        return None
    return values[1]


def announced_size(announced: dict[str, amf.Value]) -> Size | None:
    """Width and height in metadata; None when it lacks them."""
    width, height = _side(announced.get("width")), _side(announced.get("height"))
    return Size(width, height) if width and height else None


def _values(message: Message) -> list[amf.Value]:
    """The AMF0 values of a message; the AMF3 forms hold them behind one byte that says so."""
    payload = message.payload
    return amf.decode(payload[1:] if message.type in (COMMAND_AMF3, DATA_AMF3) else payload)


def _side(value: amf.Value) -> int:
    """Pixels; 0 when it is no sensible number."""
    return int(value) if isinstance(value, float) and 0 < value <= MAX_SIDE else 0
