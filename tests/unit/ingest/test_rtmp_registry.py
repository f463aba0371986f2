"""Cuts that come before their push is known, and those that come after it is gone."""

from types import SimpleNamespace

from airhook.core.push_ports import PushTicket
from airhook.core.reasons import REPLACED
from airhook.ingest import registry as registries
from airhook.ingest.limits import IngestLimits
from airhook.ingest.registry import Registry


def push(session_id, epoch=1):
    return SimpleNamespace(ticket=PushTicket(session_id, epoch), cut=lambda reason: None)


def test_a_cut_that_comes_before_its_push_waits_for_it():
    registry = Registry(IngestLimits())
    with registry.admission():
        registry.cut(PushTicket(1, 1), REPLACED)
        assert registry.add(push(1)) == REPLACED
    with registry.admission():
        assert registry.add(push(2)) is None


def test_a_cut_of_a_push_that_is_gone_is_not_kept():
    registry = Registry(IngestLimits())
    registry.add(push(1))
    registry.remove(push(1))
    with registry.admission():
        registry.cut(PushTicket(1, 1), REPLACED)
        assert not registry._early_cuts
        registry.cut(PushTicket(1, 2), REPLACED)  # the same session, taken over by whoever is being admitted
        assert registry.add(push(1, epoch=2)) == REPLACED


def test_while_admissions_never_pause_little_is_kept(monkeypatch):
    monkeypatch.setattr(registries, "REMEMBERED", 3)
    registry = Registry(IngestLimits())
    with registry.admission():
        for n in range(10):
            registry.add(push(n))
            registry.remove(push(n))
            registry.cut(PushTicket(100 + n, 1), REPLACED)
        assert len(registry._gone) == len(registry._early_cuts) == 3
        assert registry.add(push(109)) == REPLACED
