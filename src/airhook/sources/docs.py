"""The page of the sources, ``docs/sources.md``: ``python -m airhook.sources.docs``. Its configuration texts are made by what
``airhook source add`` prints.
"""

from typing import NamedTuple

from airhook.core.sources import Source, SourceKind
from airhook.sources.catalogue import configuration

HEAD = """# Media servers in front: sources

Whoever has a media server already keeps it. Its hooks come to Airhook, become the same sessions as pushes to the own RTMP
server, and leave as the same callbacks: start and stop in order, signed, once for each push, with files and retries as
everywhere. A *source* is one media server (or several that are set up alike).

```
airhook source add nginx-rtmp edge-1 --domain push.example.com --allow 10.0.0.0/8
airhook source list
airhook source set edge-1 --api-url http://10.0.0.5:8099/stat
airhook source set edge-1 --pull-url 'rtmp://10.0.0.5:1935/{app}/{stream}'   # for recordings and screenshots
airhook source config edge-1            # what to write into the server's configuration, once more
airhook source hooks edge-1             # what came in the last minute or so, and what was made of it
airhook source set edge-1 --new-token   # when the address has become known
airhook source remove edge-1
```

`add` prints the text to put into the server's own configuration, with an address that holds an unguessable token. It begins
with `--base-url`, else `public_url`, else where Airhook listens: the server must be able to reach that. `--json` gives
`{"id", "token", "hook_url", "config", …}`.

## What holds for all of them

**Which domain a push belongs to.** By the rule `auto` it is the first of these that is one of your push domains: `vhost` in the
query of the push, the server's vhost, the host of the push URL; if none is, `--domain`. With `--domain-rule fixed` it is always
`--domain`. A push without any domain of yours is refused.

**Who may push** is judged as for the own ingest: domain, names, push authentication (`txSecret`, `txTime`), forbidden streams.
The answer to the hook refuses, and `airhook source hooks` shows why, such as `(18/503)`.

**Durable before answered.** A hook is answered after session, event and deliveries are committed. When the database cannot
commit, the answer is 503 with `Retry-After`: the server refuses the push, or sends the hook again. A stop is then kept and
committed as soon as that is possible.

**Hooks are repeated, lost and turned round**, and it does not show: repeats change nothing, a stop may come up to ten seconds
before its start. When a second publisher of a stream is told of while the first one is on, Airhook waits up to three seconds to
see which of them the server has (twenty where the server can be asked, or tells by itself); one that the server refused is
never called back.

**Every start gets its stop**: from the hook; from the connection's end, two seconds later; from the server's own API, asked
every five seconds where `--api-url` names it, when two answers in a row do not list the push; from silence, when the server is
expected to send updates (or its API has answered before) and nothing came for `--silence` seconds (usually 30; 0: never); when
the server starts anew; when the source is removed. Pushes go on when Airhook is restarted.

| what is observed | errcode |
|---|---|
| the server tells of the end | 1 |
| its connection was gone before the stop came | 3, after the reconnect window |
| the same, and the stream's timestamps had stood still | 8, after the reconnect window |
| another publisher took the stream | 21, or taken over as [architecture.md](architecture.md) says |
| an operator dropped or forbade the stream | 21 |
| silence, or a new run of the server | 5, after the reconnect window |
| the API does not list it any more, or the source was removed | 0 |

`event_time` of a stop concluded from silence or the API is the last sign of life, and `push_duration` runs to it.

**An operator's order** (`airhook stream drop`, `forbid`) ends the session at once. The server is told to end the push where it
can be: by the answer to its next update (nginx-rtmp), or by its API.

**What came is kept.** `airhook trace SEQUENCE` and `/v1/sessions/{session}` begin with the hooks of a push: each with its request
(up to 8 KiB, without the token), and of those that come again and again the last one and their number. They are in the log of
their day and are kept as long as that.

**Recordings and screenshots** need the media, which go to the media server alone: name by `--pull-url` where they can be had.
`{domain}`, `{app}` and `{stream}` stand for those of the push; `{stream}` must be there, and the host is the same for all.
When record or screenshot rules or tasks want something of a push, its media are pulled once for all of them, from the start to
the stop that the hooks tell, and files, pictures and events 100, 332, 341, 200 and 317 come as for own pushes
([media.md](media.md#pulled-streams)). Without `--pull-url` nothing is recorded of the pushes of that source.

**Who may call**: whoever has the token, from the networks of `--allow` if there are any (behind a reverse proxy, see
`http.trusted_proxies`). Anything else is answered 404. The token is in no log of Airhook; it is sealed in the database. The
server's API is asked only where callbacks may go (`targets.allow`), without redirects.

nginx-rtmp and Node-Media-Server were recorded byte for byte, and nginx-rtmp is run in the tests; the other three are tested with
requests written after their documentation.
"""


class Kind(NamedTuple):
    title: str
    command: str
    text: str


KINDS = {
    SourceKind.NGINX_RTMP: Kind(
        "nginx-rtmp",
        "airhook source add nginx-rtmp edge-1",
        """nginx-rtmp repeats no hook, and **ends a push when one of its updates is not answered**, as while Airhook is restarted.
With `rtmp_stat` no updates are needed; after `--api-url` is set, `airhook source config` prints a text without them. It then
also takes orders (`rtmp_control` must be reachable at `…/control` beside `…/stat`). With several worker processes `rtmp_stat`
tells of one of them only: use one worker, or updates. If you leave `on_update` out without `--api-url`, set `--silence 0`.""",
    ),
    SourceKind.SRS: Kind(
        "SRS",
        "airhook source add srs edge-1",
        """SRS repeats no lost hook and sends nothing while a push goes on, so let its API be asked: `--api-url
http://ADDRESS:1985`. `on_close` is needed: it alone tells of a publisher that SRS refused because the stream was taken.""",
    ),
    SourceKind.NODE_MEDIA_SERVER: Kind(
        "Node-Media-Server 4",
        "airhook source add node-media-server edge-1 --domain push.example.com",
        """It does not tell the domain, so name one, or push with `?vhost=DOMAIN`. It tells of a stop half a minute late; the callback
has the true end and duration. It has no time-out for publishers that stand still, repeats no lost hook, and cannot be asked.""",
    ),
    SourceKind.ZLMEDIAKIT: Kind(
        "ZLMediaKit",
        "airhook source add zlmediakit edge-1",
        """A push begins when its stream is registered as rtmp; of the up to six schemas only that one counts. One source for each
server: their keep-alives keep pushes alive. If you leave `on_server_keepalive` out, set `--silence 0`. `--api-secret` is the
server's `api.secret`.""",
    ),
    SourceKind.MEDIAMTX: Kind(
        "MediaMTX",
        "airhook source add mediamtx edge-1 --domain push.example.com",
        """MediaMTX has no webhooks: its authentication asks Airhook for leave, and two commands (they need `curl`) tell that a stream
is there and that it is gone. The path `live/room1` is app and stream; a path of one part is a stream of the app `live`. Releases
that call the commands `runOnAvailable` and `runOnUnavailable` take the same lines under those names. Commands are sometimes not
run, so let its API be asked: `--api-url http://ADDRESS:9997`.""",
    ),
}


def render() -> str:
    """The whole page, Markdown."""
    return HEAD + "".join(map(_section, SourceKind))


def _section(kind: SourceKind) -> str:
    title, command, text = KINDS[kind]
    sample = Source(id="SOURCE", account_id=0, kind=kind, name="edge-1", token="TOKEN")  # noqa: S106 - a placeholder
    config = configuration(sample, "http://airhook.example.com:8080")
    return f"\n## {title}\n\n{text}\n\n```\n{command}\n```\n\n```\n{config}```\n"


if __name__ == "__main__":
    print(render(), end="")
