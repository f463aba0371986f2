"""What heads of answers that do not end take of the memory, all together: a thousand receivers may send one each."""

from airhook.delivery.call import Call

BIG = 16_384  # bytes; smaller ones do not count
ALL_MAX = 32 * 1024 * 1024
TOO_MUCH = f"The head of the answer has more than {BIG} bytes, as those of many others at the moment"


class BigHeads:
    """The unfinished ones among the open requests."""

    def __init__(self) -> None:
        self._sizes: dict[Call, int] = {}
        self._all = 0

    def has_room(self, call: Call) -> bool:
        """Whether what has come of the head of ``call``'s answer may be kept until the rest is there."""
        size = call.reader.unfinished
        if size > BIG:
            self._all += size - self._sizes.get(call, 0)
            self._sizes[call] = size
        return size <= BIG or self._all <= ALL_MAX

    def forget(self, call: Call) -> None:
        if self._sizes:
            self._all -= self._sizes.pop(call, 0)
