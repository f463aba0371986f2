"""Settings: API keys, users, passwords, the audit log; and destinations."""

from collections.abc import Callable

from playwright.sync_api import expect

from airhook.control import accounts, bearer, destinations, domains, users
from airhook.core.accounts import Role
from support.console_site import (
    OURS,
    PASSWORD,
    Site,
    accept,
    attempt,
    bad_status,
    delivered,
    delivery,
    exhausted,
)
from support.desk import wait
from support.pages import Reader

Readers = Callable[..., Reader]
ORIGIN = "https://hooks.example.com"


def test_a_key_pair_s_secret_is_shown_once(reader: Readers, site: Site) -> None:
    one = reader()
    one.sign_in()
    page = one.open("/console/keys")
    section = page.locator("section").filter(has=page.get_by_role("heading", name="Keys of the cloud API"))
    section.get_by_role("link", name="Create key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Create key").click()
    shown = dialog.locator("dd code")
    expect(shown).to_have_count(2)
    (pair,) = wait(accounts.list_api_keys(site.desk, OURS))
    assert shown.all_inner_texts() == [pair.secret_id, pair.secret_key]
    dialog.get_by_role("link", name="Done").click()
    expect(page.get_by_role("row").filter(has_text=pair.secret_id)).to_contain_text("Enabled")
    assert pair.secret_key not in page.content()
    page.get_by_role("row").filter(has_text=pair.secret_id).get_by_role("button", name="Disable").click()
    expect(page.get_by_role("row").filter(has_text=pair.secret_id)).to_contain_text("Disabled")
    (pair,) = wait(accounts.list_api_keys(site.desk, OURS))
    assert not pair.enabled


def test_a_key_of_v1_has_a_name_of_its_own(reader: Readers, site: Site) -> None:
    one = reader()
    one.sign_in()
    page = one.open("/console/keys")
    dialog = page.get_by_role("dialog")
    section = page.locator("section").filter(has=page.get_by_role("heading", name="Keys of /v1"))
    section.get_by_role("link", name="Create key").click()
    dialog.get_by_label("Name").fill("ci")
    dialog.get_by_role("button", name="Create key").click()
    token = dialog.locator("dd code").inner_text().removeprefix("Bearer ")
    ring = bearer.KeyRing(site.desk.store, site.desk.clock)
    assert wait(ring.account_of(token)) == OURS
    dialog.get_by_role("link", name="Done").click()
    section.get_by_role("link", name="Create key").click()
    dialog.get_by_label("Name").fill("ci")
    dialog.get_by_role("button", name="Create key").click()
    expect(dialog.locator("#name-problem")).to_have_text("The name is taken; choose another.")


def test_a_new_user_comes_in_by_a_link_and_chooses_a_password(reader: Readers, site: Site) -> None:
    owner = reader()
    owner.sign_in()
    page = owner.open("/console/users")
    page.get_by_role("link", name="Add user").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("hana")
    dialog.get_by_label("Role").select_option("viewer")
    dialog.get_by_role("button", name="Add user").click()
    link = dialog.locator("p code").inner_text()
    dialog.get_by_role("link", name="Done").click()
    expect(page.locator("#user-hana")).to_contain_text("Has no password yet")

    new = reader()
    theirs = new.page
    theirs.goto(link)
    theirs.click("main button[type=submit]")
    theirs.wait_for_url("**/console/password")
    theirs.get_by_label("New password", exact=True).fill("too short")
    theirs.get_by_label("New password again").fill("too short")
    theirs.get_by_role("button", name="Save").click()
    expect(theirs.locator("#new-problem")).to_have_text("At least 10 characters.")
    theirs.get_by_label("New password", exact=True).fill(PASSWORD)
    theirs.get_by_label("New password again").fill(PASSWORD)
    theirs.get_by_role("button", name="Save").click()
    theirs.wait_for_url("**/console/")
    expect(theirs.get_by_role("link", name="Users")).to_have_count(0)
    reader().by_form("hana")
    theirs.goto(link)
    theirs.click("main button[type=submit]")
    expect(theirs.locator("h1")).to_have_text("This link does not work any more")


def test_who_is_kept_out_is_out_at_once(reader: Readers, site: Site) -> None:
    viewer = reader()
    viewer.sign_in("wei")
    viewer.open("/console/callbacks")  # the overview asks to sign in by itself, at a moment of its own
    owner = reader()
    owner.sign_in()
    page = owner.open("/console/users")
    page.locator("#user-wei").get_by_role("button", name="Keep out").click()
    expect(page.locator("#user-wei")).to_contain_text("Kept out")
    viewer.open("/console/callbacks")
    viewer.page.wait_for_url("**/console/sign-in?next=/console/callbacks")
    viewer.page.fill("#name", "wei")
    viewer.page.fill("#password", PASSWORD)
    viewer.page.click("main button[type=submit]")
    expect(viewer.page.get_by_role("alert")).to_contain_text("Name or password is wrong.")
    page.locator("#user-wei").get_by_role("button", name="Let in").click()
    viewer.by_form("wei")


def test_a_page_that_shows_what_happens_now_asks_who_is_kept_out_to_sign_in(
    reader: Readers, site: Site
) -> None:
    viewer = reader()
    viewer.sign_in("wei")
    owner = reader()
    owner.sign_in()
    page = owner.open("/console/users")
    page.locator("#user-wei").get_by_role("button", name="Keep out").click()
    viewer.page.wait_for_url("**/console/sign-in?next=/console/")


def test_an_owner_gives_roles_up_to_their_own(reader: Readers, site: Site) -> None:
    owner = reader()
    owner.sign_in()
    page = owner.open("/console/users")
    expect(page.locator("#user-admin").get_by_role("link")).to_have_count(
        0
    )  # the system's owner stands above
    page.locator("#user-wei").get_by_role("link", name="Role").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("option")).to_have_text(["Owner", "Operator", "Viewer"])
    dialog.get_by_label("Role").select_option("operator")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("#user-wei")).to_contain_text("Operator")
    (wei,) = [one for one in wait(users.list_all(site.desk, OURS)) if one.name == "wei"]
    assert wei.role is Role.OPERATOR


def test_a_password_is_changed_and_other_sessions_end(reader: Readers) -> None:
    here, elsewhere = reader(), reader()
    page = here.sign_in()
    elsewhere.sign_in()
    elsewhere.open("/console/callbacks")  # the overview asks to sign in by itself, at a moment of its own
    here.open("/console/password")
    page.get_by_label("Current password").fill("wrong")
    page.get_by_label("New password", exact=True).fill("another good one")
    page.get_by_label("New password again").fill("another good one")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#old-problem")).to_have_text("This is not your password.")
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_label("New password", exact=True).fill("another good one")
    page.get_by_label("New password again").fill("another good one")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="Your password was changed")).to_be_visible()
    elsewhere.open("/console/callbacks")
    elsewhere.page.wait_for_url("**/sign-in?next=/console/callbacks")


def test_the_audit_log_tells_who_changed_what_from_where(reader: Readers, site: Site) -> None:
    one = reader()
    one.by_form()
    page = one.open("/console/domains/add")
    page.get_by_label("Domain name").fill("push.contoso.example")
    page.get_by_role("button", name="Add domain").click()
    page.wait_for_url("**/push.contoso.example")
    key = wait(domains.get(site.desk, OURS, "push.contoso.example")).auth_key
    one.open("/console/audit")
    expect(page.locator("tbody tr").nth(1)).to_contain_text("signed in user")
    newest = page.locator("tbody tr").first
    expect(newest).to_contain_text("aiko")
    expect(newest).to_contain_text("Console · 127.0.0.1")
    expect(newest).to_contain_text("created domain")
    newest.get_by_text("6 fields").click()
    expect(newest).to_contain_text("auth_key – → •••")
    assert key not in page.content()


def test_the_audit_log_is_read_page_by_page(reader: Readers, site: Site) -> None:
    for n in range(60):
        wait(bearer.create_bearer_key(site.desk, OURS, f"key{n}"))
    one = reader()
    one.sign_in()
    page = one.open("/console/audit")
    expect(page.locator("tbody tr")).to_have_count(50)
    expect(page.locator("tbody tr").first).to_contain_text("key59")
    page.get_by_role("link", name="Older").click()
    expect(page.locator("tbody tr").first).to_contain_text("key9")
    page.get_by_role("link", name="Newest").click()
    expect(page.locator("tbody tr").first).to_contain_text("key59")


def test_a_destination_is_paused_limited_and_resumed(reader: Readers, site: Site) -> None:
    made = [delivery(n, f"room{n}") for n in (1, 2, 3)]
    accept(site, *made)
    delivered(site, made[0], attempt(made[0]))
    exhausted(site, made[1], bad_status(made[1]))
    wait(destinations.resume(site.desk, OURS, ORIGIN))
    one = reader()
    one.sign_in()
    page = one.open("/console/destinations")
    page.get_by_role("link", name=f"{ORIGIN}:443").click()
    tiles = page.locator(".tile strong")
    expect(tiles).to_have_text(["1", "50.0 %", "143 ms", "143 ms"])
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("status").filter(has_text="Paused: nothing is sent here")).to_be_visible()
    page.get_by_role("link", name="Limit rate").click()
    dialog = page.get_by_role("dialog")
    dialog.locator("#rate_limit").fill("many")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator("#rate_limit-problem")).to_be_visible()
    dialog.locator("#rate_limit").fill("2.5")
    dialog.get_by_role("button", name="Save").click()
    expect(page.locator("dl")).to_contain_text("2.5/s")
    (order,) = site.desk.config.current.orders.values()
    assert (order.paused, order.rate_limit) == (True, 2.5)
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
