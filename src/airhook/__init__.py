"""Airhook: live-streaming callbacks that are signed, ordered and never lost."""

__version__ = "0.1.0"
