"""``airhook publish``: push until the duration is over or Ctrl-C."""

import asyncio
import sys

from airhook.tools.publish.publisher import Publisher
from airhook.tools.publish.spec import Picture, Report
from airhook.tools.stopping import asked_to_stop, first_of
from airhook.tools.terminal import duration


def run(url: str, picture: Picture, *, duration_s: float | None, drop: bool, quiet: bool) -> None:
    """Raises ``AirhookError`` when the server refuses the push or ends it."""
    asyncio.run(_run(url, picture, duration_s=duration_s, drop=drop, quiet=quiet))


async def _run(url: str, picture: Picture, *, duration_s: float | None, drop: bool, quiet: bool) -> None:
    say = _Voice(quiet=quiet)
    say(
        f"Pushing {picture.width}x{picture.height} at {picture.fps} fps, {picture.bitrate} kbit/s, to {url.partition('?')[0]}"
    )
    # A push that is to vanish must not end by itself first.
    limit = None if drop else duration_s
    async with (
        asked_to_stop() as asked,
        Publisher(url, picture=picture, duration_s=limit, on_report=say.progress) as publisher,
    ):
        await first_of(publisher.started(), asked)
        if not asked.is_set():
            say("The server accepted the push" + ("" if duration_s else " (Ctrl-C stops)"))
            await first_of(publisher.ended(), asked, duration_s if drop else None)
        if drop:
            publisher.drop()
            await publisher.ended()
            say(f"Vanished without a goodbye after {duration(round(publisher.last.seconds * 1000))}")
        else:
            last = await publisher.stop()
            how = "Stopped properly" if last.state == "ended" else "Gave up"
            say(f"{how} after {duration(round(last.seconds * 1000))}, {last.bytes / 1e6:.1f} MB")


class _Voice:
    """Says what happens; on a terminal a line with the progress comes and goes."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._live = sys.stdout.isatty()

    def __call__(self, text: str) -> None:
        if not self._quiet:
            print(("\r\x1b[K" if self._live else "") + text, flush=True)

    def progress(self, report: Report) -> None:
        if self._live and not self._quiet and report.state == "sending":
            rate = report.bytes * 8 / report.seconds / 1000
            print(f"\r\x1b[K{duration(round(report.seconds * 1000))}, {rate:.0f} kbit/s", end="", flush=True)
