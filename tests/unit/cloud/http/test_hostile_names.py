"""Names that would run, close or turn round a page: they are text, on every page and in every file."""

import re
from collections.abc import AsyncIterator
from xml.etree import ElementTree

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from lxml import html as lxml_html

from cloud.access.principal import Role
from cloud.alarms.records import AlarmFilter
from cloud.api.app import make_api
from cloud.console.app import mount_console
from cloud.console.settings import ConsoleSettings
from cloud.registry.editing import Editor
from cloud.registry.records import Contact, Gateway, Sensor, Site
from cloud.rulebook.records import RuleVersion
from cloud.rulebook.rule_store import SINCE_EVER_MS
from tests.unit.cloud.access.house import BOSS, PASSWORD
from tests.unit.cloud.api.morotai import ZONE, Morotai, now_ms
from tests.unit.cloud.api.test_routes import routes_of
from tests.unit.cloud.console.served import RIVER_RULE
from wire import Clock, Reading, SourceState, SourceStatus, SpoolState, Status
from wire.durations import HOUR_MS

pytestmark = pytest.mark.asyncio(loop_scope="module")
EVIL = """<script>alert(1)</script>"'><img src=x onerror=alert(1)></svg>{{7*7}}=cmd|' /C calc'!A0"""
IDS = ("river", "daruba", "gw-daruba", "1", "2", "river-level", "all", "sensor:river", "sites", "sensors", "gateways")
HOSTILE_IDS = (
    "x' OR '1'='1",
    "%00",
    "..%2f..%2fetc%2fpasswd",
    "%E2%80%AEx",
    "9" * 40,
    "%F0%9F%8C%8A",
    "<b>",
    "a" * 400,
)
CHOSEN = {"kind": ("sensors",), "family": ("river-level",), "scope": ("sensor:river", "all")}
RULE = RIVER_RULE | {"title": EVIL[:80], "title_id": EVIL[:80], "advice": EVIL, "advice_id": EVIL}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def city(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Morotai]:
    """A city in which everybody wrote that wherever they could."""
    site = Site("daruba", EVIL, EVIL, 2.05, 128.29, ZONE, contacts=(Contact(EVIL, EVIL),))
    gateway = Gateway("gw-daruba", EVIL, "daruba")
    sensor = Sensor("river", EVIL, "daruba", "gw-daruba", ("water_level",), interval_s=60, groups=("group",))
    folder = tmp_path_factory.mktemp("city")
    async with Morotai(folder, sites=[site], gateways=[gateway], sensors=[sensor], file_owns=()) as city:
        await happen(city)
        yield city


async def happen(city: Morotai) -> None:
    now = now_ms()
    await city.rule_store.add_missing(
        [RuleVersion("river-level", "all", 1, RULE, False, SINCE_EVER_MS, now, EVIL, EVIL)]
    )
    rising = [Reading("river", "water_level", now - 60_000 + 5_000 * step, 240.0 + 2 * step) for step in range(10)]
    await city.send("gw-daruba", rising)
    await city.deliver("gw-daruba", EVIL.encode())
    source = SourceState(EVIL, SourceStatus.SILENT, EVIL, readings=9, last_ms=now)
    city.say(Status(1, online=True, gateway="gw-daruba", version=EVIL[:30], boot="b", stream="s", time_ms=now,
                    clock=Clock.SYNCED, spool=SpoolState(depth=3), sources=(source,), notes=(EVIL,)))  # fmt: skip
    await city.access.users.add("ani", PASSWORD, Role.VIEWER, full_name=EVIL, actor=BOSS)
    (alarm,) = await city.platform.alarm_service.alarms(AlarmFilter(limit=9))
    await city.platform.alarm_service.acknowledge(alarm.id, EVIL, actor=BOSS)
    await city.platform.alarm_service.assign(alarm.id, EVIL[:60], actor=BOSS, reason=EVIL)
    await city.platform.maintenance.plan(site="daruba", until_ms=now + HOUR_MS, reason=EVIL, actor=BOSS)
    await city.platform.facts.record("sensor:river", "mounting_height_cm", 400, actor=BOSS, reason=EVIL, source=EVIL)
    await city.platform.editing.amend("sites", "daruba", {"place": EVIL + "2"}, by=Editor(BOSS, None, EVIL))


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(city: Morotai) -> AsyncIterator[httpx.AsyncClient]:
    """An administrator before it."""
    app: FastAPI = make_api(city.platform)
    mount_console(app, city.platform, ConsoleSettings())
    headers = {"Authorization": f"Bearer {await city.token()}", "Accept": "text/html"}
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://siaga.test", headers=headers) as client:
        yield client


def templates(client: httpx.AsyncClient) -> list[str]:
    app = client._transport.app  # type: ignore[attr-defined]
    found = dict.fromkeys(template for method, template, _path in routes_of(app.routes) if method == "GET")
    return [template for template in found if not template.startswith(("/console/id", "/docs", "/login"))]


def filled(template: str, names: tuple[str, ...]) -> list[str]:
    """The template with each of the names, where it has a parameter."""
    kinds = re.findall(r"{(\w+)", template)
    if not kinds:
        return [template]
    last = CHOSEN.get(kinds[-1], names) if names is IDS else names
    head = template
    for kind in kinds[:-1]:
        head = head.replace(f"{{{kind}}}", CHOSEN.get(kind, ("gw-daruba",))[0], 1)
    return [re.sub(r"{[^}]+}", lambda _: name, head) for name in last]  # noqa: B023 - used at once


async def test_nothing_that_somebody_wrote_runs_on_a_page(client: httpx.AsyncClient):
    shown = 0
    for template in templates(client):
        for path in filled(template, IDS):
            answer = await client.get(f"{path}?q={EVIL}&at=sensor:river&gateway=gw-daruba&reason=broken_batch")
            assert answer.status_code < 500, path
            if answer.headers.get("content-type", "").startswith("text/html"):
                shown += "alert(1)" in answer.text
                must_be_text(answer.text, path)
    assert shown > 15


def must_be_text(page: str, path: str) -> None:
    """No element, attribute or address of a page is made of what somebody wrote."""
    assert "<script>alert" not in page, path
    assert "49=cmd" not in page, path
    for element in lxml_html.fromstring(page).iter():
        if not isinstance(element.tag, str):
            continue
        assert not [name for name in element.attrib if name.startswith("on")], (path, element.tag)
        assert element.get("src") != "x", path
        assert not element.get("href", "").casefold().startswith("javascript:"), path
        assert (
            element.tag != "script"
            or element.get("src", "").startswith("/console/static/")
            or element.get("type") == "application/json"
        ), path


async def test_the_files_that_are_handed_on_hold_it_as_text(client: httpx.AsyncClient):
    pdf = await client.get("/api/v1/alarms/1/incident.pdf")
    assert (pdf.status_code, pdf.content[:5], pdf.headers["content-type"]) == (200, b"%PDF-", "application/pdf")
    assert "/JavaScript" not in pdf.text
    feed = await client.get("/api/v1/cap")
    ElementTree.fromstring(feed.content)
    rules = await client.get("/api/v1/rules/export")
    again = await client.post("/api/v1/rules/import", content=rules.content)
    assert (again.status_code, again.json()["count"], again.json()["problems"]) == (200, 0, [])


async def test_an_id_that_is_an_attack_is_one_that_does_not_exist(client: httpx.AsyncClient):
    for template in templates(client):
        if "{" in template:
            for path in filled(template, HOSTILE_IDS):
                answer = await client.get(path)
                assert 400 <= answer.status_code < 500 or answer.json() == [], (path, answer.status_code)
                assert "Traceback" not in answer.text
                if answer.headers.get("content-type", "").startswith("text/html"):
                    must_be_text(answer.text, path)
