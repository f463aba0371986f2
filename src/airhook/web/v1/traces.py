"""``/v1/deliveries/{id}`` and what it comes from: attempts, events, pushes."""

from airhook.control import trace, trace_shapes
from airhook.web.v1.deliveries import PATH
from airhook.web.v1.operations import Call, Operation


async def delivery(call: Call) -> trace_shapes.ShownDeliveryTrace:
    return trace_shapes.delivery(
        await trace.delivery(
            call.desk.store, call.desk.config.current, call.account_id, call.number("delivery")
        )
    )


async def attempt(call: Call) -> trace_shapes.ShownAttemptTrace:
    return trace_shapes.attempt(
        await trace.attempt(
            call.desk.store,
            call.desk.config.current,
            call.account_id,
            call.number("delivery"),
            call.number("attempt"),
        )
    )


async def event(call: Call) -> trace_shapes.ShownEventTrace:
    return trace_shapes.event(await trace.event(call.desk.store, call.account_id, call.path["event"]))


async def session(call: Call) -> trace_shapes.ShownSessionTrace:
    return trace_shapes.session(await trace.session(call.desk.store, call.account_id, call.number("session")))


OPERATIONS = (
    Operation(
        method="GET",
        path=f"{PATH}/{{delivery}}",
        name="traceDelivery",
        summary="One delivery: what it comes from, why it is as it is, and every attempt",
        act=delivery,
        answer=trace_shapes.ShownDeliveryTrace,
        refusals=(404,),
    ),
    Operation(
        method="GET",
        path=f"{PATH}/{{delivery}}/attempts/{{attempt}}",
        name="traceAttempt",
        summary="One attempt: the exact request, the answer, and timings",
        act=attempt,
        answer=trace_shapes.ShownAttemptTrace,
        refusals=(404,),
    ),
    Operation(
        method="GET",
        path="/v1/events/{event:path}",
        name="traceEvent",
        summary="One event with its push and its deliveries",
        act=event,
        answer=trace_shapes.ShownEventTrace,
        refusals=(404,),
    ),
    Operation(
        method="GET",
        path="/v1/sessions/{session}",
        name="traceSession",
        summary="One push with its events and their deliveries",
        act=session,
        answer=trace_shapes.ShownSessionTrace,
        refusals=(404,),
    ),
)
