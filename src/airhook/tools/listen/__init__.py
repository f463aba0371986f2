"""A receiver of callbacks: it checks their signatures, shows them, and misbehaves on request."""

from airhook.tools.listen.server import Answers, Callback, Listener

__all__ = ["Answers", "Callback", "Listener"]
