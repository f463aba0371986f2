"""``airhook template``, ``airhook rule`` and ``airhook key`` on a real store."""

import pytest

BEGIN, END = "http://127.0.0.1:8900/begin", "http://127.0.0.1:8900/end"
FIELDS = {
    "id", "name", "description", "urls", "callback_key", "key_version", "record_exception_levels", "ordered",
    "created_ms", "updated_ms",
}  # fmt: skip


def add(ready, *options):
    return ready.json("template", "add", "hooks", "--begin-url", BEGIN, *options)


def test_a_template_has_its_urls_by_event_type(ready):
    made = add(
        ready, "--end-url", END, "--url", "100=http://127.0.0.1/r?a=b", "--key", "abc", "--description", "x-y"
    )
    assert set(made) == FIELDS
    assert made["urls"] == {"0": END, "1": BEGIN, "100": "http://127.0.0.1/r?a=b"}
    assert (made["name"], made["description"], made["callback_key"], made["ordered"]) == (
        "hooks",
        "x-y",
        "abc",
        True,
    )
    assert ready.json("template", "list") == [made]


def test_a_key_can_be_drawn(ready):
    assert len(add(ready, "--generate-key")["callback_key"]) == 32
    assert add(ready)["callback_key"] == ""
    output = ready.ok("template", "add", "third", "--begin-url", BEGIN, "--generate-key")
    assert "Its callback key is " in output
    assert "airhook rule add DOMAIN" in output


def test_the_list_shows_every_url(ready):
    made = add(ready, "--end-url", END)
    head, first, second = ready.ok("template", "list").splitlines()
    assert head.split() == ["ID", "NAME", "KEY", "TYPE=URL"]
    assert first.split() == [str(made["id"]), "hooks", "(not", "signed)", f"0={END}"]
    assert second.split() == [f"1={BEGIN}"]


def test_set_changes_what_is_named_and_clears_what_is_empty(ready):
    made = add(ready, "--end-url", END, "--key", "abc")
    changed = ready.json("template", "set", made["id"], "--end-url", "", "--name", "new", "--unordered")
    assert changed["urls"] == {"1": BEGIN}
    assert (changed["name"], changed["callback_key"], changed["ordered"]) == ("new", "abc", False)
    assert ready.json("template", "set", made["id"], "--key", "")["callback_key"] == ""


WRONG = {
    ("add", "hooks"): "airhook: --begin-url, --end-url, --url: are all empty",
    ("add", "a b", "--begin-url", BEGIN): "airhook: name: may hold Chinese characters, letters, digits",
    (
        "add",
        "hooks",
        "--end-url",
        "ftp://x",
    ): "airhook: --end-url: 'ftp://x' must start with http:// or https://",
    (
        "add",
        "hooks",
        "--url",
        "317=http://10.0.0.1/",
    ): "airhook: --url 317=URL: 10.0.0.1 is a private address",
    (
        "add",
        "hooks",
        "--url",
        "5=http://x",
    ): "airhook: --url: '5=http://x' is no TYPE=URL; the types are 0, 1, 100",
    ("add", "hooks", "--url", "http://x"): "airhook: --url: 'http://x' is no TYPE=URL",
    (
        "add",
        "hooks",
        "--begin-url",
        BEGIN,
        "--key",
        "a-b",
    ): "airhook: --key: may hold letters A-Z, a-z and digits only",
    ("set", "77", "--key", "a"): "airhook: callback template 77 does not exist",
    ("remove", "77"): "airhook: callback template 77 does not exist",
}


@pytest.mark.parametrize("command", WRONG)
def test_wrong_values_are_named_by_their_option(ready, command):
    assert ready.error("template", *command).startswith(WRONG[command])


def test_a_key_is_given_or_drawn(ready):
    result = ready.run("template", "add", "hooks", "--begin-url", BEGIN, "--key", "a", "--generate-key")
    assert result.exit_code == 2
    assert "--key and --generate-key exclude each other" in result.stderr


def test_rules_bind_and_unbind(ready):
    template = add(ready)["id"]
    ready.ok("domain", "add", "push.example.com")
    rule = ready.json("rule", "add", "push.example.com", template, "--app", "live")
    assert {"domain": "push.example.com", "app": "live", "template_id": template}.items() <= rule.items()
    whole = ready.json("rule", "add", "push.example.com", template)
    assert whole["app"] == ""
    assert ready.json("rule", "list") == [rule, whole]
    _, first, second = ready.ok("rule", "list").splitlines()
    assert first.split() == ["push.example.com", "live", str(template)]
    assert second.split() == ["push.example.com", "(all)", str(template)]
    assert "exists already" in ready.error("rule", "add", "push.example.com", template)

    assert "is still used by" in ready.error("template", "remove", template)
    assert "is still used by" in ready.error("domain", "remove", "push.example.com")
    ready.ok("rule", "remove", "push.example.com", "--app", "live")
    ready.ok("rule", "remove", "push.example.com")
    assert ready.json("rule", "list") == []
    assert ready.json("template", "remove", template) == {"removed": template}
    assert ready.json("template", "list") == []


@pytest.mark.parametrize(
    ("command", "line"),
    [
        (
            ("add", "other.example.com", "1"),
            "airhook: domain: 'other.example.com' is not one of your push domains",
        ),
        (("add", "push.example.com", "77"), "airhook: callback template 77 does not exist"),
        (("remove", "push.example.com"), "airhook: callback rule for push.example.com/(all) does not exist"),
    ],
)
def test_a_rule_needs_its_parts(ready, command, line):
    ready.ok("domain", "add", "push.example.com")
    assert ready.error("rule", *command).startswith(line)


def test_keys_are_made_listed_and_disabled_and_their_secrets_shown_once(ready):
    made = ready.json("key", "add")
    assert set(made) == {"secret_id", "secret_key"}
    listed = ready.json("key", "list")
    assert len(listed) == 2
    assert made["secret_key"] not in str(listed)
    assert ready.json("key", "set", made["secret_id"], "--disable")["enabled"] is False
    states = {key["secret_id"]: key["enabled"] for key in ready.json("key", "list")}
    assert states[made["secret_id"]] is False
    assert sum(states.values()) == 1
    assert ready.json("key", "set", made["secret_id"], "--enable")["enabled"] is True
    assert ready.error("key", "set", "AKIDnobody", "--enable") == "airhook: key AKIDnobody does not exist"


def test_a_console_link_is_new_each_time(ready):
    first, second = ready.json("console-link")["url"], ready.json("console-link")["url"]
    assert first.startswith("http://127.0.0.1:8080/console/link/")
    assert first != second
    assert ready.json("console-link", AIRHOOK_PUBLIC_URL="https://a.b")["url"].startswith(
        "https://a.b/console/link/"
    )
    assert ready.error("console-link", "--user", "eve").startswith("airhook: --user: 'eve' does not exist")


@pytest.mark.parametrize("command", ["add", "set"])
def test_a_name_that_does_not_resolve_is_warned_of(ready, command):
    """``.invalid`` never resolves (RFC 6761)."""
    known = ("--begin-url", "http://127.0.0.1:8900/")
    if command == "set":
        ready.ok("template", "add", "hooks", *known)
    which = "1001" if command == "set" else "hooks"
    result = ready.run("template", command, which, *known, "--end-url", "https://typo.invalid/end")
    assert result.exit_code == 0
    assert result.stderr == (
        "airhook: typo.invalid does not resolve now; callbacks to it fail until it does\n"
    )
