"""A page of screens in a process of their own, in Chromium, while their ingester is killed and starts again."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.end_to_end.test_screens_apart import Apart, running
from tests.people import user_in
from tests.registries import registry_in

PASSWORD = "rain on the tin roof"


def town_with_ani(folder: Path) -> Apart:
    """A town in which ani administers."""
    town = Apart(folder, registry_in(folder))
    user_in(folder, "ani", "administrator", PASSWORD)
    return town


def test_a_page_that_is_open_says_that_the_ingester_is_away_and_when_it_is_back(tmp_path: Path, chromium: Browser):
    with ThreadPoolExecutor(1) as aside:  # in this thread the browser's loop runs already
        town = aside.submit(town_with_ani, tmp_path).result()
    with running(town):
        context = chromium.new_context()
        login = {"name": "ani", "password": PASSWORD}
        assert context.request.post(f"http://127.0.0.1:{town.port}/api/v1/session", data=login).ok
        page = context.new_page()
        page.goto(f"http://127.0.0.1:{town.port}/console/en/duty")
        headline = page.locator(".headline")
        expect(headline).not_to_contain_text("Not working")
        town.ingester.kill()
        expect(headline).to_contain_text("Not working")
        expect(headline).to_contain_text("the ingester has not spoken for")
        town.ingester.start()
        expect(headline).not_to_contain_text("ingester")
        context.close()
