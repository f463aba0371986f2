"""Recording, screenshot and audit templates with their bindings."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from airhook.control import domains, media_rules, media_templates
from airhook.control.media_rules import RECORD_RULES
from airhook.control.record_templates import RECORD, ParamForm, RecordTemplateForm
from airhook.control.snapshot_templates import SNAPSHOT
from airhook.core.media_rules import RuleKey
from airhook.core.record_templates import RecordFormat
from airhook.core.snapshot_templates import AuditOptions
from support.console_site import OURS, Site
from support.desk import wait
from support.pages import Reader

Readers = Callable[..., Reader]
DOMAIN = "push.contoso.example"


@pytest.fixture
def domain(site: Site) -> str:
    wait(domains.add(site.desk, OURS, DOMAIN))
    return DOMAIN


def make(site: Site, name: str = "archive") -> Any:
    form = RecordTemplateForm(name=name, params={RecordFormat.FLV: ParamForm(enabled=True)})
    return wait(media_templates.create(site.desk, RECORD, OURS, form))


def save(page: Page) -> None:
    page.get_by_role("dialog").get_by_role("button", name="Save").click()


def test_a_recording_template_is_made_bound_and_seen_at_its_domain(
    reader: Readers, site: Site, domain: str
) -> None:
    one = reader()
    one.sign_in()
    page = one.open("/console/recording")
    page.get_by_role("link", name="Create template").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Template name").fill("archive")
    dialog.get_by_label("Record as HLS").uncheck()
    save(page)
    expect(dialog.locator("#formats-problem")).to_have_text("Choose at least one format.")
    dialog.get_by_label("Record as MP4").check()
    dialog.locator("[name='mp4.interval_s']").fill("0.5")
    save(page)
    field = dialog.locator("[name='mp4.interval_s']")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(dialog.get_by_label("Record as MP4")).to_be_checked()
    field.fill("90")
    dialog.locator("[name='mp4.storage_s']").fill("30")
    save(page)
    expect(page.get_by_role("status").filter(has_text="The template was created")).to_be_visible()
    (made,) = wait(media_templates.list_all(site.desk, RECORD, OURS))
    assert list(made.enabled) == [RecordFormat.MP4]
    assert (made.enabled[RecordFormat.MP4].interval_s, made.enabled[RecordFormat.MP4].storage_s) == (
        5400,
        30 * 86_400,
    )
    page.get_by_role("link", name="Bind").first.click()
    dialog.get_by_label("AppName").fill("live")
    dialog.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("row").filter(has_text=domain)).to_contain_text("live")
    one.open(f"/console/domains/{domain}")
    expect(page.get_by_role("row").filter(has_text="Recording templates")).to_contain_text("archive")


def test_a_screenshot_template_judges_pictures(reader: Readers, site: Site) -> None:
    one = reader()
    one.sign_in()
    page = one.open("/console/screenshots")
    page.get_by_role("link", name="Create template").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Template name").fill("pictures")
    dialog.get_by_label("A picture every").fill("1")
    dialog.get_by_label("Porn detection").check()
    save(page)
    expect(dialog.locator("#interval_s-problem")).to_contain_text("2 to 300 seconds")
    dialog.get_by_label("A picture every").fill("5")
    dialog.get_by_text("How pictures are judged").click()
    dialog.get_by_label("Porn: block from").fill("150")
    save(page)
    expect(dialog.locator("[id='audit_options.block-problem']")).to_contain_text("a score of 0 to 100")
    dialog.get_by_label("Porn: block from").fill("70")
    dialog.get_by_label("Harmless results").select_option("yes")
    save(page)
    expect(page.locator("dl")).to_contain_text("5 s")
    expect(page.locator("dl")).to_contain_text("Porn: block from70")
    (made,) = wait(media_templates.list_all(site.desk, SNAPSHOT, OURS))
    assert (made.interval_s, made.audit) == (5, True)
    assert made.audit_options == AuditOptions(block=70, send_pass=True)
    page.get_by_role("link", name="Edit").click()
    dialog.get_by_label("Porn: block from").fill("")
    save(page)
    expect(page.locator("dl")).not_to_contain_text("Porn: block from")
    (made,) = wait(media_templates.list_all(site.desk, SNAPSHOT, OURS))
    assert made.audit_options == AuditOptions(send_pass=True)


def test_two_users_edit_a_template_and_the_second_is_told(reader: Readers, site: Site) -> None:
    made = make(site)
    one = reader()
    one.sign_in()
    page = one.open(f"/console/recording/{made.id}")
    page.get_by_role("link", name="Edit").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    wait(media_templates.change(site.desk, RECORD, OURS, made.id, RecordTemplateForm(description="theirs")))
    dialog.get_by_label("Template description").fill("mine")
    save(page)
    expect(dialog.get_by_role("alert")).to_contain_text("Somebody else has changed it")
    assert wait(media_templates.get(site.desk, RECORD, OURS, made.id)).description == "theirs"


def test_a_bound_template_is_unbound_before_it_is_deleted(reader: Readers, site: Site, domain: str) -> None:
    made = make(site)
    wait(media_rules.bind(site.desk, RECORD_RULES, OURS, RuleKey(domain, "", ""), made.id))
    one = reader()
    one.sign_in()
    page = one.open(f"/console/recording/{made.id}")
    page.get_by_role("link", name="Delete").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("alert")).to_contain_text("archive is bound")
    dialog.get_by_role("link", name="Close").click()
    page.get_by_role("button", name="Unbind").click()
    expect(page.locator("main")).to_contain_text("Bound to nothing.")
    page.get_by_role("link", name="Delete").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator("main")).to_contain_text("No template yet.")
