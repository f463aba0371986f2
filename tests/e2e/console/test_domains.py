"""Domain management, as a user of CSS goes about it."""

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect

from airhook.control import domains, rules, templates
from airhook.control.domains import DomainChange
from airhook.control.templates import TemplateForm
from airhook.core.domains import Domain, check_push_auth
from airhook.core.templates import CallbackTemplate
from support.console_site import OURS, THEIRS, Site
from support.desk import wait
from support.pages import Reader

Readers = Callable[..., Reader]
NAME = "push.contoso.example"


def stored(site: Site, name: str = NAME) -> Domain:
    return wait(domains.get(site.desk, OURS, name))


def make_template(site: Site, name: str) -> CallbackTemplate:
    form = TemplateForm(name=name, urls={1: "https://hooks.example.com/live/begin"})
    return wait(templates.create(site.desk, OURS, form))


def open_domain(reader: Readers, site: Site, user: str = "aiko", **options: object) -> Page:
    wait(domains.add(site.desk, OURS, NAME))
    one = reader(**options)
    one.sign_in(user)
    return one.open(f"/console/domains/{NAME}")


def test_a_domain_is_added_and_has_a_key_from_the_beginning(reader: Readers, site: Site) -> None:
    one = reader()
    one.sign_in()
    page = one.open("/console/domains")
    page.get_by_role("link", name="Add domain").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Domain name").fill("http://push")
    dialog.get_by_role("button", name="Add domain").click()
    expect(dialog.locator("#domain-problem")).to_have_text("It does not have the right form.")
    dialog.get_by_label("Domain name").fill(NAME)
    dialog.get_by_role("button", name="Add domain").click()
    page.wait_for_url(f"**/console/domains/{NAME}")
    key = stored(site).auth_key
    assert len(key) == 32
    page.locator(".secret").first.get_by_text("Show").click()
    expect(page.locator("#auth-key")).to_have_text(key)


def test_a_template_is_bound_and_unbound_from_the_domain_s_page(reader: Readers, site: Site) -> None:
    """Edit, choose, Confirm; Edit, clear the choice, Confirm (contract 5.2)."""
    made = make_template(site, "alpha")
    page = open_domain(reader, site)
    row = page.get_by_role("row").filter(has_text="Callback configuration")
    row.get_by_role("link", name="Edit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("alpha").check()
    dialog.get_by_role("button", name="Confirm").click()
    expect(row).to_contain_text("alpha")
    template = site.desk.config.current.template_for(NAME, "live")
    assert template is not None
    assert template.id == made.id
    row.get_by_role("link", name="Edit").click()
    dialog.get_by_label("none: nothing is sent").check()
    dialog.get_by_role("button", name="Confirm").click()
    expect(row).to_contain_text("none")
    assert site.desk.config.current.template_for(NAME, "live") is None


def test_one_app_has_a_template_of_its_own(reader: Readers, site: Site) -> None:
    make_template(site, "alpha")
    special = make_template(site, "beta")
    page = open_domain(reader, site)
    page.get_by_role("link", name="Bind for one AppName").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("beta").check()
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog.locator("#app-problem")).to_be_visible()
    expect(dialog.get_by_label("beta")).to_be_checked()
    dialog.get_by_label("AppName").fill("vip")
    dialog.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("row").filter(has_text="vip")).to_contain_text("beta")
    template = site.desk.config.current.template_for(NAME, "vip")
    assert template is not None
    assert template.id == special.id


def test_who_chooses_a_template_on_a_stale_page_is_told(reader: Readers, site: Site) -> None:
    first, second = make_template(site, "alpha"), make_template(site, "beta")
    page = open_domain(reader, site)
    page.get_by_role("row").filter(has_text="Callback configuration").get_by_role("link", name="Edit").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    wait(rules.bind(site.desk, OURS, NAME, "", first.id))
    dialog.get_by_label("beta").check()
    dialog.get_by_role("button", name="Confirm").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Somebody else has changed it")
    bound = site.desk.config.current.template_for(NAME, "")
    assert bound is not None
    assert bound.id == first.id != second.id


def test_push_urls_let_in_until_they_expire(reader: Readers, site: Site) -> None:
    page = open_domain(reader, site)
    page.get_by_role("link", name="Make push URL").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("StreamName").fill("room 1")
    dialog.get_by_role("button", name="Make push URL").click()
    expect(dialog.locator("#stream-problem")).to_be_visible()
    dialog.get_by_label("StreamName").fill("room1")
    dialog.get_by_label("Lets in for").fill("2")
    dialog.get_by_label("Unit").select_option("days")
    dialog.get_by_role("button", name="Make push URL").click()
    url = dialog.get_by_role("status").locator("code").first.inner_text()
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path) == ("rtmp", NAME, "/live/room1")
    now_ms = site.desk.clock.now_ms()
    two_days_ms = 2 * 86_400_000
    assert check_push_auth(stored(site), "room1", parts.query, now_ms + two_days_ms) is None
    assert check_push_auth(stored(site), "room1", parts.query, now_ms + two_days_ms + 1000) is not None
    assert parse_qs(parts.query)["txTime"]


def test_keys_are_changed_and_the_old_one_goes_on_as_backup(reader: Readers, site: Site) -> None:
    page = open_domain(reader, site)
    old = stored(site).auth_key
    section = page.locator("section").filter(has=page.get_by_role("heading", name="Push authentication"))
    section.get_by_role("link", name="Edit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Generate").first.click()
    new = dialog.get_by_label("Primary key").input_value()
    dialog.get_by_label("Backup key").fill("with-dash")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator("#backup_auth_key-problem")).to_have_text("Only letters A-Z, a-z and digits.")
    dialog.get_by_label("Backup key").fill(old)
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="The domain was changed")).to_be_visible()
    domain = stored(site)
    assert (domain.auth_key, domain.backup_auth_key) == (new, old)
    assert new != old


def test_two_users_change_the_reconnect_window_and_the_second_is_told(reader: Readers, site: Site) -> None:
    page = open_domain(reader, site)
    page.locator("section").filter(has=page.get_by_role("heading", name="Reconnect window")).get_by_role(
        "link", name="Edit"
    ).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    wait(domains.change(site.desk, OURS, NAME, DomainChange(reconnect_window_s=30)))
    dialog.locator("#reconnect_window_s").fill("0")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Somebody else has changed it")
    assert stored(site).reconnect_window_s == 30
    page.reload()
    page.locator("section").filter(has=page.get_by_role("heading", name="Reconnect window")).get_by_role(
        "link", name="Edit"
    ).click()
    dialog.locator("#reconnect_window_s").fill("99999")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.locator("#reconnect_window_s-problem")).to_contain_text("outside its bounds")
    dialog.locator("#reconnect_window_s").fill("0")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="The domain was changed")).to_be_visible()
    assert stored(site).reconnect_window_s == 0


def test_a_domain_is_disabled_and_deleted_once_nothing_binds_it(reader: Readers, site: Site) -> None:
    made = make_template(site, "alpha")
    page = open_domain(reader, site)
    page.get_by_role("button", name="Disable").click()
    expect(page.get_by_role("button", name="Enable")).to_be_visible()
    assert not stored(site).enabled
    wait(rules.bind(site.desk, OURS, NAME, "", made.id))
    page.get_by_role("link", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("link", name="alpha")).to_have_attribute(
        "href", f"/console/callbacks/{made.id}"
    )
    wait(rules.unbind(site.desk, OURS, NAME, ""))
    page.reload()
    page.get_by_role("link", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    page.wait_for_url(re.compile("/console/domains$"))
    assert wait(domains.list_all(site.desk, OURS)) == []


def test_another_account_s_domain_is_not_found_and_a_viewer_sees_no_key(reader: Readers, site: Site) -> None:
    wait(domains.add(site.desk, THEIRS, "theirs.example"))
    page = open_domain(reader, site, "wei")
    assert stored(site).auth_key not in page.content()
    for path, text in (
        ("theirs.example", "Not found"),
        (f"{NAME}/auth", "Your role does not allow this"),
        (f"{NAME}/push-url", "Your role does not allow this"),
        (f"{NAME}/delete", "Your role does not allow this"),
    ):
        page.goto(f"http://{site.address}/console/domains/{path}")
        expect(page.locator("main")).to_contain_text(text)
