import base64
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from cloud.access.permissions import PERMISSIONS
from cloud.access.principal import Role
from cloud.core.health import Component, Condition
from cloud.core.times import parse_step, rfc_3339
from cloud.readings.retention import KeptFrom
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from wire import Reading, SourceState, SourceStatus, Status, decode_batch

pytestmark = pytest.mark.asyncio(loop_scope="module")
RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def nameless(path: str) -> str:
    """A path template without the names of its parameters."""
    return re.sub(r"{[^}]+}", "{}", path)


async def test_health_has_exactly_its_three_parts(client: httpx.AsyncClient):
    answer = await client.get("/api/v1/health")
    assert answer.status_code == 200
    health = answer.json()
    assert list(health) == ["status", "newest_age_s", "components"]
    assert health["status"] == "ok"
    assert list(health["newest_age_s"]) == ["flood", "air", "footfall"]
    assert 0 <= health["newest_age_s"]["flood"] < 600
    assert health["newest_age_s"]["footfall"] is None
    assert health["components"] == {"broker": {"status": "ok", "detail": "connected"}}


@pytest.mark.parametrize(
    ("role", "sites", "told"),
    [(None, None, False), (Role.VIEWER, ["daruba"], False), (Role.VIEWER, None, True), (Role.TECHNICIAN, None, True)],
)
async def test_a_stranger_and_who_sees_some_sites_hear_a_word_for_each_part_and_no_more(
    tmp_path: Path, role: Role | None, sites: list[str] | None, told: bool
):
    async with Morotai(tmp_path) as city, api_of(city, role, sites=sites) as client:
        city.broker = Component(Condition.DEGRADED, "the newest attempt failed: http://a:pw@10.0.0.5/hook/SECRET")
        answer = await client.get("/api/v1/health")
        assert "SECRET" not in answer.text
        assert "pw" not in answer.text
        assert ("10.0.0.5" in answer.text) is told
        part = answer.json()["components"]["broker"]
        assert part["status"] == "degraded"
        assert bool(part["detail"]) is told


@pytest.mark.parametrize(("condition", "status"), [(Condition.DEGRADED, 200), (Condition.DOWN, 503)])
async def test_health_is_503_only_when_down(client: httpx.AsyncClient, city: Morotai, condition, status):
    city.broker = Component(condition, "broker 127.0.0.1:1883 refused the connection")
    answer = await client.get("/api/v1/health")
    assert answer.status_code == status
    assert answer.json()["status"] == condition


async def test_sites_sensors_and_gateways_say_what_the_registry_knows(shared_client: httpx.AsyncClient):
    sites = (await shared_client.get("/api/v1/sites")).json()
    assert sites[0] == {
        "id": "daruba", "name": "Daruba river bridge", "place": "Daruba", "latitude": 2.05, "longitude": 128.29,
        "zone": "Asia/Jayapura",
    }  # fmt: skip
    sensors = {sensor["id"]: sensor for sensor in (await shared_client.get("/api/v1/sensors")).json()}
    assert sensors["river"]["quantities"] == ["water_level", "distance"]
    assert sensors["river"]["mounting_height_cm"] == 450
    assert sensors["river"]["calibration"] == {"water_level": {"scale": 1.0, "offset": 0.0}}
    assert "gw-daruba" in sensors, "a gateway is also the sensor of its own health"


async def test_gateways_show_status_and_the_account_of_their_readings(shared_client: httpx.AsyncClient):
    daruba, east = (await shared_client.get("/api/v1/gateways")).json()
    assert daruba["online"] is True
    assert daruba["status"]["clock"] == "synced"
    assert daruba["status"]["spool"]["depth"] == 12
    assert daruba["status"]["spool"]["oldest_age_s"] >= 90
    assert daruba["status"]["sources"][0]["name"] == "river"
    assert RFC_3339.fullmatch(daruba["status"]["sources"][0]["last"])
    assert daruba["account"]["received"] == 3_601
    assert daruba["account"]["missing"] == 0
    assert (east["online"], east["status"]) == (False, None)
    assert east["account"]["declared_lost"] == 240
    assert {stream["stream"] for stream in east["account"]["streams"]} >= {"1111111111111111"}


NOTES = ("the clock is not confirmed", "the cloud refuses readings of ferry (out_of_bounds)")
TOLD = Status(
    1, online=True, gateway="gw-daruba", version="0.1.0", boot="b1", stream="s1", time_ms=1_764_000_000_000,
    sources=(
        SourceState("river", SourceStatus.OK, "the cloud refuses readings of ferry (out_of_bounds)", 88_020, 137,
                    heard_bytes=1_204_331, frames=88_102, refused=12),
        SourceState("old", SourceStatus.OK, readings=3_600, noise_bytes=7),
    ),
    notes=NOTES,
)  # fmt: skip


async def test_a_gateway_s_notes_and_the_four_numbers_of_its_sources_are_told(client: httpx.AsyncClient, city: Morotai):
    city.say(TOLD)
    status = (await client.get("/api/v1/gateways")).json()[0]["status"]
    assert status["notes"] == list(NOTES)
    counts = [
        {name: source[name] for name in ("heard_bytes", "frames", "readings", "refused", "noise_bytes")}
        for source in status["sources"]
    ]
    assert counts == [
        {"heard_bytes": 1_204_331, "frames": 88_102, "readings": 88_020, "refused": 12, "noise_bytes": 137},
        {"heard_bytes": None, "frames": None, "readings": 3_600, "refused": None, "noise_bytes": 7},
    ]


async def test_two_agents_under_one_id_are_told(client: httpx.AsyncClient, city: Morotai):
    for boot in ("one", "two", "one"):
        city.say(msgspec.structs.replace(TOLD, boot=boot))
    assert [gateway["shares_id"] for gateway in (await client.get("/api/v1/gateways")).json()] == [True, False]


async def test_a_gateway_s_sentences_name_no_sensor_of_a_site_that_is_not_seen(tmp_path: Path):
    async with Morotai(tmp_path) as city, api_of(city, Role.TECHNICIAN, sites=["daruba"]) as client:
        city.say(TOLD)
        (gateway,) = (await client.get("/api/v1/gateways")).json()
        assert gateway["status"]["notes"] == [NOTES[0], "the cloud refuses readings of … (out_of_bounds)"]
        assert gateway["status"]["sources"][0]["detail"] == "the cloud refuses readings of … (out_of_bounds)"


async def test_latest_gives_each_series_with_unit_time_age_and_marks(shared_client: httpx.AsyncClient):
    began = datetime.now(UTC)
    air, river = (await shared_client.get("/api/v1/readings/latest")).json()
    ended = datetime.now(UTC)
    assert list(river) == [
        "sensor", "site", "gateway", "domain", "quantity", "value", "unit", "time", "age_s", "marks",
    ]  # fmt: skip
    assert (river["sensor"], river["domain"], river["unit"], river["marks"]) == ("river", "flood", "cm", [])
    assert air["marks"] == ["backfill", "clock_estimated"]
    assert RFC_3339.fullmatch(river["time"])
    taken = datetime.fromisoformat(river["time"])
    age, rounding = timedelta(seconds=river["age_s"]), timedelta(seconds=0.1)
    assert began - taken - rounding <= age <= ended - taken + rounding


async def test_latest_can_be_narrowed_to_a_domain_and_a_site(shared_client: httpx.AsyncClient):
    async def sensors(**narrow: str) -> list[str]:
        answer = await shared_client.get("/api/v1/readings/latest", params=narrow)
        return [reading["sensor"] for reading in answer.json()]

    assert await sensors(domain="air") == ["air"]
    assert await sensors(site="daruba") == ["air", "river"]
    assert await sensors(site="sangowo") == []
    assert await sensors(domain="gateway") == []


async def test_a_history_is_every_reading_or_one_for_each_step(shared_client: httpx.AsyncClient):
    series = {"sensor": "river", "quantity": "water_level", "start": str(now_ms() - 86_400_000)}
    whole = (await shared_client.get("/api/v1/readings", params=series)).json()
    assert (whole["unit"], whole["every"], whole["agg"]) == ("cm", None, None)
    assert len(whole["points"]) == 3_600
    assert RFC_3339.fullmatch(whole["points"][0]["time"])
    times = [point["time"] for point in whole["points"]]
    assert times == sorted(times)
    highest = (await shared_client.get("/api/v1/readings", params={**series, "every": "1h", "agg": "max"})).json()
    assert (highest["every"], highest["agg"]) == ("1h", "max")
    assert highest["points"][-1]["value"] == whole["points"][-1]["value"]
    assert highest["points"][-1]["time"].endswith(":00:00.000Z")


async def test_a_history_is_of_the_hour_before_its_end_unless_it_is_asked_otherwise(shared_client: httpx.AsyncClient):
    series = {"sensor": "river", "quantity": "water_level"}
    hour = (await shared_client.get("/api/v1/readings", params=series)).json()
    start, end = (datetime.fromisoformat(hour[name]) for name in ("start", "end"))
    assert end - start == timedelta(hours=1)
    given = (await shared_client.get("/api/v1/readings", params={**series, "end": "2026-01-01T00:00:00Z"})).json()
    assert (given["start"], given["points"]) == ("2025-12-31T23:00:00.000Z", [])


async def test_times_may_be_given_with_any_offset_or_as_epoch_milliseconds(client: httpx.AsyncClient, city: Morotai):
    first_ms = now_ms() - 86_400_000
    await city.send("gw-daruba", [Reading("river", "distance", first_ms, 300.0)])
    utc = datetime.fromtimestamp(first_ms / 1_000, UTC)
    for start in (str(first_ms - 1_000), f"{utc:%Y-%m-%dT%H:%M:%SZ}", f"{utc:%Y-%m-%dT%H:%M:%S}+00:00"):
        answer = await client.get(
            "/api/v1/readings",
            params={"sensor": "river", "quantity": "distance", "start": start, "end": str(first_ms + 1_000)},
        )
        assert [point["value"] for point in answer.json()["points"]] == [300.0], start


async def test_more_points_than_an_answer_holds_are_refused_with_a_step_that_fits(shared_client: httpx.AsyncClient):
    series = {"sensor": "river", "quantity": "water_level", "limit": "100"}
    raw = await shared_client.get("/api/v1/readings", params=series)
    assert raw.status_code == 422
    assert raw.json()["type"] == "urn:siaga:problem:too-much-asked"
    advised = re.search(r"every=(\d+[smhd])", raw.json()["detail"])
    assert advised is not None
    again = await shared_client.get("/api/v1/readings", params={**series, "every": advised[1]})
    assert again.status_code == 200
    finer = await shared_client.get("/api/v1/readings", params={**series, "every": "1s"})
    assert finer.json()["type"] == "urn:siaga:problem:too-much-asked"


@pytest.mark.parametrize("asked", [{}, {"every": "1h"}, {"points": "50"}], ids=["raw", "steps", "chart"])
async def test_an_answer_says_what_of_its_time_was_removed(
    client: httpx.AsyncClient, city: Morotai, asked: dict[str, str]
):
    end_ms = now_ms()
    days_ms = end_ms - end_ms % 86_400_000
    await city.store.retention.note(KeptFrom(days_ms, days_ms, days_ms - 86_400_000))
    series = {"sensor": "river", "quantity": "water_level", "end": str(end_ms), **asked}
    of_late = (await client.get("/api/v1/readings", params={**series, "start": str(days_ms)})).json()
    names = ("readings_kept_from", "minutes_kept_from", "hours_kept_from")
    assert [of_late[name] for name in names] == [None, None, None]
    further = (await client.get("/api/v1/readings", params={**series, "start": str(days_ms - 2 * 86_400_000)})).json()
    assert [further[name] for name in names] == [rfc_3339(days_ms), rfc_3339(days_ms - 86_400_000), None]


async def test_a_history_for_a_chart_has_at_most_as_many_points_as_it_has_pixels(shared_client: httpx.AsyncClient):
    series = {"sensor": "river", "quantity": "water_level", "start": str(now_ms() - 86_400_000)}
    whole = (await shared_client.get("/api/v1/readings", params=series)).json()["points"]
    for points in (2, 50, 4_000):
        chart = (await shared_client.get("/api/v1/readings", params={**series, "points": points})).json()
        assert 1 <= len(chart["buckets"]) <= points
        assert sum(bucket["count"] + bucket["doubted"] for bucket in chart["buckets"]) == len(whole)
        known = [bucket for bucket in chart["buckets"] if bucket["count"]]
        assert all(bucket["min"] <= bucket["mean"] <= bucket["max"] for bucket in known)
        assert chart["buckets"][-1]["last_time"] == whole[-1]["time"]
        assert parse_step(chart["every"]) * points >= 86_400_000


@pytest.mark.parametrize("more", [{"points": "1"}, {"points": "4001"}, {"points": "9", "every": "1h"}])
async def test_points_that_no_chart_has_are_refused(shared_client: httpx.AsyncClient, more: dict[str, str]):
    answer = await shared_client.get("/api/v1/readings", params={"sensor": "river", "quantity": "water_level", **more})
    assert answer.status_code == 422
    assert "points" in answer.json()["detail"]


async def test_dead_letters_come_in_pages_with_their_raw_form(shared_client: httpx.AsyncClient):
    page = (await shared_client.get("/api/v1/dead-letters", params={"limit": 1})).json()
    assert (page["open"], len(page["letters"])) == (2, 1)
    noise = page["letters"][0]
    assert (noise["encoding"], base64.b64decode(noise["raw"])) == ("base64", b"\x00\xff\xfe")
    assert RFC_3339.fullmatch(noise["time"])
    rest = (await shared_client.get("/api/v1/dead-letters", params={"before_id": page["next_before_id"]})).json()
    assert rest["next_before_id"] is None
    stranger = rest["letters"][0]
    assert stranger["reason"] == "unknown_sensor"
    assert "air-pier" in stranger["sentence"]
    assert [reading.value for reading in decode_batch(base64.b64decode(stranger["raw"])).readings()] == [9.0]


async def test_readable_dead_letters_are_shown_as_text(client: httpx.AsyncClient, city: Morotai):
    await city.deliver("gw-east", b'{"v":1, "stream": broken')
    letter = (await client.get("/api/v1/dead-letters")).json()["letters"][0]
    assert (letter["encoding"], letter["raw"]) == ("text", '{"v":1, "stream": broken')


async def test_a_replay_says_what_became_of_it(client: httpx.AsyncClient):
    stranger = (await client.get("/api/v1/dead-letters")).json()["letters"][1]
    outcome = await client.post(f"/api/v1/dead-letters/{stranger['id']}/replay")
    assert outcome.status_code == 200
    assert (outcome.json()["stored"], outcome.json()["refused"]) == (0, 1)
    assert "air-pier" in outcome.json()["sentence"]


async def test_metrics_are_in_the_form_that_prometheus_reads(shared_client: httpx.AsyncClient):
    answer = await shared_client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'siaga_readings_stored_total{domain="flood"} 3600.0' in answer.text
    assert 'siaga_readings_declared_lost{gateway="gw-east"} 240.0' in answer.text
    open_metrics = await shared_client.get("/metrics", headers={"accept": "application/openmetrics-text"})
    assert open_metrics.text.endswith("# EOF\n")


async def test_openapi_lists_every_route_with_its_answer_and_its_problem(openapi: dict[str, Any]):
    schema = openapi
    routes = {(method.upper(), nameless(path)) for path, methods in schema["paths"].items() for method in methods}
    pages = ("/login", "/password", "/totp", "/console", "/docs", "/openapi.json")
    assert routes == {
        (method, nameless(path)) for method, path in PERMISSIONS if path != "/" and not path.startswith(pages)
    }
    for path, methods in schema["paths"].items():
        for operation in methods.values():
            assert "application/problem+json" in operation["responses"]["default"]["content"], path
            assert "422" not in operation["responses"], "problems are documented once, as the default"
    assert "HTTPValidationError" not in schema["components"]["schemas"]
    latest = schema["components"]["schemas"]["LatestReading"]
    assert set(latest["required"]) == set(latest["properties"])


async def test_letters_are_tried_again_and_thrown_away_in_bulk_with_a_word(client: httpx.AsyncClient, city: Morotai):
    where = "/api/v1/dead-letters"
    await city.send("gw-daruba", [Reading("air-jetty", "pm2_5", now_ms(), 1.0)])
    await city.send("gw-daruba", [Reading("air-jetty", "pm2_5", now_ms() + 1, 2.0)])
    chosen = {"gateway": "gw-daruba", "reason": "unknown_sensor"}
    found = (await client.get(where, params=chosen)).json()
    ids = [letter["id"] for letter in found["letters"]]
    assert len(ids) == 2
    again = await client.post(f"{where}/replay", json=chosen | {"word": "mended", "limit": 1})
    assert again.json() == {"letters": 1, "stored": 0, "refused": 1, "next_after_id": min(ids)}
    rest = await client.post(f"{where}/replay", json=chosen | {"word": "mended", "after_id": min(ids)})
    assert rest.json() == {"letters": 1, "stored": 0, "refused": 1, "next_after_id": None}
    assert (await client.delete(f"{where}/{ids[0]}", params={"word": "a test"})).json()["letters"] == 1
    assert (await client.delete(f"{where}/{ids[0]}", params={"word": "a test"})).status_code == 404
    thrown = await client.delete(where, params=chosen | {"word": "a test"})
    assert thrown.json() == {"letters": 1, "left": False}
    journal = (await client.get("/api/v1/journal")).json()
    told = [(line["action"], line["subject"], line["word"]) for line in journal["entries"]]
    assert ("discard", "dead-letters:gw-daruba:unknown_sensor", "a test") in told
    assert ("discard", f"dead-letter:{ids[0]}", "a test") in told
    assert told.count(("replay-letters", "dead-letters:gw-daruba:unknown_sensor", "mended")) == 2


@pytest.mark.parametrize("word", ["", "  ", "why\r\nBcc: x", "x" * 501])
async def test_nobody_throws_letters_away_without_a_printable_word_or_all_of_them_at_once(
    shared_client: httpx.AsyncClient, word: str
):
    where = "/api/v1/dead-letters"
    for path in (f"{where}/1", f"{where}?gateway=gw-daruba"):
        assert (await shared_client.delete(path, params={"word": word})).status_code in (404, 422)
    assert (await shared_client.delete(where, params={"word": "a test"})).status_code == 422
    assert (await shared_client.delete(where, params={"gateway": "gw-daruba", "word": word})).status_code == 422


async def test_every_route_is_in_the_documentation(openapi: dict[str, Any]):
    documentation = (Path(__file__).parents[4] / "docs" / "api.md").read_text(encoding="utf-8")
    for path in openapi["paths"]:
        assert re.sub(r"{\w+_id}", "{id}", path) + "`" in documentation


async def test_the_documentation_is_served_whole_from_here(shared_client: httpx.AsyncClient):
    page = await shared_client.get("/docs")
    assert page.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert addresses
    for address in addresses:
        assert address.startswith("/docs/"), f"{address} is not on this server"
        assert (await shared_client.get(address)).status_code == 200
    assert '"validatorUrl": null' in page.text


async def test_a_page_of_whole_batches_shows_how_each_begins_and_one_alone_is_shown_whole(tmp_path: Path):
    async with Morotai(tmp_path) as city, api_of(city) as client:
        long = ("{" + "°" * 100_000).encode()
        for number in range(5):
            await city.deliver("gw-east", long + str(number).encode())
        await city.deliver("gw-east", b"\xff" * 200_000)
        page = await client.get("/api/v1/dead-letters?limit=100")
        assert len(page.content) < 60_000
        noise, *letters = page.json()["letters"]
        assert (noise["encoding"], noise["raw_bytes"], len(noise["raw"])) == ("base64", 200_000, 5_464)
        for letter in letters:
            assert (letter["encoding"], letter["raw_bytes"]) == ("text", len(long) + 1)
            assert set(letter["raw"]) == {"{", "°"}
        whole = (await client.get(f"/api/v1/dead-letters/{letters[0]['id']}")).json()
        assert whole["raw"].encode() == long + b"4"
        assert (await client.get("/api/v1/dead-letters/99")).status_code == 404
