"""Paths as messages and logs may show them."""

from starlette.types import Scope

HOOKS = "/hooks"


def told(scope: Scope) -> str:
    """The path of a request; what is below ``/hooks`` is left out, since it holds a token."""
    path = str(scope.get("path", ""))
    return f"{HOOKS}/…" if path.startswith(f"{HOOKS}/") else path
