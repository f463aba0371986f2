import pytest

from airhook.delivery.targets import parse


@pytest.mark.parametrize(
    ("url", "scheme", "host", "port", "sent"),
    [
        ("http://example.com", "http", "example.com", 80, b"http://example.com"),
        ("https://Example.COM/a?b=c", "https", "example.com", 443, b"https://Example.COM/a?b=c"),
        ("http://example.com:8080/../x", "http", "example.com", 8080, b"http://example.com:8080/../x"),
        ("http://[::1]:81/", "http", "::1", 81, b"http://[::1]:81/"),
        (
            "http://例え.jp:81/道?q=1",
            "http",
            "xn--r8jz45g.jp",
            81,
            "http://xn--r8jz45g.jp:81/道?q=1".encode(),
        ),
    ],
)
def test_a_url_is_taken_apart_and_sent_as_it_is(
    url: str, scheme: str, host: str, port: int, sent: bytes
) -> None:
    target = parse(url)

    assert (target.scheme, target.host, target.port, target.url) == (scheme, host, port, sent)


@pytest.mark.parametrize(
    ("host", "is_literal"), [("127.0.0.1", True), ("0x7f.1", True), ("[::1]", True), ("example.com", False)]
)
def test_addresses_are_told_from_names(host: str, is_literal: bool) -> None:
    assert parse(f"http://{host}/").literal is is_literal


@pytest.mark.parametrize(
    "url", ["ftp://example.com/", "/x", "http://", "http://u:p@example.com/", "http://h:99999/"]
)
def test_what_cannot_be_called_is_an_error(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL|[Pp]ort"):
        parse(url)
