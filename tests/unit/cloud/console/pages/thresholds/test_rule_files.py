from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.access.principal import Role
from cloud.database.audit_log import Actor
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.asked import asked
from tests.unit.cloud.console.served import RIVER_RULE

ANI = Actor("ani")
FILE = "/console/en/thresholds/file"
CHANGE = '[[rules]]\nfamily = "river-level"\nscope = "sensor:river"\nfor_s = 60\n'


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city with a rule for all rivers and a wait at one gauge."""
    async with Morotai(tmp_path) as city:
        await city.rule_store.save("river-level", "all", RIVER_RULE, actor=ANI, reason="the beginning")
        await city.rule_store.save("river-level", "sensor:river", {"for_s": 120.0}, actor=ANI, reason="waves")
        yield city


async def test_a_file_is_compared_field_by_field_and_then_taken_over(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open(FILE)
        dry = await browser.send(page, "compare", text=CHANGE)
        assert dry.status == 200
        assert dry.words("difference") == [
            "river-level · River gauge changed line 1 Fieldbeforeafter Must last2 min1 min"
        ]
        assert city.rule_store.known == 2, "a comparison changes nothing"
        empty = await browser.send(page, "apply", text=CHANGE, seen=2, reason=" ")
        assert (empty.status, empty.words("mistake")) == (422, ["Write why, so that others understand it later."])
        done = await browser.send(page, "apply", text=CHANGE, seen=2, reason="surveyed")
        assert done.words("said") == ["1 place has been changed."]
        assert city.rule_store.versions("river-level", "sensor:river")[0].fields == {"for_s": 60.0}
        late = await browser.send(page, "apply", text=CHANGE.replace("60", "90"), seen=2, reason="late")
        assert late.status == 422
        assert "somebody has changed them" in late.words("mistake")[0]
        same = await browser.send(page, "compare", text=CHANGE)
        assert "The file says what holds already." in same.text


async def test_mistakes_of_a_file_are_named_with_their_lines_in_the_language_of_the_page(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open(FILE.replace("/en/", "/id/"))
        for action in ("compare", "apply"):
            wrong = await browser.send(page, action, text=CHANGE.replace("60", "-1"), seen=2, reason="why")
            assert wrong.status == 422
            (mistake,) = wrong.words("mistake")
            assert mistake.startswith("baris 4: river-level untuk sensor:river: for_s -1: ")
        nothing = await browser.send(page, "compare", text=" ")
        assert nothing.status == 422
    assert city.rule_store.known == 2


async def test_a_file_is_downloaded_by_anybody_and_taken_over_by_engineers(city: Morotai):
    async with asked(city, Role.OPERATOR) as browser:
        page = await browser.open(FILE)
        assert "rules-text" not in page.text
        got = await browser.client.get(FILE + "/rules.toml")
        assert (got.status_code, got.headers["content-type"]) == (200, "application/toml")
        assert got.text.count("[[rules]]") == 2
        assert (await browser.send(page, "compare", text=CHANGE)).status == 403
        assert (await browser.open(f"{FILE}/rules.toml?family=none")).status == 404


async def test_whoever_sees_one_site_gets_and_takes_over_no_other(city: Morotai):
    async with asked(city, Role.ENGINEER, sites=["dodola"]) as browser:
        assert "sensor:river" not in (await browser.client.get(FILE + "/rules.toml")).text
        page = await browser.open(FILE)
        refused = await browser.send(page, "apply", text=CHANGE, seen=2, reason="why")
        assert refused.status == 422
        assert "reaches beyond the sites" in refused.words("mistake")[0]
        assert "120" not in refused.text
    assert city.rule_store.known == 2


async def test_what_a_file_begins_is_told_in_words_or_as_the_file_has_it(city: Morotai):
    whole = (
        '[[rules]]\nfamily = "heat"\nquantity = "temperature"\nkind = "above"\ntitle = "Heat"\n'
        'levels = [{ name = "Hot", severity = "minor", limit = 35 }]\n'
    )
    narrow = '[[rules]]\nfamily = "heat"\nscope = "site:daruba"\nfor_s = 60\n'
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open(FILE)
        first, second = (await browser.send(page, "compare", text=whole + narrow)).words("difference")
    assert "heat · Pulau Morotai new line 1" in first
    assert "Hot 35 °C (Minor)" in first
    assert second == "heat · Daruba river bridge new line 7 Fieldbeforeafter Must lastinherited60.0"
