"""What each role is there for, in a real Chromium; what operators do, and thresholds, have files of their own.

refused reading ─► engineer: adds its sensor ─► technician, on a phone: asks the gateway, tries again ─► viewer: sees it
administrator: lets somebody in, makes a token for a program, and takes both back
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests import loopback
from tests.end_to_end.conftest import Visit
from tests.end_to_end.test_alarms_console import keep_picture, must_fit
from tests.end_to_end.test_console import PHONE, console_in, logged_in
from tests.people import bearer
from tests.servers import Program, free_port

PIER = {
    "Id": "air-pier",
    "Name": "Pier",
    "Site": "sangowo",
    "Gateway": "gw-east",
    "Quantities": "pm2_5",
    "Why": "it is new",
}
PASSWORD = "a long way from the pier"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One city for all tests here."""
    with console_in(tmp_path_factory.mktemp("roles"), free_port()) as program:
        yield program


def test_what_was_refused_is_mended_by_an_engineer_and_a_technician_and_seen_by_a_viewer(visit: Visit):
    engineer = visit("engineer", "/console/en/registry/new/sensors")
    for label, text in PIER.items():
        engineer.get_by_label(label, exact=True).fill(text)
    engineer.get_by_role("button", name="Add").click()
    expect(engineer.locator(".said")).to_have_text("air-pier is added.")

    phone = visit("technician", "/console/en/fleet/gw-east", size=PHONE)
    phone.get_by_role("button", name="Ping").click()
    expect(phone.locator(".asked-command").first).to_contain_text("connected_s")
    must_fit(phone)
    phone.goto(phone.url.replace("fleet/gw-east", "refused"))
    phone.get_by_role("link", name="unknown sensor").click()
    expect(phone.get_by_label("Why, for the journal")).to_be_visible()
    must_fit(phone)
    phone.get_by_label("Why, for the journal").fill("the sensor is known now")
    phone.get_by_role("button", name="Try all like this again").click()
    expect(phone.locator(".said")).to_have_text("1 tried again: readings stored 1, still refused 0.")
    expect(phone.get_by_role("button", name="Discard all like this")).to_have_count(0)
    keep_picture(phone, "roles-technician")

    viewer = visit("viewer", "/console/en/sites/sangowo")
    expect(viewer.locator('[data-sensor="air-pier"]').first).to_contain_text("9")
    expect(viewer.locator("main form[method=post]")).to_have_count(0)


def test_an_administrator_lets_a_person_and_a_program_in_and_out_again(
    visit: Visit, served: Program, chromium: Browser
):
    page = visit("administrator", "/console/en/people")
    new = page.get_by_role("region", name="New person")
    new.get_by_label("Name", exact=True).fill("siti")
    new.get_by_label("Role").select_option("operator")
    new.get_by_label("Password").fill(PASSWORD)
    new.get_by_role("button", name="Let in").click()
    expect(page.locator(".said")).to_have_text("siti can log in.")
    base = f"http://127.0.0.1:{served.port}"
    with logged_in(chromium, served, "") as context:
        login = {"name": "siti", "password": PASSWORD}
        assert context.request.post(f"{base}/api/v1/session", data=login).ok
        siti = context.new_page()
        siti.goto(f"{base}/console/en/alarms")
        expect(siti.locator(".person-name")).to_have_text("siti")
        page.locator('[data-person="siti"] summary').click()
        page.locator('[data-person="siti"]').get_by_role("button", name="Let in no more").click()
        expect(page.locator('[data-person="siti"]')).to_contain_text("not let in")
        assert context.request.post(f"{base}/api/v1/session", data=login).status == 401
        siti.reload()
        expect(siti).to_have_url(re.compile(r"/login\?next="))

    tokens = page.get_by_role("region", name="Tokens of programs")
    tokens.get_by_label("Name of the program").fill("grafana")
    tokens.get_by_role("button", name="Make a token").click()
    secret = tokens.get_by_label("Token", exact=True).input_value()

    def answered() -> int:
        return loopback.get(f"{base}/api/v1/sites", headers=bearer(secret), timeout=20).status_code

    assert answered() == 200
    page.reload()
    expect(page.locator(".secret")).to_have_count(0)
    page.once("dialog", lambda dialog: dialog.accept())
    tokens.get_by_role("button", name="Revoke").click()
    expect(page.locator(".said")).to_have_text("The token grafana opens nothing any more.")
    assert answered() == 401
