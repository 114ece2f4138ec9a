"""Refused readings on their pages: grouped, read raw and decoded, tried again and discarded by who may, with a word."""

import re
from html import unescape
from pathlib import Path

from cloud.access.principal import Role
from cloud.console.frame.console_pages import LONGEST_ASKED
from cloud.console.pages.refused import page as refused_page
from cloud.console.view_models.refused import MOST_READINGS
from cloud.registry.records import City, Sensor
from cloud.registry.snapshot import Registry
from tests.unit.cloud.api.morotai import GATEWAYS, SENSORS, SITES, ZONE, Morotai, now_ms
from tests.unit.cloud.console.asked import Opened, asked
from wire import Reading

GROUP = "/console/en/refused?gateway=gw-east&reason=unknown_sensor"
ALIKE = {"gateway": "gw-east", "reason": "unknown_sensor"}


async def some_refused(city: Morotai, count: int = 3) -> None:
    for number in range(count):
        await city.send("gw-east", [Reading("air-jetty", "pm2_5", now_ms() + number, 1.5)])


async def test_refused_readings_stand_in_groups_by_gateway_and_reason(city: Morotai):
    await some_refused(city)
    await city.send("gw-east", [Reading("air-east", "pm2_5", now_ms(), 99_999.0)])
    await city.deliver("gw-daruba", b"\x00 of the river, and of the ferry")
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/id/refused")
        assert re.findall(r'data-key="(group-[^"]+)"', page.text)[0] == "group-gw-east-unknown_sensor"
        assert len(re.findall(r'data-key="group-', page.text)) == 3
        listed = await browser.open(GROUP)
        assert len(listed.words("letter")) == 3
        assert listed.words("alike") == []
    async with asked(city, Role.TECHNICIAN, sites=["daruba"]) as browser:
        page = await browser.open("/console/en/refused")
        assert page.words("panel-empty") == ["No refused reading is open."], "gw-daruba has a sensor at the ferry too"


async def test_why_a_letter_was_refused_is_said_in_the_language_of_who_looks(city: Morotai):
    await some_refused(city, 1)
    (letter,) = await city.dead_letters.page()
    async with asked(city, Role.VIEWER) as browser:
        english, indonesian = [
            (await browser.open(f"/console/{code}/refused/{letter.id}")).words("letter-sentence")
            for code in ("en", "id")
        ]
    assert english == ['sensor air-jetty is not in the city file; add it there with gateway = "gw-east"']
    assert indonesian == ['sensor air-jetty tidak ada di berkas kota; tambahkan di sana dengan gateway = "gw-east"']


async def test_a_letter_is_read_raw_beside_what_is_in_it(city: Morotai):
    await city.send("gw-east", [Reading("air-jetty", "pm2_5", now_ms() + n, 1.5) for n in range(MOST_READINGS + 7)])
    await city.deliver("gw-east", b"\xff\x00 <script>alert(1)</script>")
    unreadable, letter = await city.dead_letters.page()
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open(f"/console/en/refused/{letter.id}")
        assert page.text.count("<td>air-jetty</td>") == MOST_READINGS
        assert f"{MOST_READINGS + 7} readings" in page.text
        other = await browser.open(f"/console/en/refused/{unreadable.id}")
        assert "(base64)" in other.text
        assert other.words("mistake") != []
        assert "<script>alert" not in other.text
        for wrong in ("0", "99999", "x", "9" * 30):
            assert (await browser.open(f"/console/en/refused/{wrong}")).status == 404


async def test_a_letter_of_a_gateway_that_one_sees_in_part_is_not_there(city: Morotai):
    await city.deliver("gw-daruba", b"\x00 of the river, and of the ferry")
    (letter,) = await city.dead_letters.page()
    async with asked(city, Role.ENGINEER, sites=["daruba"]) as browser:
        assert (await browser.open(f"/console/en/refused/{letter.id}")).status == 404
        own = await browser.open("/console/en/refused")
        for action in ("replay", "discard"):
            data = {"csrf": own.csrf, "letter": letter.id, "word": "x"}
            answer = await browser.client.post(f"/console/en/refused/{letter.id}/{action}", data=data)
            assert answer.status_code in (404, 422)
        await browser.send(own, "discard_alike", gateway="gw-daruba", reason=letter.reason, word="x")
    assert await city.dead_letters.count() == 1


async def test_what_is_mended_is_stored_and_what_is_not_says_why(city: Morotai):
    await some_refused(city, 1)
    (letter,) = await city.dead_letters.page()
    async with asked(city, Role.TECHNICIAN) as browser:
        page = await browser.open(f"/console/en/refused/{letter.id}")
        refused = await browser.send(page, "replay", letter=letter.id)
        assert refused.status == 422
        assert "still refused" in " ".join(refused.words("mistake"))
        jetty = Sensor("air-jetty", "Jetty", "sangowo", "gw-east", ("pm2_5",))
        mended = Registry(city=City("Morotai", ZONE), sites=SITES, gateways=GATEWAYS, sensors=[*SENSORS, jetty])
        city.registry.replace_with(mended)
        done = await browser.send(page, "replay", letter=letter.id)
        assert done.status == 200
        assert len(done.words("said")) == 1
        assert done.words("alike") == []
    assert await city.dead_letters.count() == 0


async def test_many_are_tried_again_and_discarded_by_who_may_and_with_a_word(city: Morotai, monkeypatch):
    monkeypatch.setattr(refused_page, "AGAIN_S", 0.0)
    await some_refused(city)
    first, *_others = await city.dead_letters.page()
    async with asked(city, Role.TECHNICIAN, sites=["sangowo"]) as browser:
        page = await browser.open(GROUP)
        tried = await browser.send(page, "replay_alike", **ALIKE, word="mended")
        assert tried.words("said") == ["3 tried again: readings stored 0, still refused 3."]
        silent = await browser.send(page, "replay_alike", **ALIKE, word=" ")
        assert silent.words("mistake")[0].startswith("Write on one line why")
        assert (await browser.send(page, "discard_alike", **ALIKE, word="a test")).status == 403
    assert await city.dead_letters.count() == 3
    async with asked(city, Role.ENGINEER, sites=["sangowo"]) as browser:
        page = await browser.open(f"/console/en/refused/{first.id}")
        one = await browser.send(page, "discard", letter=first.id, word="a test")
        assert one.words("said") == ["1 discarded."]
        both = await browser.send(await browser.open(GROUP), "discard_alike", **ALIKE, word="a test")
        assert both.words("said") == ["2 discarded."]
    assert await city.dead_letters.count() == 0


def links_to_mend(page: Opened) -> list[str]:
    """Where a letter's page leads to add what is missing."""
    return [unescape(link) for link in re.findall(r'href="(/console/en/registry/[^"]+)"', page.text)]


async def test_what_is_missing_is_added_from_the_letter_and_the_way_leads_back_to_try_it_again(tmp_path: Path):
    async with Morotai(tmp_path, file_owns=()) as city:
        await city.platform.facts.load()
        await city.send(
            "gw-east", [Reading("air-jetty", "pm2_5", now_ms(), 1.5), Reading("air-jetty", "odour", 1, 2.0)]
        )
        (letter, *_other) = [one for one in await city.dead_letters.page() if one.reason == "unknown_sensor"]
        async with asked(city, Role.TECHNICIAN) as browser:
            assert links_to_mend(await browser.open(f"/console/en/refused/{letter.id}")) == []
        async with asked(city, Role.ENGINEER, sites=["sangowo"]) as browser:
            (link,) = links_to_mend(await browser.open(f"/console/en/refused/{letter.id}"))
            new = await browser.open(link)
            form = {name: unescape(text) for name, text in re.findall(r'name="([a-z_]+)" value="([^"]*)"', new.text)}
            assert {name: form[name] for name in ("id", "gateway", "site", "quantities")} == {
                "id": "air-jetty", "gateway": "gw-east", "site": "sangowo", "quantities": "pm2_5",
            }  # fmt: skip
            added = await browser.send(new, "add", **{**form, "name": "Jetty", "interval_s": "60"})
            assert added.words("said") == ["air-jetty is added. Now try again what was refused for want of it."]
            assert "/console/en/refused?gateway=gw-east&reason=unknown_sensor" in added.url
            assert 'value="air-jetty is in the registry now."' in added.text
            tried = await browser.send(added, "replay_alike", **ALIKE, word="air-jetty is in the registry now.")
            assert "readings stored 1" in " ".join(tried.words("said"))


async def test_what_an_address_gives_a_new_record_is_bounded_text(tmp_path: Path):
    async with Morotai(tmp_path, file_owns=()) as city, asked(city, Role.ENGINEER) as browser:
        page = await browser.open(f"/console/en/registry/new/sensors?id={'x' * 999}&gateway=a%00b&name=%22%3E%3Cb%3E")
        form = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', page.text))
        assert (form["id"], form["gateway"], form["name"]) == ("x" * LONGEST_ASKED, "", "&#34;&gt;&lt;b&gt;")
