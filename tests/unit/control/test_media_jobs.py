"""Which recordings run: rules from the start of a push, tasks by their times, and what a break of the push does."""

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from airhook.control import media_jobs
from airhook.control.media_jobs import MediaJobs
from airhook.core.accounts import Account
from airhook.core.media_config import MediaRows
from airhook.core.media_rules import RecordRule
from airhook.core.media_tasks import RecordTask
from airhook.core.push_ports import PushTicket
from airhook.core.record_templates import RecordFormat, RecordParam, RecordTemplate
from airhook.core.sessions import Session, SessionState
from airhook.core.snapshot import ConfigHolder, ConfigRows
from airhook.media.protocol import Input, JobSpec, PullInput, PushInput, RecordSpec, Subject
from support.desk import NOW_MS, SetClock

DOMAIN = "push.example.com"


class FakeWorkers:
    """Remembers what runs."""

    def __init__(self) -> None:
        self.running: dict[str, tuple[Subject, int, RecordSpec, Any]] = {}
        self.begun = 0

    def begin(self, subject: Subject, session_id: int, job: JobSpec, source: Input | None = None) -> str:
        assert isinstance(job, RecordSpec)
        self.begun += 1
        self.running[str(self.begun)] = (subject, session_id, job, source)
        return str(self.begun)

    def attach(self, key: str, source: Input) -> bool:
        if key not in self.running:
            return False
        self.running[key] = (*self.running[key][:3], source)
        return True

    def stop(self, key: str) -> None:
        self.running.pop(key, None)

    def formats(self) -> list[list[str]]:
        return sorted([one.format for one in job.formats] for _, _, job, _ in self.running.values())


class Stage:
    def __init__(self, **continue_s: int) -> None:
        self.clock = SetClock()
        self.config = ConfigHolder()
        self.workers = FakeWorkers()
        self.jobs = MediaJobs(self.config, self.clock)
        self.jobs.workers = self.workers
        self._version = 0
        self.apply(accounts=[Account(id=1, appid=1300000001, name="a", created_ms=1)])

    def apply(self, **rows: Any) -> None:
        self._version += 1
        self.config.apply(ConfigRows(version=self._version, **rows))

    def template(self, template_id: int, *formats: RecordFormat, continue_s: int = 0) -> None:
        params = {form: RecordParam(enabled=True) for form in formats}
        made = RecordTemplate(
            id=template_id, account_id=1, name="t", params=params, hls_continue_s=continue_s
        )
        self.apply(media=MediaRows(record_templates=[made]))

    def bind(self, template_id: int, app: str = "", stream: str = "", *, deleted: bool = False) -> None:
        rule = RecordRule(
            account_id=1, domain=DOMAIN, app=app, stream=stream, template_id=template_id, deleted=deleted
        )
        self.apply(media=MediaRows(record_rules=[rule]))

    def push(
        self,
        session_id: int = 1,
        *,
        epoch: int = 1,
        stream: str = "room1",
        param: str = "",
        source: str = "rtmp",
        pull: str = "",
    ) -> None:
        self.jobs.opened(
            Session(
                id=session_id,
                account_id=1,
                domain=DOMAIN,
                app="live",
                stream=stream,
                stream_param=param,
                user_ip="192.0.2.1",
                node="n",
                source=source,
                state=SessionState.LIVE,
                owner="n",
                epoch=epoch,
                started_ms=NOW_MS,
                last_data_ms=NOW_MS,
                bytes=0,
                width=0,
                height=0,
            ),
            PullInput(url=pull, session_id=session_id, epoch=epoch) if pull else None,
        )

    def gone(self, session_id: int = 1, epoch: int = 1) -> None:
        self.jobs.closed(PushTicket(session_id, epoch))


def task(**changes: Any) -> RecordTask:
    usual = RecordTask(
        id="task1",
        account_id=1,
        domain=DOMAIN,
        app="live",
        stream="room1",
        template_id=0,
        start_ms=NOW_MS + 10_000,
        end_ms=NOW_MS + 60_000,
        updated_ms=NOW_MS,
    )
    return replace(usual, **changes)


def test_the_narrowest_rule_counts_and_tells_the_worker_whose_stream_it_is():
    stage = Stage()
    stage.template(1, RecordFormat.FLV)
    stage.template(2, RecordFormat.MP4)
    stage.bind(1)
    stage.bind(2, stream="room2")
    stage.push(stream="room1", param="a=1")
    stage.push(2, stream="room2")
    assert stage.workers.formats() == [["flv"], ["mp4"]]
    subject, session_id, job, source = stage.workers.running["1"]
    assert (subject.appid, subject.domain, subject.app, subject.stream) == (
        1300000001,
        DOMAIN,
        "live",
        "room1",
    )
    assert subject.stream_param == "a=1"
    assert (session_id, job.template_id, job.api_task_id) == (1, 1, "")
    assert source == PushInput(session_id=1, epoch=1)


def test_of_a_media_server_s_push_there_is_nothing_to_record():
    stage = Stage()
    stage.template(1, RecordFormat.FLV)
    stage.bind(1)
    stage.push(source="7fd117ec")
    assert stage.workers.running == {}


def test_a_rule_counts_from_the_start_of_a_push():
    stage = Stage()
    stage.template(1, RecordFormat.FLV)
    stage.push()
    stage.bind(1)
    stage.jobs.look()
    assert not stage.workers.running, "the push was on before the rule"
    stage.push(2, stream="room2")
    stage.bind(1, deleted=True)
    stage.jobs.look()
    assert stage.workers.formats() == [["flv"]], "and is recorded to its end after it"


def test_a_session_that_reconnects_goes_on_with_its_job():
    stage = Stage()
    stage.template(1, RecordFormat.FLV)
    stage.bind(1)
    stage.push()
    stage.gone()
    stage.push(epoch=2)
    assert stage.workers.begun == 1
    assert stage.workers.running["1"][3] == PushInput(session_id=1, epoch=2)


def test_another_session_gets_files_of_its_own_and_only_a_lasting_hls_goes_on():
    stage = Stage()
    stage.template(1, RecordFormat.FLV, RecordFormat.HLS, continue_s=30)
    stage.bind(1)
    stage.push(param="a=1")
    assert stage.workers.formats() == [["flv"], ["hls"]]
    stage.push(2, param="a=2")
    told = {job.formats[0].format: (subject.stream_param, session) for subject, session, job, _ in stage.workers.running.values()}  # fmt: skip
    assert told == {"flv": ("a=2", 2), "hls": ("a=1", 1)}
    assert all(source == PushInput(session_id=2, epoch=1) for *_, source in stage.workers.running.values())


def test_a_job_that_is_over_is_begun_anew_by_the_next_push():
    stage = Stage()
    stage.template(1, RecordFormat.HLS, continue_s=30)
    stage.bind(1)
    stage.push()
    stage.gone()
    stage.workers.running.clear()
    stage.jobs.over("1")
    stage.push(2)
    assert list(stage.workers.running) == ["2"]


def test_a_task_records_between_its_times_while_the_stream_is_live():
    stage = Stage()
    stage.apply(media=MediaRows(record_tasks=[task()]))
    stage.push()
    stage.jobs.look()
    assert not stage.workers.running
    stage.clock.ms = NOW_MS + 10_000
    stage.jobs.look()
    stage.jobs.look()
    assert stage.workers.formats() == [["hls"]], "without a template, HLS"
    assert stage.workers.running["1"][2].api_task_id == "task1"
    stage.clock.ms = NOW_MS + 60_000
    stage.jobs.look()
    assert not stage.workers.running


def test_a_stopped_task_ends_and_one_whose_stream_is_away_waits_for_it():
    stage = Stage()
    stage.clock.ms = NOW_MS + 20_000
    stage.apply(media=MediaRows(record_tasks=[task()]))
    stage.jobs.look()
    assert not stage.workers.running
    stage.push()
    assert len(stage.workers.running) == 1
    stage.apply(media=MediaRows(record_tasks=[task(stopped_ms=NOW_MS + 20_000)]))
    stage.jobs.look()
    assert not stage.workers.running


def test_while_the_disk_is_full_nothing_runs_and_then_it_goes_on():
    stage = Stage()
    stage.template(1, RecordFormat.FLV)
    stage.bind(1)
    stage.push()
    stage.jobs.hold("the disk is nearly full")
    stage.push(2, stream="room2")
    assert not stage.workers.running
    stage.jobs.over("1")
    stage.jobs.release()
    assert stage.workers.formats() == [["flv"], ["flv"]]


PULL = "rtmp://192.0.2.5/live/room1"


def pulled(stage: Stage) -> None:
    stage.template(1, RecordFormat.FLV)
    stage.bind(1)
    stage.push(source="edge", pull=PULL)


def test_a_pull_that_breaks_is_begun_again_ever_later_by_the_rule_as_it_was():
    stage = Stage()
    pulled(stage)
    stage.bind(1, deleted=True)
    waits = []
    for broken in range(1, 4):
        stage.workers.running.pop(str(broken))
        stage.jobs.over(str(broken))
        waited_s = 0
        while not stage.workers.running:
            waited_s += 1
            stage.clock.ms += 1000
            stage.jobs.look()
        waits.append(waited_s)
    assert waits == [1, 2, 4]
    assert [source.url for *_, source in stage.workers.running.values()] == [PULL]


def test_a_pull_that_lasted_is_begun_again_soon():
    stage = Stage()
    pulled(stage)
    for broken in ("1", "2"):
        stage.clock.ms += 60_000
        stage.workers.running.pop(broken)
        stage.jobs.over(broken)
        stage.clock.ms += 1000
        stage.jobs.look()
    assert list(stage.workers.running) == ["3"]


@pytest.mark.parametrize(("url", "seconds"), [(PULL, 1), ("http://192.0.2.5/live/room1.m3u8?k=1", 20)])
def test_a_pull_ends_after_its_push(url, seconds):
    stage = Stage()
    stage.template(1, RecordFormat.FLV)
    stage.bind(1)
    stage.push(source="edge", pull=url)
    stage.gone()
    stage.clock.ms += seconds * 1000 - 1
    stage.jobs.look()
    assert stage.workers.running
    stage.clock.ms += 1
    stage.jobs.look()
    assert not stage.workers.running


def test_what_ends_after_its_push_is_not_begun_again():
    stage = Stage()
    pulled(stage)
    stage.gone()
    stage.workers.running.clear()
    stage.jobs.over("1")
    stage.clock.ms += 60_000
    stage.jobs.look()
    assert stage.workers.begun == 1


def test_a_push_that_comes_back_in_time_keeps_its_pull_until_it_is_gone_again():
    stage = Stage()
    pulled(stage)
    stage.gone()
    stage.push(epoch=2, source="edge", pull=PULL)
    stage.clock.ms += 60_000
    stage.jobs.look()
    [(*_, source)] = stage.workers.running.values()
    assert source.epoch == 2


def test_nobody_looks_at_the_tasks_while_no_stream_is_live(monkeypatch):
    monkeypatch.setattr(media_jobs, "LOOK_S", 0)

    async def scenario() -> None:
        stage, looks = Stage(), 0

        def look() -> None:
            nonlocal looks
            looks += 1

        async def turns() -> int:
            before = looks
            for _ in range(20):
                await asyncio.sleep(0)
            return looks - before

        monkeypatch.setattr(stage.jobs, "look", look)
        running = asyncio.create_task(stage.jobs.run())
        assert await turns() == 0
        stage.push()
        assert await turns() > 5
        stage.gone()
        await turns()
        assert await turns() == 0
        running.cancel()

    asyncio.run(scenario())
