"""What a publisher's socket tells."""

import errno

import pytest

from airhook.core import reasons
from airhook.core.reasons import Reason
from airhook.ingest.peer import plain_address, reason_of_loss


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(None, reasons.CONNECTION_CLOSED, id="end of file"),
        pytest.param(ConnectionResetError(), reasons.READ_FAILED, id="reset"),
        pytest.param(BrokenPipeError(), reasons.READ_FAILED, id="broken pipe"),
        pytest.param(TimeoutError(errno.ETIMEDOUT, ""), reasons.NETWORK_ERROR, id="TCP gave up"),
        pytest.param(OSError(errno.EHOSTUNREACH, ""), reasons.NETWORK_ERROR, id="no route"),
    ],
)
def test_a_lost_connection_says_how(error: Exception | None, reason: Reason) -> None:
    assert reason_of_loss(error) == reason


@pytest.mark.parametrize(
    ("peer", "address"),
    [
        pytest.param(("203.0.113.9", 5000), "203.0.113.9", id="IPv4"),
        pytest.param(("2001:DB8::1", 5000, 0, 0), "2001:db8::1", id="IPv6"),
        pytest.param(("::ffff:203.0.113.9", 5000, 0, 0), "203.0.113.9", id="IPv4 on a dual socket"),
        pytest.param(("fe80::1%eth0", 5000, 0, 2), "fe80::1", id="link-local with its zone"),
        pytest.param(None, "", id="gone already"),
    ],
)
def test_a_publisher_is_named_by_itsplain_address(peer: object, address: str) -> None:
    assert plain_address(peer) == address
