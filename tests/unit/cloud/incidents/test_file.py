import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path

import pytest
from pypdf import PdfReader

from cloud.access.principal import Role
from cloud.alarms.alarm_service import AlarmActionRejected
from cloud.alarms.records import Alarm, AlarmFilter
from cloud.database.audit_log import Actor
from cloud.incidents.stretch import stretch_of
from cloud.readings.contract import StoreUnavailable
from cloud.readings.retention import KeptFrom
from cloud.rulebook.records import RuleVersion
from cloud.rulebook.rule_store import SINCE_EVER_MS
from i18n.catalog import catalog_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.asked import asked
from tests.unit.cloud.console.served import RIVER_RULE
from wire import Reading
from wire.durations import HOUR_MS, MINUTE_MS

ANI = Actor("ani")
STEPS = {
    "advice": "1. Call the village heads. 2. Close the bridge. 3. Look at the camera.",
    "advice_id": "1. Hubungi kepala desa. 2. Tutup jembatan. 3. Lihat kamera.",
}
EN, ID = catalog_of("en"), catalog_of("id")


@pytest.fixture
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city whose river has passed Siaga 3, after an hour of readings with a gap in them."""
    async with Morotai(tmp_path) as city:
        beginning = RuleVersion("river-level", "all", 1, {**RIVER_RULE, **STEPS}, False, SINCE_EVER_MS, 0, "t", "new")
        await city.rule_store.add_missing([beginning])
        now = now_ms()
        back = [*range(3_600, 1_500, -10), *range(900, 0, -10)]
        await city.send(
            "gw-daruba", [Reading("river", "water_level", now - one * 1_000, 270 - one / 20) for one in back]
        )
        yield city


async def the_alarm(city: Morotai) -> Alarm:
    (alarm,) = await city.platform.alarm_service.alarms(AlarmFilter(open=True))
    return alarm


def text_of(content: bytes) -> str:
    pages = PdfReader(BytesIO(content)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


@pytest.mark.parametrize("finest_ms", [MINUTE_MS, HOUR_MS], ids=["minutes", "hours"])
async def test_where_readings_were_removed_the_chart_is_of_what_stands_for_them(city: Morotai, finest_ms: int):
    end_ms = now_ms() // HOUR_MS * HOUR_MS + HOUR_MS
    await city.store.retention.note(KeptFrom(readings_ms=end_ms, minutes_ms=end_ms if finest_ms == HOUR_MS else 0))
    found = await stretch_of(city.store, await the_alarm(city), interval_s=10.0, now_ms=now_ms())
    assert found.every_ms == finest_ms
    bounds = [(low.value, high.value) for low, high in zip(found.low, found.high, strict=True)]
    assert all(low <= point.value <= high for point, (low, high) in zip(found.points, bounds, strict=True))
    assert any(low < high for low, high in bounds)
    assert min(low for low, _ in bounds) >= 90


async def test_the_file_says_what_where_when_who_answered_and_what_was_done(city: Morotai):
    service, alarm = city.platform.alarm_service, await the_alarm(city)
    await service.acknowledge(alarm.id, "the <b>pump</b> & the sluice", actor=ANI)
    await city.platform.checklists.tick(alarm.id, 2, done=True, actor=Actor("budi"))
    content = await city.platform.incident_files.pdf(EN, await the_alarm(city))
    text = text_of(content)
    for words in (
        "Pulau Morotai · Incident 1",
        "River level",
        "Daruba river bridge · Daruba · River gauge",
        "Siaga 3 (Moderate)",
        "WIT",
        "ani,",
        "the <b>pump</b> & the sluice",
        "open 1. Call the village heads.",
        "done 2. Close the bridge. budi,",
        "step 2 done",
        "began: Siaga 3",
        "Gaps in the readings: 1, 10 min in all.",
        "Nobody has been told",
        "page 1 of",
    ):
        assert words in text, words
    reader = PdfReader(BytesIO(content))
    assert reader.metadata is not None
    assert reader.metadata.title == "Incident 1 · River level"
    assert str(reader.root_object["/Lang"]) == "en-US"


async def test_the_file_of_an_alarm_that_is_over_says_how_high_the_water_came_and_not_how_it_ended(tmp_path: Path):
    async with Morotai(tmp_path) as city:
        await city.rule_store.add_missing(
            [RuleVersion("river-level", "all", 1, {**RIVER_RULE, "clear_s": 1}, False, SINCE_EVER_MS, 0, "t", "new")]
        )
        levels = [*range(240, 312, 1), *range(312, 200, -1)]  # no jump that would be doubted
        begin = now_ms() - 8_000 * len(levels)
        await city.send(
            "gw-daruba", [Reading("river", "water_level", begin + 8_000 * n, cm) for n, cm in enumerate(levels)]
        )
        (alarm,) = await city.platform.alarm_service.alarms(AlarmFilter(open=False))
        text = text_of(await city.platform.incident_files.pdf(EN, alarm))
        assert "At worst Siaga 2 (Severe) · 300 cm · limit 300 cm" in text
        assert "Value" not in text.partition("Began")[0]


async def test_the_file_is_in_the_language_that_is_asked_for(city: Morotai):
    text = text_of(await city.platform.incident_files.pdf(ID, await the_alarm(city)))
    assert "Kejadian 1" in text
    assert "Tinggi muka air sungai" in text
    assert "1. Hubungi kepala desa." in text
    assert "halaman 1 dari" in text


async def test_letters_that_the_file_has_not_and_long_words_do_not_stop_it(city: Morotai):
    alarm = await the_alarm(city)
    await city.platform.alarm_service.acknowledge(alarm.id, "🌊" + "ש" * 100 + "w" * 300, actor=ANI)
    text = text_of(await city.platform.incident_files.pdf(EN, await the_alarm(city)))
    assert "wwww" in text


async def test_readings_that_cannot_be_had_are_said_in_place_of_the_chart(city: Morotai, monkeypatch):
    async def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("the readings store does not answer")

    monkeypatch.setattr(city.store, "history", away)
    text = text_of(await city.platform.incident_files.pdf(EN, await the_alarm(city)))
    assert "the readings store does not answer" in text


async def test_a_long_journal_is_bounded_and_the_event_loop_goes_on_meanwhile(city: Morotai):
    alarm = await the_alarm(city)
    for number in range(120):
        await city.platform.alarm_service.assign(alarm.id, f"person {number}", actor=ANI, reason="shift " * 20)
    making = asyncio.create_task(city.platform.incident_files.pdf(EN, alarm))
    turns = 0
    while not making.done():
        await asyncio.sleep(0)
        turns += 1
    reader = PdfReader(BytesIO(making.result()))
    assert turns > 10
    assert 3 < len(reader.pages) < 20
    assert len(making.result()) < 500_000


async def test_who_may_act_gets_the_file_and_others_do_not(city: Morotai):
    alarm = await the_alarm(city)
    path = f"/console/id/alarms/{alarm.id}/incident.pdf"
    async with asked(city, Role.OPERATOR) as ani:
        answer = (await ani.open(path)).answer
        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
        assert "Kejadian" in text_of(answer.content)
        api = await ani.client.get(f"/api/v1/alarms/{alarm.id}/incident.pdf?language=id")
        assert (api.status_code, "Kejadian" in text_of(api.content)) == (200, True)
        assert (await ani.client.get("/api/v1/alarms/999/incident.pdf")).status_code == 404
    async with asked(city, Role.VIEWER) as viewer:
        assert (await viewer.open(path)).status == 403
        assert (await viewer.client.get(f"/api/v1/alarms/{alarm.id}/incident.pdf")).status_code == 403
    async with asked(city, Role.ENGINEER, sites=["sangowo"]) as far:
        assert (await far.open(path)).status == 404
        assert (await far.client.get(f"/api/v1/alarms/{alarm.id}/incident.pdf")).status_code == 404


async def test_steps_are_ticked_with_a_name_and_opened_again(city: Morotai):
    alarm, checklists = await the_alarm(city), city.platform.checklists
    async with asked(city, Role.OPERATOR) as ani:
        page = await ani.open("/console/en/alarms")
        done = await ani.send(page, "tick", alarm=alarm.id, step=1)
        assert done.words("said") == ["Step 1 is done."]
        assert done.words("step")[0].startswith("Call the village heads.operator,")
        again = await ani.client.post(
            f"/api/v1/alarms/{alarm.id}/steps/1", json={"done": True}, headers={"X-CSRF-Token": page.csrf}
        )
        assert again.json()["steps"][0] | {"done": ""} == {
            "number": 1, "text": "Call the village heads.", "text_id": "Hubungi kepala desa.", "done": "",
            "done_by": "operator",
        }  # fmt: skip
        entries = await city.platform.alarm_service.journal(subject=f"alarm:{alarm.id}")
        assert [entry.action for entry in entries] == ["tick-step"]
        await ani.send(page, "tick", alarm=alarm.id, step=1, undo="yes")
        assert await checklists.done_steps([alarm.id]) == {}
        missing = await ani.send(page, "tick", alarm=alarm.id, step=4)
        assert (missing.status, missing.words("mistake")) == (422, ["alarm 1 has no step 4; load the page again."])
    async with asked(city, Role.VIEWER) as viewer:
        page = await viewer.open("/console/en/alarms")
        assert page.words("step-form") == []
        assert (await viewer.send(page, "tick", alarm=alarm.id, step=1)).status == 403
    async with asked(city, Role.ENGINEER, sites=["sangowo"]) as far:
        page = await far.open("/console/en/alarms")
        assert (await far.send(page, "tick", alarm=alarm.id, step=1)).status == 404
    with pytest.raises(AlarmActionRejected):
        await checklists.tick(alarm.id, 0, done=True, actor=ANI)
    with pytest.raises(LookupError):
        await checklists.tick(999, 1, done=True, actor=ANI)
