"""Where a picture goes: the patterns of snapshot templates (contract 3.6), in Beijing time as CSS has it."""

from datetime import datetime

from airhook.core.snapshot_templates import USUAL_FILE_NAME, USUAL_PREFIX
from airhook.media.names import BEIJING, PLACE, filled, folder_of, safe
from airhook.media.protocol import PictureReport, SnapshotSpec, Subject

EXTENSION = ".jpg"
_MOMENT = {"Year", "Month", "Day", "Hour", "Minute", "Second"}
_STREAM = {"StreamID", "ChannelID"}


def picture_path(subject: Subject, spec: SnapshotSpec, report: PictureReport) -> str:
    """The object's path in its account. Domain and app stand first: streams of one name must not mix.

    What is no placeholder stays as it is; what no path may have is left out. The picture's id stands last where the
    patterns do not tell two pictures apart, or where the name was too long.
    """
    values = _values(subject, report)
    prefix, file_name = spec.prefix or USUAL_PREFIX, spec.file_name or USUAL_FILE_NAME
    folder = filled(prefix, values)
    name = filled(file_name, values).replace("/", "-").removesuffix(EXTENSION)
    if spec.api_task_id:
        name = f"{name}-{spec.api_task_id}"  # it may be under way beside a rule
    where = folder_of(subject.domain, subject.app, folder)
    is_whole = where.endswith("/".join(filter(None, folder.split("/")))) and safe(name) == name
    if not is_whole or not _tells_apart(prefix + file_name):
        name = f"{safe(name)}-{report.id}".removeprefix("-")
    return f"{where}/{name}{EXTENSION}"


def _tells_apart(patterns: str) -> bool:
    """Whether two pictures of an app, some seconds apart, cannot have the same path."""
    places = set(PLACE.findall(patterns))
    return "RandomID" in places or (places >= _MOMENT and bool(places & _STREAM))


def _values(subject: Subject, report: PictureReport) -> dict[str, str]:
    at = datetime.fromtimestamp(report.at_ms / 1000, BEIJING)
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
