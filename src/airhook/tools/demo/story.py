"""What happens in the demo: set up through the cloud API, a push with a goodbye, a push that vanishes.

The first one is recorded, and its picture taken and judged. It shows blobs that nothing is depicted in, and that the
detector takes for what they are not.
"""

import asyncio
import time
import urllib.request

from airhook.core.domains import push_params
from airhook.core.errors import AirhookError
from airhook.core.templates import generate_key
from airhook.tools.demo.server import DemoServer
from airhook.tools.demo.stage import Stage
from airhook.tools.demo.tc3 import Client
from airhook.tools.listen import Listener
from airhook.tools.publish import Picture, Publisher

DOMAIN, APP, STREAM, PHONE = "push.demo.test", "live", "camera1", "phone1"
FIRST_S, SECOND_S = 6, 3  # seconds of push
VANISHED = (3, 4)  # connection closed, or reset: which of the two is the kernel's choice
URL_LIFE_S = 24 * 3600


class Story:
    """The server, the receiver and the stage, and what is played on it."""

    def __init__(self, server: DemoServer, receiver: Listener, stage: Stage) -> None:
        self._server = server
        self._receiver = receiver
        self._stage = stage
        self._push_key = ""

    async def set_up(self) -> None:
        """A domain, a template and a rule, as the official SDK would make them."""
        client = Client(
            self._server.http, self._server.credentials["secret_id"], self._server.credentials["secret_key"]
        )
        key = generate_key()
        await asyncio.to_thread(client.call, "AddLiveDomain", DomainName=DOMAIN, DomainType=0)
        made = await asyncio.to_thread(
            client.call,
            "CreateLiveCallbackTemplate",
            TemplateName="demo",
            StreamBeginNotifyUrl=f"{self._receiver.url}/begin",
            StreamEndNotifyUrl=f"{self._receiver.url}/end",
            RecordNotifyUrl=f"{self._receiver.url}/recorded",
            SnapshotNotifyUrl=f"{self._receiver.url}/screenshot",
            PornCensorshipNotifyUrl=f"{self._receiver.url}/audit",
            CallbackKey=key,
        )
        template_id = made["TemplateId"]
        await asyncio.to_thread(
            client.call, "CreateLiveCallbackRule", DomainName=DOMAIN, AppName=APP, TemplateId=template_id
        )
        await asyncio.to_thread(_set_up_media, client)
        auth = await asyncio.to_thread(client.call, "DescribeLivePushAuthKey", DomainName=DOMAIN)
        self._push_key = auth["PushAuthKeyInfo"]["MasterAuthKey"]
        self._receiver.key = key
        # The window in which a lost push may come back is no part of the cloud API.
        await self._server.command("domain", "set", DOMAIN, "--reconnect-window", "0", "--json")
        self._stage.fact(
            "set up",
            f"domain {DOMAIN}; callback, record and snapshot templates; their rules; through the cloud API",
        )

    async def play(self) -> None:
        """Two pushes and their callbacks. Raises ``AirhookError`` when one is missing or wrong."""
        picture = Picture(scene="blobs")
        self._stage.act(
            f"A camera pushes H.264 {picture.width}x{picture.height} and AAC over RTMP, and says goodbye after {FIRST_S} s. "
            "It is recorded, and its picture is judged"
        )
        async with Publisher(self.push_url(STREAM), picture=picture, duration_s=FIRST_S) as publisher:
            await publisher.started()
            begin = await self._stage.expect(1)
            shot, audit = await self._stage.expect(200), await self._stage.expect(317)
            await publisher.ended()
            end, file = await self._stage.expect(0), await self._stage.expect(100)
        check_pair(begin, end, errcodes=(1,), seconds=FIRST_S)
        await asyncio.to_thread(check_file, shot["pic_full_url"], shot["file_size"])
        await asyncio.to_thread(check_file, file["video_url"], file["file_size"])
        check_audit(audit, shot)

        self._stage.act(f"A phone pushes, and vanishes without a goodbye after {SECOND_S} s")
        async with Publisher(self.push_url(PHONE)) as publisher:
            await publisher.started()
            begin = await self._stage.expect(1)
            await asyncio.sleep(SECOND_S)
            publisher.drop()
            end = await self._stage.expect(0)
        check_pair(begin, end, errcodes=VANISHED, seconds=SECOND_S)

    def push_url(self, stream: str) -> str:
        """Signed with the domain's key; ``vhost`` because the domain's name leads nowhere."""
        signed = push_params(self._push_key, stream, int(time.time()) + URL_LIFE_S)
        return f"rtmp://{self._server.rtmp}/{APP}/{stream}?vhost={DOMAIN}&{signed}"


def check_pair(
    begin: dict[str, object], end: dict[str, object], *, errcodes: tuple[int, ...], seconds: float
) -> None:
    """Raise ``AirhookError`` when a stop does not fit its start, or the push that caused them."""
    if begin["sequence"] != end["sequence"]:
        raise AirhookError(f"start and stop have different sequences: {begin['sequence']}, {end['sequence']}")
    if end["errcode"] not in errcodes:
        raise AirhookError(f"the stop has errcode {end['errcode']} ({end['errmsg']}), not {errcodes[0]}")
    lasted_s = int(str(end["push_duration"])) / 1000
    if not seconds - 1.5 <= lasted_s <= seconds + 5:
        raise AirhookError(f"the push lasted {lasted_s} s by its callback, but about {seconds} s in truth")


def check_audit(audit: dict[str, object], shot: dict[str, object]) -> None:
    """Raise ``AirhookError`` when an audit is not of this picture, or finds nothing in it."""
    if audit["img"] != shot["pic_full_url"]:
        raise AirhookError(f"the audit is of another picture: {audit['img']}")
    if (audit["suggestion"], audit["label"]) != ("Block", "Porn"):
        raise AirhookError(f"the audit found {audit['suggestion']}, {audit['label']}, not Block, Porn")


def check_file(url: object, size: object) -> None:
    """Raise ``AirhookError`` when what a callback's link leads to is not there, or is another. Blocking."""
    try:
        with urllib.request.urlopen(str(url), timeout=10) as answer:  # noqa: S310 - the demo's own server gave it
            read = len(answer.read())
    except OSError as error:
        raise AirhookError(f"{url} cannot be read: {error}") from None
    if read != size:
        raise AirhookError(f"{url} has {read} bytes, but {size} by its callback")


def _set_up_media(client: Client) -> None:
    """Record and snapshot templates and their rules, for the camera alone."""
    store = {"CosAppId": 0, "CosBucket": "demo", "CosRegion": "local"}  # the cloud's own; ours is a folder
    shots = client.call(
        "CreateLiveSnapshotTemplate", TemplateName="demo", SnapshotInterval=30, PornFlag=1, **store
    )
    record = client.call(
        "CreateLiveRecordTemplate", TemplateName="demo", Mp4Param={"Enable": 1, "RecordInterval": 1800}
    )
    place = {"DomainName": DOMAIN, "AppName": APP, "StreamName": STREAM}
    client.call("CreateLiveSnapshotRule", TemplateId=shots["TemplateId"], **place)
    client.call("CreateLiveRecordRule", TemplateId=record["TemplateId"], **place)
