"""What a field of the settings says of itself."""

from typing import Any, NamedTuple

from airhook.config.kinds import Kind


class Setting(NamedTuple):
    """``text`` is its documentation; ``shown`` the default as the documentation tells it, if it is not plain."""

    text: str
    kind: Kind[Any]
    shown: str = ""
