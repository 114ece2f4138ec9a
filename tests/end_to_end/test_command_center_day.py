"""A day in the command center, whole: a shift begins, the river rises, it is over, and the next shift knows of it.

pty: a river ─► siaga-edge ─► Mosquitto ─► siaga-cloud ingest ─┬─► a mail server ─► who is on duty
                                                              └─► siaga-cloud web ─► desk, wall, phone (Chromium)
"""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pypdf import PdfReader

from cloud.console.view_models.day_times import moment_text
from tests.end_to_end.command_center import PASSWORD, Center
from tests.end_to_end.test_alarms_console import keep_picture, must_fit
from tests.end_to_end.test_console import DESK, PHONE, WALLS
from tests.end_to_end.test_waking_console import browser_with
from tests.receivers import SmtpReceiver
from tests.servers import PATIENCE_S, all_of, wait_until
from tests.unit.cloud.api.morotai import now_ms
from tests.unit.cloud.console.alarms_made import WIT

CALM_CM, RISING_CM, SEVERE_CM = 130, (138, 146), 154
STILL_HIGH_CM, FALLING_CM, LOW_CM = 147, (138, 131), 126
"""No step is larger than the 10 cm that any river can take between two readings; what is, is doubted."""
DOUBTFUL_CM = 40


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser that lets pages sound."""
    yield from browser_with("no-user-gesture-required")


@pytest.fixture
def mail() -> Iterator[SmtpReceiver]:
    """The mail server of the people on duty."""
    with SmtpReceiver() as receiver:
        yield receiver


@pytest.fixture
def center(tmp_path: Path, mail: SmtpReceiver, chromium: Browser) -> Iterator[Center]:
    """All of it at work, the river calm."""
    with ThreadPoolExecutor(1) as aside:  # in this thread the browser's loop runs already
        center = aside.submit(Center, tmp_path, mail).result()
    with all_of(center.broker, center.ingester, center.cloud, center.edge):
        wait_until(center.is_followed, "the screens follow the ingester")
        center.stands_at(CALM_CM)
        yield center


@contextmanager
def seat(chromium: Browser, center: Center, name: str, *, size: ViewportSize) -> Iterator[Page]:
    """A browser of its own before which `name` sits and has logged in; mistakes of its pages fail the test."""
    mistakes: list[str] = []
    with chromium.new_context(viewport=size, base_url=f"http://127.0.0.1:{center.port}") as context:
        page = context.new_page()
        page.set_default_timeout(PATIENCE_S * 1_000)
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.goto("/login?language=en")
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Log in").click()
        page.locator("body[data-csrf]").wait_for()
        yield page
    assert mistakes == []


def begin(desk: Page, wall: Page) -> None:
    """Ani takes the shift: from now on she is who is called first. The wall shows a calm city."""
    desk.goto("/console/en/duty")
    form = desk.get_by_role("region", name="New duty")
    form.get_by_label("From").fill(moment_text(now_ms(), WIT))
    form.get_by_role("button", name="Put on duty").click()
    expect(desk.locator(".holder-name")).to_have_text("ani")
    desk.goto("/console/en/alarms")
    wall.goto("/console/en/wall")
    expect(wall.locator(".wall-view[data-shown]")).to_be_visible()
    for page in (desk, wall):
        expect(page.locator("body[data-alert]")).to_be_attached()
        expect(page.locator("body[data-wakes]")).to_have_count(0)


def rise(center: Center, desk: Page, wall: Page) -> None:
    """The river passes both levels; from the severe one on desk and wall flash, and sound."""
    for level_cm in RISING_CM:
        center.stands_at(level_cm)
    expect(desk.locator(".waking-words")).to_contain_text("Siaga 3 · River is high · Daruba")
    expect(desk.locator("body[data-wakes]")).to_have_count(0)
    center.stands_at(SEVERE_CM)
    for page in (desk, wall):
        expect(page.locator(".waking-words")).to_contain_text("Siaga 2 · River is high · Daruba")
        expect(page.locator("body[data-wakes]")).to_be_attached()
        expect(page.locator("body")).to_have_attribute("data-sounds", "true")
    expect(wall.locator(".wall-alarm")).to_contain_text("Siaga 2")
    keep_picture(wall, "day-wall")


def link_mailed_to(mail: SmtpReceiver, address: str) -> str:
    """The link to the alarm, of the mail that `address` was sent of it."""
    wait_until(lambda: any(each.path == address for each in mail.accepted), f"{address} is told")
    number = next(number for number, each in enumerate(mail.accepted) if each.path == address)
    text = mail.mail(number).get_body(("plain",))
    assert text is not None
    found = re.search(r"http://\S+/console/en/alarms\?alarm=\d+", text.get_content())
    assert found is not None, text.get_content()
    return found[0]


def acknowledge(phone: Page, link: str, desk: Page, wall: Page) -> None:
    """Budi opens the link of his mail and takes the alarm; desk and wall are still again, and say who has it."""
    phone.goto(link)
    must_fit(phone)
    keep_picture(phone, "day-phone")
    phone.locator(".alarm summary", has_text="Acknowledge").first.click()
    form = phone.locator(".alarm-form:visible")
    form.get_by_label("A word for the next shift").fill("the sluice is open")
    form.get_by_role("button", name="Acknowledge").click()
    for page in (desk, wall):
        expect(page.locator("body[data-wakes]")).to_have_count(0)
        expect(page.locator("body")).to_have_attribute("data-sounds", "false")
    taken = desk.locator(".alarm .pair", has_text="Acknowledged")
    expect(taken).to_contain_text("budi")
    expect(taken).to_contain_text("“the sluice is open”")


def check_off(desk: Page) -> None:
    """A step of the plan is done; who was told stands beside it."""
    desk.get_by_role("link", name="All of it").click()
    desk.locator(".step").nth(1).get_by_role("button", name="Done").click()
    expect(desk.locator(".step").nth(1)).to_have_attribute("data-done", "true")
    expect(desk.locator(".notified")).to_contain_text("ani")
    expect(desk.locator(".notified")).to_contain_text("budi")
    expect(desk.locator(".notified tr[data-state=sent]")).not_to_have_count(0)


def doubt(center: Center, desk: Page) -> None:
    """A value that no river can reach, and an echo that is none: the alarm stays, and says that it is not sure."""
    center.stands_at(DOUBTFUL_CM)
    expect(desk.locator(".alarm .pair", has_text="How sure")).to_contain_text("not sure")
    expect(desk.locator(".alarm")).to_have_attribute("data-state", "alarming")
    center.misses_an_echo()
    center.stands_at(SEVERE_CM + 1)
    assert [alarm["state"] for alarm in center.alarms()] == ["alarming"]
    assert center.kinds(center.alarms()[0]["id"]) == ["raised", "worsened"]


def fall(center: Center, desk: Page) -> None:
    """Within the hysteresis it goes on; below it, and for long enough, it is over."""
    for level_cm in (STILL_HIGH_CM, *FALLING_CM):
        assert center.alarms()[0]["state"] != "closed"
        center.stands_at(level_cm)
    expect(desk.locator(".alarm")).to_have_attribute("data-state", "recovering")

    def is_over() -> bool:
        center.stands_at(LOW_CM)
        return bool(center.alarms()[0]["state"] == "closed")

    wait_until(is_over, "the alarm is over")
    expect(desk.locator(".alarm")).to_have_attribute("data-state", "closed")


def hand_on(desk: Page) -> None:
    """The file of the incident says all that has happened."""
    with desk.expect_download() as download:
        desk.get_by_role("link", name="Incident file (PDF)").click()
    pages = PdfReader(BytesIO(Path(download.value.path()).read_bytes())).pages
    text = " ".join(" ".join(page.extract_text() for page in pages).split())
    for words in (
        "River is high", "began: Siaga 3", "got worse: Siaga 2", "budi", "“the sluice is open”",
        "Close the bridge. ani", "Who was notified", "ani · mail accepted", "budi · mail accepted",
        "Doubted values: 1", "ended: 126 cm",
    ):  # fmt: skip
        assert words in text, text


def hand_over(desk: Page) -> None:
    """Ani writes down what no alarm says."""
    desk.goto("/console/en/duty")
    desk.get_by_label("A note for the next shift").fill("The bridge is closed.\nBudi is at the sluice.")
    desk.get_by_role("button", name="Hand over").click()
    note = desk.locator(".handover-note")
    expect(note.locator(".note-unread")).to_be_visible()
    expect(note).to_contain_text("ani")
    keep_picture(desk, "day-handover")


def take_over(desk: Page) -> None:
    """Citra finds it, reads it, and says so; the journal has both."""
    desk.goto("/console/en/duty")
    note = desk.locator(".handover-note")
    expect(note.locator(".note-text")).to_have_text("The bridge is closed.\nBudi is at the sluice.")
    note.get_by_role("button", name="I have read it").click()
    expect(note.locator(".note-read")).to_contain_text("read by citra")
    desk.goto("/console/en/journal?subject=handover:1")
    expect(desk.locator("#lines")).to_contain_text("read a handover note")
    expect(desk.locator("#lines")).to_contain_text("Budi is at the sluice.")


def test_a_shift_meets_a_flood_and_hands_it_over_to_the_next(center: Center, mail: SmtpReceiver, chromium: Browser):
    with (
        seat(chromium, center, "ani", size=DESK) as desk,
        seat(chromium, center, "dinding", size=WALLS["HD"]) as wall,
        seat(chromium, center, "budi", size=PHONE) as phone,
    ):
        begin(desk, wall)
        rise(center, desk, wall)
        acknowledge(phone, link_mailed_to(mail, "budi@siaga.test"), desk, wall)
        check_off(desk)
        doubt(center, desk)
        fall(center, desk)
        hand_on(desk)
        hand_over(desk)
    with seat(chromium, center, "citra", size=DESK) as next_desk:
        take_over(next_desk)
