"""Which kinds of media servers are understood."""

from collections.abc import Mapping
from types import MappingProxyType

from airhook.core.sources import Source, SourceKind
from airhook.sources.adapter import Adapter
from airhook.sources.mediamtx import MediaMtx
from airhook.sources.nginx_rtmp import NginxRtmp
from airhook.sources.node_media_server import NodeMediaServer
from airhook.sources.srs import Srs
from airhook.sources.zlmediakit import ZlMediaKit

SILENCE_S = 30

ADAPTERS: Mapping[SourceKind, Adapter] = MappingProxyType(
    {
        SourceKind.NGINX_RTMP: NginxRtmp(),
        SourceKind.SRS: Srs(),
        SourceKind.NODE_MEDIA_SERVER: NodeMediaServer(),
        SourceKind.ZLMEDIAKIT: ZlMediaKit(),
        SourceKind.MEDIAMTX: MediaMtx(),
    }
)


def adapter_of(source: Source) -> Adapter:
    return ADAPTERS[source.kind]


def configuration(source: Source, base_url: str) -> str:
    """The text for the server's own configuration; ``base_url`` is where it reaches Airhook."""
    return adapter_of(source).config(source, base_url.rstrip("/"))


def hook_url(source: Source, base_url: str) -> str:
    return base_url.rstrip("/") + source.hook_path


def silence_s(source: Source, *, told: bool) -> int:
    """Without an update for so long a push has ended; 0: never by that.

    ``told``: there was one, by a hook or by the server's API. Until then only servers that send them by themselves are
    held to it.
    """
    usual_s = adapter_of(source).silence_s
    if not told and (usual_s == 0 or source.api_url):
        return 0
    return (usual_s or SILENCE_S) if source.silence_s is None else source.silence_s
