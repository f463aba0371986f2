"""Event Center → Callbacks, as a user of CSS goes about it."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from airhook.control import domains, rules, templates
from airhook.control.templates import TemplateForm
from airhook.core.delivery_options import secret_bytes
from airhook.core.templates import CallbackTemplate
from airhook.verify import verify
from support.console_site import OURS, Site
from support.desk import wait
from support.pages import PHONE, Reader, faults, overflow
from support.receiver import Receiver

Readers = Callable[..., Reader]
URL = "https://hooks.example.com/live/begin"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def make(site: Site, name: str = "prod", url: str = URL) -> CallbackTemplate:
    form = TemplateForm(name=name, urls={1: url}, callback_key="Kx7Pq2Lm9TzR4vBn")
    return wait(templates.create(site.desk, OURS, form))


def bind(site: Site, template: CallbackTemplate, domain: str, app: str = "") -> None:
    wait(domains.add(site.desk, OURS, domain))
    wait(rules.bind(site.desk, OURS, domain, app, template.id))


def stored(site: Site, template_id: int) -> CallbackTemplate:
    return wait(templates.get(site.desk, OURS, template_id))


def open_list(reader: Readers, **options: object) -> Page:
    one = reader(**options)
    one.sign_in()
    return one.open("/console/callbacks")


def test_a_template_is_created_in_a_dialog_and_bound_right_away(reader: Readers, site: Site) -> None:
    wait(domains.add(site.desk, OURS, "push.contoso.example"))
    page = open_list(reader)
    page.get_by_role("link", name="Create template").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Template name").fill("live-platform")
    dialog.get_by_label("Template description").fill("主站回调")
    dialog.get_by_role("button", name="Generate").click()
    key = dialog.get_by_label("Callback key").input_value()
    assert re.fullmatch("[A-Za-z0-9]{32}", key)
    dialog.get_by_label("Push callback URL").fill(URL)
    dialog.get_by_text("Error events").click()
    dialog.get_by_label("Push exception (321)").fill("https://hooks.example.com/ex")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status").filter(has_text="The template was created")).to_be_visible()
    (made,) = [one for one in wait(templates.list_all(site.desk, OURS)) if one.name == "live-platform"]
    assert made.urls == {1: URL, 321: "https://hooks.example.com/ex"}
    assert (made.callback_key, made.description) == (key, "主站回调")
    page.get_by_role("link", name="Bind domains").first.click()
    dialog.get_by_label("push.contoso.example").check()
    dialog.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("row").filter(has_text="push.contoso.example")).to_contain_text("all")
    assert site.desk.config.current.template_for("push.contoso.example", "live").id == made.id  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("language", "problem"),
    [
        ("en", "It has to start with http:// or https://."),
        ("ja", "http:// または https:// で始めてください。"),
        ("zh", "必须以 http:// 或 https:// 开头。"),
    ],
)
def test_errors_stand_beside_their_field_and_nothing_typed_is_lost(
    reader: Readers, site: Site, language: str, problem: str
) -> None:
    page = open_list(reader, locale=language)
    page.click(".page-actions .btn-primary")
    dialog = page.get_by_role("dialog")
    dialog.locator("#name").fill("main_site-1")
    dialog.locator("[name='urls.0']").fill("ftp://hooks.example.com/")
    dialog.locator("button[type=submit]").click()
    field = dialog.locator("[name='urls.0']")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    described = field.get_attribute("aria-describedby") or ""
    expect(dialog.locator(f"[id='{described.split()[0]}']")).to_have_text(problem)
    expect(field).to_have_value("ftp://hooks.example.com/")
    expect(dialog.locator("#name")).to_have_value("main_site-1")
    assert len(wait(templates.list_all(site.desk, OURS))) == 1  # the one that every site has
    field.fill("https://hooks.example.com/end")
    dialog.locator("button[type=submit]").click()
    page.wait_for_url(re.compile(r"/console/callbacks/\d+$"))


def test_limits_are_those_of_the_console_of_css(reader: Readers) -> None:
    page = open_list(reader)
    page.click(".page-actions .btn-primary")
    dialog = page.get_by_role("dialog")
    limits = {
        name: dialog.locator(f"#{name}").get_attribute("maxlength")
        for name in ("name", "description", "callback_key")
    }
    assert limits == {"name": "30", "description": "100", "callback_key": "32"}
    dialog.locator("#name").fill("空 白")
    dialog.locator("button[type=submit]").click()
    expect(dialog.locator("#name-problem")).to_have_text("Only Chinese characters, letters, digits, _ and -.")
    dialog.locator("#name").fill("名前")
    dialog.locator("button[type=submit]").click()
    expect(dialog.locator("#urls-problem")).to_have_text("Give at least one callback URL.")


def test_the_list_is_searched_while_typing(reader: Readers, site: Site) -> None:
    bind(site, make(site, "alpha", "https://a.example.com/"), "push.contoso.example")
    make(site, "beta", "https://b.example.com/")
    page = open_list(reader)
    rows = page.locator("#found tbody tr")
    expect(rows).to_have_count(2)
    for text, name in (("bet", "beta"), ("A.EXAMPLE", "alpha"), ("contoso", "alpha")):
        page.get_by_role("searchbox").fill(text)
        expect(rows).to_have_count(1)
        expect(rows).to_contain_text(name)
    page.get_by_role("searchbox").fill("nothing like it")
    expect(page.locator("#found")).to_contain_text("No template matches.")


def test_a_trial_is_sent_and_its_request_answer_and_time_are_shown(
    reader: Readers, site: Site, receiver: Receiver
) -> None:
    made = make(site, url=receiver.url("/begin"))
    one = reader()
    one.sign_in()
    page = one.open(f"/console/callbacks/{made.id}")
    page.get_by_role("link", name="Test").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Send").click()
    outcome = dialog.get_by_role("status")
    expect(outcome).to_contain_text("Delivered")
    (request,) = receiver.requests
    assert verify(request.body, made.callback_key).ok
    assert request.json()["sign"] in outcome.inner_text()
    expect(outcome).to_contain_text('{"code":0}')
    expect(outcome.locator(".legend")).to_contain_text("waiting for the answer")
    receiver.answer(503, body=b"busy")
    dialog.get_by_role("button", name="Send").click()
    expect(outcome).to_contain_text("Failed")
    expect(outcome).to_contain_text("busy")
    assert sum(wait(site.desk.store.read(lambda view: view.counts())).deliveries.values()) == 0


def test_two_users_edit_the_same_template_and_the_second_is_told(reader: Readers, site: Site) -> None:
    made = make(site)
    path = f"/console/callbacks/{made.id}"
    pages = []
    for user in ("aiko", "admin"):
        one = reader()
        one.sign_in(user)
        page = one.open(path)
        page.get_by_role("link", name="Edit").click()
        pages.append(page)
    first, second = pages
    first.get_by_role("dialog").locator("#description").fill("first")
    first.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(first.get_by_role("status").filter(has_text="The template was changed")).to_be_visible()
    dialog = second.get_by_role("dialog")
    dialog.locator("#description").fill("second")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Somebody else has changed it")
    expect(dialog.locator("#description")).to_have_value("second")
    assert stored(site, made.id).description == "first"


def test_a_stale_page_of_a_deleted_template_says_so(reader: Readers, site: Site) -> None:
    made = make(site)
    one = reader()
    one.sign_in()
    page = one.open(f"/console/callbacks/{made.id}/edit")
    wait(templates.delete(site.desk, OURS, made.id))
    page.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text("Not found")


def test_a_bound_template_cannot_be_deleted_and_says_by_which_domains(reader: Readers, site: Site) -> None:
    made = make(site)
    bind(site, made, "push.contoso.example", "vip")
    page = open_list(reader)
    page.get_by_role("link", name="Delete: prod", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text("prod is bound")
    link = dialog.get_by_role("link", name="push.contoso.example")
    expect(link).to_have_attribute("href", "/console/domains/push.contoso.example")
    expect(dialog.get_by_role("button", name="Delete")).to_have_count(0)
    wait(rules.unbind(site.desk, OURS, "push.contoso.example", "vip"))
    page.reload()
    page.get_by_role("link", name="Delete: prod", exact=True).click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status").filter(has_text="The template was deleted")).to_be_visible()
    assert made.id not in {one.id for one in wait(templates.list_all(site.desk, OURS))}


def test_a_duplicate_begins_with_what_the_other_has(reader: Readers, site: Site) -> None:
    made = make(site, "a-name-that-is-thirty-letters1")
    page = open_list(reader)
    page.get_by_role("link", name=f"Duplicate: {made.name}").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("#name")).to_have_value("a-name-that-is-thirty-let-copy")
    dialog.get_by_role("button", name="Save").click()
    page.wait_for_url(re.compile(r"/console/callbacks/\d+$"))
    copy = stored(site, int(page.url.rpartition("/")[2]))
    assert (copy.urls, copy.callback_key) == (made.urls, made.callback_key)


def test_delivery_options_are_saved_and_shown_again(reader: Readers, site: Site) -> None:
    made = make(site)
    one = reader()
    one.sign_in()
    page = one.open(f"/console/callbacks/{made.id}/edit")
    page.get_by_text("Delivery options").click()
    page.get_by_label("Retries", exact=True).select_option("custom")
    page.get_by_label("Delays").fill("5, 30, x")
    page.get_by_label("Additional headers").fill("X-Tenant: blue\nX-Trace: 1")
    page.get_by_label("Signature of retries").select_option("frozen")
    page.get_by_label("Add the score fields of before 2021").check()
    page.get_by_label("Send a stream's stop after its start").uncheck()
    page.locator("[data-generate=webhook_secret]").click()
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#delays_s-problem")).to_be_visible()
    page.get_by_label("Delays").fill("5, 30.5, 1.5m, 2h")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("dl")).to_contain_text("own list of delays 5s, 30.5s, 90s, 2h")
    expect(page.locator("dl")).to_contain_text("with the score fields of before 2021")
    options = stored(site, made.id).options
    assert options is not None
    assert (options.delays_s, options.headers) == (
        (5.0, 30.5, 90.0, 7200.0),
        (("X-Tenant", "blue"), ("X-Trace", "1")),
    )
    assert (options.sign_mode, options.legacy_scores, options.http2) == ("frozen", True, False)
    assert len(secret_bytes("webhook_secret", options.webhook_secret)) == 32
    assert not stored(site, made.id).ordered
    one.open(f"/console/callbacks/{made.id}/edit")
    page.get_by_text("Delivery options").click()
    expect(page.get_by_label("Delays")).to_have_value("5s, 30.5s, 90s, 2h")
    page.get_by_label("Additional headers").fill("X-Trace: 2")
    page.get_by_label("Add the score fields of before 2021").uncheck()
    page.get_by_role("button", name="Save").click()
    page.wait_for_url(f"**/callbacks/{made.id}")
    options = stored(site, made.id).options
    assert options is not None
    assert (options.headers, options.legacy_scores) == ((("X-Trace", "2"),), False)


def test_a_viewer_sees_no_key_and_changes_nothing(reader: Readers, site: Site) -> None:
    made = make(site)
    one = reader()
    one.sign_in("wei")
    page = one.open(f"/console/callbacks/{made.id}")
    expect(page.locator("dl")).to_contain_text("operators can see it")
    assert made.callback_key not in page.content()
    expect(page.locator(".page-actions a")).to_have_count(0)
    for path in ("new", f"{made.id}/edit", f"{made.id}/test", f"{made.id}/delete", f"{made.id}/bind"):
        one.open(f"/console/callbacks/{path}")
        expect(page.locator("main")).to_contain_text("Your role does not allow this")


def test_without_a_script_a_template_is_made_and_mended(reader: Readers, site: Site) -> None:
    one = reader(java_script_enabled=False)
    one.sign_in()
    page = one.open("/console/callbacks")
    page.get_by_role("link", name="Create template").first.click()
    page.fill("#name", "plain")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#urls-problem")).to_be_visible()
    page.fill("[name='urls.1']", URL)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("The template was created")


def test_the_result_of_a_trial_is_accessible(reader: Readers, site: Site) -> None:
    made = make(site, url="http://127.0.0.1:9/refused")
    one = reader(color_scheme="dark", size=PHONE)
    one.sign_in()
    page = one.open(f"/console/callbacks/{made.id}")
    page.get_by_role("link", name="Test").first.click()
    page.get_by_role("dialog").get_by_role("button", name="Send").click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("Failed")
    assert (faults(page), overflow(page)) == ([], 0)
