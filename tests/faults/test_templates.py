"""A template that changes while its callbacks are tried again."""

import json
import time

from airhook.verify import verify
from support.caller import push_event, report
from support.endurance import drained, wait_until
from support.server import DOMAIN, KEY

NEW_KEY = "NewKey0123456789"
SOON_S = 45


def test_a_new_key_signs_the_attempts_that_are_to_come(server, receiver):
    receiver.answer(500)
    server.set_up(receiver)
    server.start()
    report(server, push_event("one"))
    receiver.wait_for(1, SOON_S)
    [template] = server.json("template", "list", "--json")
    server.cli("template", "set", str(template["id"]), "--key", NEW_KEY, "--begin-url", receiver.url("/new"))
    receiver.wait_until(lambda: verify(receiver.requests[-1].body, NEW_KEY).ok, SOON_S)
    receiver.answer(200)
    drained(server)
    assert verify(receiver.requests[0].body, KEY).ok
    assert {request.path for request in receiver.requests} == {"/begin"}, "what was planned keeps its URL"


def nobody_hears(server):
    """Whether nobody is told of what happens now."""
    _, [one] = report(server, push_event(f"asked-{time.time_ns()}", stream="room2"))
    return one["deliveries"] == 0


def test_a_deleted_template_serves_what_it_has_planned(server, receiver):
    receiver.answer(500)
    server.set_up(receiver)
    server.start()
    report(server, push_event("start"), push_event("stop", 0))
    receiver.wait_for(1, SOON_S)
    [template] = server.json("template", "list", "--json")
    server.cli("rule", "remove", DOMAIN, "--app", "live")
    server.cli("template", "remove", str(template["id"]))
    wait_until(lambda: nobody_hears(server), SOON_S, "the removed rule counts no more")
    tried = len(receiver.requests)
    receiver.wait_for(tried + 1, SOON_S)
    server.kill()
    receiver.answer(200)
    server.start()
    drained(server)
    server.stop()
    answered = [request for request in receiver.requests if verify(request.body, KEY).ok]
    assert len(answered) == len(receiver.requests), "signed to the last"
    ours = [request.json() for request in answered if request.json()["stream_id"] == "room1"]
    assert [body["event_type"] for body in ours[-2:]] == [1, 0]
    assert json.loads(server.cli("verify", "--json").stdout)["ok"]
