"""The switch between accounts, which only the owner of the system has."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from airhook.control import domains, replays, templates, users
from airhook.control.templates import TemplateForm
from airhook.core.accounts import Role
from support.console_site import OURS, THEIRS, Site, accept, attempt, delivered, delivery
from support.desk import wait
from support.pages import PHONE, WIDE, Reader, faults, overflow

Readers = Callable[..., Reader]


@pytest.fixture
def two(site: Site) -> Site:
    """A domain, a template and a callback of each account."""
    for n, (account, name) in enumerate(((OURS, "ours"), (THEIRS, "theirs")), 1):
        wait(domains.add(site.desk, account, f"{name}.example.com"))
        wait(
            templates.create(
                site.desk, account, TemplateForm(name=name, urls={1: f"https://{name}.example.com/"})
            )
        )
        one = delivery(n, f"room-{name}", account_id=account, domain=f"{name}.example.com")
        accept(site, one)
        delivered(site, one, attempt(one))
    return site


def switch_to(page: Page, label: str) -> None:
    page.locator("details.account > summary").click()
    page.get_by_label("Look and act for").select_option(label=label)
    with page.expect_navigation():
        page.get_by_role("button", name="Switch", exact=True).click()


def test_everything_shows_the_account_that_was_chosen(reader: Readers, two: Site) -> None:
    one = reader()
    one.sign_in("admin")
    page = one.open("/console/records")
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_role("note")).to_have_count(0)
    switch_to(page, "a2 (1300000002)")
    page.wait_for_url("**/console/records")
    expect(page.get_by_role("note")).to_contain_text("You act for a2 (appid 1300000002)")
    for path, mine, others in (
        ("records", "room-theirs", "room-ours"),
        ("", "room-theirs", "room-ours"),
        ("callbacks", "theirs", "prod-hooks"),
        ("domains", "theirs.example.com", "ours.example.com"),
        ("users", "other", "aiko"),
    ):
        one.open(f"/console/{path}")
        expect(page.locator("main")).to_contain_text(mine)
        expect(page.locator("main")).not_to_contain_text(others)
        assert faults(page) == [], path
    one.open("/console/deliveries/1")
    expect(page.locator("h1")).to_have_text("Not found")
    one.open("/console/domains")
    page.get_by_role("button", name="Back to all accounts").click()
    expect(page.get_by_role("note")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("ours.example.com")


def test_what_is_changed_belongs_to_the_account_that_was_chosen(reader: Readers, two: Site) -> None:
    one = reader()
    page = one.sign_in("admin")
    switch_to(page, "a2 (1300000002)")
    one.open("/console/domains")
    page.get_by_role("link", name="Add domain").first.click()
    page.get_by_role("dialog").get_by_label("Domain").fill("new.example.com")
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    page.wait_for_url("**/domains/new.example.com")
    assert wait(domains.get(two.desk, THEIRS, "new.example.com")).account_id == THEIRS
    entry = wait(two.desk.store.read(lambda view: view.audit_log(THEIRS, None, 1)))[0]
    assert (entry.actor, entry.name) == ("admin", "new.example.com")
    [admin] = [user for user in wait(users.list_all(two.desk, OURS)) if user.name == "admin"]
    assert (admin.account_id, admin.role) == (OURS, Role.SYSTEM_OWNER)


@pytest.mark.parametrize("way", ["dialog", "page"])
def test_a_form_from_before_the_switch_changes_nothing(reader: Readers, two: Site, way: str) -> None:
    one = reader()
    page = one.sign_in("admin")
    one.open("/console/domains/add" if way == "page" else "/console/domains")
    if way == "dialog":
        page.get_by_role("link", name="Add domain").first.click()
    form = page.get_by_role("dialog") if way == "dialog" else page.locator("main")
    form.get_by_label("Domain").fill("stale.example.com")
    other = one.context.new_page()
    other.goto(f"http://{two.address}/console/")
    switch_to(other, "a2 (1300000002)")
    form.get_by_role("button", name="Add").click()
    expect(page.get_by_text("You have switched to another account")).to_be_visible()
    assert faults(page) == []
    for account in (OURS, THEIRS):
        assert "stale.example.com" not in [one.name for one in wait(domains.list_all(two.desk, account))]


def test_a_page_that_renews_itself_follows_the_switch(reader: Readers, two: Site) -> None:
    one = reader()
    page = one.sign_in("admin")
    expect(page.locator("main")).to_contain_text("room-ours")
    other = one.context.new_page()
    other.goto(f"http://{two.address}/console/")
    switch_to(other, "a2 (1300000002)")
    page.bring_to_front()
    expect(page.get_by_role("note")).to_contain_text("You act for a2")
    expect(page.locator("main")).not_to_contain_text("room-ours")


@pytest.mark.parametrize(("size", "theme"), [(WIDE, "light"), (PHONE, "dark")])
def test_the_switch_is_accessible_and_fits(reader: Readers, two: Site, size: object, theme: str) -> None:
    one = reader(size=size, color_scheme=theme, locale="ja")
    page = one.sign_in("admin")
    page.locator("details.account > summary").press("Enter")
    expect(page.locator("#account")).to_be_visible()
    assert (faults(page), overflow(page)) == ([], 0)
    page.locator("#account").select_option("2")
    page.locator("details.account button").click()
    expect(page.get_by_role("note")).to_be_visible()
    assert (faults(page), overflow(page)) == ([], 0)


def test_what_is_another_account_s_says_so_and_leads_there(reader: Readers, two: Site) -> None:
    one = reader()
    one.sign_in("admin")
    page = one.open("/console/records")
    expect(page.get_by_role("row").filter(has_text="room-theirs")).to_contain_text("a2")
    one.open("/console/deliveries/1")
    expect(page.locator("dl").first).to_contain_text("Accounta1")
    one.open("/console/deliveries/2")
    page.get_by_role("button", name="Act for it").click()
    page.wait_for_url("**/deliveries/2")
    expect(page.get_by_role("note")).to_contain_text("You act for a2")
    expect(page.get_by_role("button", name="Act for it")).to_have_count(0)
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("status").filter(has_text="this is the new callback")).to_be_visible()
    entry = wait(two.desk.store.read(lambda view: view.audit_log(THEIRS, None, 1)))[0]
    assert (entry.deed, entry.actor, entry.name) == ("sent_again", "admin", "2")


def test_a_search_of_all_accounts_is_replayed_for_one(reader: Readers, two: Site) -> None:
    one = reader()
    page = one.sign_in("admin")
    one.open("/console/replays/new?state=delivered")
    expect(page.get_by_role("note")).to_contain_text("Only those of your own account a1")
    switch_to(page, "a2 (1300000002)")
    one.open("/console/replays/new?state=delivered")
    expect(page.get_by_role("note")).to_have_count(1)  # for whom one acts
    page.get_by_role("button", name="Send again").click()
    page.wait_for_url("**/replays/*")
    (replay,) = wait(replays.list_some(two.desk, None))
    assert replay.account_id == THEIRS


def test_nobody_else_can_switch(two: Site) -> None:
    owner = two.browser("aiko")
    assert owner.post("/console/account", {"account": str(THEIRS)}).status == 403
    owner.cookies["airhook_account"] = str(THEIRS)
    assert "room-theirs" not in owner.get("/console/records").text
    assert "/console/account" not in owner.get("/console/").text


def test_a_switch_ends_with_the_session_and_to_nowhere_is_refused(two: Site) -> None:
    admin = two.browser("admin")
    assert admin.post("/console/account", {"account": "77"}).status == 404
    admin.post("/console/account", {"account": str(THEIRS), "next": "/console/callbacks/1001?x=1"})
    assert admin.cookies["airhook_account"] == str(THEIRS)
    admin.post("/console/sign-out", {})
    assert admin.cookies["airhook_account"] == ""
