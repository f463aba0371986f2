"""Requests of media servers, recorded byte for byte."""

from pathlib import Path

from airhook.sources.reports import HookRequest

RECORDED = Path(__file__).parents[1] / "unit" / "sources" / "recorded"


def names(kind: str, scenario: str = "") -> list[str]:
    """Recordings of a kind, in the order in which they came in."""
    return sorted(path.stem for path in (RECORDED / kind).glob(f"{scenario}*.txt"))


def recorded(kind: str, name: str) -> HookRequest:
    """One request; its path's last part is the event."""
    head, _, body = (RECORDED / kind / f"{name}.txt").read_bytes().partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    length = int(headers.get("content-length", 0))
    return HookRequest(
        method=method,
        event=path.rpartition("/")[2],
        query=query,
        body=body[:length],
        content_type=headers.get("content-type", ""),
    )
