"""An HLS whose worker died: segments that no playlist names yet are listed, and the list is ended."""

import re
from pathlib import Path

from airhook.media.record.avfile import PLAYLIST
from airhook.media.spool import write_whole

_SEGMENT = re.compile(r"segment-[0-9]{6}\.ts")
_EXTINF = re.compile(r"#EXTINF:([0-9.]+)")
END = "#EXT-X-ENDLIST"


def repair(folder: Path) -> int:
    """Gives the duration in milliseconds; 0 when no segment plays. Raises ``OSError``."""
    from airhook.media.record.repair import measure

    for unfinished in folder.glob("*.ts.tmp"):
        unfinished.rename(unfinished.with_suffix(""))
    playlist = folder / PLAYLIST
    lines = playlist.read_text().splitlines() if playlist.exists() else []
    lines = [line for line in lines if line and line != END]
    listed = {line for line in lines if _SEGMENT.fullmatch(line)}
    for segment in sorted(folder.glob("segment-*.ts")):
        if segment.name in listed:
            continue
        duration_ms = measure(segment, "mpegts")
        if duration_ms > 0:
            lines += [f"#EXTINF:{duration_ms / 1000:.6f},", segment.name]
        else:
            segment.unlink()
    durations = [float(found[1]) for line in lines if (found := _EXTINF.match(line))]
    if not durations:
        return 0
    write_whole(playlist, "\n".join([*_heading(lines, max(durations)), END, ""]).encode())
    return round(sum(durations) * 1000)


def _heading(lines: list[str], longest_s: float) -> list[str]:
    """The lines with a target duration that holds for all segments."""
    target = f"#EXT-X-TARGETDURATION:{int(longest_s + 0.999)}"
    if not lines or lines[0] != "#EXTM3U":
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", target, "#EXT-X-MEDIA-SEQUENCE:0", *lines]
    return [target if line.startswith("#EXT-X-TARGETDURATION") else line for line in lines]
