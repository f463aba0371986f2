"""Pages that are out of date: somebody signed out, was overtaken by another, or asks for what is gone."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from airhook.control import domains, templates
from airhook.control.templates import TemplateForm
from support.console_site import OURS, PASSWORD, Site
from support.desk import wait
from support.pages import Reader, faults

Readers = Callable[..., Reader]


def sign_out_elsewhere(one: Reader) -> None:
    other = one.context.new_page()
    other.goto(f"http://{one.site.address}/console/callbacks")
    other.locator("details.person > summary").click()
    other.get_by_role("button", name="Sign out").click()
    other.wait_for_url("**/sign-in")
    other.close()


def come_back(page: Page) -> None:
    page.wait_for_url("**/sign-in?next=**")
    page.fill("#name", "aiko")
    page.fill("#password", PASSWORD)
    page.click("main button[type=submit]")


def test_a_dialog_that_is_sent_after_signing_out_leads_back_to_its_page(reader: Readers, site: Site) -> None:
    one = reader()
    one.sign_in()
    page = one.open("/console/domains")
    page.get_by_role("link", name="Add domain").first.click()
    page.get_by_role("dialog").get_by_label("Domain").fill("late.example.com")
    sign_out_elsewhere(one)
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    come_back(page)
    page.wait_for_url("**/console/domains")
    assert wait(domains.list_all(site.desk, OURS)) == []


def test_a_form_that_is_sent_after_signing_out_changes_nothing(reader: Readers, site: Site) -> None:
    one = reader(java_script_enabled=False)
    one.sign_in()
    page = one.open("/console/domains/add")
    page.fill("#domain", "late.example.com")
    assert (
        site.browser()
        .ask(
            "POST", "/console/sign-out", headers={"Cookie": cookies(one), "Origin": f"http://{site.address}"}
        )
        .status
        == 303
    )
    page.get_by_role("button", name="Add").click()
    come_back(page)
    page.wait_for_url("**/console/")
    assert wait(domains.list_all(site.desk, OURS)) == []


def cookies(one: Reader) -> str:
    return "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in one.context.cookies())


def test_what_another_has_deleted_meanwhile_is_told_in_the_dialog(reader: Readers, site: Site) -> None:
    form = TemplateForm(name="short-lived", urls={1: "https://hooks.example.com/"})
    made = wait(templates.create(site.desk, OURS, form))
    one = reader()
    one.sign_in()
    page = one.open("/console/callbacks")
    page.get_by_role("row").filter(has_text="short-lived").get_by_role("link", name="Edit").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Template description").fill("mine")
    wait(templates.delete(site.desk, OURS, made.id))
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("dialog", name="Not found")).to_be_visible()
    assert faults(page) == []
    dialog.get_by_role("button", name="Load the page again").click()
    expect(page.locator("main")).to_contain_text("0 of 50 templates")  # its number was that of the only other
    expect(page.get_by_role("row").filter(has_text="short-lived")).to_have_count(0)
