"""How a reader likes the console: language, light or dark, time zone. Cookies remember it, so that it holds from the
page on which one signs in.
"""

import functools
import zoneinfo
from datetime import UTC, tzinfo

import msgspec
from starlette.requests import Request

from airhook.console.i18n import choose_language

LANGUAGE_COOKIE = "airhook_language"
THEME_COOKIE = "airhook_theme"
ZONE_COOKIE = "airhook_zone"

AUTO = "auto"
THEMES = ("light", "dark", AUTO)
BROWSER_ZONE = ""  # the script makes times local; without one they are UTC


class Preferences(msgspec.Struct, frozen=True, kw_only=True):
    language: str
    theme: str  # of THEMES
    zone: str  # an IANA name, or BROWSER_ZONE

    @property
    def tzinfo(self) -> tzinfo:
        return zone_of(self.zone) or UTC


def preferences_of(request: Request) -> Preferences:
    """What a request's cookies say, else what its browser says; nonsense counts as nothing said."""
    theme = request.cookies.get(THEME_COOKIE, AUTO)
    zone = request.cookies.get(ZONE_COOKIE, BROWSER_ZONE)
    return Preferences(
        language=choose_language(
            request.cookies.get(LANGUAGE_COOKIE), request.headers.get("accept-language", "")
        ),
        theme=theme if theme in THEMES else AUTO,
        zone=zone if is_zone(zone) else BROWSER_ZONE,
    )


def is_zone(name: str) -> bool:
    return name == BROWSER_ZONE or zone_of(name) is not None


@functools.cache
def zones() -> tuple[str, ...]:
    """The time zones of the world that this machine knows, as people look for them: ``Asia/Tokyo``."""
    places = {"Africa", "America", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
    known = zoneinfo.available_timezones()
    return ("UTC", *sorted(name for name in known if name.partition("/")[0] in places))


@functools.lru_cache(maxsize=100)
def zone_of(name: str) -> tzinfo | None:
    if name == "UTC":
        return UTC
    try:
        return zoneinfo.ZoneInfo(name) if name in zones() else None
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return None
