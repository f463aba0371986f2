"""Hooks of a media server over a desk on the real store, with a clock that stands still."""

from typing import Any

from airhook.control import sources
from airhook.control.hook_keeper import HookKeeper
from airhook.control.hooked import Hooked
from airhook.control.hooks import Hooks
from airhook.control.sources import SourceForm
from airhook.core.hooks import HookRecord
from airhook.core.reasons import Reason
from airhook.core.sources import Source
from airhook.sources.reports import HookAnswer, HookRequest
from support.desk import TestDesk, wait
from support.push_stage import ACCOUNT, DOMAIN, Stage, set_stage
from support.recorded_hooks import names, recorded

REMOTE = "192.0.2.9"


class HookStage(Stage):
    """``play`` sends what was recorded; ``look`` does what the keeper does a few times a second."""

    def __init__(self, desk: TestDesk, kind: str, **form: Any) -> None:
        self.kind = kind
        self.answers: list[HookAnswer] = []
        self.kicked: list[tuple[Hooked, Reason]] = []
        super().__init__(desk)
        self.media_server: Source = wait(
            sources.add(desk, ACCOUNT, kind, SourceForm(name="edge-1", domain=DOMAIN, **form))
        )

    def restart(self) -> None:
        super().restart()
        self.hooks = Hooks(self.desk.store, self.desk.config, self.sessions, self.desk.clock, self.desk.ids)
        self.keeper = HookKeeper(self.hooks, self.sessions, self.desk.config, self.desk.clock, self._kick)

    async def _kick(self, hooked: Hooked, reason: Reason) -> None:
        self.kicked.append((hooked, reason))

    def send(self, request: HookRequest) -> HookAnswer:
        answer = wait(self.hooks.handle(self.media_server, REMOTE, request))
        self.answers.append(answer)
        return answer

    def hook(self, name: str) -> HookAnswer:
        """Send one recorded request."""
        return self.send(recorded(self.kind, name))

    def play(self, scenario: str) -> None:
        """Send a whole recorded scenario, with a second between two requests."""
        for name in names(self.kind, scenario):
            self.hook(name)
            self.later(1)
            self.look()

    def look(self) -> None:
        wait(self._look())

    def pass_s(self, seconds: int) -> None:
        """Let time pass, second by second."""
        wait(self._pass(seconds))

    async def _pass(self, seconds: int) -> None:
        for _ in range(seconds):
            self.later(1)
            await self._look()

    async def _look(self) -> None:
        await self.keeper.look()
        await self.sessions.close_due()

    def recover(self) -> None:
        """Start anew, as after a crash."""
        self.restart()
        wait(self.hooks.recover())

    def kept(self) -> list[HookRecord]:
        """Every hook of the last minute, oldest first."""
        wait(self.hooks.notes.save(self.hooks.pushes))
        return wait(sources.recent_hooks(self.desk, ACCOUNT, "edge-1"))[::-1]

    def outcomes(self) -> list[str]:
        return [hook.outcome.value for hook in self.kept()]


def set_hook_stage(desk: TestDesk, kind: str, **form: Any) -> HookStage:
    set_stage(desk)
    return HookStage(desk, kind, **form)
