"""What a callback URL's author hears when it is saved."""

import asyncio
import threading

import pytest

from airhook.delivery import judge as judges
from airhook.delivery.addresses import TargetPolicy
from airhook.delivery.judge import TargetJudge

NAMES = {
    "public.example.com": ["8.8.8.8"],
    "mixed.example.com": ["8.8.8.8", "10.0.0.7"],
    "local.example.com": ["::1"],
}


def lookup(host):
    if host not in NAMES:
        raise OSError(-2, "Name or service not known")
    return NAMES[host]


def ask(url, *, allow=(), lookup=lookup):
    return asyncio.run(TargetJudge(TargetPolicy(allow), lookup)(url))


VERDICTS = {
    # URL: the address that is refused, or None
    "https://public.example.com/x": None,
    "http://8.8.8.8:8080/": None,
    "http://127.0.0.1/": "127.0.0.1 is a loopback address; add it to targets.allow",
    "http://2130706433/": "127.0.0.1 is a loopback address",
    "http://[::1]:80/": "::1 is a loopback address",
    "http://mixed.example.com/": "10.0.0.7 is a private address",
    "http://local.example.com/": "::1 is a loopback address",
    "http://unknown.example.com/": None,  # it may resolve later; every attempt judges again
    "ftp://127.0.0.1/": None,  # other rules say what is wrong with it
}


@pytest.mark.parametrize("url", VERDICTS)
def test_every_address_of_the_host_is_judged(url):
    verdict = ask(url)
    assert verdict is None if VERDICTS[url] is None else verdict.startswith(VERDICTS[url])


def test_allowed_networks_are_allowed():
    assert ask("http://mixed.example.com/", allow=["10.0.0.0/8"]) is None


def test_a_name_that_does_not_resolve_in_time_holds_nobody_up(monkeypatch):
    monkeypatch.setattr(judges, "PATIENCE_S", 0.05)
    over = threading.Event()

    def hangs(_):
        over.wait(60)
        return ["10.0.0.7"]

    assert ask("http://slow.example.com/", lookup=hangs) is None
    over.set()  # its late answer, to a loop that is closed, disturbs nobody
    for thread in threading.enumerate():
        if thread.name == "airhook-judge":
            thread.join(30)


def test_names_that_hang_keep_no_more_threads_than_may(monkeypatch):
    monkeypatch.setattr(judges, "PATIENCE_S", 0.05)
    monkeypatch.setattr(judges, "LOOKUPS_MAX", 4)
    over = threading.Event()
    asked = threading.Semaphore(0)

    def hangs(host):
        if host.startswith("slow"):
            asked.release()
            over.wait(60)
        return ["10.0.0.7"]

    judge = TargetJudge(TargetPolicy([]), hangs)

    async def many():
        return await asyncio.gather(*(judge(f"http://slow{n}.example.com/") for n in range(20)))

    assert asyncio.run(many()) == [None] * 20
    for _ in range(4):
        assert asked.acquire(timeout=30)
    assert not asked.acquire(blocking=False), "only four of the twenty have a thread"
    over.set()
    for thread in threading.enumerate():
        if thread.name == "airhook-judge":
            thread.join(30)
    monkeypatch.setattr(judges, "PATIENCE_S", 30)
    assert str(asyncio.run(judge("http://quick.example.com/"))).startswith("10.0.0.7 is a private address")


@pytest.mark.parametrize(
    ("url", "resolves"),
    [
        ("https://public.example.com/x", True),
        ("http://local.example.com/", True),
        ("http://[::1]:80/", True),
        ("http://unknown.example.com/", False),
        ("ftp://127.0.0.1/", True),  # other rules say what is wrong with it
    ],
)
def test_a_name_that_does_not_resolve_is_told(url, resolves):
    assert asyncio.run(TargetJudge(TargetPolicy([]), lookup).resolves(url)) is resolves
