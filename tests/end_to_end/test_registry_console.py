"""The registry in a real browser: an unknown sensor added from its refused reading, a table sent as a file."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.end_to_end.conftest import Visit
from tests.end_to_end.test_console import console_in
from tests.servers import Program, free_port


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A city for both tests, of which city.toml owns nothing."""
    with console_in(tmp_path_factory.mktemp("registry"), free_port()) as program:
        yield program


def test_an_unknown_sensor_is_added_from_its_refused_reading_which_is_stored_then(visit: Visit):
    page = visit("engineer", "/console/en/refused?gateway=gw-east&reason=unknown_sensor")
    page.locator(".letter a").click()
    page.get_by_role("link", name="Add air-pier to the registry").click()
    expect(page.get_by_label("Id", exact=True)).to_have_value("air-pier")
    expect(page.get_by_label("Site", exact=True)).to_have_value("sangowo")
    expect(page.get_by_label("Quantities")).to_have_value("pm2_5")
    page.get_by_label("Name", exact=True).fill("Air at the pier")
    page.get_by_role("button", name="Add").click()
    expect(page.locator(".said")).to_contain_text("air-pier is added.")
    page.get_by_role("button", name="Try all like this again").click()
    expect(page.locator(".said")).to_contain_text("readings stored 1, still refused 0")
    page.goto(re.sub(r"/console/.*", "/console/en/sites/sangowo", page.url))
    expect(page.locator("#main")).to_contain_text("Air at the pier")
    expect(page.locator("#main")).to_contain_text("9.0")


def test_a_table_is_chosen_looked_at_and_taken_over(visit: Visit, tmp_path: Path):
    table = tmp_path / "sensors.csv"
    table.write_text("id,name,site,gateway,quantities,interval_s\nair-quay,Quay,sangowo,gw-east,pm2_5,60\nx,,,,,\n")
    page = visit("administrator", "/console/en/registry/files")
    page.get_by_label("What is in it").select_option("sensors")
    page.get_by_label("File", exact=True).set_input_files(table)
    page.get_by_role("button", name="Show what would change").click()
    expect(page.locator("#would-change")).to_contain_text("sensor air-quay")
    expect(page.locator(".file-problems")).to_contain_text("line 3:")
    page.get_by_label("Why").fill("the survey")
    page.get_by_role("button", name="Take over all that fits").click()
    expect(page.locator(".said")).to_contain_text("1 record is changed.")
    expect(page.locator("#records")).to_contain_text("air-quay")
