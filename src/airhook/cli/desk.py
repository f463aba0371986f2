"""The desk where commands change the configuration: on the database itself, beside a server that may be running."""

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from airhook.config import Settings
from airhook.control.base import AccountLimits, Desk
from airhook.core.audit import Actor, Face
from airhook.core.clock import IdMaker, SystemClock
from airhook.core.snapshot import ConfigHolder


@asynccontextmanager
async def open_desk(settings: Settings) -> AsyncIterator[Desk]:
    """Raises ``ConfigError`` when there is no database, or another release made it."""
    # Imported when a command runs, so that `airhook --help` is quick.
    from airhook.delivery.addresses import TargetPolicy
    from airhook.delivery.judge import TargetJudge
    from airhook.storage.sqlite import open_with_key_file

    clock = SystemClock()
    store = open_with_key_file(settings.data_dir, clock, settings.secret_key_path)
    try:
        limits = AccountLimits(
            templates=settings.limits.templates,
            domains=settings.limits.domains,
            domain_lock_days=settings.limits.domain_lock_days,
        )
        judge = TargetJudge(TargetPolicy(map(str, settings.targets.allow)))
        desk = Desk(store, ConfigHolder(), clock, IdMaker(clock), judge, limits)
        yield desk.acting(Actor(face=Face.CLI, name=_who()))
    finally:
        store.close()


def _who() -> str:
    """The system's user, for the audit log; a container may run under a number without a name."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "?"
