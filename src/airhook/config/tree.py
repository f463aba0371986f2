"""Every setting of Airhook: its type, its default, what is allowed, and what it is for.

The sentence beside a field is its documentation: ``docs/settings.md`` is made from it.
"""

import ipaddress
import platform
import re
import socket
from pathlib import Path
from typing import Annotated

import msgspec

from airhook.config import kinds
from airhook.config.api import V1, Api
from airhook.config.keep import Keep
from airhook.config.kinds import Address, Network, Schedule
from airhook.config.media import Media
from airhook.config.rules import Rules
from airhook.config.setting import Setting


def _host_name() -> str:
    return re.sub(r"[^A-Za-z0-9_.-]", "-", platform.node())[:64] or "airhook"


def _own_address() -> str:
    """The address that this machine uses towards others; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a documentation address (RFC 5737): routed, never answered
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


class Http(msgspec.Struct, frozen=True, kw_only=True):
    """The cloud API and the console, on one port."""

    listen: Annotated[Address, Setting("Where the cloud API and the console listen.", kinds.ADDRESS)] = (
        Address("127.0.0.1", 8080)
    )
    trusted_proxies: Annotated[
        tuple[Network, ...],
        Setting(
            "Reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed.", kinds.NETWORKS
        ),
    ] = ()
    max_connections: Annotated[
        int,
        Setting(
            "Open connections at most, and never more than a quarter of the files that the system lets the process open; "
            "further ones are closed at once.",
            kinds.whole(1, 1_000_000),
        ),
    ] = 1024
    max_connections_per_address: Annotated[
        int,
        Setting(
            "Open connections of one address at most. This machine and `http.trusted_proxies` are exempt.",
            kinds.whole(1, 1_000_000),
        ),
    ] = 128


class Rtmp(msgspec.Struct, frozen=True, kw_only=True):
    """The ingest that publishers push to."""

    listen: Annotated[Address, Setting("Where publishers push to.", kinds.ADDRESS)] = Address("0.0.0.0", 1935)  # noqa: S104 - publishers come from everywhere
    idle_timeout_s: Annotated[
        float,
        Setting(
            "A push without audio, video or metadata for so long is closed by the server (errcode 8).",
            kinds.seconds(1, 3600),
        ),
    ] = 30.0
    max_connections: Annotated[
        int, Setting("Open connections at most; further ones are closed at once.", kinds.whole(1, 1_000_000))
    ] = 4096
    max_connections_per_address: Annotated[
        int, Setting("Open connections of one address at most.", kinds.whole(1, 1_000_000))
    ] = 256


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """What this process says of itself."""

    id: Annotated[
        str,
        Setting(
            "Name of this node. It must stay the same over restarts: live pushes belong to it.",
            kinds.text(r"[A-Za-z0-9_.-]{1,64}", "1 to 64 letters, digits, '_', '.' or '-'"),
            "the machine's host name",
        ),
    ] = msgspec.field(default_factory=_host_name)
    ip: Annotated[
        str,
        Setting(
            "`node` of callbacks: the address of the ingest node.",
            kinds.IP,
            "the address that this machine uses towards others",
        ),
    ] = ""

    @property
    def address(self) -> str:
        return self.ip or _own_address()


class Targets(msgspec.Struct, frozen=True, kw_only=True):
    """Where callbacks may go to."""

    allow: Annotated[
        tuple[Network, ...],
        Setting(
            "Networks that callbacks may reach although they are not public: loopback, private, link-local and the "
            "like are refused unless they are named here. `airhook init --local` allows loopback.",
            kinds.NETWORKS,
        ),
    ] = ()


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How much an account may have."""

    templates: Annotated[
        int, Setting("Templates of each kind of an account at most.", kinds.whole(1, 1_000_000))
    ] = 50
    domains: Annotated[int, Setting("Push domains of an account at most.", kinds.whole(1, 1_000_000))] = 100
    domain_lock_days: Annotated[
        int,
        Setting(
            "For so many days after its last push a domain cannot be removed; 2 is as CSS, 0 is while one is on.",
            kinds.whole(0, 60),
        ),
    ] = 0


class DeliverySettings(msgspec.Struct, frozen=True, kw_only=True):
    """How callbacks are sent and repeated."""

    timeout_s: Annotated[
        float,
        Setting("An attempt without a complete answer by then has failed.", kinds.seconds(0.1, 300)),
    ] = 20.0
    schedules: Annotated[
        dict[int, Schedule],
        Setting(
            "Retries of an event type, instead of those of CSS: `1=12x60` tries an event 1 again 12 times, 60 s apart.",
            kinds.SCHEDULES,
            "as CSS: `200=5x120`, `338=2x60`, `347=2x60`, all others `12x60`",
        ),
    ] = msgspec.field(default_factory=dict)
    max_age_s: Annotated[
        float,
        Setting(
            "A callback that is older is not tried again (`exhausted: expired`).",
            kinds.seconds(1, 30 * 86_400),
        ),
    ] = 86_400.0
    order_hold_s: Annotated[
        float,
        Setting("A stop waits for its start to be delivered, so long at most.", kinds.seconds(0, 86_400)),
    ] = 960.0
    concurrency: Annotated[int, Setting("Open requests at most.", kinds.whole(1, 65_536))] = 1024
    memory_max: Annotated[
        int,
        Setting(
            "Deliveries kept in memory at most; the rest waits in the database.", kinds.whole(1, 10_000_000)
        ),
    ] = 50_000
    unsettled_max: Annotated[
        int,
        Setting(
            "Attempts sent at most whose outcome is not committed yet: a crash repeats no more than these.",
            kinds.whole(1, 1_000_000),
        ),
    ] = 4096
    grace_s: Annotated[
        float,
        Setting("At a stop of the server, open requests get so long to end.", kinds.seconds(0, 300)),
    ] = 5.0
    proxy: Annotated[
        str,
        Setting(
            "HTTP proxy that callbacks go through. Empty: none; the environment's proxy settings are ignored.",
            kinds.PROXY,
        ),
    ] = ""


class Log(msgspec.Struct, frozen=True, kw_only=True):
    """What the server writes to standard error."""

    level: Annotated[
        str,
        Setting("The least important messages to show.", kinds.choice("debug", "info", "warning", "error")),
    ] = "info"
    format: Annotated[
        str,
        Setting(
            "`auto` is `text` on a terminal and `json` (an object a line) elsewhere.",
            kinds.choice("auto", "text", "json"),
        ),
    ] = "auto"


class Metrics(msgspec.Struct, frozen=True, kw_only=True):
    """`/metrics`, for Prometheus."""

    token: Annotated[
        str,
        Setting(
            "Whoever sends it as a bearer token may read `/metrics`. Without one, only this machine itself may.",
            kinds.TOKEN,
        ),
    ] = ""


class Operations(msgspec.Struct, frozen=True, kw_only=True):
    """Operational events: what operators should hear of. They are always in the log."""

    url: Annotated[
        str,
        Setting("Where operational events are sent, too. `targets.allow` counts for it.", kinds.CALLBACK),
    ] = ""
    key: Annotated[
        str,
        Setting("The secret that signs them, as Standard Webhooks do.", kinds.WEBHOOK_SECRET),
    ] = ""
    backlog_s: Annotated[
        float,
        Setting(
            "When the oldest delivery has been due for longer, the backlog is old.",
            kinds.seconds(1, 30 * 86_400),
        ),
    ] = 300.0


class Debug(msgspec.Struct, frozen=True, kw_only=True):
    """For tests of Airhook itself."""

    failpoints: Annotated[
        str,
        Setting(
            "Places where the process kills itself, to prove that nothing is lost there: `NAME:N,...`.",
            kinds.text(
                r"|[a-z0-9_.]+(:[0-9]+)?(,[a-z0-9_.]+(:[0-9]+)?)*", "NAME or NAME:N, joined by commas"
            ),
        ),
    ] = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """The tree. Sections are structs; everything else is a setting."""

    data_dir: Annotated[
        Path,
        Setting(
            "The data folder: database and logs. A relative path counts from the working folder.",
            kinds.PATH,
        ),
    ] = Path("airhook-data")
    secret_key_file: Annotated[
        Path | None,
        Setting(
            "The file with the master key that encrypts secrets in the database; made, with mode 0600, together with the database.",
            kinds.FILE,
            "`secret.key` in the data folder",
        ),
    ] = None
    public_url: Annotated[
        str,
        Setting(
            "How browsers reach `http.listen` from outside, such as https://airhook.example.com.",
            kinds.SITE,
            "`http://` and `http.listen`",
        ),
    ] = ""
    appid: Annotated[
        int,
        Setting(
            "APPID of the account that `airhook init` makes; 0 draws one.", kinds.whole(0, 2_147_483_647)
        ),
    ] = 0
    set_id: Annotated[int, Setting("`set_id` of callbacks.", kinds.whole(0, 2_147_483_647))] = 1
    idc_id: Annotated[int, Setting("`idc_id` of callbacks.", kinds.whole(0, 2_147_483_647))] = 0
    http: Http = Http()
    rtmp: Rtmp = Rtmp()
    node: Node = msgspec.field(default_factory=Node)
    targets: Targets = Targets()
    limits: Limits = Limits()
    rules: Rules = Rules()
    api: Api = msgspec.field(default_factory=Api)
    v1: V1 = V1()
    keep: Keep = msgspec.field(default_factory=Keep)
    delivery: DeliverySettings = msgspec.field(default_factory=DeliverySettings)
    media: Media = msgspec.field(default_factory=Media)
    log: Log = Log()
    metrics: Metrics = Metrics()
    operations: Operations = Operations()
    debug: Debug = Debug()

    @property
    def secret_key_path(self) -> Path:
        return self.secret_key_file or self.data_dir / "secret.key"

    @property
    def media_folder(self) -> Path:
        return self.media.folder or self.data_dir / "media"

    @property
    def base_url(self) -> str:
        """How browsers reach the console, without a final slash."""
        return self.public_url or f"http://{reachable(self.http.listen)}"


def reachable(listen: Address) -> Address:
    """An address that listens everywhere is reached over loopback, for one."""
    try:
        ip = ipaddress.ip_address(listen.host)
    except ValueError:
        return listen
    if not ip.is_unspecified:
        return listen
    return Address("127.0.0.1" if ip.version == 4 else "::1", listen.port)
