"""``airhook source`` on a real store."""

import pytest

HTTP = {"AIRHOOK_HTTP__LISTEN": "127.0.0.1:8080"}
PUBLIC = {"AIRHOOK_PUBLIC_URL": "https://hooks.example.com/"}


def test_what_is_added_says_what_to_write_where(ready):
    made = ready.json("source", "add", "nginx-rtmp", "edge-1", **HTTP)
    assert made["hook_url"] == f"http://127.0.0.1:8080/hooks/{made['id']}/{made['token']}"
    assert f"on_publish {made['hook_url']};" in made["config"]
    text = ready.ok("source", "add", "nginx-rtmp", "edge-2", **PUBLIC)
    assert "https://hooks.example.com/hooks/" in text
    assert ready.ok("source", "config", "edge-1", **HTTP).strip() == made["config"].strip()


def test_lists_hold_no_secrets(ready):
    made = ready.json(
        "source", "add", "nginx-rtmp", "edge-1", "--allow", "10.0.0.0/8", "--api-secret", "s3", **HTTP
    )
    [row] = ready.json("source", "list")
    assert (row["name"], row["allowed"], "token" in row, "api_secret" in row) == (
        "edge-1",
        ["10.0.0.0/8"],
        False,
        False,
    )
    text = ready.ok("source", "list")
    assert made["token"] not in text
    assert "10.0.0.0/8" in text


def test_changing_and_removing(ready):
    old = ready.json("source", "add", "nginx-rtmp", "edge-1", "--allow", "10.0.0.0/8", **HTTP)
    changed = ready.json("source", "set", "edge-1", "--name", "edge-9", "--allow", "")
    assert (changed["name"], changed["allowed"]) == ("edge-9", [])
    new = ready.json("source", "set", "edge-9", "--new-token", **HTTP)
    assert new["token"] != old["token"]
    assert ready.json("source", "remove", "edge-9") == {"removed": old["id"]}
    assert ready.json("source", "list") == []


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--allow", "10.0.0.0/99"], "--allow"),
        (["--silence", "1"], "--silence"),
        (["--domain", "nobody.example.com"], "domain"),
        (["--api-url", "http://10.0.0.1/stat"], "--api-url"),
    ],
)
def test_errors_name_the_option(ready, options, named):
    assert named in ready.error("source", "add", "nginx-rtmp", "edge-1", *options, **HTTP)
    assert ready.json("source", "list") == []


def test_a_port_that_nobody_knows_yet_adds_nothing(ready):
    assert "http.listen" in ready.error(
        "source", "add", "nginx-rtmp", "e", AIRHOOK_HTTP__LISTEN="127.0.0.1:0"
    )
    assert ready.json("source", "list") == []


def test_the_server_may_reach_us_otherwise(ready):
    ready.ok("source", "add", "nginx-rtmp", "edge-1", **PUBLIC)
    assert "CANNOT CALL https" in ready.ok("source", "config", "edge-1", **PUBLIC)
    text = ready.ok("source", "config", "edge-1", "--base-url", "http://10.0.0.2:8080/", **PUBLIC)
    assert "on_publish http://10.0.0.2:8080/hooks/" in text
    assert "CANNOT" not in text
    assert "--base-url" in ready.error("source", "config", "edge-1", "--base-url", "10.0.0.2", **PUBLIC)
