"""Paths as messages and logs may show them."""

from starlette.types import Scope

HOOKS = "/hooks"
API_PATHS = ("/", "/api")
"""The cloud API bounds what it reads itself: a body that is too large has an answer that its clients know."""


def told(scope: Scope) -> str:
    """The path of a request; what is below ``/hooks`` is left out, since it holds a token."""
    path = str(scope.get("path", ""))
    return f"{HOOKS}/…" if path.startswith(f"{HOOKS}/") else path
