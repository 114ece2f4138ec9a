"""A browser, a city with people in it, and a way for each of them to open a page of its console."""

import contextlib
import socket
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


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], bool]]:
    """Whether a word was said to systemd since it was asked last."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "2000000")

        def heard(word: str) -> bool:
            words: list[str] = []
            with contextlib.suppress(BlockingIOError):
                while True:
                    words.append(listening.recv(2_000).decode())
            return any(word in each for each in words)

        yield heard
