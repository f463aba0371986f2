"""An HLS as it is handed out: its playlist complete, also when the worker that wrote it died."""

import math
import re
from pathlib import Path

from airhook.media.record.avfile import PLAYLIST
from airhook.media.spool import write_whole

_SEGMENT = re.compile(r"segment-[0-9]{6}\.ts")
_EXTINF = re.compile(r"#EXTINF:([0-9.]+)")
END = "#EXT-X-ENDLIST"


def repair(folder: Path) -> int:
    """List the segments that are there, those that no playlist names yet too, and end it; gives the duration in ms.

    0: no segment plays. Raises ``OSError``.
    """
    from airhook.media.record.repair import measure

    for unfinished in folder.glob("*.ts.tmp"):
        unfinished.rename(unfinished.with_suffix(""))
    playlist = folder / PLAYLIST
    lines = _entries(folder, playlist.read_text().splitlines()) if playlist.exists() else []
    listed = {line for line in lines if _SEGMENT.fullmatch(line)}
    for segment in sorted(folder.glob("segment-*.ts")):
        if segment.name in listed:
            continue
        duration_ms = measure(segment, "mpegts")
        if duration_ms > 0:
            lines += [f"#EXTINF:{duration_ms / 1000:.6f},", segment.name]
        else:
            segment.unlink()
    return _write(playlist, lines)


def _entries(folder: Path, lines: list[str]) -> list[str]:
    """What a playlist lists that is there: a full disk cuts playlists short, and segments are removed then."""
    kept: list[str] = []
    waiting: list[str] = []  # lines of the segment to come
    for line in lines:
        if _EXTINF.match(line):
            waiting = [one for one in waiting if not _EXTINF.match(one)]
        if line and line != END:
            waiting.append(line)
        if _SEGMENT.fullmatch(line):
            if (folder / line).exists():
                kept += waiting
            waiting = []
    return kept


def finish(folder: Path) -> None:
    """Put a complete playlist in order: nothing is live in it any more, and no break stands before its first segment.

    (FFmpeg leaves one there for each time it went on.) Raises ``OSError``.
    """
    playlist = folder / PLAYLIST
    _write(playlist, [line for line in playlist.read_text().splitlines() if line and line != END])


def _write(playlist: Path, lines: list[str]) -> int:
    durations = [float(found[1]) for line in lines if (found := _EXTINF.match(line))]
    if not durations:
        return 0
    write_whole(playlist, "\n".join([*_heading(lines, max(durations)), END, ""]).encode())
    return round(sum(durations) * 1000)


def _heading(lines: list[str], longest_s: float) -> list[str]:
    """The lines with a target duration that holds for all segments."""
    first = next(n for n, line in enumerate(lines) if _EXTINF.match(line))
    head = [
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        f"#EXT-X-TARGETDURATION:{math.ceil(longest_s)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
    ]
    return [*head, "#EXT-X-PLAYLIST-TYPE:VOD", *lines[first:]]
