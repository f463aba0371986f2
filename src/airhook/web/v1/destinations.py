"""``/v1/destinations``: how receivers are doing, and orders to pause them or to limit their rate."""

import msgspec

from airhook.control import config_shapes, destinations
from airhook.control.config_shapes import ShownDestination
from airhook.core.errors import InvalidError
from airhook.web.v1.operations import Call, Operation

PATH = "/v1/destinations"


class DestinationList(msgspec.Struct, frozen=True, kw_only=True):
    destinations: list[ShownDestination]


class DestinationOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of ``url`` only scheme, host and port matter. What is absent stays; a ``rate_limit`` of null ends the limit."""

    url: str
    paused: bool | msgspec.UnsetType = msgspec.UNSET
    rate_limit: float | msgspec.UnsetType | None = msgspec.UNSET  # requests a second


async def list_all(call: Call) -> DestinationList:
    found = await destinations.list_all(call.desk, call.account_id)
    return DestinationList(destinations=[config_shapes.destination(one) for one in found])


async def order(call: Call) -> ShownDestination:
    asked: DestinationOrder = call.read(DestinationOrder)
    row = None
    if asked.rate_limit is not msgspec.UNSET:
        row = await destinations.limit(call.desk, call.account_id, asked.url, asked.rate_limit)
    if asked.paused is not msgspec.UNSET:
        switch = destinations.pause if asked.paused else destinations.resume
        row = await switch(call.desk, call.account_id, asked.url)
    if row is None:
        raise InvalidError("paused", "or rate_limit must be given", rule="required")
    return config_shapes.destination(row)


OPERATIONS = (
    Operation(
        method="GET",
        path=PATH,
        name="listDestinations",
        summary="Who receives callbacks, and how they are doing",
        act=list_all,
        answer=DestinationList,
    ),
    Operation(
        method="PATCH",
        path=PATH,
        name="orderDestination",
        summary="Pause a destination, resume it, or limit its rate",
        act=order,
        body=DestinationOrder,
        answer=ShownDestination,
        refusals=(400,),
    ),
)
