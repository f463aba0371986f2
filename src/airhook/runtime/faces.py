"""The faces of a node (``web.faces``), put together. The server imports this when it is ready already."""

from starlette.types import ASGIApp

from airhook.cloudapi.face import CloudApi
from airhook.cloudapi.rates import Rates
from airhook.config import Settings
from airhook.console.app import create_console
from airhook.console.views.base import ConsoleSettings, Kept
from airhook.control.base import Desk
from airhook.control.bearer import KeyRing
from airhook.control.bitrates import Bitrates
from airhook.control.trends import Trends
from airhook.control.trials import Trials
from airhook.core.domains import RTMP_PORT
from airhook.runtime.parts import v1_limit
from airhook.web.faces import create_faces
from airhook.web.v1 import catalogue


def make(
    settings: Settings,
    desk: Desk,
    keys: KeyRing,
    rates: Rates,
    trials: Trials,
    trends: Trends,
    bitrates: Bitrates,
) -> ASGIApp:
    """May run on any thread."""
    return create_faces(
        cloud_api=CloudApi(desk, rates),
        console=create_console(desk, trials, console_settings(settings), trends, bitrates),
        v1=catalogue.routes(desk, keys, v1_limit(settings, desk.clock)),
    )


def console_settings(settings: Settings) -> ConsoleSettings:
    keep, media = settings.keep, settings.media
    kept = Kept(
        log_days=keep.log_days,
        log_max_mb=keep.log_max_mb,
        audit_days=keep.audit_days,
        recordings_days=media.keep_recordings_days,
        pictures_days=media.keep_pictures_days,
        media_gb=media.keep_gb,
        link_days=media.link_days,
    )
    return ConsoleSettings(
        rtmp_port=settings.rtmp.listen.port or RTMP_PORT, public_url=settings.public_url, kept=kept
    )
