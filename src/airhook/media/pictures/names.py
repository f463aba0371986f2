"""Where a picture goes: the patterns of snapshot templates (contract 3.6), in Beijing time as CSS has it."""

from datetime import datetime

from airhook.core.snapshot_templates import USUAL_FILE_NAME, USUAL_PREFIX
from airhook.media.names import BEIJING, filled, safe
from airhook.media.protocol import PictureReport, SnapshotSpec, Subject

EXTENSION = ".jpg"


def picture_path(subject: Subject, spec: SnapshotSpec, report: PictureReport) -> str:
    """The object's path in its account. Domain and app stand first: streams of one name must not mix.

    What is no placeholder stays as it is; what no path may have is left out.
    """
    values = _values(subject, report)
    folder = filled(spec.prefix or USUAL_PREFIX, values)
    name = filled(spec.file_name or USUAL_FILE_NAME, values).replace("/", "-").removesuffix(EXTENSION)
    if spec.api_task_id:
        name = f"{name}-{spec.api_task_id}"  # it may be under way beside a rule
    parts = [subject.domain, subject.app, *folder.split("/"), name]
    return "/".join(filter(None, map(safe, parts))) + EXTENSION


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
