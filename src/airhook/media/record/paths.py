"""Where a recording goes: the patterns of record templates (contract 3.7), in Beijing time as CSS has it."""

from datetime import datetime

from airhook.media.names import BEIJING, filled, folder_of, safe
from airhook.media.protocol import FileReport, FormatSpec, Subject

FOLDER = "/recordings/{StartYear}-{StartMonth}-{StartDay}"
FILE_NAME = (
    "{StreamID}_{StartYear}-{StartMonth}-{StartDay}-{StartHour}-{StartMinute}-{StartSecond}_{RandomID}"
)

_UNITS = {
    "Year": "%Y",
    "Month": "%m",
    "Day": "%d",
    "Hour": "%H",
    "Minute": "%M",
    "Second": "%S",
}


def recording_path(subject: Subject, spec: FormatSpec, report: FileReport) -> str:
    """The object's path in its account, without a suffix; for HLS, the folder of the playlist.

    Domain and app stand first, since streams of one name must not mix; the file's id stands last where the pattern has
    none, since two files may begin in one second.
    """
    values = _values(subject, report)
    folder = filled(spec.folder or FOLDER, values)
    name = safe(filled((spec.file_name or FILE_NAME).replace("/", "-"), values))
    if report.id not in name:
        name = f"{name}_{report.id}"
    return f"{folder_of(subject.domain, subject.app, folder)}/{name}"


def _values(subject: Subject, report: FileReport) -> dict[str, str]:
    values = {
        "StreamID": subject.stream,
        "AppName": subject.app,
        "Domain": subject.domain,
        "RandomID": report.id,
    }
    for moment, ms in (("Start", report.start_ms), ("End", report.end_ms)):
        at = datetime.fromtimestamp(ms / 1000, BEIJING)
        values.update({f"{moment}{unit}": at.strftime(form) for unit, form in _UNITS.items()})
        values[f"{moment}Millisecond"] = f"{ms % 1000:03}"
    return values
