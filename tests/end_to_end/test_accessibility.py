"""Every page of the console under axe-core in a real Chromium: WCAG 2.2 AA and axe's best practices, no exceptions.

The list of pages is that of the console itself, so that a new page cannot be forgotten. An administrator sees every
element that anybody sees, and the other roles some of them. What a theme changes is colour alone.
"""

from collections.abc import Collection, Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from cloud.console.framed import pages_of
from cloud.console.settings import ConsoleSettings
from tests.end_to_end.test_console import PHONE, console_in, logged_in
from tests.end_to_end.test_waking_console import raise_a_severe_alarm
from tests.servers import Program, free_port
from tests.unit.cloud.api.morotai import Morotai

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text()
ADDRESSES = {
    "": "",
    "wall": "wall",
    "sites/{id}": "sites/daruba?series=river/water_level",
    "sites/{id}/reading": "sites/daruba/reading",
    "alarms": "alarms",
    "alarms/{id}": "alarms/1",
    "maintenance": "maintenance",
    "duty": "duty",
    "facts": "facts",
    "fleet": "fleet",
    "fleet/{id}": "fleet/gw-east",
    "refused": "refused?why=unknown_sensor&gateway=gw-east",
    "refused/{id}": "refused/1",
    "thresholds": "thresholds?at=site:daruba",
    "thresholds/new": "thresholds/new",
    "thresholds/file": "thresholds/file",
    "thresholds/{family}/{scope}": "thresholds/river-level/all",
    "registry": "registry",
    "registry/new/{kind}": "registry/new/sensors",
    "registry/files": "registry/files",
    "registry/{kind}/{id}": "registry/sensors/river",
    "channels": "channels?kind=email",
    "channels/{name}": "channels/phone",
    "people": "people",
    "rollouts": "rollouts",
    "backups": "backups",
    "journal": "journal",
    "health": "health",
}
"""Where each page of the console stands in the city of these tests."""
SMALL_DESK: ViewportSize = {"width": 1280, "height": 800}
ONE_LINE_PX = 72
"""No bar of two lines is as low."""
UNFOLDED = """() => {
  for (const one of document.querySelectorAll("details:not([data-folds])")) one.open = true;
}"""
VIOLATIONS = """async ([theme, runOnly]) => {
  document.documentElement.dataset.theme = theme;
  const found = await axe.run(document, { runOnly, resultTypes: ["violations"], preload: false, iframes: false });
  return found.violations.flatMap((one) => one.nodes.map((node) => `${one.id}: ${node.html.slice(0, 200)}`));
}"""
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """What axe finds with everything unfolded in the dark theme, and of colour in the light one."""
    page.evaluate(AXE)
    page.evaluate(UNFOLDED)
    found = page.evaluate(VIOLATIONS, ["dark", {"type": "tag", "values": RULES}])
    return found + page.evaluate(VIOLATIONS, ["light", {"type": "rule", "values": ["color-contrast"]}])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Program]:
    """One city for all walks, in which an alarm wakes."""
    with console_in(tmp_path_factory.mktemp("console"), free_port()) as program:

        def visit(role: str, path: str) -> Page:
            page = logged_in(chromium, program, role).new_page()
            page.goto(f"http://127.0.0.1:{program.port}{path}")
            return page

        raise_a_severe_alarm(visit)
        yield program


async def test_every_page_of_the_console_is_walked(tmp_path: Path):
    async with Morotai(tmp_path) as city:
        assert {page.place for page in pages_of(city.platform, ConsoleSettings())} == set(ADDRESSES)


OPEN_ALL_DAY = frozenset(
    {
        "",
        "wall",
        "sites/{id}",
        "sites/{id}/reading",
        "alarms",
        "alarms/{id}",
        "duty",
        "fleet/{id}",
        "thresholds/{family}/{scope}",
    }
)
"""The pages that people on duty have before them; the others are walked by the proofs."""
WALKS = [
    pytest.param("engineer", "en", SMALL_DESK, OPEN_ALL_DAY, id="engineer-en-desk"),
    pytest.param("administrator", "en", SMALL_DESK, ADDRESSES, id="administrator-en-desk", marks=pytest.mark.proof),
    pytest.param("administrator", "id", PHONE, ADDRESSES, id="administrator-id-phone", marks=pytest.mark.proof),
    pytest.param("technician", "en", PHONE, ADDRESSES, id="technician-en-phone", marks=pytest.mark.proof),
    pytest.param("viewer", "id", SMALL_DESK, ADDRESSES, id="viewer-id-desk", marks=pytest.mark.proof),
]
FEWEST_PAGES = 12
"""So many pages are everybody's."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("role", "language", "size", "places"), WALKS)
def test_axe_finds_nothing_on_any_page(
    served: Program, chromium: Browser, role: str, language: str, size: ViewportSize, places: Collection[str]
):
    context = logged_in(chromium, served, role, size=size)
    page, found, seen = context.new_page(), {}, 0
    for address in (ADDRESSES[place] for place in places):
        answer = page.goto(f"http://127.0.0.1:{served.port}/console/{language}/{address}".removesuffix("/"))
        assert answer is not None
        if answer.status == 403 and role != "administrator":
            continue
        assert answer.status == 200, address
        seen += 1
        found[address] = violations(page)
        bar = page.locator(".bar").bounding_box() if size == SMALL_DESK and address != "wall" else None
        assert bar is None or bar["height"] <= ONE_LINE_PX, address
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], f"{address} scrolls sideways"
    context.close()
    assert {address: lines for address, lines in found.items() if lines} == {}
    assert seen >= min(FEWEST_PAGES, len(places))


@pytest.mark.parametrize("address", ["login", "password"])
def test_axe_finds_nothing_at_the_door(served: Program, chromium: Browser, address: str):
    context = logged_in(chromium, served, "" if address == "login" else "viewer", size=PHONE)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{served.port}/{address}")
    assert violations(page) == []
    context.close()
