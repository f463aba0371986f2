import pytest

from airhook.core.errors import InvalidError
from airhook.delivery.addresses import TargetPolicy, literal

REFUSED = [
    # (address, the word in the refusal)
    ("0.0.0.0", "unspecified"),
    ("0.1.2.3", "reserved"),
    ("10.0.0.0", "private"),
    ("10.255.255.255", "private"),
    ("100.64.0.0", "carrier-grade NAT"),
    ("100.127.255.255", "carrier-grade NAT"),
    ("100.100.100.200", "metadata"),
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback"),
    ("168.63.129.16", "metadata"),
    ("169.254.0.1", "link-local"),
    ("169.254.169.254", "metadata"),
    ("169.254.170.2", "metadata"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private"),
    ("192.0.0.1", "reserved"),
    ("192.0.0.192", "metadata"),
    ("192.0.2.1", "documentation"),
    ("192.88.99.1", "reserved"),
    ("192.168.255.255", "private"),
    ("198.18.0.1", "benchmarking"),
    ("198.19.255.255", "benchmarking"),
    ("198.51.100.7", "documentation"),
    ("203.0.113.7", "documentation"),
    ("224.0.0.1", "multicast"),
    ("239.255.255.255", "multicast"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("0:0:0:0:0:0:0:1", "loopback"),
    ("64:ff9b:1::1", "private"),
    ("100::1", "discard"),
    ("2001:2::1", "benchmarking"),
    ("2001:10::1", "reserved"),
    ("2001:db8::1", "documentation"),
    ("3fff::1", "documentation"),
    ("fc00::1", "unique-local"),
    ("fd12:3456::1", "unique-local"),
    ("fd00:ec2::254", "metadata"),
    ("fe80::1", "link-local"),
    ("fe80::1%eth0", "link-local"),
    ("fec0::1", "site-local"),
    ("ff02::1", "multicast"),
    ("4000::1", "reserved"),
    ("5f00::1", "reserved"),
    # IPv4 inside IPv6
    ("::ffff:127.0.0.1", "leads to 127.0.0.1, a loopback"),
    ("::ffff:a00:1", "leads to 10.0.0.1, a private"),
    ("::127.0.0.1", "leads to 127.0.0.1, a loopback"),
    ("::ffff:0:127.0.0.1", "leads to 127.0.0.1, a loopback"),
    ("64:ff9b::7f00:1", "leads to 127.0.0.1, a loopback"),
    ("64:ff9b::a9fe:a9fe", "leads to 169.254.169.254, a metadata"),
    ("2002:7f00:1::", "leads to 127.0.0.1, a loopback"),
    ("2002:c0a8:101::1", "leads to 192.168.1.1, a private"),
    ("2001:0:7f00:1::", "leads to 127.0.0.1, a loopback"),  # the Teredo server
    ("2001:0:808:808::80ff:fffe", "leads to 127.0.0.1, a loopback"),  # the Teredo client, bits turned round
    # other spellings of IPv4
    ("0x7f.1", "loopback"),
    ("2130706433", "loopback"),
    ("0177.0.0.1", "loopback"),
    ("127.1", "loopback"),
    ("0x7f000001", "loopback"),
    ("0xA9FEA9FE", "metadata"),
    ("0", "unspecified"),
    ("[::1]", "loopback"),
]
ALLOWED = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "2001:4860:4860::8888",
    "2606:4700:4700::1111",
    "2a00::1",
    "64:ff9b::808:808",
    "::ffff:8.8.8.8",
    "2002:808:808::1",
    "2001:0:808:808::f7f7:f7f7",
]


@pytest.mark.parametrize(("address", "word"), REFUSED)
def test_special_addresses_are_refused(address: str, word: str) -> None:
    refusal = TargetPolicy().refused(address)

    assert refusal is not None
    assert f"{word} address; add it to targets.allow to send there" in refusal


@pytest.mark.parametrize("address", ALLOWED)
def test_public_addresses_are_allowed(address: str) -> None:
    assert TargetPolicy().refused(address) is None


def test_the_refusal_says_what_and_how_to_allow_it() -> None:
    assert TargetPolicy().refused("127.0.0.1") == (
        "127.0.0.1 is a loopback address; add it to targets.allow to send there"
    )


@pytest.mark.parametrize(
    ("allow", "address", "allowed"),
    [
        ("127.0.0.0/8", "127.0.0.1", True),
        ("127.0.0.0/8", "::ffff:127.0.0.1", True),  # the same host
        ("127.0.0.0/8", "64:ff9b::7f00:1", True),
        ("127.0.0.0/8", "::1", False),
        ("127.0.0.0/8", "10.0.0.1", False),
        ("10.1.0.0/16", "10.2.0.1", False),
        ("10.1.2.3", "10.1.2.3", True),  # one address is a network, too
        ("::1/128", "::1", True),
        ("169.254.0.0/16", "169.254.169.254", True),
    ],
)
def test_named_networks_are_opened_and_no_others(allow: str, address: str, allowed: bool) -> None:
    assert (TargetPolicy([allow]).refused(address) is None) is allowed


def test_a_name_is_no_address() -> None:
    assert TargetPolicy().refused("localhost") == "'localhost' is no IP address"
    assert [
        literal(host) for host in ("example.com", "1.2.3.4 x", "1.2.3.4.5", "", "dead.beef", "127.0.0.1.")
    ] == [None] * 6


@pytest.mark.parametrize("text", ["10.0.0.0/33", "10.0.0.1/8", "localhost", ""])
def test_a_wrong_network_names_the_setting(text: str) -> None:
    with pytest.raises(InvalidError, match=r"targets\.allow") as raised:
        TargetPolicy([text])
    assert raised.value.field == "targets.allow"


class ForgottenByOthers(dict[str, str | None]):
    """What is known is forgotten as soon as somebody has looked it up, as by a thread that makes room."""

    def __contains__(self, address: object) -> bool:
        known = super().__contains__(address)
        self.clear()
        return known


def test_a_thread_that_makes_room_takes_no_verdict_from_another() -> None:
    policy = TargetPolicy()
    policy._judged = ForgottenByOthers()
    assert [policy.refused("8.8.8.8") for _ in range(3)] == [None] * 3
