"""``airhook domain`` on a real store."""

import time
from urllib.parse import parse_qsl, urlsplit

import pytest

from airhook.core import reasons
from airhook.core.domains import Domain, check_push_auth

NAME = "push.example.com"
FIELDS = {
    "name", "domain_type", "play_type", "enabled", "auth_enabled", "auth_key", "backup_auth_key", "auth_delta_s",
    "reconnect_window_s", "created_ms",
}  # fmt: skip


def test_a_new_domain_is_protected(ready):
    added = ready.json("domain", "add", "Push.Example.com")
    assert set(added) == FIELDS
    assert added["name"] == NAME
    assert added["auth_enabled"] is True
    assert len(added["auth_key"]) == 32
    assert ready.json("domain", "list") == [added]
    assert ready.error("domain", "add", NAME) == f"airhook: domain {NAME} exists already"


def test_the_list_is_a_table(ready):
    key = ready.json("domain", "add", NAME)["auth_key"]
    head, row = ready.ok("domain", "list").splitlines()
    assert head.split() == ["DOMAIN", "STATE", "AUTH", "KEY", "BACKUP", "KEY", "RECONNECT", "WINDOW"]
    assert row.split() == [NAME, "enabled", "on", key, "70", "s"]


CHANGES: dict[tuple[str, ...], dict[str, object]] = {
    # options: what the domain says then
    ("--auth", "off"): {"auth_enabled": False},
    ("--disable",): {"enabled": False},
    ("--reconnect-window", "0"): {"reconnect_window_s": 0},
    ("--auth-key", "abc123", "--backup-key", "def456"): {"auth_key": "abc123", "backup_auth_key": "def456"},
    ("--auth-delta", "60"): {"auth_delta_s": 60},
}


@pytest.mark.parametrize("options", CHANGES)
def test_set_changes_what_is_named_and_nothing_else(ready, options):
    before = ready.json("domain", "add", NAME)
    assert ready.json("domain", "set", NAME, *options) == {**before, **CHANGES[options]}
    assert ready.json("domain", "list") == [{**before, **CHANGES[options]}]


def test_set_can_be_undone(ready):
    before = ready.json("domain", "add", NAME)
    ready.ok("domain", "set", NAME, "--auth", "off", "--disable", "--backup-key", "x")
    assert ready.json("domain", "set", NAME, "--auth", "on", "--enable", "--backup-key", "") == before


WRONG = {
    # command: the line
    ("set", NAME, "--reconnect-window", "-1"): "airhook: --reconnect-window: must be 0 to 3600 seconds",
    ("set", NAME, "--auth-key", "a b"): "airhook: --auth-key: must be 1 to 256 letters and digits",
    ("set", "other.example.com", "--auth", "on"): "airhook: domain other.example.com does not exist",
    ("remove", "other.example.com"): "airhook: domain other.example.com does not exist",
    ("push-url", NAME, "live", "a/b"): "airhook: stream: 'a/b' is not allowed; use 1 to 128 letters",
    ("push-url", NAME, ".x", "ab"): "airhook: app: '.x' is not allowed",
    ("add", "rtmp://x"): "airhook: domain: 'rtmp://x' is no domain name",
}


@pytest.mark.parametrize("command", WRONG)
def test_wrong_values_are_named_by_their_option(ready, command):
    ready.ok("domain", "add", NAME)
    assert ready.error("domain", *command).startswith(WRONG[command])


def test_remove_frees_the_name(ready):
    ready.ok("domain", "add", NAME)
    assert ready.json("domain", "remove", NAME) == {"removed": NAME}
    assert ready.json("domain", "list") == []
    ready.ok("domain", "add", NAME)


def test_a_limit_names_its_setting(ready):
    ready.ok("domain", "add", NAME, AIRHOOK_LIMITS__DOMAINS="1")
    assert ready.error("domain", "add", "b.example.com", AIRHOOK_LIMITS__DOMAINS="1") == (
        "airhook: the account already has 1 domains; raise limits.domains to allow more"
    )


def test_the_push_url_lets_in_until_it_expires(ready):
    key = ready.json("domain", "add", NAME)["auth_key"]
    printed = ready.ok("domain", "push-url", NAME, "live", "room1", "--hours", "2").strip()
    url = urlsplit(printed)
    assert (url.scheme, url.netloc, url.path) == ("rtmp", NAME, "/live/room1")
    domain = Domain(name=NAME, account_id=1, auth_key=key)
    now_ms = round(time.time() * 1000)
    assert check_push_auth(domain, "room1", url.query, now_ms + 7_190_000) is None
    assert check_push_auth(domain, "room1", url.query, now_ms + 7_210_000) == reasons.TX_TIME_EXPIRED
    assert check_push_auth(domain, "room2", url.query, now_ms) == reasons.TX_SECRET_WRONG


PUSH_URLS = {
    # settings and options: server, path, names in the query
    ("1935",): (NAME, ["txSecret", "txTime"]),
    ("1936",): (f"{NAME}:1936", ["txSecret", "txTime"]),
    ("1935", "--host", "127.0.0.1"): ("127.0.0.1", ["vhost", "txSecret", "txTime"]),
    ("1936", "--host", "127.0.0.1"): ("127.0.0.1:1936", ["vhost", "txSecret", "txTime"]),
    ("1936", "--host", "127.0.0.1:1999"): ("127.0.0.1:1999", ["vhost", "txSecret", "txTime"]),
    ("1936", "--host", "[::1]"): ("[::1]:1936", ["vhost", "txSecret", "txTime"]),
    ("0", "--host", "127.0.0.1:1999"): ("127.0.0.1:1999", ["vhost", "txSecret", "txTime"]),
}


@pytest.mark.parametrize("case", PUSH_URLS)
def test_the_push_url_leads_to_the_server(ready, case):
    port, *options = case
    server, names = PUSH_URLS[case]
    ready.ok("domain", "add", NAME)
    made = ready.json(
        "domain", "push-url", NAME, "live", "room1", *options, AIRHOOK_RTMP__LISTEN=f"0.0.0.0:{port}"
    )
    url = urlsplit(made["url"])
    assert url.netloc == server
    assert [name for name, _ in parse_qsl(url.query)] == names
    assert made["server"] == f"rtmp://{server}/live"
    assert f"{made['server']}/{made['key']}" == made["url"]


def test_without_authentication_the_push_url_is_bare(ready):
    ready.ok("domain", "add", NAME)
    ready.ok("domain", "set", NAME, "--auth", "off")
    assert ready.ok("domain", "push-url", NAME, "live", "room1") == f"rtmp://{NAME}/live/room1\n"


def test_a_port_that_the_system_chose_is_asked_of_the_running_server(ready, tmp_path):
    ready.ok("domain", "add", NAME)
    any_port = {"AIRHOOK_RTMP__LISTEN": "127.0.0.1:0", "AIRHOOK_HTTP__LISTEN": "127.0.0.1:0"}
    assert ready.error("domain", "push-url", NAME, "live", "room1", **any_port) == (
        "airhook: rtmp.listen has port 0, and no server runs that could tell its port"
    )
    (tmp_path / "airhook-data/serve.json").write_text(
        '{"pid":1,"http":"127.0.0.1:4001","rtmp":"127.0.0.1:4002"}'
    )
    assert f"rtmp://{NAME}:4002/live" in ready.ok("domain", "push-url", NAME, "live", "room1", **any_port)
    assert "http://127.0.0.1:4001/console/link/" in ready.ok("console-link", **any_port)
