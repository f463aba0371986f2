"""A synthetic live stream over RTMP: a moving test picture with a running clock, and a tone."""

from airhook.tools.publish.publisher import Publisher
from airhook.tools.publish.spec import Picture, Report

__all__ = ["Picture", "Publisher", "Report"]
