"""A browser, a city with people in it, and a way for each of them to open a page of its console."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from tests.end_to_end.test_console import DESK, QUIET, console_in, logged_in
from tests.servers import PATIENCE_S, Program, free_port, require

Visit = Callable[..., Page]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    program = require("chromium")
    expect.set_options(timeout=PATIENCE_S * 1_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Program]:
    """A city of its own for each test: an alarm of one is no other's."""
    with console_in(tmp_path, free_port()) as program:
        yield program


@pytest.fixture
def visit(served: Program, chromium: Browser) -> Iterator[Visit]:
    """Open a page as a user of some role, in a browser of its own; mistakes of the page fail the test."""
    contexts: dict[tuple[str, int, str], BrowserContext] = {}
    mistakes: list[str] = []
    base = f"http://127.0.0.1:{served.port}"

    def open_page(role: str, path: str, *, size: ViewportSize = DESK, theme: str = "dark") -> Page:
        key = (role, size["width"], theme)
        if key not in contexts:
            contexts[key] = logged_in(chromium, served, role, size=size)
            contexts[key].add_cookies([{"name": "siaga_theme", "value": theme, "url": base}])
        page = contexts[key].new_page()
        page.set_default_timeout(PATIENCE_S * 1_000)
        page.on("pageerror", lambda error: mistakes.append(str(error)))
        page.goto(base + path)
        return page

    yield open_page
    for context in contexts.values():
        context.close()
    served.must_live()
    assert mistakes == []
