"""Sealing texts, and the file with the master key."""

import base64
import stat

import pytest

from airhook.core.errors import ConfigError
from airhook.storage.secretbox import SecretBox, load_or_create_secret_key, load_secret_key

KEY = bytes(range(32))


@pytest.mark.parametrize("text", ["Kx7Pq2", "", "日本語", "x" * 5000])
def test_what_is_sealed_opens_again(text):
    sealed = SecretBox(KEY).seal(text, "place")
    assert SecretBox(KEY).open(sealed, "place") == text
    assert not text or text.encode() not in sealed


def test_the_same_text_never_seals_alike():
    box = SecretBox(KEY)
    assert box.seal("a", "place") != box.seal("a", "place")


def test_another_key_says_so():
    with pytest.raises(ConfigError, match="another secret key"):
        SecretBox(bytes(32)).open(SecretBox(KEY).seal("a", "place"), "place")


def test_a_value_does_not_open_in_another_place():
    box = SecretBox(KEY)
    with pytest.raises(ConfigError, match="changed"):
        box.open(box.seal("a", "templates.callback_key of 1"), "templates.callback_key of 2")


def test_a_changed_byte_is_noticed():
    box = SecretBox(KEY)
    sealed = bytearray(box.seal("secret", "place"))
    sealed[-1] ^= 1
    with pytest.raises(ConfigError, match="changed"):
        box.open(bytes(sealed), "place")


def test_a_key_of_another_length_is_refused():
    with pytest.raises(ConfigError, match="32"):
        SecretBox(b"short")


MALFORMED = [
    pytest.param(b"", id="empty"),
    pytest.param(b"not base64!", id="no base64"),
    pytest.param(base64.b64encode(b"x" * 31), id="too short"),
    pytest.param(base64.b64encode(b"x" * 33), id="too long"),
    pytest.param(b"\xff" * 44, id="binary"),
]


class TestFile:
    def test_it_is_made_once_for_its_owner_alone(self, tmp_path):
        path = tmp_path / "new" / "secret.key"
        key = load_or_create_secret_key(path)
        assert len(key) == 32
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert load_or_create_secret_key(path) == key
        assert [one.name for one in path.parent.iterdir()] == ["secret.key"]

    def test_two_folders_have_two_keys(self, tmp_path):
        keys = {load_or_create_secret_key(tmp_path / name) for name in ("a", "b")}
        assert len(keys) == 2

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
    def test_others_must_not_reach_it(self, tmp_path, mode):
        path = tmp_path / "secret.key"
        load_or_create_secret_key(path)
        path.chmod(mode)
        with pytest.raises(ConfigError, match=f"chmod 600 {path}"):
            load_or_create_secret_key(path)

    @pytest.mark.parametrize("content", MALFORMED)
    def test_a_malformed_one_is_refused_and_kept(self, tmp_path, content):
        path = tmp_path / "secret.key"
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(ConfigError, match=str(path)):
            load_or_create_secret_key(path)
        assert path.read_bytes() == content

    def test_a_place_that_cannot_hold_it_is_named(self, tmp_path):
        (tmp_path / "file").write_text("")
        with pytest.raises(ConfigError, match="secret key"):
            load_or_create_secret_key(tmp_path / "file" / "secret.key")

    def test_a_file_that_holds_no_key_is_not_ours_to_close(self, tmp_path):
        path = tmp_path / "passwd"
        path.write_text("root:x:0:0:root:/root:/bin/bash\n")
        path.chmod(0o644)
        with pytest.raises(ConfigError, match="holds no secret key") as told:
            load_secret_key(path)
        assert "chmod" not in told.value.message

    def test_a_missing_one_is_told_and_not_made(self, tmp_path):
        with pytest.raises(ConfigError, match="missing"):
            load_secret_key(tmp_path / "secret.key")
        assert not list(tmp_path.iterdir())
