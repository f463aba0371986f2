"""What time brings for the pushes of media servers: starts to be told, contenders to be settled, silence, orders."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence

from airhook.control.hooked import Hooked
from airhook.control.hooks import Hooks
from airhook.control.sessions import Sessions
from airhook.core import reasons
from airhook.core.clock import Clock
from airhook.core.errors import UnavailableError
from airhook.core.reasons import Reason
from airhook.core.snapshot import ConfigHolder
from airhook.core.sources import Source
from airhook.sources.catalogue import adapter_of, silence_s

ASK_AFTER_S = 0.4  # the server's API may tell the picture's size by then
ANNOUNCE_AFTER_S = 1.0  # as the own ingest: the picture's size may be known by then
CONTEND_S = 3.0  # then a second publisher is what the server has, unless it said otherwise
CONFIRM_S = 20.0  # the same where the server tells, or can be asked, which of them is there
STOP_WAIT_S = 2.0  # from a connection's end to the stop that its server sends
SAVE_EVERY_S = 5.0
STARTS_AT_ONCE = 1000  # the rest at the next look
STARTS_TOGETHER = 25  # in one transaction: about two milliseconds of work
REST_S = 1.0  # between two looks at a push of which nothing is due
LOOK_S = 0.25

Kick = Callable[[Hooked, Reason], Awaitable[None]]

log = logging.getLogger("airhook.hooks")


class HookKeeper:
    """``run`` looks after what is on.

    ``kick`` tells a server to end a push that an order ended here, ``ask`` asks its API soon what is on.
    """

    def __init__(
        self,
        hooks: Hooks,
        sessions: Sessions,
        config: ConfigHolder,
        clock: Clock,
        kick: Kick | None = None,
        ask: Callable[[Source], None] | None = None,
    ) -> None:
        self._hooks = hooks
        self._sessions = sessions
        self._config = config
        self._clock = clock
        self._kick = kick
        self._ask = ask
        self._starts: list[Hooked] = []  # found by this look
        self._save_at = clock.monotonic() + SAVE_EVERY_S

    async def run(self) -> None:
        """Never returns."""
        while True:
            await self._nap()
            try:
                await self.look()
            except UnavailableError as error:
                log.warning("hooks wait for the database: %s", error)
                await asyncio.sleep(ANNOUNCE_AFTER_S)

    async def _nap(self) -> None:
        """Until the next look; while no push is on, that has only to save what was noted."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._save_at - self._clock.monotonic())):
                await self._hooks.pushes.wait_for_some()
        await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Do what is due now. Raises ``UnavailableError``; what is left then is still due."""
        await self._forget_cut()
        now = self._clock.monotonic()
        self._starts.clear()
        for hooked in self._hooks.pushes:
            if hooked.rests_until > now and hooked.disconnected is None:
                continue
            try:
                await self._look_at(hooked)
            except UnavailableError:
                raise
            except Exception:
                # The others must go on being looked after, whatever one of them holds.
                log.exception("looking after the push of session %s failed", hooked.push.session_id)
        await self._announce_starts()
        if self._clock.monotonic() >= self._save_at:
            self._save_at = self._clock.monotonic() + SAVE_EVERY_S
            self._hooks.pushes.forget_old()
            await self._hooks.notes.save(self._hooks.pushes)

    async def _look_at(self, hooked: Hooked) -> None:
        now, steps = self._clock.monotonic(), self._hooks.steps
        source = self._config.current.sources.get(hooked.push.source_id)
        if source is None:
            await steps.finish(hooked, reasons.UNKNOWN, "removed", "its source was removed")
            return
        if self._ask is not None and not hooked.asked and now - hooked.began >= ASK_AFTER_S:
            hooked.asked = True
            self._ask(source)
        if hooked.contends:
            await self._settle(hooked, source, now - hooked.began)
        elif hooked.ticket is None:
            return  # it is just being let in
        elif hooked.disconnected is not None and now - hooked.disconnected >= STOP_WAIT_S:
            await steps.lose(hooked)
        elif (patience_s := silence_s(source, told=hooked.told)) and now - hooked.heard >= patience_s:
            detail = f"no update for {patience_s} s"
            await steps.finish(hooked, reasons.SERVICE_ERROR, "silence", detail)
        elif hooked.announced:
            hooked.rests_until = now + REST_S
        elif hooked.announces or now - hooked.began >= ANNOUNCE_AFTER_S:
            self._starts.append(hooked)

    async def _settle(self, hooked: Hooked, source: Source, waited_s: float) -> None:
        """A contender that nothing more was heard of, neither by a hook nor by an API that could tell."""
        confirms = adapter_of(source).confirms
        if waited_s < (CONFIRM_S if confirms or source.api_url else CONTEND_S):
            return
        if confirms:
            await self._hooks.steps.retract(hooked, None)
            self._hooks.pushes.forget(hooked.client)  # if it comes after all, it begins then
        else:
            await self._hooks.steps.promote(hooked)

    async def _announce_starts(self) -> None:
        """Those of a moment share transactions: one after another, a thousand of them would take seconds. Between two of
        these the hooks have their turn, whose servers wait.
        """
        starts, self._starts = self._starts[:STARTS_AT_ONCE], []
        for at in range(0, len(starts), STARTS_TOGETHER):
            together = starts[at : at + STARTS_TOGETHER]
            try:
                await self._announce(together)
            except UnavailableError:
                raise
            except Exception:
                await self._announce_alone(together)

    async def _announce_alone(self, starts: Sequence[Hooked]) -> None:
        """One of them is wrong; the others must not wait for it."""
        for hooked in starts:
            try:
                await self._announce([hooked])
            except UnavailableError:
                raise
            except Exception:
                log.exception("the start of session %s failed", hooked.push.session_id)

    async def _announce(self, starts: Sequence[Hooked]) -> None:
        on = [(hooked, hooked.ticket) for hooked in starts if hooked.ticket is not None]
        if on:
            await self._sessions.announce_all([(ticket, one.width, one.height) for one, ticket in on])
        for hooked, _ in on:
            hooked.announced = True

    async def _forget_cut(self) -> None:
        """What an order ended, or another push displaced: its row goes, and its server hears of it."""
        cut_off = list(self._hooks.pushes.cut_off)
        if not cut_off:
            return
        await self._hooks.steps.forget([hooked.push for hooked, _ in cut_off])
        del self._hooks.pushes.cut_off[: len(cut_off)]
        for hooked, reason in cut_off:
            if self._kick is not None and not hooked.gone:
                await self._kick(hooked, reason)
