"""``airhook trace``: where a callback comes from and what came of it, by any id on its way."""

import contextlib
from collections.abc import Iterator
from typing import Any

import click
import msgspec

from airhook.cli.common import act, as_json, settings_option, show
from airhook.cli.shape import Command
from airhook.config import Settings
from airhook.control import trace as traces
from airhook.control import trace_shapes
from airhook.control.base import Desk
from airhook.control.hook_shapes import ShownHook
from airhook.control.shapes import ShownAttempt, ShownDelivery
from airhook.control.trace_shapes import (
    ShownAttemptTrace,
    ShownDeliveryTrace,
    ShownEvent,
    ShownEventTrace,
    ShownHold,
    ShownPlan,
    ShownSession,
    ShownSessionTrace,
)
from airhook.core.errors import NotFoundError
from airhook.observe.times import iso_ms
from airhook.tools.terminal import clean

Shown = ShownDeliveryTrace | ShownEventTrace | ShownSessionTrace

_ENDED_BY = {
    "settled": "which ended then",
    "held_long_enough": "which had not ended; it was held long enough",
}
_STEPS = ("dns", "connect", "tls", "first_byte", "total")


@click.command(
    cls=Command,
    examples=[
        "airhook trace 7315508846120937714",
        "airhook trace 7315508846120937714 --attempt 2",
        "airhook trace order-42-recorded --json",
    ],
)
@click.argument("some_id", metavar="ID")
@click.option(
    "--attempt",
    "n",
    type=click.IntRange(1),
    metavar="N",
    help="The N-th attempt of the delivery ID: its exact request and its answer.",
)
@as_json
@settings_option
def trace(settings: Settings, *, some_id: str, n: int | None, as_json: bool) -> None:
    """Show where a callback comes from and what came of it.

    ID is that of a delivery, of an event, or of a push (the sequence of its callbacks).
    """
    if n is None:
        found = act(settings, lambda desk, account: _find(desk, account, some_id))
        show(found, "\n".join(map(clean, _lines(found))), as_json=as_json)
        return
    made = act(settings, lambda desk, account: _attempt(desk, account, some_id, n))
    show(made, "\n".join(map(clean, _exact(made))), as_json=as_json)


async def _find(desk: Desk, account_id: int, some_id: str) -> Shown:
    """Raises ``NotFoundError``."""
    await desk.refresh()
    number = _number(some_id)
    if number is not None:
        with contextlib.suppress(NotFoundError):
            found = await traces.delivery(desk.store, desk.config.current, account_id, number)
            return trace_shapes.delivery(found)
        with contextlib.suppress(NotFoundError):
            return trace_shapes.session(await traces.session(desk.store, account_id, number))
    try:
        return trace_shapes.event(await traces.event(desk.store, account_id, some_id))
    except NotFoundError:
        raise NotFoundError("a delivery, an event or a push with the id", some_id) from None


async def _attempt(desk: Desk, account_id: int, some_id: str, n: int) -> ShownAttemptTrace:
    await desk.refresh()
    number = _number(some_id)
    if number is None:
        raise NotFoundError("delivery", some_id)
    return trace_shapes.attempt(await traces.attempt(desk.store, desk.config.current, account_id, number, n))


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 and int(text) < 2**63 else None


def _lines(found: Shown) -> Iterator[str]:
    if found.session is not None:
        yield from _push(found.session)
    if isinstance(found, ShownSessionTrace):
        yield from map(_hook, found.hooks)
        for part in found.events:
            yield from _event(part.event)
            yield from (f"  {line}" for one in part.deliveries for line in _delivery(one))
        return
    if found.event is not None:
        yield from _event(found.event)
    if isinstance(found, ShownEventTrace):
        yield from (line for one in found.deliveries for line in _delivery(one))
        return
    yield from _delivery(found.delivery)
    yield from (f"  {line}" for line in _why(found))
    yield from (f"  {_tried(one)}" for one in found.attempts)
    yield from (f"  sent again as delivery {one.id}: {_became(one)}" for one in found.repeats)


def _push(one: ShownSession) -> Iterator[str]:
    yield f"Push {one.id} of {one.domain}/{one.app}/{one.stream} from {one.user_ip}, by {one.source}: {one.state}"
    ended = "" if one.ended_at is None else f", ended {iso_ms(one.ended_at)}"
    yield f"  started {iso_ms(one.started_at)}{ended}, {one.bytes:,} bytes, {one.connections} connections"
    if one.errcode is not None:
        yield f"  errcode {one.errcode}: {one.errmsg}"


def _hook(one: ShownHook) -> str:
    times = f" {one.count} times, last" if one.count > 1 else ""
    detail = f" ({one.detail})" if one.detail else ""
    sender = f" from {one.remote}" if one.remote else ""
    return f"  hook {one.hook}{times} {iso_ms(one.last_at)}{sender}: {one.outcome}{detail}"


def _event(one: ShownEvent) -> Iterator[str]:
    yield f"Event {one.id} (type {one.event_type}) of {one.domain}/{one.app}/{one.stream}, {one.origin}"
    yield f"  happened {iso_ms(one.occurred_at)}, accepted {iso_ms(one.accepted_at)}"
    if one.inferred is not None:
        yield f"  concluded from {one.inferred.source.replace('_', ' ')}: {one.inferred.detail}"


def _delivery(one: ShownDelivery) -> Iterator[str]:
    yield f"Delivery {one.id} to {one.url}: {_became(one)}"


def _became(one: ShownDelivery) -> str:
    reason = f" ({one.reason})" if one.reason else ""
    due = "" if one.due_at is None else f", due {iso_ms(one.due_at)}"
    return f"{one.state}{reason} after {one.attempts} {'attempt' if one.attempts == 1 else 'attempts'}{due}"


def _why(found: ShownDeliveryTrace) -> Iterator[str]:
    yield _planned(found.plan)
    if found.held is not None:
        yield _held(found.held)


def _planned(plan: ShownPlan) -> str:
    version = "" if plan.config_version is None else f"by configuration {plan.config_version}, "
    if not plan.template_id:
        return f"planned {version}to the URL of its task"
    name = f" {plan.template_name}" if plan.template_name else ""
    rule = f", rule {plan.rule['domain']}/{plan.rule['app'] or '*'}" if plan.rule else ""
    changed = " (deleted)" if plan.template_deleted else " (changed since)" if plan.template_changed else ""
    return f"planned {version}template {plan.template_id}{name}{changed}{rule}"


def _held(hold: ShownHold) -> str:
    behind = f"held since {iso_ms(hold.since)} behind delivery {hold.behind}"
    if hold.until is None:
        return f"{behind}, until that ends, or {iso_ms(hold.latest)}"
    return f"{behind} until {iso_ms(hold.until)}, {_ENDED_BY[hold.ended_by or 'settled']}"


def _tried(one: ShownAttempt) -> str:
    came = f"{one.status or 'no answer'}" + (f" {one.error}: {one.error_detail}" if one.error else "")
    times = msgspec.to_builtins(one.timings)
    steps = (f"{name} {times[f'{name}_ms']:g}" for name in _STEPS if times[f"{name}_ms"] is not None)
    return f"#{one.n} {iso_ms(one.started_at)} {came} (ms: {', '.join(steps)})"


def _exact(made: ShownAttemptTrace) -> Iterator[str]:
    yield f"Delivery {made.delivery.id} to {made.delivery.url}"
    yield _tried(made.attempt)
    yield ""
    yield from _request(made)
    if made.answer is not None:
        yield from ("", f"HTTP/1.1 {made.answer.status}")
        yield from _message(made.answer.headers, made.answer.body)


def _request(made: ShownAttemptTrace) -> Iterator[str]:
    sent = made.request
    if sent is None:
        why = made.request_lost.detail if made.request_lost else "No request can be sent to this URL."
        yield f"The request cannot be shown: {why}"
        return
    yield f"{sent.method} {sent.target} HTTP/1.1"
    yield from _message(sent.headers, sent.body)
    yield from (
        "",
        f"signature: {_verdict(sent.signature)}; of Standard Webhooks: {_verdict(sent.webhook_signature)}",
    )
    if not sent.headers_exact:
        yield "The template adds other headers now than it did then; those of then are not known."


def _verdict(found: str | None) -> str:
    return found or "none"


def _message(headers: Any, body: str) -> Iterator[str]:
    yield from (f"{name}: {value}" for name, value in headers)
    yield ""
    yield from body.splitlines()
