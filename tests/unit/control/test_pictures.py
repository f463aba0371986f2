"""From a picture in the spool to its events: stored first, told once, judged by the template's thresholds."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from airhook.control.picture_jobs import PictureWants
from airhook.control.pictures import Pictures
from airhook.core.errors import UnavailableError
from airhook.core.events import EventType
from airhook.core.facts.picture import ImageAudit, Screenshot
from airhook.core.media_config import MediaConfig
from airhook.core.media_rules import RuleKey, SnapshotRule
from airhook.core.media_tasks import ScreenshotTask
from airhook.core.snapshot import Snapshot
from airhook.core.snapshot_templates import AuditOptions, SnapshotTemplate
from airhook.core.streams import StreamKey
from airhook.media.detector.service import OwnVerdict, ServiceError
from airhook.media.detector.verdict import Scores
from airhook.media.protocol import AuditSpec, PictureReport, SnapshotSpec, Subject, Task
from airhook.media.store.base import StoreError
from support.media_store import local_store

SUBJECT = Subject(account_id=7, appid=1300000001, domain="push.example.com", app="live", stream="room1001")
KEY = StreamKey(7, "push.example.com", "live", "room1001")


class Events:
    """What was accepted, and whether anybody is to be called."""

    def __init__(self) -> None:
        self.accepted: list[tuple[EventType, Any, bool]] = []
        self.fail_at: int | None = None

    async def accept(
        self,
        task: Any,
        event_type: EventType,
        fact_id: str,
        occurred_ms: int,
        facts: Any,
        *,
        send: bool = True,
    ) -> None:
        if self.fail_at == len(self.accepted):
            self.fail_at = None
            raise UnavailableError("The database takes nothing.")
        assert (fact_id, occurred_ms) == ("42", 1000)
        self.accepted.append((event_type, facts, send))


class Judge:
    def __init__(self, answer: Scores | OwnVerdict | ServiceError) -> None:
        self.answer = answer

    async def judge(self, jpeg: bytes, subject: Subject) -> Scores | OwnVerdict:
        assert (jpeg, subject) == (b"picture", SUBJECT)
        if isinstance(self.answer, ServiceError):
            raise self.answer
        return self.answer


class Desk:
    def __init__(self, folder: Path, judge: Judge | None = None) -> None:
        self.events = Events()
        self.store = local_store(folder / "media")
        given: Any = self.events
        self.pictures = Pictures(self.store, given, {"http": judge} if judge else {})
        self.file = folder / "1.jpg"
        self.file.write_bytes(b"picture")

    def handle(self, audit: AuditSpec | None = None, nsfw: float | None = None) -> None:
        task = Task(id="1", subject=SUBJECT, session_id=5, job=SnapshotSpec(audit=audit))
        report = PictureReport(id="42", path="1.jpg", at_ms=1000, width=640, height=360, bytes=7, nsfw=nsfw)
        asyncio.run(self.pictures.handle(task, report, self.file.parent))

    @property
    def audit(self) -> tuple[ImageAudit, bool]:
        (_, (kind, facts, send)) = self.events.accepted
        assert kind is EventType.IMAGE_AUDIT
        assert isinstance(facts, ImageAudit)
        return facts, send


def test_a_picture_is_readable_when_it_is_told_of_and_leaves_the_spool(tmp_path):
    desk = Desk(tmp_path)
    desk.handle()
    ((kind, facts, send),) = desk.events.accepted
    assert (kind, send) == (EventType.SCREENSHOT, True)
    assert isinstance(facts, Screenshot)
    (item,) = desk.store.items()
    assert facts.pic_url == f"/{item.key.path}"
    assert facts.pic_full_url.endswith(facts.pic_url)
    assert (item.bytes, facts.file_size) == (7, 7)
    assert not desk.file.exists()


def test_a_picture_that_cannot_be_stored_is_told_of_to_nobody(tmp_path):
    desk = Desk(tmp_path)
    (tmp_path / "media").write_bytes(b"no folder")
    with pytest.raises(StoreError):
        desk.handle()
    assert desk.events.accepted == []
    assert desk.file.exists()


def test_a_repeat_after_a_failed_commit_tells_the_rest(tmp_path):
    desk = Desk(tmp_path)
    desk.events.fail_at = 1
    with pytest.raises(UnavailableError):
        desk.handle(AuditSpec(), nsfw=0.9)
    desk.handle(AuditSpec(), nsfw=0.9)
    kinds = [int(kind) for kind, _, _ in desk.events.accepted]
    assert kinds == [200, 200, 317]  # the second 200 has the same id, and is accepted once
    desk.handle(AuditSpec(), nsfw=0.9)  # a crash before the note was removed
    assert len(desk.events.accepted) == 3


@pytest.mark.parametrize(
    ("nsfw", "spec", "suggestion", "label", "send"),
    [
        (0.95, AuditSpec(), "Block", "Porn", True),
        (0.82, AuditSpec(), "Review", "Porn", True),
        (0.5, AuditSpec(), "Review", "Sexy", True),
        (0.1, AuditSpec(), "Pass", "Normal", False),
        (0.1, AuditSpec(send_pass=True), "Pass", "Normal", True),
        (0.7, AuditSpec(block=40), "Block", "Porn", True),
        (0.95, AuditSpec(block=101, review=101), "Pass", "Normal", False),
    ],
)
def test_thresholds_decide_and_harmless_results_are_kept_but_not_sent(
    tmp_path, nsfw, spec, suggestion, label, send
):
    desk = Desk(tmp_path)
    desk.handle(spec, nsfw)
    facts, sent = desk.audit
    assert (facts.suggestion, facts.label, sent) == (suggestion, label, send)
    assert facts.img == desk.events.accepted[0][1].pic_full_url


def test_a_picture_that_the_built_in_detector_did_not_judge_has_no_audit(tmp_path):
    desk = Desk(tmp_path)
    desk.handle(AuditSpec(), nsfw=None)
    assert [int(kind) for kind, _, _ in desk.events.accepted] == [200]


def test_a_company_s_service_is_judged_by_our_thresholds_or_by_its_own_words(tmp_path):
    desk = Desk(tmp_path, Judge(Scores(normal=0, hot=10, porn=90)))
    desk.handle(AuditSpec(detector="http"))
    assert desk.audit[0].suggestion == "Block"
    own = OwnVerdict(suggestion="Review", label="Ad", score=[81], sub_label="Contact", ocr_msg="add me")
    (tmp_path / "second").mkdir()
    desk = Desk(tmp_path / "second", Judge(own))
    desk.handle(AuditSpec(detector="http"))
    facts, sent = desk.audit
    assert (facts.label, facts.sub_label, facts.ocr_msg, facts.score, sent) == (
        "Ad",
        "Contact",
        "add me",
        [81],
        True,
    )


def test_a_service_that_fails_costs_the_audit_and_not_the_picture(tmp_path, caplog):
    desk = Desk(tmp_path, Judge(ServiceError("the detector answered with status 500")))
    desk.handle(AuditSpec(detector="http"))
    assert [int(kind) for kind, _, _ in desk.events.accepted] == [200]
    assert "status 500" in caplog.text
    assert not desk.file.exists()


# --- which pictures are wanted ---


def snapshot(options: AuditOptions | None = None, **media: Any) -> Snapshot:
    template = SnapshotTemplate(
        id=1001, account_id=7, name="shots", interval_s=5, width=320, audit=True,
        audit_options=options or AuditOptions(),
    )  # fmt: skip
    return Snapshot(media=MediaConfig(snapshot_templates={1001: template}, **media))


def test_the_rule_of_a_stream_says_how_its_pictures_are_taken():
    rule = SnapshotRule(account_id=7, domain="push.example.com", app="", stream="", template_id=1001)
    usual, own = AuditSpec(), AuditSpec(block=30)
    ruled = snapshot(snapshot_rules={RuleKey("push.example.com", "", ""): rule})
    spec = SnapshotSpec(every_s=5.0, width=320, template_id=1001, audit=usual)
    assert PictureWants(usual, {}).by_rule(ruled, KEY) == {"snapshot": spec}
    assert PictureWants(usual, {1001: own}).by_rule(ruled, KEY)["snapshot"].audit == own  # type: ignore[union-attr]
    assert PictureWants(usual, {}).by_rule(snapshot(), KEY) == {}


def test_what_a_template_says_of_its_audit_counts_before_the_settings():
    rule = SnapshotRule(account_id=7, domain="push.example.com", app="", stream="", template_id=1001)
    ruled = snapshot(
        AuditOptions(block=70, send_pass=True), snapshot_rules={RuleKey("push.example.com", "", ""): rule}
    )
    wants = PictureWants(AuditSpec(), {1001: AuditSpec(detector="http", block=30, review=20)})
    audit = wants.by_rule(ruled, KEY)["snapshot"].audit  # type: ignore[union-attr]
    assert audit == AuditSpec(detector="http", block=70, review=20, send_pass=True)


def test_tasks_take_pictures_between_their_times_unless_their_template_is_gone():
    def task(task_id: str, template_id: int) -> ScreenshotTask:
        return ScreenshotTask(
            id=task_id, account_id=7, domain="push.example.com", app="live", stream="room1001",
            template_id=template_id, start_ms=1000, end_ms=2000,
        )  # fmt: skip

    planned = snapshot(screenshot_tasks={KEY: (task("t1", 1001), task("t2", 9999))})
    wants = PictureWants(AuditSpec(), {})
    assert list(wants.by_tasks(planned, KEY, 1500)) == ["snapshot:t1"]
    assert wants.by_tasks(planned, KEY, 500) == {}
    assert wants.by_tasks(planned, KEY, 2000) == {}
