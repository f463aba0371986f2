"""What happens in the demo: set up through the cloud API, a push with a goodbye, a push that vanishes."""

import asyncio
import time

from airhook.core.domains import push_params
from airhook.core.errors import AirhookError
from airhook.core.templates import generate_key
from airhook.tools.demo.server import DemoServer
from airhook.tools.demo.stage import Stage
from airhook.tools.demo.tc3 import Client
from airhook.tools.listen import Listener
from airhook.tools.publish import Picture, Publisher

DOMAIN, APP, STREAM = "push.demo.test", "live", "camera1"
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
            CallbackKey=key,
        )
        template_id = made["TemplateId"]
        await asyncio.to_thread(
            client.call, "CreateLiveCallbackRule", DomainName=DOMAIN, AppName=APP, TemplateId=template_id
        )
        auth = await asyncio.to_thread(client.call, "DescribeLivePushAuthKey", DomainName=DOMAIN)
        self._push_key = auth["PushAuthKeyInfo"]["MasterAuthKey"]
        self._receiver.key = key
        # The window in which a lost push may come back is no part of the cloud API.
        await self._server.command("domain", "set", DOMAIN, "--reconnect-window", "0", "--json")
        self._stage.fact(
            "set up", f"domain {DOMAIN}, template {template_id}, rule for app {APP}, through the cloud API"
        )

    async def play(self) -> None:
        """Two pushes and their four callbacks. Raises ``AirhookError`` when one is missing or wrong."""
        picture = Picture()
        self._stage.act(
            f"A publisher pushes H.264 {picture.width}x{picture.height} and AAC over RTMP, and says goodbye after {FIRST_S} s"
        )
        async with Publisher(self.push_url(STREAM), picture=picture, duration_s=FIRST_S) as publisher:
            await publisher.started()
            begin = await self._stage.expect(1)
            await publisher.ended()
            end = await self._stage.expect(0)
        check_pair(begin, end, errcodes=(1,), seconds=FIRST_S)

        self._stage.act(f"It pushes again, and vanishes without a goodbye after {SECOND_S} s")
        async with Publisher(self.push_url(STREAM), picture=picture) as publisher:
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
