"""What the demo puts on the screen, and the callbacks that it waits for."""

import asyncio
import time

from airhook.core.errors import AirhookError
from airhook.tools.listen import Callback
from airhook.tools.terminal import Paint, clean, duration, pad

ARRIVES_WITHIN_S = 15.0
_NAMES = {
    1: ("green", "push started"),
    0: ("yellow", "push ended"),
    100: ("cyan", "recorded"),
    200: ("cyan", "screenshot"),
    317: ("magenta", "porn audit"),
}


class Stage:
    """Prints headings, facts and callbacks, aligned."""

    def __init__(self, paint: Paint) -> None:
        self.paint = paint
        self._acts = 0
        self._shown = 0
        self.summed_up = False
        self._came: asyncio.Queue[Callback] = asyncio.Queue()
        self._early: list[dict[str, object]] = []  # came before somebody expected them

    def title(self, text: str, more: str = "") -> None:
        print(f"\n{self.paint('bold', text)}", *([more] if more else []), "", sep="\n", flush=True)

    def fact(self, name: str, text: str) -> None:
        print(f"  {pad(self.paint('dim', name), 10)}{text}", flush=True)

    def act(self, text: str) -> None:
        self._acts += 1
        print(f"\n  {self.paint('bold', str(self._acts))}  {text}", flush=True)

    def callback(self, callback: Callback) -> None:
        """Show a callback that has arrived, and hand it to whoever waits for it."""
        self._came.put_nowait(callback)
        self._shown += 1
        print(*(f"     {line}" for line in self._lines(callback)), sep="\n", flush=True)

    def sum_up(self, seconds: float) -> None:
        self.summed_up = True
        print(
            f"\n  {self.paint('green', 'All of it arrived:')} {self._shown} callbacks, signed, in order, "
            f"each start with its stop. It took {seconds:.0f} s.",
            flush=True,
        )

    def failed(self, why: str, log: str) -> None:
        """Say what went wrong, with the end of the server's log."""
        print(f"\n  {self.paint('red', 'Failed:')} {why}", flush=True)
        if log:
            print(f"\n{self.paint('dim', 'The end of the server log:')}\n{log}", flush=True)

    async def expect(self, event_type: int) -> dict[str, object]:
        """The body of the next callback of a type. Raises ``AirhookError`` when it does not come, or is not genuine.

        Only start and stop come in order; the others may come before they are expected.
        """
        for body in self._early:
            if body["event_type"] == event_type:
                self._early.remove(body)
                return body
        while True:
            body = await self._next(event_type)
            if body["event_type"] == event_type:
                return body
            if event_type == 1:
                raise _another(event_type, body)
            self._early.append(body)

    async def _next(self, event_type: int) -> dict[str, object]:
        try:
            callback = await asyncio.wait_for(self._came.get(), ARRIVES_WITHIN_S)
        except TimeoutError:
            raise AirhookError(
                f'the callback "{_NAMES[event_type][1]}" did not arrive within {ARRIVES_WITHIN_S:.0f} s'
            ) from None
        if callback.signature != "ok":
            raise AirhookError(f"a callback came with a wrong signature ({callback.reason})")
        body = callback.body
        if not isinstance(body, dict) or body.get("event_type") not in _NAMES:
            raise _another(event_type, body)
        return body

    def _lines(self, callback: Callback) -> list[str]:
        """When, what, which stream, and whether it is genuine; below it what a line has no room for."""
        body = callback.body if isinstance(callback.body, dict) else {}
        style, name = _NAMES.get(body.get("event_type", -1), ("cyan", "callback"))
        at = time.strftime("%H:%M:%S", time.localtime(callback.at))
        right = callback.signature == "ok"
        verdict = self.paint("green" if right else "red", f"signature {'ok' if right else callback.reason}")
        stream = clean(str(body.get("stream_id") or body.get("streamId") or callback.path))
        first = [self.paint("dim", at), pad(self.paint(style, name), 12), stream, verdict]
        more, below = _told(body)
        return ["  ".join([*first, *more]), *(f"{'':10}{clean(line)}" for line in below)]


def _told(body: dict[str, object]) -> tuple[list[str], list[str]]:
    """What a callback says: behind its first line, and below it."""
    kind = body.get("event_type")
    size = f"{body.get('width')}x{body.get('height')}"
    if kind == 0:
        lasted = duration(int(str(body.get("push_duration", 0))))
        return [f"lasted {lasted}"], [f"errcode {body.get('errcode')}: {body.get('errmsg')}"]
    if kind == 100:
        file = f"{body.get('file_format')}, {body.get('duration')} s, {_kb(body.get('file_size'))}"
        return [file], [_shown_url(body.get("video_url"))]
    if kind == 200:
        return [f"{size}, {_kb(body.get('file_size'))}"], [_shown_url(body.get("pic_full_url"))]
    if kind == 317:
        return [f"{body.get('suggestion')}: {body.get('label')} {body.get('score')}"], []
    return ([size] if kind == 1 else []), []


def _kb(size: object) -> str:
    return f"{int(str(size)) / 1000:.0f} KB" if str(size).isdecimal() else "?"


def _shown_url(url: object) -> str:
    """Its place; the signature before it says nothing to a reader."""
    return "/" + "/".join(str(url).split("/")[6:])


def _another(event_type: int, body: object) -> AirhookError:
    return AirhookError(f'"{_NAMES[event_type][1]}" was expected, but this callback came: {body}')
