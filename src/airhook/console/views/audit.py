"""Settings → Audit log: who changed what, newest first, page by page."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.session import user_of
from airhook.console.views.base import Kit
from airhook.core.accounts import Role

PAGE = 50


class Audit:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def page(self, request: Request) -> Response:
        account_id = user_of(request).account_id
        text = request.query_params.get("below", "")
        below = int(text) if text.isdecimal() and len(text) <= 19 else None
        entries = await self._kit.desk.store.read(lambda view: view.audit_log(account_id, below, PAGE + 1))
        more = entries[PAGE - 1].id if len(entries) > PAGE else None
        return self._kit.pages.html(
            request, "audit.html", entries=entries[:PAGE], more=more, is_first=below is None
        )


def routes(kit: Kit) -> list[Route]:
    return [kit.page("/audit", Audit(kit).page, needs=Role.OWNER)]
