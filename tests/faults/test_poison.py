"""Values made to break something: each is refused or delivered by itself, and takes nobody with it."""

import json
from typing import Any

from support.caller import push_event, report
from support.endurance import drained

DEEP = b"[" * 50_000 + b"]" * 50_000
SOON_S = 45


def raw(**changes):
    return json.dumps(push_event("poison", **changes)).encode()


REFUSED = {
    "nul in the id": raw(id="a\0b"),
    "half a surrogate pair": raw().replace(b"room1", b"\\ud800"),
    "bytes that are no text": raw().replace(b"room1", b"\xff\xfe"),
    "a number beyond 64 bits": raw(data={"sequence": "9223372036854775808"}),
    "a huge number": raw(data={"sequence": "1", "width": 10**400}),
    "a time beyond all times": raw(occurred_at=10**30),
    "no number": raw().replace(b"1767268800", b"NaN"),
    "another type": raw(event_type=7),
    "a type that is text": raw(event_type="1"),
    "a stream that climbs": raw(stream="../../etc"),
    "nul in the stream": raw(stream="room\0"),
    "a giant stream": raw(stream="x" * 100_000),
    "nul in the data": raw(data={"sequence": "1", "stream_param": "a\0b"}),
    "deep data": raw().replace(b'{"sequence": "1"}', DEEP),
    "a field twice": raw().replace(b'"app": "live"', b'"app": "live", "app": 7'),
    "no object": b'"text"',
    "nothing": b"null",
    "an id of ours": raw(id="7315508846120937714-1"),
}

TAKEN: dict[str, dict[str, Any]] = {
    "a parameter with everything": {"stream_param": "a=" + "".join(map(chr, range(1, 0x300)))},
    "the highest plane": {"stream_param": "\U0010ffff" * 100},
    "sql": {"stream_param": "'; DROP TABLE deliveries; --"},
    "a long parameter": {"stream_param": "p" * 20_000},
    "the largest numbers": {"width": 2**31 - 1, "height": 2**31 - 1, "stream_param": ""},
}


def test_poison_is_refused_alone_and_the_rest_arrives(server, receiver):
    server.set_up(receiver)
    server.start()
    for name, event in REFUSED.items():
        before, after = push_event(f"{name}-1".replace(" ", "-")), push_event(f"{name}-2".replace(" ", "-"))
        status, results = report(server, before, event, after)
        if status == 200:
            assert ["error" in one for one in results] == [False, True, False], name
        else:  # what is no JSON at all says nothing about its neighbours
            assert status == 400, name
            assert report(server, before, after)[0] == 200
    for n, (name, data) in enumerate(TAKEN.items()):
        event = push_event(name.replace(" ", "-"), data={"sequence": str(100 + n), **data})
        status, [result] = report(server, event)
        assert (status, "error" in result) == (200, False), (name, result)
    drained(server)
    server.stop()
    assert len(receiver.requests) == 2 * len(REFUSED) + len(TAKEN)
    told = {body["sequence"]: body["stream_param"] for body in receiver.json_bodies()}
    assert {told[str(100 + n)] for n in range(len(TAKEN))} == {
        data["stream_param"] for data in TAKEN.values()
    }
    assert json.loads(server.cli("verify", "--json").stdout)["ok"]
