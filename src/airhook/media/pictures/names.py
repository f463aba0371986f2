"""Where a picture goes: the patterns of snapshot templates (contract 3.6), in Beijing time as CSS has it."""

import re
from datetime import datetime, timedelta, timezone

from airhook.core.snapshot_templates import USUAL_FILE_NAME, USUAL_PREFIX
from airhook.media.protocol import PictureReport, SnapshotSpec, Subject
from airhook.media.store.base import MAX_NAME_BYTES

EXTENSION = ".jpg"

_BEIJING = timezone(timedelta(hours=8))
_PLACE = re.compile(r"\{(\w+)\}", re.ASCII)


def picture_path(subject: Subject, spec: SnapshotSpec, report: PictureReport) -> str:
    """The object's path in its account. Domain and app stand first: streams of one name must not mix.

    What is no placeholder stays as it is; what no path may have is left out.
    """
    values = _values(subject, report)
    folder = _filled(spec.prefix or USUAL_PREFIX, values)
    name = _filled(spec.file_name or USUAL_FILE_NAME, values).replace("/", "-").removesuffix(EXTENSION)
    if spec.api_task_id:
        name = f"{name}-{spec.api_task_id}"  # it may be under way beside a rule
    parts = [subject.domain, subject.app, *folder.split("/"), name]
    safe = [part for part in map(_safe, parts) if part]
    return "/".join(safe) + EXTENSION


def _values(subject: Subject, report: PictureReport) -> dict[str, str]:
    at = datetime.fromtimestamp(report.at_ms / 1000, _BEIJING)
    return {
        "Year": f"{at:%Y}",
        "Month": f"{at:%m}",
        "Day": f"{at:%d}",
        "Hour": f"{at:%H}",
        "Minute": f"{at:%M}",
        "Second": f"{at:%S}",
        "Millisecond": f"{report.at_ms % 1000:03}",
        "StreamID": subject.stream,
        "ChannelID": subject.stream,
        "AppName": subject.app,
        "Domain": subject.domain,
        "Width": str(report.width),
        "Height": str(report.height),
        "Ext": EXTENSION,
        "RandomID": report.id,
    }


def _filled(pattern: str, values: dict[str, str]) -> str:
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), pattern)


def _safe(part: str) -> str:
    kept = "".join(char for char in part if char.isprintable() and char != "\\").lstrip(".").strip()
    return kept.encode()[: MAX_NAME_BYTES - 40].decode(errors="ignore")
