"""Names that do not exist, hang, or lead elsewhere from one moment to the next, by a real name server."""

from collections.abc import Iterator

import pytest

from airhook.delivery.resolver import THREADS
from support.caller import report, task_event
from support.endurance import drained
from support.name_server import HANGS, NameServer
from support.receiver import Receiver
from support.records import ended_at, outcomes
from support.server import AirhookServer

HANGING = 60  # names: twice as many as are looked up at once
SOON_S = 45
METADATA = "169.254.169.254"


@pytest.fixture(name="names")
def _names() -> Iterator[NameServer]:
    with NameServer() as running:
        yield running


@pytest.fixture(name="server")
def _server(tmp_path, names) -> Iterator[AirhookServer]:
    made = AirhookServer(tmp_path, AIRHOOK_DELIVERY__SCHEDULES="328=0x60")
    made.prefix = names.prefix(tmp_path)
    yield made
    made.stop()


def test_bad_names_fail_by_their_names_and_hold_no_good_one_up(server, receiver, names):
    hanging = [f"hangs{n}.test" for n in range(HANGING)]
    names.answers |= dict.fromkeys(hanging, HANGS)
    names.answers |= {"empty.test": [], "good.test": ["127.0.0.1"], "both.test": [METADATA, "127.0.0.1"]}
    names.answers |= {"metadata.test": [METADATA]}
    expected = {receiver.url("/bad", host): (None, "dns_timeout") for host in hanging}
    expected |= {receiver.url("/bad", host): (None, "dns_failed") for host in ("nobody.test", "empty.test")}
    expected |= {receiver.url("/bad", "metadata.test"): (None, "address_refused")}
    expected |= {receiver.url("/good", host): (200, None) for host in ("good.test", "both.test")}
    server.set_up(receiver)
    server.start()

    report(server, *(task_event(f"event{n}", url) for n, url in enumerate(expected)))
    receiver.wait_for(2, SOON_S, path="/good")
    drained(server)
    server.stop()

    well_at = max(request.at for request in receiver.requests if request.path == "/good")
    over = [at for url, at in ended_at(server).items() if expected[url][1] == "dns_timeout" and at < well_at]
    assert len(over) <= THREADS, "no more than one round of hanging names came before them"
    assert outcomes(server) == expected
    assert not [request for request in receiver.requests if request.path == "/bad"]
    assert server.json("verify", "--json")["ok"]


def test_a_name_that_leads_elsewhere_after_it_was_judged_is_not_followed(server, receiver, names):
    names.answers["rebinds.test"] = ["127.0.0.1"]
    names.after["rebinds.test"] = ["127.0.0.2"]
    with Receiver(host="127.0.0.2", port=receiver.port) as elsewhere:
        server.set_up(receiver)
        server.start(AIRHOOK_TARGETS__ALLOW="127.0.0.1/32")
        for n in range(3):
            report(server, task_event(f"before{n}", receiver.url(f"/before{n}", "rebinds.test")))
            receiver.wait_for(n + 1, SOON_S)
        server.stop()
        server.start(AIRHOOK_TARGETS__ALLOW="127.0.0.1/32")
        report(server, task_event("after", receiver.url("/after", "rebinds.test")))
        drained(server)
        server.stop()

    assert not elsewhere.requests
    happened = outcomes(server)
    assert happened.pop(receiver.url("/after", "rebinds.test")) == (None, "address_refused")
    assert set(happened.values()) == {(200, None)}
