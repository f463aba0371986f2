"""The configuration in memory: one immutable, versioned value that is swapped whole (design D13)."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from airhook.core.accounts import Account
from airhook.core.clock import Clock
from airhook.core.destinations import DestinationKey, DestinationRow, Order
from airhook.core.domains import Domain
from airhook.core.late_rules import LateRules
from airhook.core.media_config import MediaConfig, MediaRows
from airhook.core.media_tasks import RecordTask, ScreenshotTask, TaskState
from airhook.core.record_templates import RecordTemplate, usual_template
from airhook.core.rules import WHOLE_DOMAIN, CallbackRule
from airhook.core.snapshot_templates import SnapshotTemplate
from airhook.core.sources import Source
from airhook.core.stream_orders import StreamOrder
from airhook.core.streams import StreamKey
from airhook.core.templates import CallbackTemplate


class ConfigRows(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that changed after some version; deleted ones are in the ``dead`` lists."""

    version: int
    accounts: list[Account] = msgspec.field(default_factory=list)
    domains: list[Domain] = msgspec.field(default_factory=list)
    dead_domains: list[str] = msgspec.field(default_factory=list)
    templates: list[CallbackTemplate] = msgspec.field(default_factory=list)
    dead_templates: list[int] = msgspec.field(default_factory=list)
    rules: list[CallbackRule] = msgspec.field(default_factory=list)  # deleted ones carry ``deleted``
    destinations: list[DestinationRow] = msgspec.field(default_factory=list)  # whose orders changed
    stream_orders: list[StreamOrder] = msgspec.field(default_factory=list)
    sources: list[Source] = msgspec.field(default_factory=list)  # deleted ones carry ``deleted``
    media: MediaRows = MediaRows()


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    version: int = 0
    accounts: Mapping[int, Account] = MappingProxyType({})
    domains: Mapping[str, Domain] = MappingProxyType({})
    templates: Mapping[int, CallbackTemplate] = MappingProxyType(
        {}
    )  # deleted ones too, while deliveries need them
    rules: Mapping[tuple[str, str], CallbackRule] = MappingProxyType({})
    orders: Mapping[DestinationKey, Order] = MappingProxyType({})  # the same object until one changes
    stream_orders: Mapping[StreamKey, StreamOrder] = MappingProxyType({})  # likewise
    sources: Mapping[str, Source] = MappingProxyType({})  # the same object until one changes
    media: MediaConfig = MediaConfig()

    def template_for(self, domain: str, app: str) -> CallbackTemplate | None:
        """The template that serves a stream: the exact app's rule first, then the whole domain's."""
        rule = self.rules.get((domain, app)) or self.rules.get((domain, WHOLE_DOMAIN))
        template = self.templates.get(rule.template_id) if rule else None
        return template if template and not template.deleted else None

    def record_rule_for(self, domain: str, app: str, stream: str) -> RecordTemplate | None:
        """The template by which a stream is recorded; None: it is not."""
        return self.media.record_template_for(domain, app, stream)

    def snapshot_rule_for(self, domain: str, app: str, stream: str) -> SnapshotTemplate | None:
        """The template by which pictures are taken of a stream; None: none are."""
        return self.media.snapshot_template_for(domain, app, stream)

    def record_tasks_for(self, key: StreamKey, now_ms: int) -> list[RecordTask]:
        """The tasks that record a stream now."""
        return [t for t in self.media.record_tasks.get(key, ()) if t.state(now_ms) is TaskState.RUNNING]

    def screenshot_tasks_for(self, key: StreamKey, now_ms: int) -> list[ScreenshotTask]:
        """The tasks that take pictures of a stream now."""
        return [t for t in self.media.screenshot_tasks.get(key, ()) if t.state(now_ms) is TaskState.RUNNING]

    def record_template_of(self, task: RecordTask) -> RecordTemplate:
        """What a task records: without a template of the account, HLS that is kept for ever."""
        template = self.media.record_templates.get(task.template_id)
        mine = template is not None and template.account_id == task.account_id
        return template if template and mine else usual_template(task.account_id)

    def screenshot_template_of(self, task: ScreenshotTask) -> SnapshotTemplate | None:
        """How a task takes pictures; None: its template is not one of the account, so it takes none."""
        template = self.media.snapshot_templates.get(task.template_id)
        return template if template and template.account_id == task.account_id else None

    def forbids(self, key: StreamKey, now_ms: int) -> bool:
        """Whether nobody may push this stream now."""
        order = self.stream_orders.get(key)
        return order is not None and order.forbidden_until_ms > now_ms

    def apply(self, rows: ConfigRows) -> "Snapshot":
        """A new snapshot with the changed rows in place; this one stays as it is."""
        if rows.version <= self.version:
            return self
        accounts = {**self.accounts, **{row.id: row for row in rows.accounts}}
        domains = {**self.domains, **{row.name: row for row in rows.domains}}
        for name in rows.dead_domains:
            domains.pop(name, None)
        templates = {**self.templates, **{row.id: row for row in rows.templates}}
        for template_id in rows.dead_templates:
            templates.pop(template_id, None)
        rules = dict(self.rules)
        for rule in rows.rules:
            if rule.deleted:
                rules.pop((rule.domain, rule.app), None)
            else:
                rules[rule.domain, rule.app] = rule
        return Snapshot(
            version=rows.version,
            accounts=accounts,
            domains=domains,
            templates=templates,
            rules=rules,
            orders=self._orders(rows.destinations),
            stream_orders=self._stream_orders(rows.stream_orders),
            sources=self._sources(rows.sources),
            media=self.media.apply(rows.media),
        )

    def _orders(self, changed: list[DestinationRow]) -> Mapping[DestinationKey, Order]:
        if not changed:
            return self.orders
        orders = {**self.orders, **{row.key: row.order for row in changed}}
        return {key: order for key, order in orders.items() if order}

    def _sources(self, changed: list[Source]) -> Mapping[str, Source]:
        if not changed:
            return self.sources
        sources = {**self.sources, **{row.id: row for row in changed}}
        return {key: source for key, source in sources.items() if not source.deleted}

    def _stream_orders(self, changed: list[StreamOrder]) -> Mapping[StreamKey, StreamOrder]:
        if not changed:
            return self.stream_orders
        now_ms = max(order.updated_ms for order in changed)
        orders = {**self.stream_orders, **{order.key: order for order in changed}}
        return {key: order for key, order in orders.items() if not order.is_over(now_ms)}


class ConfigHolder:
    """Where everyone finds the current snapshot. Reading is one attribute; swapping is one assignment."""

    def __init__(self, snapshot: Snapshot | None = None) -> None:
        self.current = snapshot or Snapshot()
        self.on_swap: list[Callable[[Snapshot], None]] = []
        self._late: LateRules | None = None

    @property
    def acting(self) -> Snapshot:
        """The current one, by whose callback rules and templates events are planned now; they may be late."""
        return self._late.acting(self.current) if self._late else self.current

    def delay_rules(self, seconds: float, clock: Clock) -> None:
        """Let what changes from now on about callback rules and templates act so much later."""
        self._late = LateRules(seconds, clock) if seconds else None

    def apply(self, rows: ConfigRows) -> None:
        swapped = self.current.apply(rows)
        if swapped is not self.current:
            if self._late:
                self._late.leaving(self.current)
            self.current = swapped
            for told in self.on_swap:
                told(swapped)
