"""``airhook account``, and acting for one of several accounts."""

import pytest

FIELDS = {"appid", "secret_id", "secret_key", "console_user", "console_password", "api_key"}


def test_add_and_list(ready):
    made = ready.json("account", "add", "acme", "--user", "alice", "--appid", "1400000001")
    assert set(made) == FIELDS
    assert (made["appid"], made["console_user"]) == (1_400_000_001, "alice")
    first, second = ready.json("account", "list")
    assert (first["name"], second["name"], second["appid"]) == ("default", "acme", 1_400_000_001)
    assert "acme" in ready.ok("account", "list")
    text = ready.ok("account", "add", "other", "--user", "bob")
    assert "The account other is made. Keep these" in text


def test_commands_act_for_the_account_that_is_named(ready):
    made = ready.json("account", "add", "acme", "--user", "alice")
    ready.ok("--account", "acme", "domain", "add", "acme.example.com")
    ready.ok("domain", "add", "push.example.com")
    assert [one["name"] for one in ready.json("domain", "list")] == ["push.example.com"]
    for name in ("acme", str(made["appid"])):
        assert [one["name"] for one in ready.json("--account", name, "domain", "list")] == [
            "acme.example.com"
        ]
    [key] = ready.json("--account", "acme", "key", "list")
    assert key["secret_id"] == made["secret_id"]
    assert "domain acme.example.com does not exist" in ready.error("domain", "remove", "acme.example.com")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("account", "add", "default", "--user", "bob"), "account default exists already"),
        (("account", "add", "acme", "--user", "admin"), "user admin exists already"),
        (("account", "add", "a b", "--user", "bob"), "name: must be 1 to 64 letters"),
        (("account", "add", "acme", "--user", "b b"), "--user: must be 1 to 64 letters"),
        (("--account", "acme", "key", "list"), "account acme does not exist"),
    ],
)
def test_mistakes_are_named_and_change_nothing(ready, arguments, message):
    assert message in ready.error(*arguments)
    assert [one["name"] for one in ready.json("account", "list")] == ["default"]


def test_each_account_has_an_appid_of_its_own(ready):
    made = ready.json("account", "add", "acme", "--user", "alice")
    assert "another account's" in ready.error(
        "account", "add", "third", "--user", "bob", "--appid", str(made["appid"])
    )
