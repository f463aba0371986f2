"""Trying out a callback template: a sample of an event, sent now, once, under the rules of every callback (design 8)."""

import secrets

import msgspec

from airhook.control import samples
from airhook.control.base import Desk
from airhook.control.templates import owned
from airhook.core.clock import Clock
from airhook.core.errors import InvalidError, NotFoundError
from airhook.core.events import Event, EventType
from airhook.core.ports import EventPlanner, TrialAttempt, TrialSender
from airhook.core.rules import WHOLE_DOMAIN, CallbackRule
from airhook.core.sessions import NodeIdentity
from airhook.core.snapshot import Snapshot
from airhook.core.templates import CONFIGURABLE_TYPES, CallbackTemplate


class Trials:
    """Fulfilled by the parts that plan and send; nothing of a trial is stored."""

    def __init__(self, planner: EventPlanner, sender: TrialSender, clock: Clock, node: NodeIdentity) -> None:
        self._planner = planner
        self._sender = sender
        self._clock = clock
        self._node = node

    async def send(self, desk: Desk, account_id: int, template_id: int, event_type: int) -> TrialAttempt:
        """Send a sample of ``event_type`` to the template's URL for it.

        Raises ``NotFoundError``, or ``InvalidError`` (field ``event_type``) when the template has no URL for it.
        """
        template = await desk.store.transact(lambda tx: owned(tx, account_id, template_id))
        if event_type not in CONFIGURABLE_TYPES or not template.urls.get(event_type):
            raise InvalidError("event_type", "has no URL in this template", rule="required")
        account = desk.config.current.accounts.get(account_id)
        if account is None:
            raise NotFoundError("account", account_id)
        snapshot = self._snapshot(desk, template)
        event = self._event(account_id, account.appid, next(iter(snapshot.rules))[0], EventType(event_type))
        deliveries = self._planner(event, snapshot)
        return await self._sender(deliveries[0], snapshot)

    def _snapshot(self, desk: Desk, template: CallbackTemplate) -> Snapshot:
        """The template bound to one of its domains, or to a made-up one; it hears of every exception here."""
        bound = (
            rule.domain for rule in desk.config.current.rules.values() if rule.template_id == template.id
        )
        domain = next(bound, samples.DOMAIN)
        rule = CallbackRule(
            account_id=template.account_id, domain=domain, app=WHOLE_DOMAIN, template_id=template.id
        )
        hears_all = msgspec.structs.replace(template, record_exception_levels=["error", "warning", "info"])
        return Snapshot(templates={template.id: hears_all}, rules={(domain, WHOLE_DOMAIN): rule})

    def _event(self, account_id: int, appid: int, domain: str, kind: EventType) -> Event:
        now_ms = self._clock.now_ms()
        return Event(
            id=f"airhook-test-{secrets.token_hex(6)}",
            account_id=account_id,
            event_type=kind,
            domain=domain,
            app=samples.APP,
            stream=samples.STREAM,
            session_id=None,
            occurred_ms=now_ms,
            accepted_ms=now_ms,
            config_version=0,
            facts=samples.sample_facts(kind, appid=appid, domain=domain, node=self._node, now_ms=now_ms),
        )
