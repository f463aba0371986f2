"""``airhook bench media``: what a push costs, and what each media job on it adds (promise P10).

Every case is a server of its own with as many pushes of one clip, in real time, from another process. Counted is the
processor time of the server with its workers, as percent of a core and push.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

import msgspec

from airhook.core.clock import SystemClock
from airhook.core.domains import Domain
from airhook.core.errors import AirhookError
from airhook.core.media_rules import RecordRule, SnapshotRule
from airhook.core.ports import Tx
from airhook.core.record_templates import RecordFormat, RecordParam, RecordTemplate
from airhook.core.snapshot_templates import SnapshotTemplate
from airhook.storage.secretbox import load_or_create_secret_key
from airhook.storage.sqlite import migrate, open_store
from airhook.tools.bench import backlog, facts, machine, nginx_rtmp
from airhook.tools.bench.child import Child
from airhook.tools.bench.machine import median
from airhook.tools.bench.report import Promise, Report
from airhook.tools.bench.serving import Serving
from airhook.tools.publish.spec import Job, Picture

CLIP = Picture(width=1280, height=720, fps=30, bitrate=1900)
CLIP_S = 4.0
SETTLE_S = 1.0  # after everything is under way
SETTLE_WITHIN_S = 60.0  # until workers have started, and models are loaded
PICTURE_EVERY_S = 10
DOMAIN = "push.bench.example"

FLV, MP4, HLS = RecordFormat.FLV, RecordFormat.MP4, RecordFormat.HLS
CASES: dict[str, tuple[tuple[RecordFormat, ...], bool]] = {
    "ingest": ((), False),
    "flv": ((FLV,), False),
    "flv_mp4": ((FLV, MP4), False),
    "flv_hls": ((FLV, HLS), False),
    "flv_pictures": ((FLV,), True),
}
"""What is recorded, and whether pictures are taken and judged."""

NGINX = "nginx"

FLV_PROMISED = 0.8  # percent of a core and push
FORMAT_PROMISED = 1.3
PICTURES_PROMISED = 1.0
NGINX_PROMISED = 2.0  # times


class Options(msgspec.Struct, frozen=True, kw_only=True):
    folder: Path | None = None
    pushes: int = 20
    seconds: float = 20.0
    runs: int = 1
    cases: tuple[str, ...] = ()  # of ``CASES``, or ``nginx``; none: all


def run(options: Options) -> Report:
    with tempfile.TemporaryDirectory(prefix="airhook-bench-", dir=options.folder) as name:
        folder = Path(name)
        clip = _make_clip(folder)
        runs = [_run(folder / str(number), clip, options) for number in range(options.runs)]
    figures = {name: median([one[name] for one in runs]) for name in runs[0]}
    return Report(
        name="media",
        figures={"pushes": options.pushes, "seconds": options.seconds, **figures},
        promises=_promises(figures),
        runs=runs,
    )


def _run(folder: Path, clip: Path, options: Options) -> dict[str, float]:
    figures: dict[str, float] = {}
    cases = options.cases or (*CASES, NGINX)
    for case, (formats, pictures) in CASES.items():
        if case not in cases:
            continue
        cpu, rss = _measure(folder / case, clip, formats, options, pictures=pictures)
        figures[f"{case}_percent"] = cpu
        figures[f"{case}_rss_mb"] = rss
    for more in ("mp4", "hls", "pictures"):
        if not {"flv", f"flv_{more}"} <= set(cases):
            continue
        figures[f"{more}_adds_percent"] = figures[f"flv_{more}_percent"] - figures["flv_percent"]
    if NGINX in cases and nginx_rtmp.installed():
        figures["nginx_flv_percent"] = _measure_nginx(folder / NGINX, clip, options)
        if "flv" in cases:
            figures["flv_to_nginx"] = figures["flv_percent"] / figures["nginx_flv_percent"]
    return figures


def _promises(figures: dict[str, float]) -> dict[str, Promise]:
    bounds = {
        "flv_percent": FLV_PROMISED,
        "mp4_adds_percent": FORMAT_PROMISED,
        "hls_adds_percent": FORMAT_PROMISED,
        "pictures_adds_percent": PICTURES_PROMISED,
        "flv_to_nginx": NGINX_PROMISED,
    }
    return {
        name: Promise(text=f"<= {most:g}", kept=figures[name] <= most)
        for name, most in bounds.items()
        if name in figures
    }


def _make_clip(folder: Path) -> Path:
    """An FLV of some seconds, made in real time by the publisher's own process."""
    clip = folder / "clip.flv"
    job = msgspec.json.encode(Job(url=str(clip), picture=CLIP, duration_s=CLIP_S)).decode()
    command = [sys.executable, "-m", "airhook.tools.publish.muxer", job]
    # Its standard input stays open: when that ends, it dies.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:  # noqa: S603 - our own module
        status = process.wait()
    if status != 0:
        raise AirhookError(f"the clip cannot be made: its process ended with status {status}")
    return clip


def _measure(
    folder: Path, clip: Path, formats: tuple[RecordFormat, ...], options: Options, *, pictures: bool
) -> tuple[float, float]:
    _prepare(folder, formats, pictures=pictures)
    with Serving(folder) as serving:
        serving.ready_s()
        address = json.loads((folder / "serve.json").read_text("utf-8"))["rtmp"]
        urls = [f"rtmp://{address}/live/room{number}?vhost={DOMAIN}" for number in range(options.pushes)]
        with Child("airhook.tools.bench.pushers", str(clip), *urls):
            _settle(serving, folder / "media", options.pushes if formats else 0, pictures=pictures)
            percent = _percent([serving.pid], options)
            serving.check()
            rss = sum(machine.rss_mb(pid) for pid in _family([serving.pid]))
        return percent, rss


def _measure_nginx(folder: Path, clip: Path, options: Options) -> float:
    with nginx_rtmp.recording(folder) as nginx:
        urls = [f"rtmp://127.0.0.1:{nginx.port}/live/room{number}" for number in range(options.pushes)]
        with Child("airhook.tools.bench.pushers", str(clip), *urls):
            time.sleep(SETTLE_S)
            return _percent([nginx.pid], options)


def _percent(pids: list[int], options: Options) -> float:
    """Of a core, for each push."""
    began, before = time.monotonic(), _cpu_s(pids)
    time.sleep(options.seconds)
    return 100 * (_cpu_s(pids) - before) / (time.monotonic() - began) / options.pushes


def _cpu_s(pids: list[int]) -> float:
    return sum(machine.cpu_s(pid) for pid in _family(pids))


def _family(pids: list[int]) -> list[int]:
    """The processes and their children."""
    children = [
        int(child)
        for pid in pids
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
    ]
    return [*pids, *children]


def _settle(serving: Serving, media: Path, recordings: int, *, pictures: bool) -> None:
    """Until every push is being recorded, and the first pictures have come through.

    A figure of a server that records nothing would be worth nothing: raises ``AirhookError`` then.
    """
    deadline = time.monotonic() + SETTLE_WITHIN_S
    while True:
        serving.check()
        files = [path for path in (media / ".spool").rglob("*.flv") if path.stat().st_size > 0]
        taken = not pictures or next(media.rglob("*.jpg"), None) is not None
        if len(files) >= recordings and taken:
            time.sleep(SETTLE_S)
            return
        if time.monotonic() > deadline:
            raise AirhookError(f"{len(files)} of {recordings} pushes are being recorded; pictures: {taken}")
        time.sleep(0.1)


def _prepare(folder: Path, formats: tuple[RecordFormat, ...], *, pictures: bool) -> None:
    """A database with one domain and what its streams are recorded as."""

    def work(tx: Tx) -> None:
        facts.configure(tx, [])
        tx.put_domain(
            Domain(
                name=DOMAIN, account_id=facts.ACCOUNT, auth_key=facts.KEY, auth_enabled=False, created_ms=1
            )
        )
        if formats:
            params = {form: RecordParam(enabled=True) for form in formats}
            record = RecordTemplate(
                id=tx.new_template_id(), account_id=facts.ACCOUNT, name="bench", params=params
            )
            tx.put_record_template(record)
            tx.put_record_rule(
                RecordRule(account_id=facts.ACCOUNT, domain=DOMAIN, app="", stream="", template_id=record.id)
            )
        if pictures:
            snapshot = SnapshotTemplate(
                id=tx.new_template_id(),
                account_id=facts.ACCOUNT,
                name="bench",
                interval_s=PICTURE_EVERY_S,
                audit=True,
            )
            tx.put_snapshot_template(snapshot)
            tx.put_snapshot_rule(
                SnapshotRule(
                    account_id=facts.ACCOUNT, domain=DOMAIN, app="", stream="", template_id=snapshot.id
                )
            )

    folder.mkdir(parents=True)
    migrate(folder)
    key = load_or_create_secret_key(folder / backlog.KEY_FILE)
    with closing(open_store(folder, SystemClock(), secret_key=key)) as store:
        asyncio.run(store.transact(work))
