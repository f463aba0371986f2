"""``airhook destination`` on a real store."""

import pytest


def test_pause_limit_resume_and_list(ready):
    paused = ready.json("destination", "pause", "https://hooks.example.com/live")
    assert (paused["destination"], paused["state"]) == ("https://hooks.example.com:443", "paused")
    ready.ok("destination", "limit", "https://hooks.example.com", "--rate", "2.5")
    [row] = ready.json("destination", "list")
    assert (row["paused"], row["rate_limit"], row["last_error"]) == (True, 2.5, None)
    text = ready.ok("destination", "list")
    assert "https://hooks.example.com:443" in text
    assert "2.5/s" in text

    ready.ok("destination", "resume", "https://hooks.example.com")
    ready.ok("destination", "limit", "https://hooks.example.com", "--off")
    [row] = ready.json("destination", "list")
    assert (row["state"], row["paused"], row["rate_limit"]) == ("healthy", False, None)


def test_the_way_back_can_be_pasted_into_a_shell(ready):
    said = ready.ok("destination", "pause", "https://hooks.example.com/live?a=1&b=2")
    assert said.rstrip().endswith("airhook destination resume https://hooks.example.com:443")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("pause", "hooks.example.com"), "URL: "),
        (("limit", "https://hooks.example.com", "--rate", "0"), "--rate: must be 0.01 to 100,000"),
    ],
)
def test_mistakes_are_named(ready, arguments, message):
    assert message in ready.error("destination", *arguments)


@pytest.mark.parametrize("options", [(), ("--rate", "1", "--off")])
def test_a_limit_is_a_rate_or_off(ready, options):
    assert ready.run("destination", "limit", "https://hooks.example.com", *options).exit_code == 2
