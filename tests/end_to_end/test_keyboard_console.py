"""The console by keyboard alone, in a real Chromium: each main task, where the focus stays, and what is announced."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.end_to_end.conftest import Visit
from tests.end_to_end.test_console import console_in
from tests.end_to_end.test_waking_console import raise_a_severe_alarm
from tests.servers import Program, free_port, wait_until

MOST_TABS = 60
FOCUSED = "(element) => element === document.activeElement"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> Iterator[Program]:
    """One city for all: each test does something else in it."""
    with console_in(tmp_path_factory.mktemp("console"), free_port()) as program:
        yield program


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until `wanted` has the focus."""
    wanted.wait_for()
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate(FOCUSED):
            return
    pytest.fail(f"{MOST_TABS} times Tab do not lead to {wanted}")


def enter(page: Page, wanted: Locator) -> None:
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def test_an_alarm_is_taken_by_keyboard(visit: Visit):
    raise_a_severe_alarm(visit)
    page = visit("operator", "/console/en/alarms")
    enter(page, page.locator(".skip"))
    expect(page.locator("#main")).to_be_focused()
    take, word = page.locator(".act.main > summary").first, page.get_by_label("A word for the next shift").first
    enter(page, take)
    tab_to(page, word)
    page.keyboard.press("Escape")
    expect(word).to_be_hidden()
    expect(take).to_be_focused()
    page.keyboard.press("Enter")
    tab_to(page, word)
    page.keyboard.type("the sluice is open")
    page.keyboard.press("Enter")
    said = page.locator(".said")
    expect(said).to_have_text("The alarm is acknowledged.")
    expect(said).to_be_focused()
    expect(page.locator(".alarm").first).to_contain_text("“the sluice is open”")


def test_a_threshold_is_set_by_keyboard(visit: Visit):
    page = visit("engineer", "/console/en/thresholds")
    enter(page, page.locator(".skip"))
    tab_to(page, page.get_by_label("Search places and rules"))
    page.keyboard.type("River gauge")
    page.keyboard.press("Enter")
    sensor = page.locator('.branch[data-scope="sensor:river"]')
    enter(page, sensor)
    enter(page, page.get_by_role("link", name=re.compile("Change|Set")).first)
    tab_to(page, page.get_by_label("From cm").first)
    page.keyboard.press("Control+A")
    page.keyboard.type("100")
    tab_to(page, page.get_by_label("Why is it changed?"))
    page.keyboard.type("the bank is lower here")
    enter(page, page.get_by_role("button", name="Save"))
    expect(page.locator('.rule[data-family="river-level"][data-own="true"]')).to_contain_text("set here: Levels")


def test_a_record_of_the_registry_is_changed_by_keyboard(visit: Visit):
    page = visit("administrator", "/console/en/registry?kind=sensors&q=River")
    enter(page, page.locator(".skip"))
    enter(page, page.get_by_role("link", name="river", exact=True))
    tab_to(page, page.locator("#f-name"))
    page.keyboard.press("Control+A")
    page.keyboard.type("Gauge at the bridge")
    tab_to(page, page.locator("#f-reason"))
    page.keyboard.type("as people call it")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("Gauge at the bridge"))).to_be_visible()
    expect(page.locator(".said")).to_be_visible()


def test_the_menus_of_the_bar_open_and_close_by_keyboard(visit: Visit):
    page = visit("viewer", "/console/en/duty")
    for menu, inside in ((".more-pages", ".more-list"), ("#sound", ".sound-panel"), (".person", ".person-panel")):
        summary = page.locator(f"{menu} > summary")
        enter(page, summary)
        expect(page.locator(inside)).to_be_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Escape")
        expect(page.locator(inside)).to_be_hidden()
        expect(summary).to_be_focused()


LIST_CHANGES = """(order) => {
  const list = document.createElement("ul");
  list.innerHTML = ["a", "b", "c", "d"].map((key) => `<li data-key="${key}"><input value="${key}"></li>`).join("");
  document.getElementById("main").append(list);
  const typed = list.querySelector('[data-key="c"] input');
  typed.focus();
  typed.value = "half a word";
  typed.setSelectionRange(4, 5);
  const wanted = document.createElement("ul");
  wanted.innerHTML = order.map((key) => `<li data-key="${key}"><input value="${key}"></li>`).join("");
  siagaMorph.children(list, wanted, false);
  const active = document.activeElement;
  if (active !== typed) return [null, null, active.tagName];
  return [active.value, active.selectionStart, active.parentElement.dataset.key];
}"""


STAYS = ["half a word", 4, "c"]
ORDERS = {
    "one before it goes": (["b", "c", "d"], STAYS),
    "the order turns": (["d", "c", "b", "a"], STAYS),
    "one comes": (["x", "a", "b", "c", "d"], STAYS),
    "it goes itself: on to what was around it": (["a", "b", "d"], [None, None, "UL"]),
}


def test_the_focus_stays_while_what_is_around_it_changes(visit: Visit):
    page = visit("viewer", "/console/en/duty")
    found = {words: page.evaluate(LIST_CHANGES, order) for words, (order, _) in ORDERS.items()}
    assert found == {words: left for words, (_, left) in ORDERS.items()}


ANNOUNCED = """() => {
  window.announced = [];
  for (const place of document.querySelectorAll("[role=status], [role=alert], [aria-live]")) {
    new MutationObserver(() => window.announced.push(place.textContent)).observe(place, {
      childList: true, characterData: true, subtree: true });
  }
}"""


def test_figures_that_move_each_second_are_not_announced(visit: Visit):
    page = visit("viewer", "/console/en")
    page.evaluate(ANNOUNCED)
    value = page.locator('[data-sensor="river"][data-quantity="water_level"] .figure-value')
    seen = {value.inner_text()}

    def has_moved_twice() -> bool:
        seen.add(value.inner_text())
        return len(seen) > 2

    wait_until(has_moved_twice, "the water level moves")
    assert page.evaluate("announced") == []
