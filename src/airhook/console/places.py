"""The pages that the side bar leads to, in its order. A new page is one line here."""

import msgspec

from airhook.console.words import N_
from airhook.core.accounts import Role


class Place(msgspec.Struct, frozen=True):
    path: str
    icon: str  # of assets/icons.txt
    title: str  # English; translated where it is shown
    needs: Role = Role.VIEWER  # who sees it, and all above


class Group(msgspec.Struct, frozen=True):
    title: str
    places: tuple[Place, ...]


GROUPS = (
    Group(
        "",
        (Place("/console/", "layout-dashboard", N_("Overview")),),
    ),
    Group(
        N_("Event Center"),
        (
            Place("/console/callbacks", "webhook", N_("Callback templates")),
            Place("/console/records", "file-text", N_("Callback records")),
            Place("/console/replays", "refresh", N_("Replays")),
            Place("/console/destinations", "server-2", N_("Destinations")),
        ),
    ),
    Group(
        N_("Streams"),
        (Place("/console/streams", "broadcast", N_("Stream management")),),
    ),
    Group(
        N_("Domains"),
        (Place("/console/domains", "world", N_("Domain management")),),
    ),
    Group(
        N_("Feature configuration"),
        (
            Place("/console/recording", "video", N_("Recording templates")),
            Place("/console/screenshots", "camera", N_("Screenshot and audit templates")),
        ),
    ),
    Group(
        N_("Settings"),
        (
            Place("/console/keys", "key", N_("API keys"), Role.OWNER),
            Place("/console/users", "users", N_("Users"), Role.OWNER),
            Place("/console/audit", "history", N_("Audit log"), Role.OWNER),
        ),
    ),
)


def is_here(place: Place, path: str) -> bool:
    """Whether ``path`` is the place or lies below it."""
    if place.path == "/console/":
        return path == place.path
    return path == place.path or path.startswith(f"{place.path}/")
