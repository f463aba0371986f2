"""Options of ``airhook template`` that change how callbacks are repeated, signed and sent."""

import pytest

from support.certificates import Authority

BEGIN = "http://127.0.0.1:8900/begin"


def add(ready, *options):
    return ready.json("template", "add", "hooks", "--begin-url", BEGIN, *options)


def test_repeating(ready):
    made = add(ready, "--profile", "standard")
    assert made["options"] == {"profile": "standard"}
    changed = ready.json("template", "set", made["id"], "--delays", "500ms, 5,1.5m,2h,1d")
    assert changed["options"] == {"profile": "custom", "delays_s": [0.5, 5.0, 90.0, 7200.0, 86400.0]}
    assert "options" not in ready.json("template", "set", made["id"], "--profile", "css")


def test_signing(ready):
    made = add(ready, "--key", "old", "--sign-mode", "frozen", "--generate-webhook-secret")
    secret = made["options"]["webhook_secret"]
    assert made["options"]["sign_mode"] == "frozen"
    assert secret.startswith("whsec_")
    changed = ready.json(
        "template", "set", made["id"], "--key", "new", "--generate-webhook-secret", "--overlap", "24h"
    )["options"]
    assert (changed["previous_key"], changed["previous_webhook_secret"]) == ("old", secret)
    assert changed["overlap_until_ms"] == changed["webhook_overlap_until_ms"]
    ended = ready.json("template", "set", made["id"], "--overlap", "0", "--sign-mode", "fresh")["options"]
    assert ended == {"webhook_secret": changed["webhook_secret"]}
    output = ready.ok("template", "set", made["id"], "--generate-webhook-secret")
    assert "Its webhook secret is whsec_" in output


def test_sending(ready, tmp_path):
    authority = Authority(tmp_path)
    cert, key = authority.client("us")
    (tmp_path / "cert.pem").write_text(cert)
    (tmp_path / "key.pem").write_text(key)
    files = (
        "--ca",
        authority.ca_file,
        "--client-cert",
        tmp_path / "cert.pem",
        "--client-key",
        tmp_path / "key.pem",
    )
    made = add(ready, "--header", "X-A: a b", "--header", "X-B:c:d", "--http2", *files)
    assert made["options"] == {
        "headers": [["X-A", "a b"], ["X-B", "c:d"]],
        "ca_pem": authority.ca_file.read_text(),
        "client_cert_pem": cert,
        "client_key_pem": "(kept)",
        "http2": True,
    }
    changed = ready.json(
        "template", "set", made["id"], "--header", "x-a:", "--client-cert", "", "--ca", "", "--http1"
    )
    assert changed["options"] == {"headers": [["X-B", "c:d"]]}


def test_the_list_tells_of_them(ready):
    add(ready, "--profile", "standard", "--header", "X-A:1", "--header", "X-B:secret", "--http2")
    _, *lines = ready.ok("template", "list").splitlines()
    assert [line.split(None)[-1] for line in lines[:1]] == [f"1={BEGIN}"]
    assert [line.strip() for line in lines[1:]] == ["(profile standard)", "(headers X-A, X-B)", "(HTTP/2)"]


WRONG = {
    ("--profile", "custom"): "airhook: --delays: are missing: profile custom needs them",
    ("--delays", "5x"): "airhook: --delays: '5x' is no length of time; give one as 30s, 5m, 2h or 1d",
    ("--profile", "css", "--delays", "5"): "airhook: --delays: belong to profile custom alone",
    ("--overlap", "1h"): "airhook: --overlap: needs a new key or secret",
    ("--webhook-secret", "abc"): "airhook: --webhook-secret: must be whsec_ and the base64 text",
    ("--header", "X-A"): "airhook: --header: 'X-A' is no NAME:VALUE",
    ("--header", "X A:b"): "airhook: --header: 'X A' is no header name",
    ("--header", "Host:b"): "airhook: --header Host: is a header that Airhook sets itself",
    ("--header", "X-A:b\r\nX-B:c"): "airhook: --header X-A: must be visible ASCII characters",
    ("--ca", "none.pem"): "airhook: --ca: none.pem cannot be read: No such file or directory",
    ("--client-cert", "airhook-data/secret.key"): "airhook: --client-key: is missing",
    ("--ca", "airhook-data/secret.key"): "airhook: --ca: holds no certificate in PEM",
    ("--ca", "airhook-data/airhook.db"): "airhook: --ca: airhook-data/airhook.db is no PEM file",
}


@pytest.mark.parametrize("options", WRONG)
def test_wrong_values_are_named_by_their_option(ready, options):
    assert ready.error("template", "add", "hooks", "--begin-url", BEGIN, *options).startswith(WRONG[options])


def test_a_secret_is_given_or_drawn(ready):
    result = ready.run("template", "set", "1", "--webhook-secret", "a", "--generate-webhook-secret")
    assert result.exit_code == 2
    assert "exclude each other" in result.stderr


def test_the_help_groups_them(ready):
    output = ready.ok("template", "set", "--help")
    places = [
        output.index(f"\n{title}:\n") for title in ("Options", "Repeating", "Signing", "Sending", "Example")
    ]
    assert places == sorted(places)
    assert places[1] < output.index("--profile [css|standard|custom]") < places[2]
    assert "TEMPLATE_ID" not in output[places[0] :]
