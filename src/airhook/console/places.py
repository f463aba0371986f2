"""The pages that the side bar leads to, in its order. A new page is one line here."""

import msgspec

from airhook.console.words import N_
from airhook.core.accounts import Role


class Place(msgspec.Struct, frozen=True):
    path: str
    icon: str  # of assets/icons.txt
    title: str  # English; translated where it is shown
    needs: Role = Role.VIEWER  # who sees it, and all above
    also: str = ""  # where the pages that it leads to lie


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
            Place("/console/records", "file-text", N_("Callback records"), also="/console/deliveries"),
            Place("/console/replays", "refresh", N_("Replays")),
            Place("/console/destinations", "server-2", N_("Destinations")),
        ),
    ),
    Group(
        N_("Streams"),
        (Place("/console/streams", "broadcast", N_("Stream management"), also="/console/pushes"),),
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
            Place("/console/sources", "antenna", N_("Sources"), Role.OPERATOR),
            Place("/console/keys", "key", N_("API keys"), Role.OWNER),
            Place("/console/users", "users", N_("Users"), Role.OWNER),
            Place("/console/audit", "history", N_("Audit log"), Role.OWNER),
            Place("/console/retention", "clock", N_("Retention")),
        ),
    ),
)


def is_here(place: Place, path: str) -> bool:
    """Whether ``path`` is the place, lies below it, or is what it leads to."""
    if place.path == "/console/":
        return path == place.path
    return path == place.path or any(path.startswith(f"{one}/") for one in (place.path, place.also) if one)
