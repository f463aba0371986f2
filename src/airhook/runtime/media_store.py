"""The media store that the settings name, and the signer of its links."""

from airhook.config import Address, Settings, reachable
from airhook.core.clock import Clock
from airhook.core.errors import ConfigError
from airhook.media.store.base import MediaStore
from airhook.media.store.links import Links, link_key
from airhook.media.store.local import LocalStore
from airhook.media.store.retention import Keep
from airhook.media.store.s3 import S3Settings, S3Store
from airhook.storage.secretbox import load_secret_key

DAY_S = 86_400
GB = 10**9


def media_links(settings: Settings, http_port: int, clock: Clock) -> Links:
    """They hold as long as the master key does. ``http_port``: the one that is listened on, if 0 was asked for."""
    here = reachable(Address(settings.http.listen.host, http_port))
    key = link_key(load_secret_key(settings.secret_key_path))
    return Links(key, settings.public_url or f"http://{here}", clock, settings.media.link_days * DAY_S)


def media_store(settings: Settings, links: Links) -> MediaStore:
    """Raises ``ConfigError`` when the settings say too little for it."""
    if settings.media.storage == "local":
        return LocalStore(settings.media_folder, links)
    ours = settings.media.s3
    for name in ("bucket", "access_key", "secret_key"):
        if not getattr(ours, name):
            raise ConfigError(f"media.s3.{name} is empty; media.storage = s3 needs it")
    return S3Store(
        S3Settings(
            bucket=ours.bucket,
            access_key=ours.access_key,
            secret_key=ours.secret_key,
            endpoint=ours.endpoint,
            region=ours.region,
            prefix=ours.prefix,
            public_url=ours.public_url,
            link_s=settings.media.link_days * DAY_S,
        ),
        links,
    )


def keep(settings: Settings) -> Keep:
    media = settings.media
    return Keep(
        recordings_days=media.keep_recordings_days,
        pictures_days=media.keep_pictures_days,
        bytes=media.keep_gb * GB,
    )
