"""One delivery: what was sent where, every attempt, and what came back."""

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console.session import account_scope, signed_in_page, user_of
from airhook.console.views.base import Kit
from airhook.control.records import Lost, SentRequest, sent_request
from airhook.core.deliveries import Attempt, Delivery
from airhook.core.ports import View
from airhook.core.search import DeliveryRecord
from airhook.core.templates import CallbackTemplate
from airhook.delivery.request import Head

MAX_ID = 2**63 - 1


class Shown(msgspec.Struct, frozen=True):
    """An attempt with its request and what went before its body; or why it cannot be made again."""

    attempt: Attempt
    request: SentRequest | None
    head: Head | None = None
    lost: Lost | None = None


class DeliveryPage:
    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    async def page(self, request: Request) -> Response:
        delivery_id = request.path_params["delivery_id"]
        account_id = account_scope(user_of(request))
        found = await self._kit.desk.store.read(lambda view: _find(view, account_id, delivery_id))
        if found is None:
            raise HTTPException(404)
        record, attempts = found
        template = self._kit.desk.config.current.templates.get(record.delivery.template_id)
        shown = [_shown(template, record.delivery, one) for one in attempts]
        latest = shown[-1].request if shown else None
        body = latest.body if latest else record.delivery.body
        return self._kit.pages.html(
            request,
            "delivery.html",
            record=record,
            template=template,
            shown=list(reversed(shown)),
            signed=latest,
            body=body,
            formatted=msgspec.json.format(body),
        )


def _shown(template: CallbackTemplate | None, delivery: Delivery, attempt: Attempt) -> Shown:
    sent = sent_request(template, delivery, attempt)
    if isinstance(sent, Lost):
        return Shown(attempt, None, lost=sent)
    try:
        return Shown(attempt, sent, sent.head(delivery.url))
    except ValueError:  # no request can be sent to such a URL
        return Shown(attempt, sent)


def _find(
    view: View, account_id: int | None, delivery_id: int
) -> tuple[DeliveryRecord, list[Attempt]] | None:
    if delivery_id > MAX_ID:
        return None
    record = view.delivery(account_id, delivery_id)
    return (record, view.attempts(delivery_id)) if record else None


def routes(kit: Kit) -> list[Route]:
    page = DeliveryPage(kit)
    return [Route("/deliveries/{delivery_id:int}", signed_in_page(kit.desk, page.page))]
