"""The gateways on their pages: found, read, set and asked, by role, with the reason in the journal."""

import pytest

from cloud.access.principal import Role
from cloud.database.audit_log import read_entries
from tests.unit.cloud.api.morotai import Morotai, now_ms
from tests.unit.cloud.console.asked import asked
from wire import SourceState, SourceStatus, Status

DARUBA = "/console/en/fleet/gw-daruba"


def said(**more: object) -> Status:
    return Status(1, online=True, gateway="gw-daruba", version="1.2.0", boot="b", stream="s", time_ms=now_ms(), **more)  # type: ignore[arg-type]


async def test_gateways_are_listed_found_by_state_and_word_and_led_to(city: Morotai):
    city.say(said())
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/id/fleet")
        assert page.words("row-link") == ["Sangowo gateway", "Daruba gateway"]
        assert page.words("state-count") == ["2", "0", "0", "1", "1"]
        online = await browser.open("/console/id/fleet?state=online")
        assert online.words("row-link") == ["Daruba gateway"]
        assert (await browser.open("/console/id/fleet?q=sangowo")).words("row-link") == ["Sangowo gateway"]
        none = await browser.open("/console/id/fleet?state=online&q=sangowo&page=7")
        assert none.words("panel-empty") == ["Tidak ada gateway seperti itu."]
        assert "/console/id/fleet/gw-daruba" in online.text


async def test_a_gateway_says_what_wants_somebody_and_how_its_sources_do(city: Morotai):
    source = SourceState(
        name="air", state=SourceStatus.SILENT, detail="nothing for 7 min", readings=8_740, last_ms=now_ms() - 420_000,
        heard_bytes=1_204_331, frames=8_802, refused=12,
    )  # fmt: skip
    city.say(said(sources=(source,), notes=("the clock is not confirmed",)))
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/id/fleet/gw-daruba")
        assert page.words("note") == ["the clock is not confirmed"]
        assert page.words("source-count") == ["Masuk1,2 MB", "Bingkai8.802", "Data8.740", "Ditolak12"]
        assert page.words("detail") == ["nothing for 7 min"]
        assert page.words("commands") == page.words("enrol") == []


async def test_a_gateway_of_another_site_is_not_there(city: Morotai):
    async with asked(city, Role.ENGINEER, sites=["sangowo"]) as browser:
        assert (await browser.open("/console/en/fleet")).words("row-link") == ["Sangowo gateway"]
        for gateway in ("gw-daruba", "nowhere"):
            page = await browser.open(f"/console/en/fleet/{gateway}")
            assert (page.status, page.words("mistake")) == (404, ["There is no such gateway."])
        own = await browser.open("/console/en/fleet/gw-east")
        csrf = own.csrf
        for action in ("set", "ask"):
            data = {"csrf": csrf, "key": "uplink.batch_s", "value": "60", "reason": "r", "command": "ping"}
            assert (await browser.client.post(f"{DARUBA}/{action}", data=data)).status_code in (404, 422)
    assert await city.care.configs.wanted("gw-daruba") is None
    assert city.asked == []


async def test_an_engineer_sets_a_setting_and_takes_it_back(city: Morotai):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open(DARUBA)
        page = await browser.send(page, "set", key="uplink.batch_s", value="60", reason=" a metered link ")
        assert page.words("value-words") == ["60"]
        await browser.send(page, "set", key="outputs.from_severity", name="siren", value="extreme", reason="at night")
        wanted = await city.care.configs.wanted("gw-daruba")
        assert wanted is not None
        assert wanted.settings == {"uplink": {"batch_s": 60}, "outputs": {"siren": {"from_severity": "extreme"}}}
        page = await browser.send(page, "set", key="uplink.batch_s", value="", reason="taken back")
        assert page.words("value-words") == ['"extreme"']
        await browser.send(page, "set", key="outputs.siren.from_severity", value="", reason="taken back")
    entry = (await city.database.run(read_entries))[0]
    assert (entry.reason, entry.subject, entry.actor) == ("taken back", "gateway:gw-daruba", "engineer")
    wanted = await city.care.configs.wanted("gw-daruba")
    assert wanted is not None
    assert wanted.settings == {}


@pytest.mark.parametrize(
    ("key", "value", "reason", "refusal"),
    [
        ("uplink.batch_s", "60", " ", "Tulis alasannya dalam satu baris"),
        ("uplink.batch_s=1", "60", "a", "Ini bukan pengaturan"),
        ("uplink.batch_s", "6" * 500, "a", "Ini bukan pengaturan"),
        ("uplink.host", "x", "a", "uplink.host: is no setting of the city's"),
        ("outputs.siren.from_severity", "loud", "a", "Invalid enum value 'loud'"),
        ("outputs.from_severity", "extreme", "a", "Tulis nama"),
    ],
)
async def test_what_is_wrong_is_said_and_changes_nothing(
    city: Morotai, key: str, value: str, reason: str, refusal: str
):
    async with asked(city, Role.ENGINEER) as browser:
        page = await browser.open("/console/id/fleet/gw-daruba")
        answer = await browser.send(page, "set", key=key, value=value, reason=reason)
        assert answer.status == 422
        assert refusal in " ".join(answer.words("mistake"))
    assert await city.care.configs.wanted("gw-daruba") is None


async def test_a_technician_asks_and_hears_why_not(city: Morotai):
    async with asked(city, Role.TECHNICIAN) as browser:
        page = await browser.open("/console/id/fleet/gw-daruba")
        away = await browser.send(page, "ask", command="ping")
        assert away.words("mistake") == ["Gateway tidak terhubung, jadi tidak ditanya."]
        city.say(said())
        city.gateways_answer = True
        done = await browser.send(page, "ask", command="ping")
        assert done.words("answer") == ['{ "connected_s": 4021.5 }']
        assert (await browser.send(page, "set", key="uplink.batch_s", value="60", reason="a")).status == 403
    async with asked(city, Role.ENGINEER, sites=["daruba"]) as browser:
        part = await browser.open("/console/id/fleet/gw-daruba")
        refused = await browser.send(part, "ask", command="ping")
        assert "lokasi yang tidak boleh Anda lihat" in " ".join(refused.words("mistake"))
