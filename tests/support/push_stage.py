"""Sessions over a desk on the real store, a source of streams that a test steers, and every body that was planned."""

import json
from typing import Any

from airhook.control import domains, rules, templates
from airhook.control.domains import DomainChange
from airhook.control.sessions import Sessions
from airhook.core.push_ports import PushActivity, PushTicket
from airhook.core.reasons import Reason
from airhook.core.sessions import NewPush, NodeIdentity
from airhook.delivery.plan import Planner
from airhook.dialects import css
from support.desk import TestDesk, add_account, wait

DOMAIN = "push.example.com"
ACCOUNT = 7


class Source:
    """A source of streams whose connections carry what a test says."""

    def __init__(self) -> None:
        self.live: dict[PushTicket, PushActivity] = {}
        self.cuts: list[tuple[PushTicket, Reason]] = []

    def activity(self) -> dict[PushTicket, PushActivity]:
        return dict(self.live)

    def cut(self, ticket: PushTicket, reason: Reason) -> None:
        self.cuts.append((ticket, reason))
        self.live.pop(ticket, None)


class Stage:
    """The sessions over a desk, one source, and every body that was planned."""

    def __init__(self, desk: TestDesk) -> None:
        self.desk = desk
        self.source = Source()
        self.bodies: list[dict[str, Any]] = []
        desk.store.on_accepted(lambda deliveries: self.bodies.extend(json.loads(d.body) for d in deliveries))
        self.restart()

    def restart(self) -> None:
        """As after a crash: nothing is left in memory."""
        node = NodeIdentity(id="n1", ip="198.51.100.17", set_id=2, idc_id=21)
        planner = Planner(self.desk.ids, css.render)
        self.sessions = Sessions(
            self.desk.store, self.desk.config, planner, node, self.desk.clock, self.desk.ids
        )
        self.gate = self.sessions.gate("rtmp")
        self.gate.attach(self.source)
        self.source.live.clear()

    def admit(
        self, params: str = "a=1", stream: str = "room1001", domain: str = DOMAIN, app: str = "live"
    ) -> Any:
        push = NewPush(domain=domain, app=app, stream=stream, stream_param=params, user_ip="203.0.113.25")
        answer = wait(self.gate.admit(push))
        if isinstance(answer, PushTicket):
            self.source.live[answer] = PushActivity(last_data_ms=self.desk.clock.now_ms(), bytes=0)
        return answer

    def push(self, params: str = "a=1", **who: str) -> Any:
        """Admitted and announced, with data."""
        ticket = self.admit(params, **who)
        wait(self.sessions.announce(ticket, 1280, 720))
        self.carry(ticket, 1000)
        return ticket

    def carry(self, ticket: PushTicket, size: int) -> None:
        before = self.source.live[ticket].bytes
        self.source.live[ticket] = PushActivity(last_data_ms=self.desk.clock.now_ms(), bytes=before + size)

    def end(self, ticket: PushTicket, reason: Reason) -> None:
        wait(self.sessions.end(ticket, reason, self.source.live.pop(ticket)))

    def later(self, seconds: float) -> None:
        self.desk.clock.ms += round(seconds * 1000)

    def close_due(self) -> None:
        wait(self.sessions.close_due())

    def said(self) -> list[tuple[int, int]]:
        return [(body["event_type"], body["errcode"]) for body in self.bodies]

    def session(self, ticket: PushTicket) -> Any:
        return wait(self.desk.store.transact(lambda tx: tx.session(ticket.session_id)))


def set_stage(desk: TestDesk) -> Stage:
    """An account with a domain, a template for start and stop, and a rule that binds them."""
    add_account(desk, ACCOUNT)
    wait(domains.add(desk, ACCOUNT, DOMAIN))
    wait(domains.change(desk, ACCOUNT, DOMAIN, DomainChange(auth_enabled=False)))
    urls = {0: "http://hooks.example.com/end", 1: "http://hooks.example.com/begin"}
    template = wait(templates.create(desk, ACCOUNT, templates.TemplateForm(name="hooks", urls=urls)))
    wait(rules.bind(desk, ACCOUNT, DOMAIN, "live", template.id))
    return Stage(desk)
