"""The registry as files on its page: downloaded, looked at, taken over as it was seen, and bounded; by who may."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.access.principal import Role
from cloud.console.pages.registry import dry_runs
from cloud.database.audit_log import Actor
from cloud.registry.editing import Editor
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.asked import Browser, Opened, asked

FILES = "/console/en/registry/files"
HEAD = "id,name,site,gateway,quantities,interval_s\n"
JETTY = "air-jetty,Jetty,sangowo,gw-east,pm2_5 pm10,60\n"


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city of which city.toml owns nothing."""
    async with Morotai(tmp_path, file_owns=()) as city:
        await city.platform.facts.load()
        yield city


async def compared(browser: Browser, kind: str, content: str | bytes, **fields: str) -> Opened:
    """Send a file as a browser does, and see what it would do."""
    page = await browser.open(FILES)
    data = {"csrf": page.csrf, "back": page.back, "kind": kind, **fields}
    return Opened(
        await browser.client.post(
            f"{FILES}/compare", data=data, files={"file": ("c:\\new\\table.csv", content)}, follow_redirects=True
        )
    )


def token_in(page: Opened) -> str:
    return page.text.partition('name="token" value="')[2].partition('"')[0]


async def test_a_table_is_looked_at_and_then_taken_over(city: Morotai):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await compared(browser, "sensors", f"{HEAD}{JETTY}river,Bridge,,,,\nair-x,X,nowhere,gw-east,pm10,60\n")
        assert page.words("tag") == ["new", "changed"]
        assert "name River gauge → Bridge" in page.words("difference")
        (problem,) = page.words("mistake")
        assert problem.startswith("line 4: ")
        assert "nowhere" in problem
        assert "table.csv" in page.text
        assert city.registry.sensor("air-jetty") is None
        silent = await browser.send(page, "take_over", token=token_in(page), reason=" ")
        assert "Write on one line why" in " ".join(silent.words("mistake"))
        done = await browser.send(page, "take_over", token=token_in(page), reason="the survey")
        assert done.words("said") == ["2 records are changed."]
        again = await browser.send(page, "take_over", token=token_in(page), reason="the survey")
        assert again.words("mistake") == ["This file is not held any more: choose it once more."]
    jetty, river = city.registry.sensor("air-jetty"), city.registry.sensor("river")
    assert jetty is not None
    assert river is not None
    assert (jetty.quantities, river.name) == (("pm2_5", "pm10"), "Bridge")


async def test_the_registry_is_downloaded_and_imports_to_the_same(city: Morotai):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        text = (await browser.client.get(f"{FILES}/city.toml")).text
        assert "The file says what holds already." in (await compared(browser, "city", text)).text
        page = await compared(browser, "city", text.replace('name = "River gauge"', 'name = "Bridge"'))
        assert page.words("difference") == ["name River gauge → Bridge"]
        wrong = await compared(browser, "city", text.replace('site = "sangowo"', 'site = "sango"'))
        assert "sango" in " ".join(wrong.words("mistake"))
        assert "Take it over" not in wrong.text


async def test_a_file_that_was_looked_at_before_a_change_of_others_is_looked_at_again(city: Morotai):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await compared(browser, "sensors", "id,name\nriver,Bridge\n")
        by = Editor(Actor("ani"))
        await city.platform.editing.amend("sensors", "river", {"name": "Old bridge"}, by=by)
        late = await browser.send(page, "take_over", token=token_in(page), reason="the survey")
        assert late.status == 422
        assert "has changed since you looked" in " ".join(late.words("mistake"))
    river = city.registry.sensor("river")
    assert river is not None
    assert river.name == "Old bridge"


async def test_readings_of_the_past_are_looked_at_and_stored(city: Morotai):
    rows = "sensor,quantity,time,value\nriver,water_level,2026-01-01T00:00,120\nriver,water_level,never,1\n"
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await compared(browser, "readings", rows, zone="Asia/Jayapura")
        assert "Would be stored: 1. Stored already: 0. Refused: 1." in page.text
        assert page.words("mistake")[0].startswith("line 3: time 'never'")
        done = await browser.send(page, "take_over", token=token_in(page), reason="archive of the station")
        assert done.words("said") == ["1 reading is stored."]
        known = await compared(browser, "readings", rows, zone="Asia/Jayapura")
        assert "Would be stored: 0. Stored already: 1. Refused: 1." in known.text
        assert "Take over" not in known.text
        nowhere = await compared(browser, "readings", rows, zone="Asia/Nowhere")
        assert nowhere.words("mistake")[0] == "There is no such time zone; write one such as Asia/Jayapura."
    points = await city.store.history("river", "water_level", start_ms=0, end_ms=now_ms())
    assert [point.value for point in points] == [120.0]


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"\xff\xfeid", "not UTF-8"), (b"id,colour\n", "no such column"), (b"name\n", "has no column id")],
    ids=["no-utf-8", "unknown-column", "no-id"],
)
async def test_a_file_that_is_none_says_why(city: Morotai, content: bytes, told: str):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        assert told in " ".join((await compared(browser, "sensors", content)).words("mistake"))


async def test_a_file_is_bounded_at_the_door_and_held_for_a_while(city: Morotai, monkeypatch):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        assert (await compared(browser, "sensors", b"x" * (9 * 2**20))).status == 413
        page = await compared(browser, "sensors", f"{HEAD}{JETTY}")
        assert "air-jetty" in page.text
        put_away = await browser.send(page, "forget")
        assert "air-jetty" not in put_away.text
        monkeypatch.setattr(dry_runs, "HELD_S", -1.0)
        assert "air-jetty" not in (await compared(browser, "sensors", f"{HEAD}{JETTY}")).text


async def test_what_is_no_form_is_refused(city: Morotai):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        for content_type in ("multipart/form-data", "multipart/form-data; boundary=x"):
            answer = await browser.client.post(
                f"{FILES}/compare", content=b"--y\r\nnothing", headers={"content-type": content_type}
            )
            assert answer.status_code == 400, content_type


async def test_files_are_for_who_may_and_of_all_sites(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open(FILES)
        assert "city.toml" in page.text
        assert 'type="file"' not in page.text
        assert (await compared(browser, "sensors", HEAD)).status == 403
    async with asked(city, Role.ADMINISTRATOR, sites=["sangowo"]) as browser:
        page = await browser.open(FILES)
        assert "city.toml" not in page.text
        assert (await browser.client.get(f"{FILES}/city.toml")).status_code == 403
        assert (await compared(browser, "sensors", f"{HEAD}{JETTY}")).status == 403
        foreign = await compared(
            browser, "readings", "sensor,quantity,time,value\nriver,water_level,2026-01-01T00:00Z,1\n"
        )
        assert "Refused: 1" in foreign.text
    async with asked(city, Role.TECHNICIAN) as browser:
        assert (await browser.open(FILES)).status == 403
