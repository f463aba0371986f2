"""Bearer keys of ``/v1`` from the command line."""


def test_a_bearer_key_is_made_listed_and_switched(ready):
    made = ready.json("key", "add", "--v1", "recorder")
    assert made["name"] == "recorder"
    assert made["api_key"].startswith("ahk_")

    listed = ready.json("key", "list", "--v1")
    assert [(key["name"], key["enabled"]) for key in listed] == [("init", True), ("recorder", True)]
    assert made["api_key"] not in ready.ok("key", "list", "--v1")

    assert ready.ok("key", "set", "--v1", "recorder", "--disable") == "recorder is disabled now.\n"
    assert ready.ok("key", "list", "--v1").split() == [
        "NAME",
        "STATE",
        "init",
        "enabled",
        "recorder",
        "disabled",
    ]
    assert ready.json("key", "set", "--v1", "recorder", "--enable")["enabled"]


def test_wrong_bearer_keys_are_told(ready):
    ready.ok("key", "add", "--v1", "recorder")
    assert ready.error("key", "add", "--v1", "recorder") == (
        "airhook: name: 'recorder' is taken; choose another"
    )
    assert ready.error("key", "add", "--v1", "") == "airhook: name: must be 1 to 64 printable characters"
    assert ready.error("key", "set", "--v1", "nobody", "--disable") == (
        "airhook: bearer key nobody does not exist"
    )
