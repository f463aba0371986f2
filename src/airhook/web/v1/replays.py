"""Sending again: one delivery, or all of a search as a job."""

from typing import Annotated, Any

import msgspec

from airhook.control import repeats, replays, search, shapes
from airhook.core.errors import InvalidError
from airhook.core.replays import DEFAULT_RATE, MAX_CHOSEN, MAX_RATE
from airhook.core.search import Filter
from airhook.web.v1.operations import Call, Operation, Parameter

PATH = "/v1/replays"

DeliveryId = Annotated[str, msgspec.Meta(pattern="^[0-9]{1,18}$|^[0-8][0-9]{18}$")]


class NewReplay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``wanted`` takes what ``/v1/deliveries`` takes; ``ids`` names deliveries one by one: exactly one of the two.

    ``start`` false: it is counted, and waits for ``resume``.
    """

    wanted: search.Wanted | None = None
    ids: Annotated[list[DeliveryId], msgspec.Meta(min_length=1, max_length=MAX_CHOSEN)] | None = None
    rate: Annotated[int, msgspec.Meta(ge=1, le=MAX_RATE)] = DEFAULT_RATE  # a second
    start: bool = True


class ShownReplays(msgspec.Struct, frozen=True, kw_only=True):
    replays: list[shapes.ShownReplay]
    next: str | None


class Resent(msgspec.Struct, frozen=True, kw_only=True):
    """The new delivery."""

    id: str
    repeat_of: str


async def resend(call: Call) -> Resent:
    again = await repeats.resend(call.desk, call.account_id, call.number("delivery"))
    return Resent(id=str(again.id), repeat_of=str(again.repeat_of))


async def create(call: Call) -> shapes.ShownReplay:
    asked: NewReplay = call.read(NewReplay)
    desk, account_id = call.desk, call.account_id
    how: Any = {"rate": asked.rate, "start": asked.start}
    if asked.wanted is not None and asked.ids is None:
        return shapes.replay(await replays.create(desk, account_id, _filter(asked.wanted), **how))
    if asked.ids is not None and asked.wanted is None:
        ids = [int(one) for one in asked.ids]
        return shapes.replay(await replays.create_chosen(desk, account_id, ids, **how))
    raise InvalidError("wanted", "or ids is needed, and not both", rule="required")


def _filter(wanted: search.Wanted) -> Filter:
    try:
        return search.filter_of(wanted)
    except InvalidError as error:
        raise InvalidError(f"wanted.{error.field}", error.reason, rule=error.rule) from None


async def list_some(call: Call) -> ShownReplays:
    before = call.cursor()
    found = await replays.list_some(call.desk, call.account_id, before)
    following = str(found[-1].id) if len(found) == replays.SHOWN else None
    return ShownReplays(replays=[shapes.replay(one) for one in found], next=following)


async def find(call: Call) -> shapes.ShownReplay:
    return shapes.replay(await replays.find(call.desk, call.account_id, call.number("replay")))


async def pause(call: Call) -> shapes.ShownReplay:
    return shapes.replay(await replays.pause(call.desk, call.account_id, call.number("replay")))


async def resume(call: Call) -> shapes.ShownReplay:
    return shapes.replay(await replays.resume(call.desk, call.account_id, call.number("replay")))


async def cancel(call: Call) -> shapes.ShownReplay:
    return shapes.replay(await replays.cancel(call.desk, call.account_id, call.number("replay")))


def _verb(name: str, summary: str, act: Any) -> Operation:
    return Operation(
        method="POST",
        path=f"{PATH}/{{replay}}/{name}",
        name=f"{name}Replay",
        summary=summary,
        act=act,
        answer=shapes.ShownReplay,
        refusals=(404, 409),
    )


OPERATIONS = (
    Operation(
        method="POST",
        path="/v1/deliveries/{delivery}/resend",
        name="resendDelivery",
        summary="Send a delivery that has ended once more",
        act=resend,
        answer=Resent,
        refusals=(404, 409),
    ),
    Operation(
        method="POST",
        path=PATH,
        name="createReplay",
        summary="Send all deliveries of a search again, or chosen ones",
        act=create,
        body=NewReplay,
        answer=shapes.ShownReplay,
        refusals=(400, 404, 409),
    ),
    Operation(
        method="GET",
        path=PATH,
        name="listReplays",
        summary="Replays, newest first",
        act=list_some,
        parameters=(
            Parameter(
                name="cursor", text="The page after the one whose next this is", schema={"type": "string"}
            ),
        ),
        answer=ShownReplays,
        refusals=(400,),
    ),
    Operation(
        method="GET",
        path=f"{PATH}/{{replay}}",
        name="getReplay",
        summary="A replay and how far it is",
        act=find,
        answer=shapes.ShownReplay,
        refusals=(404,),
    ),
    _verb("pause", "Make no more repeats for now", pause),
    _verb("resume", "Start, or go on", resume),
    _verb("cancel", "Make no more repeats, ever", cancel),
)
