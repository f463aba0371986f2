"""The settings: one typed tree, read and checked once at the start (``docs/settings.md``)."""

from airhook.config.kinds import Address, Network, Schedule
from airhook.config.load import FILE_NAME, load
from airhook.config.tree import Settings, reachable

__all__ = ["FILE_NAME", "Address", "Network", "Schedule", "Settings", "load", "reachable"]
