"""``airhook verify`` as a user runs it: what it says, and its exit status."""

import base64

import pytest

from airhook.storage.sqlite import lock_folder
from support.storage import SECRET_KEY
from support.verified import DAY, change, tell

SCHEDULE = {"AIRHOOK_DELIVERY__SCHEDULES": "0=2x60,1=2x60,100=2x60,200=1x60"}


@pytest.fixture
def told(commands, tmp_path):
    tell(tmp_path / "airhook-data")
    key = tmp_path / "airhook-data" / "secret.key"
    key.write_bytes(base64.b64encode(SECRET_KEY))
    key.chmod(0o600)
    return tmp_path / "airhook-data"


def test_good_records_exit_with_0(commands, told):
    said = commands.ok("verify", **SCHEDULE)
    assert said == (
        "airhook-data: 5 sessions, 14 events, 20 deliveries, 6 unsettled, 22 attempts, 2 days\n"
        "The records agree with each other.\n"
    )
    assert commands.json("verify", **SCHEDULE)["ok"] is True


def test_findings_exit_with_1_and_are_listed(commands, told):
    change(told, DAY, "DELETE FROM attempt_log WHERE delivery_id = 5 AND n = 2")
    result = commands.run("verify", **SCHEDULE)
    assert result.exit_code == 1
    assert "  delivery 5 made 3 attempts; recorded are 1, 3" in result.stdout
    assert commands.run("verify", "--json", **SCHEDULE).exit_code == 1


def test_the_schedule_is_that_of_the_settings(commands, told):
    result = commands.run("verify")
    assert result.exit_code == 1
    assert "delivery 5 was given up after 3 attempts; its schedule has 13" in result.stdout


def test_what_a_receiver_wrote_is_compared(commands, told, tmp_path):
    (tmp_path / "received.jsonl").write_text("")
    result = commands.run("verify", "--received", "received.jsonl", **SCHEDULE)
    assert result.exit_code == 1
    assert "  event 1002-0 is delivered, but was not received" in result.stdout


def test_a_running_server_is_noticed(commands, told):
    with lock_folder(told):
        assert commands.json("verify", **SCHEDULE)["running"] is True
    assert commands.json("verify", **SCHEDULE)["running"] is False


def test_a_missing_key_is_named_and_not_made(commands, told):
    (told / "secret.key").unlink()
    assert "the secret key is missing" in commands.error("verify")
    assert not (told / "secret.key").exists()


def test_a_folder_without_a_database_is_named(commands, told):
    (told / "airhook.db").unlink()
    assert "airhook.db does not exist" in commands.error("verify")
