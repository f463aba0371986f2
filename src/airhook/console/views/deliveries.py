"""One delivery: where it comes from, what was sent where, every attempt, and what came back."""

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from airhook.console import words
from airhook.console.pictured import pictured
from airhook.console.session import account_scope, signed_in_page
from airhook.console.views.base import Kit
from airhook.control import trace
from airhook.control.records import Lost, SentRequest, sent_request
from airhook.core.deliveries import Attempt, Delivery
from airhook.core.errors import NotFoundError
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
        account_id = account_scope(request)
        desk = self._kit.desk
        try:
            found = await trace.delivery(
                desk.store, desk.config.current, account_id, min(delivery_id, MAX_ID)
            )
        except NotFoundError:
            raise HTTPException(404) from None
        record, template = found.record, found.plan.template
        concluded = trace.inferred(found.event) if found.event else None
        shown = [_shown(template, record.delivery, one) for one in found.attempts]
        latest = shown[-1].request if shown else None
        body = latest.body if latest else record.delivery.body
        return self._kit.pages.html(
            request,
            "delivery.html",
            record=record,
            template=template,
            trace=found,
            concluded=words.CONCLUDED[concluded] if concluded else None,
            file=pictured(record.delivery),
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


def routes(kit: Kit) -> list[Route]:
    page = DeliveryPage(kit)
    return [Route("/deliveries/{delivery_id:int}", signed_in_page(kit.desk, page.page))]
