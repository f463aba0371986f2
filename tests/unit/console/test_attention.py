"""What the overview puts first, and what it leaves alone."""

import re

import msgspec
import pytest

from airhook.control import destinations, domains, rules
from airhook.control.domains import DomainChange
from airhook.core.deliveries import ErrorClass
from airhook.core.destinations import DestinationRow, HealthState
from support.console_site import (
    OURS,
    TEMPLATE_ID,
    THEIRS,
    Site,
    accept,
    attempt,
    bad_status,
    delivered,
    delivery,
    exhausted,
)
from support.desk import NOW_MS, wait

DOMAIN = "push.contoso.example"


def told(site: Site, user: str = "aiko") -> list[tuple[str, str, str]]:
    """Badge, words and way to mend it."""
    page = site.browser(user).get("/console/").text
    found = re.findall(
        r'<a class="list-group-item[^"]*" href="([^"]+)"><span class="badge \w+">([^<]+)</span> <span>([^<]+)</span>',
        page,
    )
    return [(badge, words, path.replace("&amp;", "&")) for path, badge, words in found]


def fail(site: Site, account_id: int = OURS) -> None:
    row = DestinationRow(
        account_id=account_id,
        scheme="https",
        host="down.example",
        port=443,
        state=HealthState.FAILING,
        since_ms=NOW_MS,
        last_error=ErrorClass.CONNECT_REFUSED,
    )
    wait(site.desk.store.transact(lambda tx: tx.put_destination(row)))


def test_with_nothing_wrong_nothing_is_said(site: Site) -> None:
    wait(domains.add(site.desk, OURS, DOMAIN))
    wait(rules.bind(site.desk, OURS, DOMAIN, "", TEMPLATE_ID))
    one = delivery(1, "room1")
    accept(site, one)
    delivered(site, one, attempt(one))
    assert told(site) == []


def test_the_worst_is_first(site: Site) -> None:
    wait(domains.add(site.desk, OURS, DOMAIN))
    wait(domains.change(site.desk, OURS, DOMAIN, DomainChange(auth_enabled=False)))
    wait(destinations.pause(site.desk, OURS, "https://paused.example"))
    fail(site)
    assert told(site) == [
        ("Failing", "Destination https://down.example:443", "/console/destinations/https/down.example/443"),
        (
            "Open",
            f"Everybody may push to {DOMAIN}: push authentication is off.",
            f"/console/domains/{DOMAIN}",
        ),
        (
            "Paused",
            "Destination https://paused.example:443",
            "/console/destinations/https/paused.example/443",
        ),
        (
            "Not bound",
            f"Domain {DOMAIN} has no callback template: nothing is sent.",
            f"/console/domains/{DOMAIN}",
        ),
    ]


def test_callbacks_that_were_given_up_lead_to_their_records(site: Site) -> None:
    ids = [(NOW_MS - minutes * 60_000) << 21 for minutes in (5, 50, 70)]
    made = [msgspec.structs.replace(delivery(number, "room1"), created_ms=number >> 21) for number in ids]
    accept(site, *made)
    for one in made:
        exhausted(site, one, bad_status(one))
    ((badge, words, path),) = told(site)
    assert (badge, words) == ("Exhausted", "2 callbacks of the last hour were given up.")
    found = site.browser("aiko").get(path).text
    assert [f'id="delivery-{number}"' in found for number in ids] == [True, True, False]


def test_a_backlog_that_is_late_is_told(site: Site) -> None:
    accept(site, delivery(1, "room1", due_ms=NOW_MS - 5 * 60_000))
    assert told(site, "aiko") == []  # it may be another account's
    assert told(site, "admin") == [
        ("Late", "The oldest callback has been due for 5 minutes.", "/console/destinations")
    ]


@pytest.mark.parametrize("user", ["aiko", "admin"])
def test_another_account_s_troubles_are_its_own(site: Site, user: str) -> None:
    wait(domains.add(site.desk, THEIRS, "theirs.example"))
    fail(site, THEIRS)
    assert told(site, user) == []


def test_a_change_of_the_configuration_alone_renews_the_page(site: Site) -> None:
    browser = site.browser("aiko")
    before = browser.get("/console/overview/tables")
    assert browser.get("/console/overview/tables", If_None_Match=before.headers["etag"]).status == 304
    wait(domains.add(site.desk, OURS, DOMAIN))
    after = browser.get("/console/overview/tables", If_None_Match=before.headers["etag"])
    assert after.status == 200
    assert "has no callback template" in after.text
