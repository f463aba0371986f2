"""What the demo puts on the screen, and the callbacks that it waits for."""

import asyncio
import time

from airhook.core.errors import AirhookError
from airhook.tools.listen import Callback
from airhook.tools.terminal import Paint, clean, duration, pad

ARRIVES_WITHIN_S = 15.0
_NAMES = {1: ("green", "push started"), 0: ("yellow", "push ended")}


class Stage:
    """Prints headings, facts and callbacks, aligned."""

    def __init__(self, paint: Paint) -> None:
        self.paint = paint
        self._acts = 0
        self._shown = 0
        self.summed_up = False
        self._came: asyncio.Queue[Callback] = asyncio.Queue()

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
        """The body of the next callback. Raises ``AirhookError`` when it does not come, or is another, or not genuine."""
        _, name = _NAMES[event_type]
        try:
            callback = await asyncio.wait_for(self._came.get(), ARRIVES_WITHIN_S)
        except TimeoutError:
            raise AirhookError(
                f'the callback "{name}" did not arrive within {ARRIVES_WITHIN_S:.0f} s'
            ) from None
        if callback.signature != "ok":
            raise AirhookError(f"a callback came with a wrong signature ({callback.reason})")
        body = callback.body
        if not isinstance(body, dict) or body.get("event_type") != event_type:
            raise AirhookError(f'"{name}" was expected, but this callback came: {body}')
        return body

    def _lines(self, callback: Callback) -> list[str]:
        """When, what, which stream, and whether it is genuine; below it why a push ended."""
        body = callback.body if isinstance(callback.body, dict) else {}
        style, name = _NAMES.get(body.get("event_type", -1), ("cyan", "callback"))
        at = time.strftime("%H:%M:%S", time.localtime(callback.at))
        right = callback.signature == "ok"
        verdict = self.paint("green" if right else "red", f"signature {'ok' if right else callback.reason}")
        stream = clean(str(body.get("stream_id", callback.path)))
        first = [self.paint("dim", at), pad(self.paint(style, name), 12), stream, verdict]
        if body.get("event_type") != 0:
            return ["  ".join([*first, f"{body.get('width')}x{body.get('height')}"])]
        lasted = self.paint("bold", duration(int(str(body.get("push_duration", 0)))))
        why = f"errcode {body.get('errcode')}: {clean(str(body.get('errmsg')))}"
        return ["  ".join([*first, f"lasted {lasted}"]), f"{'':10}{why}"]
