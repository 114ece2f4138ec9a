"""The registry on its pages: found, added, changed with a date, retired, brought back and undone, by who may."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from cloud.access.principal import Role
from cloud.console.view_models.registry_forms import KEYS, changed_keys, form_texts, read_keys
from cloud.console.view_models.typed_number import InvalidInput
from cloud.registry.city_records import fields_of
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import GATEWAYS, SENSORS, SITES, ZONE, Morotai
from tests.unit.cloud.console.asked import Browser, Opened, asked

EN = catalog_of("en")
JETTY = {
    "id": "air-jetty", "name": "Jetty", "site": "sangowo", "gateway": "gw-east", "quantities": "pm2_5, temperature",
    "interval_s": "60", "reason": "it came with the ship",
}  # fmt: skip


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city of which city.toml owns nothing."""
    async with Morotai(tmp_path, file_owns=()) as city:
        await city.platform.facts.load()
        yield city


def ids(page: Opened) -> list[str]:
    return page.words("record-link")


def revision(page: Opened) -> str:
    (found,) = set(re.findall(r'name="revision" value="([^"]+)"', page.text))
    return found


async def form_of(browser: Browser, path: str) -> tuple[Opened, dict[str, str]]:
    """A record's page, and what stands in its form."""
    page = await browser.open(path)
    texts = dict(re.findall(r'name="([a-z_0-9]+)" value="([^"]*)"', page.text))
    texts |= dict(re.findall(r'<textarea[^>]* name="([a-z_]+)"[^>]*>([^<]*)</textarea>', page.text))
    return page, {**texts, "revision": revision(page)}


async def test_a_sensor_is_added_changed_retired_brought_back_and_undone(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.send(await browser.open("/console/en/registry/new/sensors"), "add", **JETTY)
        assert page.words("said") == ["air-jetty is added."]
        jetty = city.registry.sensor("air-jetty")
        assert jetty is not None
        assert (jetty.quantities, jetty.interval_s) == (("pm2_5", "temperature"), 60)
        page, texts = await form_of(browser, "/console/en/registry/sensors/air-jetty")
        changed = await browser.send(page, "change", **{**texts, "name": "Jetty north", "reason": "two of them"})
        assert changed.words("said") == ["air-jetty is changed."]
        assert "sensor air-jetty: name Jetty → Jetty north" in changed.words("difference")
        page, texts = await form_of(browser, "/console/en/registry/sensors/air-jetty")
        same = await browser.send(page, "change", **texts)
        assert same.words("said") == ["Nothing differs."]
        gone = await browser.send(page, "retire", revision=revision(page), reason="lost at sea")
        assert gone.words("said") == ["air-jetty is retired: its history stays."]
        assert "air-jetty" not in ids(await browser.open("/console/en/registry?kind=sensors"))
        assert ids(await browser.open("/console/en/registry?kind=sensors&retired=yes")) == ["air-jetty"]
        back = await browser.send(gone, "restore", reason="washed ashore")
        assert back.words("said") == ["air-jetty is back."]
        overview = await browser.open("/console/en/registry")
        newest = re.findall(r'data-change="(\d+)"', overview.text)[0]
        undone = await browser.send(overview, "undo", change=newest, reason="it was another one")
        assert undone.words("said") == [f"Change {newest} is taken back."]
        sensor = city.registry.sensor("air-jetty")
        assert sensor is not None
        assert sensor.retired


async def test_what_cannot_be_is_said_and_what_was_written_stays(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        new = await browser.open("/console/id/registry/new/sensors")
        for wrong, told in (
            ({"site": "nowhere"}, "tidak ada yang ber-id itu"),
            ({"id": "river"}, "tulis id lain"),
            ({"interval_s": "often"}, "bukan angka"),
            ({"quantities": "smell"}, "tidak ada besaran itu"),
            ({"calibration": "pm2_5 2"}, "Tulis satu kalibrasi per baris"),
        ):
            refused = await browser.send(new, "add", **{**JETTY, **wrong})
            assert refused.status == 422, wrong
            assert told in " ".join(refused.words("mistake"))
            assert 'value="Jetty"' in refused.text
    assert city.registry.sensor("air-jetty") is None


async def test_a_record_that_somebody_else_has_changed_is_not_overwritten(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        page, texts = await form_of(browser, "/console/en/registry/sites/daruba")
        await browser.send(page, "change", **{**texts, "name": "Daruba bridge"})
        late = await browser.send(page, "change", **{**texts, "name": "The bridge"})
        assert late.status == 422
        assert "was changed since" in " ".join(late.words("mistake"))
    site = city.registry.site("daruba")
    assert site is not None
    assert site.name == "Daruba bridge"


async def test_who_sees_some_sites_finds_and_changes_these_alone(city: Morotai):
    async with asked(city, Role.ENGINEER, sites=["sangowo"]) as browser:
        assert ids(await browser.open("/console/en/registry?kind=sensors")) == ["air-east"]
        assert ids(await browser.open("/console/en/registry?kind=sites")) == ["sangowo"]
        own = await browser.open("/console/en/registry")
        for path in ("sites/daruba", "sensors/river", "gateways/gw-daruba", "sensors/none", "kinds/x"):
            assert (await browser.open(f"/console/en/registry/{path}")).status == 404
        for path, fields in (
            ("sensors/river/change", {"name": "mine"}),
            ("sensors/river/retire", {}),
            ("sensors/air-east/change", {"site": "daruba"}),
            ("new/sensors/add", {**JETTY, "site": "daruba"}),
            ("new/sensors/add", {**JETTY, "gateway": "gw-daruba"}),
        ):
            data = {"csrf": own.csrf, **fields}
            answer = await browser.client.post(f"/console/en/registry/{path}", data=data)
            assert answer.status_code in (403, 404, 422), path
    river, east = city.registry.sensor("river"), city.registry.sensor("air-east")
    assert river is not None
    assert east is not None
    assert (river.name, river.retired, east.site) == ("River gauge", False, "sangowo")


@pytest.mark.parametrize("role", [Role.TECHNICIAN, Role.OPERATOR])
async def test_others_read_the_registry_and_change_nothing(city: Morotai, role: Role):
    async with asked(city, role) as browser:
        page = await browser.open("/console/en/registry/sensors/river")
        assert "River gauge" in page.text
        assert "revision" not in page.text
        assert (await browser.send(page, "change", name="mine")).status == 403


def test_a_form_gives_back_what_it_was_made_of():
    for kind, records in (("sites", SITES), ("gateways", GATEWAYS), ("sensors", SENSORS)):
        for record in records:
            fields = fields_of(record, zone=ZONE)
            texts = form_texts(EN, kind, fields)
            assert changed_keys(EN, kind, fields, texts) == {}
            again = read_keys(EN, kind, texts)
            assert again.keys() == fields.keys() - {"id"}
            assert form_texts(EN, kind, again) == texts


def test_contacts_and_corners_are_lines():
    texts = {"contacts": "Ani; duty officer; +62 812\nBudi", "polygon": "2.0 128.1\n2.1, 128.2\n\n2.2 128.3"}
    found = read_keys(EN, "sites", texts)
    assert found["contacts"] == [{"name": "Ani", "role": "duty officer", "phone": "+62 812"}, {"name": "Budi"}]
    assert found["polygon"] == [[2.0, 128.1], [2.1, 128.2], [2.2, 128.3]]
    for wrong in ({"polygon": "2.0"}, {"polygon": "a b"}, {"contacts": "a;b;c;d;e"}):
        with pytest.raises(InvalidInput):
            read_keys(EN, "sites", wrong)
    assert {key.name for key in KEYS["gateways"]} == {"name", "site"}


async def test_what_city_toml_owns_is_read_here_and_changed_there(tmp_path: Path):
    async with Morotai(tmp_path) as city, asked(city, Role.ENGINEER) as browser:
        page = await browser.open("/console/en/registry/sensors/river")
        assert "city.toml owns these" in page.text
        assert "revision" not in page.text
        refused = await browser.send(page, "change", name="mine")
        assert refused.status == 422
        assert "city.toml owns sensors" in " ".join(refused.words("mistake"))
