"""A real name server on a loopback address of its own, and what makes a process ask it instead of the machine's.

::

    with NameServer() as names:
        names.answers["good.test"] = ["127.0.0.1"]
        server.prefix = names.prefix(tmp_path)      # its /etc/resolv.conf is another one, in a mount namespace of its own
"""

import os
import random
import socket
import struct
import threading
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

HANGS: Sequence[str] = ()
"""The answer that never comes."""
_PORT = 53
_A = 1
_NO_SUCH_NAME = 3
_HEADER = struct.Struct("!6H")
_RECORD = struct.Struct("!HHHIH4s")
# Queries that nobody answers are given up long after anybody who asks.
_RESOLV_CONF = "nameserver {address}\noptions timeout:30 attempts:1\n"


class NameServer:
    """``answers`` by name, in lower case: IPv4 addresses, or ``HANGS``. Names that are not there do not exist.

    ``after`` says what a name leads to from its second question on. ``asked`` counts questions for IPv4 addresses.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Sequence[str]] = {}
        self.after: dict[str, Sequence[str]] = {}
        self.asked: Counter[str] = Counter()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.address = self._bind()
        self._thread = threading.Thread(target=self._serve, name="name-server", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", (self.address, _PORT))
        self._thread.join(30)
        self._socket.close()

    def prefix(self, folder: Path) -> list[str]:
        """What to put before a command, so that its process asks here."""
        file = folder / "resolv.conf"
        file.write_text(_RESOLV_CONF.format(address=self.address))
        script = f'mount --bind "{file}" "$(readlink -f /etc/resolv.conf)" && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", script, "sh"]

    def _bind(self) -> str:
        assert os.geteuid() == 0, (
            "this test has a name server of its own, on port 53, and a mount namespace: run it as root, in a container "
            "with CAP_SYS_ADMIN (docker run --cap-add SYS_ADMIN)"
        )
        address = f"127.{random.randint(1, 254)}.{random.randint(0, 255)}.{random.randint(2, 254)}"
        self._socket.bind((address, _PORT))
        return address

    def _serve(self) -> None:
        while True:
            question, asker = self._socket.recvfrom(512)
            if not question:
                return
            answer = self._answer(question)
            if answer is not None:
                self._socket.sendto(answer, asker)

    def _answer(self, message: bytes) -> bytes | None:
        ident, flags, *_ = _HEADER.unpack_from(message)
        name, end = _name(message)
        question = message[_HEADER.size : end + 4]
        (kind,) = struct.unpack_from("!H", message, end)
        leads_to = self.answers.get(name)
        if leads_to is HANGS:
            return None
        if kind == _A:
            self.asked[name] += 1
            if self.asked[name] > 1:
                leads_to = self.after.get(name, leads_to)
        status = _NO_SUCH_NAME if leads_to is None else 0
        records = [_record(address) for address in leads_to or ()] if kind == _A else []
        head = _HEADER.pack(ident, 0x8180 | (flags & 0x0100) | status, 1, len(records), 0, 0)
        return head + question + b"".join(records)


def _name(message: bytes) -> tuple[str, int]:
    """The name that is asked for, and where it ends."""
    labels, at = [], _HEADER.size
    while size := message[at]:
        labels.append(message[at + 1 : at + 1 + size].decode("ascii").lower())
        at += 1 + size
    return ".".join(labels), at + 1


def _record(address: str) -> bytes:
    """An address for the name in the question, good for no time at all."""
    return _RECORD.pack(0xC000 | _HEADER.size, _A, 1, 0, 4, socket.inet_aton(address))
