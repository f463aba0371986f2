"""Settings → Retention: for how long what is kept, and which setting of the server says so."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.views.base import Kept, Kit
from airhook.console.words import N_
from airhook.core.history import REMEMBERED_MS

DAY_MS = 86_400_000


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One line: ``what`` is English, translated where it is shown. 0 ``days``, no ``size``: without end."""

    what: str
    days: int = 0
    size: str = ""
    settings: tuple[str, ...]


class Retention:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def page(self, request: Request) -> Response:
        return self._kit.pages.html(request, "retention.html", rules=rules(self._kit.settings.kept))


def rules(kept: Kept) -> list[Rule]:
    size = f"{kept.media_gb} GB" if kept.media_gb else ""  # of recordings and pictures together
    return [
        Rule(
            what=N_("Callback records"),
            days=kept.log_days,
            size=f"{kept.log_max_mb} MB" if kept.log_max_mb else "",
            settings=("keep.log_days", "keep.log_max_mb"),
        ),
        Rule(
            what=N_("History of streams"),
            days=max(REMEMBERED_MS // DAY_MS, kept.log_days + 2) if kept.log_days else 0,
            settings=("keep.log_days",),
        ),
        Rule(what=N_("Audit log"), days=kept.audit_days, settings=("keep.audit_days",)),
        Rule(
            what=N_("Recordings"),
            days=kept.recordings_days,
            size=size,
            settings=("media.keep_recordings_days", "media.keep_gb"),
        ),
        Rule(
            what=N_("Screenshots"),
            days=kept.pictures_days,
            size=size,
            settings=("media.keep_pictures_days", "media.keep_gb"),
        ),
        Rule(what=N_("Links to files in callbacks"), days=kept.link_days, settings=("media.link_days",)),
    ]


def routes(kit: Kit) -> list[Route]:
    return [kit.page("/retention", Retention(kit).page)]
