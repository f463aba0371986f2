"""Where settings come from, which source wins, and what a wrong one is called."""

from pathlib import Path

import pytest

from airhook.config import Address, Schedule, load
from airhook.config.load import known, variable
from airhook.core.errors import ConfigError


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_defaults_need_nothing():
    settings = load(None, {})
    assert settings.data_dir == Path("airhook-data")
    assert settings.http.listen == Address("127.0.0.1", 8080)
    assert settings.rtmp.listen == Address("0.0.0.0", 1935)
    assert settings.targets.allow == ()
    assert (settings.limits.templates, settings.limits.domains) == (50, 100)
    assert settings.secret_key_path == Path("airhook-data/secret.key")
    assert settings.node.id
    assert settings.node.address


VALUES = {
    # variable, its text, the setting it reaches
    "AIRHOOK_DATA_DIR": ("/srv/air", lambda s: s.data_dir == Path("/srv/air")),
    "AIRHOOK_HTTP__LISTEN": ("[::1]:0", lambda s: s.http.listen == Address("::1", 0)),
    "AIRHOOK_RTMP__IDLE_TIMEOUT_S": ("2.5", lambda s: s.rtmp.idle_timeout_s == 2.5),
    "AIRHOOK_TARGETS__ALLOW": (
        "127.0.0.0/8,::1/128",
        lambda s: list(map(str, s.targets.allow)) == ["127.0.0.0/8", "::1/128"],
    ),
    "AIRHOOK_DELIVERY__SCHEDULES": (
        "0=12x1, 200=5x0.5",
        lambda s: s.delivery.schedules == {0: Schedule(12, 1.0), 200: Schedule(5, 0.5)},
    ),
    "AIRHOOK_API__RATE_LIMITS": (
        "DescribeLiveDomains=50, DropLiveStream=0",
        lambda s: s.api.rate_limits == {"DescribeLiveDomains": 50, "DropLiveStream": 0},
    ),
    "AIRHOOK_APPID": ("1300000001", lambda s: s.appid == 1300000001),
    "AIRHOOK_PUBLIC_URL": ("https://air.example.com/", lambda s: s.base_url == "https://air.example.com"),
    "AIRHOOK_NODE__IP": ("198.51.100.17", lambda s: s.node.address == "198.51.100.17"),
    "AIRHOOK_LOG__FORMAT": ("json", lambda s: s.log.format == "json"),
    "AIRHOOK_SECRET_KEY_FILE": ("/run/key", lambda s: s.secret_key_path == Path("/run/key")),
    "AIRHOOK_DEBUG__FAILPOINTS": ("a.b:2,c", lambda s: s.debug.failpoints == "a.b:2,c"),
}


@pytest.mark.parametrize("name", VALUES)
def test_the_environment_sets_it(name):
    text, holds = VALUES[name]
    assert holds(load(None, {name: text}))


def test_each_source_is_stronger_than_the_one_before():
    limits = "[limits]\ntemplates = {}\ndomains = {}\n"
    environ = {"AIRHOOK_DATA_DIR": "data"}
    write(Path("data/airhook.toml"), "set_id = 11\n" + limits.format(11, 11))
    assert load(None, environ).limits.templates == 11
    write(Path("airhook.toml"), limits.format(12, 12))
    assert load(None, environ).limits.templates == 12
    chosen = write(Path("other.toml"), limits.format(13, 13))
    assert load(chosen, environ).limits.templates == 13
    assert load(None, {**environ, "AIRHOOK_CONFIG": "other.toml"}).limits.templates == 13
    settings = load(chosen, {**environ, "AIRHOOK_LIMITS__TEMPLATES": "14"})
    assert (settings.limits.templates, settings.limits.domains, settings.set_id) == (14, 13, 11)


def test_the_working_folder_may_be_the_data_folder():
    write(Path("airhook.toml"), 'data_dir = "."\n')
    assert load(None, {}).data_dir == Path()


def test_a_secret_may_be_in_a_file(tmp_path):
    file = write(tmp_path / "proxy", "http://user:pass@proxy:3128\n")
    assert (
        load(None, {"AIRHOOK_DELIVERY__PROXY_FILE": str(file)}).delivery.proxy
        == "http://user:pass@proxy:3128"
    )


WRONG_VARIABLES = {
    # variable, its text: what the message must hold beside the variable's name
    ("AIRHOOK_HTTP__LISTEN", "8080"): "found '8080'; it must be HOST:PORT",
    ("AIRHOOK_HTTP__LISTEN", "127.0.0.1:65536"): "HOST:PORT",
    ("AIRHOOK_RTMP__LISTEN", "::1:1935"): "such as 127.0.0.1:8080 or [::1]:8080",
    (
        "AIRHOOK_TARGETS__ALLOW",
        "127.0.0.0/8,10.0.0.1/8",
    ): "found '10.0.0.1/8'; it must be a list of addresses",
    ("AIRHOOK_TARGETS__ALLOW", "localhost"): "found 'localhost'",
    ("AIRHOOK_LIMITS__TEMPLATES", "0"): "a whole number from 1 to 1,000,000",
    ("AIRHOOK_LIMITS__TEMPLATES", "many"): "found 'many'",
    ("AIRHOOK_LIMITS__TEMPLATES", "1.5"): "found '1.5'",
    ("AIRHOOK_DELIVERY__TIMEOUT_S", "nan"): "a number of seconds from 0.1 to 300",
    ("AIRHOOK_DELIVERY__TIMEOUT_S", "20s"): "found '20s'",
    (
        "AIRHOOK_DELIVERY__SCHEDULES",
        "2=1x1",
    ): "found '2=1x1'; it must be a list of EVENT_TYPE=RETRIESxSECONDS",
    ("AIRHOOK_DELIVERY__SCHEDULES", "1=12"): "EVENT_TYPE=RETRIESxSECONDS",
    ("AIRHOOK_API__RATE_LIMITS", "DropLiveStream=-1"): "ACTION=NUMBER",
    ("AIRHOOK_LOG__LEVEL", "loud"): "one of debug, info, warning, error",
    ("AIRHOOK_PUBLIC_URL", "air.example.com"): "an http:// or https:// URL of a host",
    ("AIRHOOK_PUBLIC_URL", "https://air.example.com/x"): "without a path",
    ("AIRHOOK_NODE__ID", "a b"): "1 to 64 letters, digits",
    ("AIRHOOK_NODE__IP", "here"): "an IPv4 or IPv6 address",
    ("AIRHOOK_DATA_DIR", ""): "the path of a folder",
    ("AIRHOOK_DEBUG__FAILPOINTS", "a b"): "NAME or NAME:N",
    ("AIRHOOK_HTP__LISTEN", "127.0.0.1:1"): "is no setting; did you mean AIRHOOK_HTTP__LISTEN?",
    ("AIRHOOK_HTTP", "127.0.0.1:1"): "is no setting",
    ("AIRHOOK_HTTP__LISTEN_FILE", "/x"): "is no setting",
    ("AIRHOOK_DELIVERY__PROXY_FILE", "/not/there"): "/not/there, which cannot be read: No such file",
}


@pytest.mark.parametrize(("name", "text"), WRONG_VARIABLES)
def test_a_wrong_variable_names_itself(name, text):
    with pytest.raises(ConfigError) as refused:
        load(None, {name: text})
    assert refused.value.message.startswith(name)
    assert WRONG_VARIABLES[name, text] in refused.value.message


WRONG_FILES = {
    # text of airhook.toml: the message
    '[rtmp]\nlisten = "1935"\n': "rtmp.listen in airhook.toml: found '1935'; it must be HOST:PORT",
    "[rtmp]\nlisten = 1935\n": "rtmp.listen in airhook.toml: found 1935",
    "[limits]\ntemplates = true\n": "limits.templates in airhook.toml: found True",
    "[limits]\ntemplates = 1.0\n": "limits.templates in airhook.toml: found 1.0",
    "[delivery]\ntimeout_s = true\n": "delivery.timeout_s in airhook.toml: found True",
    "[targets]\nallow = [1]\n": "targets.allow in airhook.toml: found 1",
    "[targets]\nallow = 1\n": "targets.allow in airhook.toml: found 1",
    "[limit]\ntemplates = 1\n": "limit in airhook.toml is no setting; did you mean limits?",
    "[limits]\ntemplate = 1\n": "limits.template in airhook.toml is no setting; did you mean limits.templates?",
    "limits = 5\n": "limits in airhook.toml is a section: write [limits], and its settings below it",
    "[limits\n": "airhook.toml is not valid TOML:",
}


@pytest.mark.parametrize("text", WRONG_FILES)
def test_a_wrong_line_names_itself_and_its_file(text):
    write(Path("airhook.toml"), text)
    with pytest.raises(ConfigError) as refused:
        load(None, {})
    assert refused.value.message.startswith(WRONG_FILES[text])


def test_an_unreadable_file_is_named():
    with pytest.raises(ConfigError, match=r"settings file missing\.toml, which cannot be read: No such file"):
        load(Path("missing.toml"), {})
    Path("latin.toml").write_bytes(b'public_url = "\xe4"')
    with pytest.raises(ConfigError, match=r"latin\.toml, which is not UTF-8"):
        load(Path("latin.toml"), {})


def test_a_wrong_secret_is_not_shown():
    with pytest.raises(ConfigError) as refused:
        load(None, {"AIRHOOK_DELIVERY__PROXY": "https://user:hunter2@proxy"})
    assert refused.value.message.startswith("AIRHOOK_DELIVERY__PROXY: ")
    assert "hunter2" not in refused.value.message


def test_a_secret_from_two_places_is_refused(tmp_path):
    both = {
        "AIRHOOK_DELIVERY__PROXY": "http://a",
        "AIRHOOK_DELIVERY__PROXY_FILE": str(write(tmp_path / "p", "")),
    }
    with pytest.raises(
        ConfigError, match="AIRHOOK_DELIVERY__PROXY_FILE and AIRHOOK_DELIVERY__PROXY are both set"
    ):
        load(None, both)


def test_the_data_folder_cannot_name_the_data_folder():
    write(Path("airhook-data/airhook.toml"), 'data_dir = "elsewhere"\n')
    with pytest.raises(ConfigError, match=r"data_dir in airhook-data/airhook\.toml comes too late"):
        load(None, {})


def test_names_of_settings_and_variables_belong_together():
    assert variable("rtmp.max_connections_per_address") == "AIRHOOK_RTMP__MAX_CONNECTIONS_PER_ADDRESS"
    assert len({variable(name) for name in known()}) == len(known())


BASES = {
    "127.0.0.1:8080": "http://127.0.0.1:8080",
    "0.0.0.0:80": "http://127.0.0.1:80",  # everywhere is not an address to go to
    "[::]:80": "http://[::1]:80",
    "air.internal:81": "http://air.internal:81",
}


@pytest.mark.parametrize("listen", BASES)
def test_the_console_is_found_without_a_public_url(listen):
    assert load(None, {"AIRHOOK_HTTP__LISTEN": listen}).base_url == BASES[listen]


def test_templates_may_have_scores_of_their_own():
    audit = load(None, {"AIRHOOK_MEDIA__AUDIT__TEMPLATES": "1001=80/60/90,1002=101/101/50"}).media.audit
    assert audit.templates == {1001: (80, 60, 90), 1002: (101, 101, 50)}


@pytest.mark.parametrize("wrong", ["1001=80/60", "x=1/2/3", "1001=102/60/90", "1001=-1/60/90"])
def test_scores_that_are_none_stop_the_start(wrong):
    with pytest.raises(
        ConfigError, match=r"AIRHOOK_MEDIA__AUDIT__TEMPLATES: found .*TEMPLATE=BLOCK/REVIEW/HOT"
    ):
        load(None, {"AIRHOOK_MEDIA__AUDIT__TEMPLATES": wrong})
