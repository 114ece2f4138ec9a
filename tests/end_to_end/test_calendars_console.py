"""Maintenance, duty and one's own password in a real Chromium: planned, seen beside the alarms, ended, changed.

SIAGA_SCREENSHOTS=folder keeps pictures of the pages, in both sizes, languages and lights, to be looked at.
"""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.end_to_end.conftest import Visit
from tests.end_to_end.test_alarms_console import SHOTS, keep_picture, must_fit
from tests.end_to_end.test_console import DESK, PHONE, console_in
from tests.servers import Program, free_port
from tests.unit.cloud.console.served import PASSWORD

LOOKS = [("dark", DESK, "en"), ("light", DESK, "id"), ("dark", PHONE, "id"), ("light", PHONE, "en")]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """One city for all tests here: each takes back what it did."""
    with console_in(tmp_path_factory.mktemp("calendars"), free_port()) as program:
        yield program


def plan_a_window(page: Page, reason: str) -> None:
    page.get_by_label("Where").fill("river gauge")
    page.get_by_label("Why").fill(reason)
    page.get_by_role("button", name="Make the window").click()


def put_on_duty(page: Page, person: str) -> None:
    page.get_by_label("Who").select_option(person)
    now = page.evaluate("new Date(Date.now() + 9 * 3600e3 - 60e3).toISOString().slice(0, 16)")  # a minute ago in WIT
    page.get_by_label("From", exact=True).fill(now)
    page.get_by_role("button", name="Put on duty").click()


def look_at(visit: Visit, role: str, page: str) -> None:
    for theme, size, language in LOOKS if SHOTS else LOOKS[2:3]:
        seen = visit(role, f"/console/{language}/{page}", size=size, theme=theme)
        expect(seen.locator(".panel").first).to_be_visible()
        expect(seen.locator(".window, .day").first).to_be_visible()
        must_fit(seen)
        keep_picture(seen, f"{page}-{theme}-{size['width']}-{language}")
        seen.close()


def test_a_window_is_planned_shown_beside_the_alarms_and_ended(visit: Visit):
    technician = visit("technician", "/console/en/maintenance")
    expect(technician.locator(".panel-empty")).to_have_text("Nobody works anywhere now, and nothing is planned.")
    plan_a_window(technician, "")
    expect(technician.locator(".new-entry .mistake")).to_have_text("reason: is empty; say what is done there.")
    plan_a_window(technician, "the gauge is cleaned")
    window = technician.locator(".window")
    expect(window).to_contain_text("Daruba river bridge · River gauge")
    expect(window).to_contain_text("in force")
    look_at(visit, "technician", "maintenance")

    viewer = visit("viewer", "/console/id/alarms")
    expect(viewer.locator(".work")).to_contain_text("Pemeliharaan di Daruba river bridge · River gauge sampai")
    expect(viewer.locator(".work")).to_contain_text("technician: the gauge is cleaned")
    keep_picture(viewer, "alarms-while-somebody-works")
    viewer.goto(viewer.url.replace("alarms", "maintenance"))
    expect(viewer.locator(".window")).to_have_count(1)
    expect(viewer.get_by_role("button", name="Akhiri sekarang")).to_have_count(0)
    expect(viewer.locator(".new-entry")).to_have_count(0)

    window.get_by_role("button", name="End now").click()
    expect(window).to_have_count(0)
    expect(viewer.locator(".window")).to_have_count(0)


def test_somebody_is_put_on_duty_seen_and_taken_out_again(visit: Visit):
    operator = visit("operator", "/console/en/duty")
    expect(operator.locator(".nobody")).to_be_visible()
    put_on_duty(operator, "budi")
    expect(operator.locator(".said")).to_have_text("budi is on duty.")  # the channel may tell it to the page before
    expect(operator.locator(".holder")).to_have_text(re.compile(r"^1\s*budi\s*until \d+ \w+ \d\d:\d\d$"))
    put_on_duty(operator, "budi")
    expect(operator.locator(".new-entry .mistake")).to_contain_text("'budi' is on duty then already")
    look_at(visit, "operator", "duty")

    viewer = visit("viewer", "/console/id/duty")
    expect(viewer.locator(".holder-name")).to_have_text("budi")
    expect(viewer.locator(".duty .icon-button, .new-entry")).to_have_count(0)

    operator.once("dialog", lambda dialog: dialog.accept())
    operator.locator(".duty .icon-button").first.click()
    expect(operator.locator(".said")).to_have_text("The duty is taken out.")
    expect(operator.locator(".nobody")).to_be_visible()
    expect(operator.locator(".duty")).to_have_count(0)


def test_people_change_their_own_password_and_stay_logged_in(
    visit: Visit,
    served: Program,
    chromium: Browser,
):
    page = visit("operator", "/console/id/alarms")
    page.locator(".person > summary").click()
    page.get_by_role("link", name="Ganti kata sandi").click()
    expect(page.get_by_role("heading", name="Ganti kata sandi")).to_be_visible()
    expect(page.locator(".mistake")).to_have_count(0)
    must_fit(page)
    keep_picture(page, "password")
    for old, new, again, told in (
        (PASSWORD, "short", "short", "kata sandi: kurang dari 10 karakter; tulis yang lebih panjang."),
        (PASSWORD, "a higher bridge", "a higher brigde", "Kedua kata sandi baru tidak sama."),
        ("not my password", "a higher bridge", "a higher bridge", "Kata sandi sekarang salah."),
        (PASSWORD, "a higher bridge", "a higher bridge", ""),
    ):
        for name, content in (("old", old), ("new", new), ("again", again)):
            page.locator(f'input[name="{name}"]').fill(content)
        page.locator("button").click()
        if told:
            expect(page.locator(".mistake")).to_have_text(told)
    expect(page.locator(".alarms")).to_be_visible()
    with chromium.new_context() as other:
        base = f"http://127.0.0.1:{served.port}/api/v1/session"
        assert other.request.post(base, data={"name": "operator", "password": PASSWORD}).status == 401
        assert other.request.post(base, data={"name": "operator", "password": "a higher bridge"}).ok


def test_a_fact_is_recorded_corrected_undone_and_only_read_by_others(visit: Visit):
    engineer = visit("engineer", "/console/en/facts")
    engineer.locator(".new-entry").get_by_label("Of", exact=True).type("river g")
    expect(engineer.locator("#f-of-places option").first).to_be_attached()
    engineer.locator(".new-entry").get_by_label("Of", exact=True).fill("Daruba river bridge · River gauge (river)")
    engineer.get_by_label("What").select_option("mounting_height_cm")
    engineer.get_by_label("Value").fill("4.2")
    engineer.locator(".new-entry").get_by_label("Why").fill("surveyed")
    engineer.get_by_role("button", name="Record").click()
    expect(engineer.locator(".new-entry .mistake")).to_contain_text("(4.2 m are 420 cm)")
    engineer.get_by_label("Value").fill("420")
    engineer.get_by_role("button", name="Record").click()
    newest = engineer.locator(".window").first
    expect(newest).to_contain_text("420 cm")
    expect(newest).to_contain_text("holds")
    newest.get_by_role("link", name="Correct").click()
    expect(engineer.locator(".new-entry h2")).to_contain_text("Correct fact")
    engineer.get_by_label("Value").fill("425")
    engineer.locator(".new-entry").get_by_label("Why").fill("a typo")
    engineer.get_by_role("button", name="Record").click()
    expect(newest).to_contain_text("425 cm")
    look_at(visit, "engineer", "facts")

    viewer = visit("viewer", "/console/id/facts")
    expect(viewer.locator(".window").first).to_contain_text("425 cm")
    expect(viewer.locator(".new-entry, .window .button")).to_have_count(0)

    newest.locator("summary").click()
    newest.get_by_label("Why").fill("it was right")
    newest.get_by_role("button", name="Take it back").click()
    expect(newest).to_contain_text("undone by engineer")
