"""Asking a server's API: only where addresses are allowed, within bounds, and with errors that say why."""

import asyncio
import threading

import pytest

from airhook.core.source_ports import ServerApiError
from airhook.delivery import fetch, resolver
from airhook.delivery.addresses import TargetPolicy
from airhook.delivery.fetch import ServerFetch
from support.certificates import Authority
from support.receiver import Receiver

LOOPBACK = ["127.0.0.0/8"]


@pytest.fixture
def server():
    with Receiver() as running:
        yield running


def ask(url, method="GET", *, allow=LOOPBACK, **options):
    fetcher = ServerFetch(TargetPolicy(allow), **options)
    try:
        return asyncio.run(fetcher(method, url, [("X-Key", "k")]))
    finally:
        fetcher.close()


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST"])
def test_the_answer_s_body(server, method):
    server.answer(200, body=b"<rtmp/>")
    assert ask(server.url("/stat?a=1"), method) == b"<rtmp/>"
    [request] = server.requests
    assert (request.method, request.path, request.headers["x-key"]) == (method, "/stat?a=1", "k")


def test_a_name_leads_where_it_was_judged(server):
    server.answer(200, body=b"yes")
    url = f"http://media.example.com:{server.port}/"
    assert ask(url, lookup=lambda _: ["127.0.0.1"]) == b"yes"
    assert server.requests[0].headers["host"] == f"media.example.com:{server.port}"
    with pytest.raises(ServerApiError, match=r"targets\.allow"):
        ask(url, allow=[], lookup=lambda _: ["127.0.0.1"])


def test_over_tls_the_systems_certificates_are_trusted_and_no_others(tmp_path, monkeypatch):
    authority = Authority(tmp_path)
    with Receiver(tls=authority.server("127.0.0.1")) as server:
        server.answer(200, body=b"yes")
        with pytest.raises(ServerApiError, match="certificate"):
            ask(server.url("/"))
        assert server.requests == []
        monkeypatch.setenv("SSL_CERT_FILE", str(authority.ca_file))
        assert ask(server.url("/")) == b"yes"


@pytest.mark.parametrize("status", [301, 401, 500])
def test_other_statuses_are_none(server, status):
    server.answer(status, headers=(("Location", server.url("/else")),))
    with pytest.raises(ServerApiError, match=str(status)):
        ask(server.url("/stat"))
    assert len(server.requests) == 1


def test_what_goes_wrong_is_said(server, monkeypatch):
    server.answer(200, never=True)
    with pytest.raises(ServerApiError, match="timed out"):
        ask(server.url("/"), timeout_s=0.3)
    server.answer(200, endless=True)
    monkeypatch.setattr(fetch, "MAX_BYTES", 100_000)
    with pytest.raises(ServerApiError, match="too large"):
        ask(server.url("/"))
    with pytest.raises(ServerApiError, match="does not resolve"):
        ask("http://nowhere.example.com/", lookup=_nowhere)
    with pytest.raises(ServerApiError, match="cannot be read"):
        ask("nonsense")


def test_a_name_that_hangs_holds_up_no_other_server(server, monkeypatch):
    monkeypatch.setattr(resolver, "PATIENCE_S", 0.1)
    over = threading.Event()

    def hangs(host):
        if host.startswith("hanging"):
            over.wait(60)
        return ["127.0.0.1"]

    fetcher = ServerFetch(TargetPolicy(LOOPBACK), lookup=hangs)

    async def all_of_them():
        hanging = [fetcher("GET", f"http://hanging{n}.example.com/") for n in range(2 * fetch.AT_ONCE)]
        told = await asyncio.gather(*hanging, return_exceptions=True)
        monkeypatch.setattr(resolver, "PATIENCE_S", 30)
        return told, await fetcher("GET", server.url("/", "media.example.com"))

    server.answer(200, body=b"yes")
    told, answer = asyncio.run(all_of_them())
    over.set()
    fetcher.close()
    assert [str(one).partition(".")[2] for one in told] == ["example.com did not resolve within 0.1 s"] * len(
        told
    )
    assert answer == b"yes"


def _nowhere(_host):
    raise OSError(-2, "Name or service not known")
