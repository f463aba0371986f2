"""``init``, ``serve`` and ``migrate`` on folders in every state."""

import os
import stat
from pathlib import Path

import pytest

from airhook.config import load
from airhook.storage.sqlite import lock_folder

NAMES_FOR_SCRIPTS = ["appid", "secret_id", "secret_key", "console_user", "console_password", "api_key"]


def test_init_gives_scripts_exactly_these_names(commands):
    made = commands.json("init")
    assert list(made) == NAMES_FOR_SCRIPTS
    assert isinstance(made["appid"], int)
    assert made["secret_id"].startswith("AKID")
    assert Path("airhook-data/airhook.db").exists()
    assert stat.S_IMODE(Path("airhook-data/secret.key").stat().st_mode) == 0o600


def test_init_shows_people_where_to_go(commands):
    output = commands.ok("init")
    for text in (
        "SecretId   AKID",
        "user       admin",
        "password",
        "http://127.0.0.1:8080/console/",
        "Next: airhook serve",
    ):
        assert text in output


def test_init_takes_the_appid_of_the_settings(commands):
    assert commands.json("init", AIRHOOK_APPID="1300000001")["appid"] == 1300000001


def test_init_happens_once(commands):
    first = commands.json("init")
    assert (
        commands.error("init") == "airhook: account default exists already; this data folder is initialized"
    )
    assert [key["secret_id"] for key in commands.json("key", "list")] == [first["secret_id"]]


def test_loopback_is_refused_until_init_allows_it(commands):
    add = ("template", "add", "hooks", "--begin-url", "http://127.0.0.1:8900/")
    commands.ok("init")
    assert commands.error(*add) == (
        "airhook: --begin-url: 127.0.0.1 is a loopback address; add it to targets.allow to send there"
    )


def test_init_local_allows_loopback_for_good(commands):
    output = commands.ok("init", "--local")
    assert "Callbacks may go to this machine itself (targets.allow in airhook-data/airhook.toml)" in output
    assert list(map(str, load(None, {}).targets.allow)) == ["127.0.0.0/8", "::1/128"]
    commands.ok(
        "template", "add", "hooks", "--begin-url", "http://127.0.0.1:8900/", "--end-url", "http://[::1]/"
    )


def test_init_local_says_when_another_setting_counts_more(commands):
    output = commands.ok("init", "--local", AIRHOOK_TARGETS__ALLOW="10.0.0.0/8")
    assert (
        "targets.allow is set to 10.0.0.0/8 elsewhere, which counts more than airhook-data/airhook.toml"
        in output
    )


def test_init_local_leaves_a_settings_file_alone(commands):
    Path("airhook-data").mkdir()
    Path("airhook-data/airhook.toml").write_text("set_id = 2\n")
    output = commands.ok("init", "--local")
    assert (
        "airhook-data/airhook.toml exists already: see that targets.allow holds 127.0.0.0/8 and ::1/128"
        in output
    )
    assert Path("airhook-data/airhook.toml").read_text() == "set_id = 2\n"


def test_migrate_can_be_repeated(ready):
    before = ready.json("key", "list")
    assert ready.ok("migrate") == "The database in airhook-data is up to date.\n"
    assert ready.json("key", "list") == before


@pytest.mark.parametrize("command", [("domain", "list"), ("key", "add"), ("console-link",)])
def test_without_init_the_remedy_is_told(commands, command):
    assert commands.error(*command).endswith("run: airhook init")


def test_a_wrong_setting_stops_every_command(ready):
    line = ready.error("domain", "list", AIRHOOK_RTMP__LISTEN="1935")
    assert line.startswith("airhook: AIRHOOK_RTMP__LISTEN: found '1935'; it must be HOST:PORT")


def test_config_names_another_file(commands):
    Path("other.toml").write_text('data_dir = "other"\n')
    commands.ok("init", "--config", "other.toml")
    assert Path("other/airhook.db").exists()
    assert commands.error("init", "--config", "missing.toml").startswith(
        "airhook: the settings file missing.toml"
    )


def test_a_database_of_a_newer_release_is_left_alone(ready):
    import sqlite3

    with sqlite3.connect("airhook-data/airhook.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    assert "9999" in ready.error("migrate")
    assert "9999" in ready.error("domain", "list")


def test_what_init_makes_is_its_owners_alone(commands):
    commands.ok("init")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in Path("airhook-data").rglob("*")}
    assert modes.pop("airhook.lock") == 0o600
    assert {"airhook.db": 0o600, "secret.key": 0o600}.items() <= modes.items()
    assert {mode for name, mode in modes.items()} <= {0o600, 0o700}
    assert stat.S_IMODE(Path("airhook-data").stat().st_mode) == 0o700


@pytest.mark.parametrize("command", [("init",), ("migrate",)])
def test_a_folder_in_use_is_left_alone(ready, command):
    with lock_folder(Path("airhook-data")):
        assert f"airhook-data is in use by process {os.getpid()}" in ready.error(*command)


def test_a_lost_secret_key_is_told_and_not_made_anew(ready):
    Path("airhook-data/secret.key").unlink()
    assert ready.error("domain", "list") == (
        "airhook: airhook-data/secret.key: the secret key is missing; put back the file that was made with the "
        "database, or name its place with secret_key_file"
    )
    assert not Path("airhook-data/secret.key").exists()


def test_a_command_on_an_empty_folder_makes_nothing(commands):
    commands.error("domain", "list")
    assert not Path("airhook-data").exists()
