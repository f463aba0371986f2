"""``airhook record-template``, ``snapshot-template`` and their rules on a real store."""

import pytest

DOMAIN = "push.example.com"


@pytest.fixture
def record(ready):
    return ready.json(
        "record-template", "add", "films", "--format", "mp4=3600", "--format", "HLS", "--keep-days", "30"
    )


@pytest.fixture
def snapshot(ready):
    return ready.json("snapshot-template", "add", "shots", "--interval", "5", "--audit", "--width", "640")


def test_record_templates_are_added_listed_changed_and_removed(ready, record):
    assert record["params"] == {
        "mp4": {"enabled": True, "interval_s": 3600, "storage_s": 30 * 86_400},
        "hls": {"enabled": True, "storage_s": 30 * 86_400},
    }
    text = ready.ok("record-template", "list")
    assert "mp4, a file each 3600 s, kept for 30 days" in text
    assert "hls, kept for 30 days" in text
    changed = ready.json(
        "record-template", "set", record["id"], "--without", "hls", "--format", "flv", "--hls-continue", "60"
    )
    assert [name for name, one in changed["params"].items() if one.get("enabled")] == ["mp4", "flv"]
    assert changed["hls_continue_s"] == 60
    assert "airhook rule add DOMAIN" in ready.ok("record-template", "add", "other")
    ready.ok("record-template", "remove", record["id"])
    assert [one["name"] for one in ready.json("record-template", "list")] == ["other"]


def test_snapshot_templates_are_added_listed_changed_and_removed(ready, snapshot):
    assert (snapshot["interval_s"], snapshot["audit"], snapshot["width"]) == (5, True, 640)
    assert "640xany" in ready.ok("snapshot-template", "list")
    changed = ready.json("snapshot-template", "set", snapshot["id"], "--no-audit", "--name", "pics")
    assert (changed["name"], changed["audit"], changed["width"]) == ("pics", False, 640)
    ready.ok("snapshot-template", "remove", snapshot["id"])
    assert ready.json("snapshot-template", "list") == []


def test_scores_of_a_snapshot_template_s_own(ready, snapshot):
    scores = ["--block", "70", "--review", "50", "--review-hot", "101", "--send-pass", "yes"]
    changed = ready.json("snapshot-template", "set", snapshot["id"], *scores)
    assert changed["audit_options"] == {"block": 70, "review": 50, "review_hot": 101, "send_pass": True}
    assert "yes, 70/50/101" in ready.ok("snapshot-template", "list")
    back = ["--block", "default", "--send-pass", "default"]
    changed = ready.json("snapshot-template", "set", snapshot["id"], *back)
    assert changed["audit_options"] == {"review": 50, "review_hot": 101}
    refused = ready.run("snapshot-template", "set", str(snapshot["id"]), "--block", "1000")
    assert refused.exit_code != 0
    assert "use 0 to 100, 101 for never, or default" in refused.output


@pytest.mark.parametrize("kind", ["record", "snapshot"])
def test_their_rules_are_added_listed_and_removed(ready, record, snapshot, kind):
    ready.ok("domain", "add", DOMAIN)
    template = {"record": record, "snapshot": snapshot}[kind]["id"]
    made = ready.json("rule", "add", DOMAIN, template, "--kind", kind, "--stream", "room1")
    assert (made["app"], made["stream"], made["template_id"]) == ("", "room1", template)
    assert ready.json("rule", "list", "--kind", kind) == [made]
    assert "room1" in ready.ok("rule", "list", "--kind", kind)
    assert ready.json("rule", "list") == []
    assert f"remove the {kind} rule first" in ready.error(f"{kind}-template", "remove", template)
    assert "stream room1 in all of" in ready.ok("rule", "remove", DOMAIN, "--kind", kind, "--stream", "room1")
    assert ready.json("rule", "list", "--kind", kind) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("record-template", "add", "x", "--format", "avi"), "--format: 'avi' is none of flv, hls"),
        (("record-template", "add", "x", "--format", "mp4=soon"), "--format: 'soon' is no number"),
        (("record-template", "add", "x", "--format", "mp4=1"), "--format: must be 60 to 43200 seconds"),
        (("record-template", "add", "x", "--keep-days", "1"), "--format: must name the formats"),
        (("record-template", "add", "x", "--format", "hls", "--keep-days", "1501"), "--keep-days: must be 0"),
        (("record-template", "add", "x", "--format", "hls", "--file-name", "{X}"), "--file-name: knows no"),
        (("record-template", "set", "9", "--without", "hls"), "record template 9 does not exist"),
        (("snapshot-template", "add", "x", "--interval", "1"), "--interval: must be 2 to 300 seconds"),
        (("snapshot-template", "add", "x", "--file-name", "{X}"), "--file-name: knows no {X}"),
        (("rule", "add", DOMAIN, "1", "--stream", "a"), "--stream: goes with --kind record or snapshot"),
        (("rule", "add", DOMAIN, "1", "--kind", "record", "--app", "a/b"), "app: 'a/b' is not allowed"),
    ],
)
def test_mistakes_are_named(ready, arguments, message):
    assert message in ready.error(*arguments)
