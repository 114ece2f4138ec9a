"""Every kind of answer of the API, byte by byte, in a city whose clock stands still: tests/golden/api_v1.txt.

What clients get is a contract: names, order, times to the millisecond, numbers as they are written. After a change that
is meant, run this file with SIAGA_WRITE_GOLDEN=1, and read the difference before it is committed.
"""

import itertools
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import httpx
import pytest
from pydantic import AwareDatetime, TypeAdapter

from cloud.access.principal import Role
from cloud.api.schemas.base import AnswerModel, Time
from cloud.api.schemas.dead_letters import DiscardedAnswer
from cloud.api.schemas.notifications import ChannelAnswer
from cloud.core.times import rfc_3339
from cloud.database.audit_log import Actor
from cloud.derived.service import Derivations
from cloud.ingest.dead_letter_records import Discarded
from cloud.notify.channel_state import ChannelState
from cloud.notify.settings import NotifySettings
from cloud.registry.records import Sensor
from tests.unit.cloud.access.house import BOSS, PASSWORD
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import SENSORS, Morotai
from tests.unit.cloud.notify.scene import PEOPLE, hook
from wire import Clock, Reading, SourceState, SourceStatus, SpoolState, Status
from wire.batch import Lost

GOLDEN = Path(__file__).parents[3] / "golden" / "api_v1.txt"
NOW_MS = 1_795_489_800_123  # 2026-11-24T03:10:00.123Z
HOUR_MS = 3_600 * 1_000
NUMBERS = (130.0, 0.1, 1e-7, -0.0, 132.45678901234, 149.0, 262.0, 120.0, 261.5)
RIVER: dict[str, Any] = {
    "quantity": "water_level", "kind": "above", "title": "River is high", "title_id": "Sungai tinggi",
    "levels": [
        {"name": "Siaga 3", "severity": "moderate", "limit": 150.0},
        {"name": "Siaga 2", "severity": "severe", "limit": 250.0, "colour": "#ff8800"},
    ],
    "hysteresis": 10.0, "reject": [],
}  # fmt: skip
RULE = "/api/v1/rules/river-level/all"
TEN_MINUTES = "start=1795489200000&end=1795489900000"
WHILE = {"start": "2026-11-24T03:00:00Z", "end": "2026-11-24T03:11:00Z"}
HEIGHT = {"subject": "sensor:river", "what": "mounting_height_cm", "value": 420, "reason": "surveyed", "source": "s7"}
CITYS = {"uplink": {"batch_s": 60}, "outputs": {"siren": {"from_severity": "severe"}}}
DUTY = {"person": "ani", "rank": 2, "start": "2026-11-24T19:00:00+09:00", "end": "1795525800001"}
GAUGE = {
    "key": "a-key-of-its-own", "sensor": "river", "quantity": "water_level", "time": "2026-11-24T03:08:00Z",
    "value": 262.5, "sure": True,
}  # fmt: skip
ASKED: tuple[tuple[str, str, dict[str, Any] | None], ...] = (
    ("GET", "/api/v1/health", None),
    ("GET", "/api/v1/sites", None),
    ("GET", "/api/v1/sensors", None),
    ("GET", "/api/v1/gateways", None),
    ("GET", "/api/v1/gateways?state=never_seen&after_id=gw-daruba&limit=1", None),
    ("GET", "/api/v1/gateways/gw-daruba", None),
    ("PUT", "/api/v1/gateways/gw-daruba/config", {"settings": CITYS, "word": "a metered link"}),
    ("GET", "/api/v1/gateways/gw-daruba/config", None),
    ("GET", "/api/v1/gateways/gw-east/config", None),
    ("POST", "/api/v1/gateways/gw-daruba/commands", {"command": "ping", "wait_s": 0}),
    ("GET", "/api/v1/gateways/gw-daruba/commands", None),
    ("POST", "/api/v1/gateways/gw-east/commands", {"command": "ping"}),
    ("GET", "/api/v1/readings/latest", None),
    ("GET", "/api/v1/readings?sensor=river&quantity=water_level&start=1795489700000&end=2026-11-24T03:11:00.5Z", None),
    ("GET", f"/api/v1/readings?sensor=river&quantity=water_level&every=10m&agg=max&{TEN_MINUTES}", None),
    ("GET", "/api/v1/indices", None),
    ("GET", "/api/v1/index-tables", None),
    ("GET", "/api/v1/dead-letters?limit=2", None),
    ("GET", "/api/v1/dead-letters/1", None),
    ("POST", "/api/v1/dead-letters/1/replay", None),
    ("POST", "/api/v1/dead-letters/replay", {"gateway": "gw-daruba", "word": "added"}),
    ("DELETE", "/api/v1/dead-letters/1?word=old", None),
    ("DELETE", "/api/v1/dead-letters?gateway=gw-east&word=old", None),
    ("GET", "/api/v1/dead-letters", None),
    ("GET", "/api/v1/rules", None),
    ("PUT", RULE, {"fields": RIVER | {"for_s": 60}, "reason": "later", "valid_from": "2026-12-01T00:00:00+09:00"}),
    ("GET", "/api/v1/rules/river-level", None),
    ("GET", "/api/v1/rules/resolved?sensor=river", None),
    ("POST", f"{RULE}/undo", {"reason": "no"}),
    ("POST", "/api/v1/rules/preview", {"family": "river-level", "fields": None, "sensor": "river", **WHILE}),
    ("POST", "/api/v1/rules/preview",
     {"family": "river-level", "fields": RIVER | {"hysteresis": 1.0}, "sensor": "river", **WHILE}),
    ("DELETE", f"{RULE}?reason=gone", None),
    ("GET", f"{RULE}/versions", None),
    ("GET", "/api/v1/alarms", None),
    ("GET", "/api/v1/alarms/1", None),
    ("GET", "/api/v1/alarms/2", None),
    ("POST", "/api/v1/alarms/2/acknowledge", {"word": "the pump runs"}),
    ("POST", "/api/v1/alarms/2/assign", {"person": "budi"}),
    ("POST", "/api/v1/alarms/2/shelve", {"until": "2026-11-24T13:10:00.5+09:00", "word": "cleaning"}),
    ("GET", "/api/v1/alarms/2/journal?limit=2", None),
    ("GET", "/api/v1/journal?limit=4", None),
    ("POST", "/api/v1/maintenance", {"site": "daruba", "until": "2026-11-24T06:00:00+00:00", "reason": "cleaning"}),
    ("POST", "/api/v1/maintenance",
     {"sensor": "air", "start": "2026-11-24T05:00:00Z", "until": "2026-11-24T06:00:00Z", "reason": "cleaning"}),
    ("GET", "/api/v1/maintenance", None),
    ("DELETE", "/api/v1/maintenance/1", None),
    ("POST", "/api/v1/facts", HEIGHT),
    ("POST", "/api/v1/facts/18/correct", {"value": 425.5, "reason": "read off wrongly"}),
    ("POST", "/api/v1/facts", HEIGHT | {"valid_from": "2026-11-20T00:00:00Z"}),
    ("POST", "/api/v1/facts/20/undo", {"reason": "no"}),
    ("GET", "/api/v1/facts?subject=sensor:river", None),
    ("POST", "/api/v1/sites/daruba/notes", {"text": "the key is with Siti"}),
    ("GET", "/api/v1/sites/daruba/notes", None),
    ("DELETE", "/api/v1/sites/daruba/notes/1?reason=old", None),
    ("GET", "/api/v1/sites/daruba/notes?removed=true", None),
    ("POST", "/api/v1/sites/daruba/notes/1/restore", {}),
    ("DELETE", "/api/v1/sites/pier/notes/1", None),
    ("GET", "/api/v1/sites/daruba/photos", None),
    ("GET", "/api/v1/sites/daruba/photos/1/image", None),
    ("GET", "/api/v1/channels", None),
    ("POST", "/api/v1/channels/test-alarm", None),
    ("POST", "/api/v1/duty", DUTY),
    ("GET", "/api/v1/duty", None),
    ("DELETE", "/api/v1/duty/1", None),
    ("POST", "/api/v1/handover", {"text": "The pump leaks.\nThe technician comes at nine."}),
    ("POST", "/api/v1/handover/1/read", None),
    ("GET", "/api/v1/handover", None),
    ("POST", "/api/v1/users",
     {"name": "Budi", "password": PASSWORD, "role": "viewer", "sites": ["sangowo", "daruba"], "full_name": "Budi T."}),
    ("PATCH", "/api/v1/users/budi", {"role": "technician", "disabled": True}),
    ("GET", "/api/v1/users", None),
    ("POST", "/api/v1/tokens", {"name": "grafana", "role": "viewer", "days": 2, "sites": ["daruba"]}),
    ("DELETE", "/api/v1/tokens/2", None),
    ("GET", "/api/v1/tokens", None),
    ("GET", "/api/v1/session", None),
    ("POST", "/api/v1/session", {"name": "ani", "password": PASSWORD}),
    ("GET", "/api/v1/session", None),
    ("POST", "/api/v1/readings/manual",
     {"now": "2026-11-24T03:10:00.123Z", "readings": [GAUGE, GAUGE | {"key": "another-key", "value": 1e6}]}),
    ("GET", "/api/v1/readings/manual?sensor=river", None),
    ("GET", "/api/v1/readings?sensor=rivr&quantity=water_level", None),
    ("PUT", RULE, {"fields": RIVER | {"levels": []}, "reason": "none"}),
)  # fmt: skip


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock stand, and count what is random."""
    numbers = itertools.count(1)
    monkeypatch.setattr(time, "time_ns", lambda: NOW_MS * 1_000_000)
    monkeypatch.setattr(secrets, "token_urlsafe", lambda _bytes=None: f"random-{next(numbers)}")
    monkeypatch.setattr(secrets, "token_hex", lambda _bytes=None: "9c41d07ab4e81500")


async def test_every_answer_is_what_it_always_was(still: None, tmp_path: Path):
    notify = NotifySettings.model_validate(
        {"people": PEOPLE, "channels": [hook(tmp_path)], "steps": [{"channels": ["hook"]}], "morning_test": "07:00"}
    )
    sensors = (*SENSORS, Sensor("rain", "Rain", "daruba", "gw-daruba", ("rainfall",), interval_s=600))
    async with Morotai(tmp_path, sensors=sensors, notify=notify) as city, api_of(city) as client:
        await happen(city)
        found = "".join([await answer(client, *asked) for asked in ASKED])
    if os.environ.get("SIAGA_WRITE_GOLDEN"):
        GOLDEN.write_text(found, encoding="utf-8")
    assert found == GOLDEN.read_text(encoding="utf-8")


async def answer(client: httpx.AsyncClient, method: str, path: str, body: dict[str, Any] | None) -> str:
    found = await client.request(method, path, json=body)
    return f"{method} {path}\n{found.status_code} {found.headers.get('content-type')}\n{found.text}\n\n"


async def happen(city: Morotai) -> None:
    """An alarm, a day of air and rain, a status, a loss, and what cannot be stored."""
    await city.access.users.add("ani", PASSWORD, Role.OPERATOR, actor=BOSS, full_name="Ani Tjan")
    await city.rule_store.save("river-level", "all", RIVER, actor=Actor("ani", "10.0.0.7"), reason="test")
    for number, value in enumerate(NUMBERS):
        clock = Clock.ESTIMATED if number == 1 else Clock.SYNCED
        at_ms = NOW_MS + 5 + 1_001 * number
        await city.send("gw-daruba", [Reading("river", "water_level", at_ms, value, clock)])
    ticks = range(NOW_MS // HOUR_MS * HOUR_MS - 25 * HOUR_MS, NOW_MS // HOUR_MS * HOUR_MS, 60_000)
    await city.send("gw-daruba", [Reading("air", "pm2_5", time_ms, 55.4) for time_ms in ticks])
    await city.send("gw-daruba", [Reading("rain", "rainfall", time_ms, 1.0) for time_ms in ticks[::10]])
    derivations = Derivations(city.registry, city.store, city.newest)
    derivations.look_back(NOW_MS)
    await derivations.compute(NOW_MS)
    lost = [Lost("1111111111111111", 1, 240, "spool full")]
    await city.send("gw-east", [Reading("air-pier", "pm2_5", NOW_MS, 9.0)], lost=lost)
    await city.deliver("gw-east", b"\x00\xff\xfe")
    await city.deliver("gw-daruba", "bukan batch, sungguh: é".encode())
    city.say(
        Status(
            v=1, online=True, gateway="gw-daruba", version="0.1.0", boot="b1", stream="9f3c21d07ab4e815",
            time_ms=NOW_MS - 3_000, clock=Clock.SYNCED, spool=SpoolState(depth=12, oldest_ms=NOW_MS - 90_050),
            sources=(
                SourceState("river", SourceStatus.OK, "all well", 88_020, 137, heard_bytes=1_204_331, frames=88_102,
                            refused=12, last_ms=NOW_MS - 7),
                SourceState(name="old", state=SourceStatus.OK, readings=3_600),
            ),
            notes=("the clock is not confirmed",),
        )
    )  # fmt: skip


def _answers(model: type[AnswerModel]) -> Iterator[type[AnswerModel]]:
    """All below a model."""
    for below in model.__subclasses__():
        yield below
        yield from _answers(below)


def test_every_time_in_an_answer_is_a_date_time_in_openapi(openapi: dict[str, Any]):
    schemas = openapi["components"]["schemas"]
    times = {
        (model.__name__, name)
        for model in _answers(AnswerModel)
        if model.__name__ in schemas or not model.__subclasses__()  # else it is what others share
        for name, field in model.model_fields.items()
        if field.annotation is AwareDatetime or Time in get_args(field.annotation)
    }
    assert ("HistoryPoint", "time") in times
    assert ("AlarmAnswer", "closed") in times
    assert ("HistoryAnswer", "start") in times
    for model, name in times:
        field = schemas[model]["properties"][name]
        forms = [form.get("format") for form in field.get("anyOf", [field]) if form.get("type") != "null"]
        assert forms == ["date-time"], f"{model}.{name}"


@pytest.mark.parametrize(
    ("time_ms", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_795_489_800_001, "2026-11-24T03:10:00.001Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_a_time_is_written_to_the_millisecond_as_everywhere_else(time_ms: int, text: str):
    assert TypeAdapter(Time).dump_json(TypeAdapter(Time).validate_python(time_ms)) == f'"{text}"'.encode()
    assert rfc_3339(time_ms) == text


def test_what_no_story_above_brings_about_is_written_alike():
    discarded = Discarded("gw-east", "unknown_sensor", 240, 3, first_ms=NOW_MS, last_ms=NOW_MS + 1_000)
    assert DiscardedAnswer.of(discarded).model_dump_json() == (
        '{"gateway":"gw-east","reason":"unknown_sensor","readings":240,'
        '"first":"2026-11-24T03:10:00.123Z","last":"2026-11-24T03:10:01.123Z"}'
    )
    state = ChannelState(
        "hook", waiting=2, oldest_ms=NOW_MS, sent_ms=NOW_MS + 1, failed_ms=NOW_MS + 2, self_tested_ms=NOW_MS + 3,
        answered_ms=NOW_MS + 4,
    )  # fmt: skip
    found = ChannelAnswer.of(state, kind="webhook", use="in use", owner="registry", status="ok", detail="")
    assert found.model_dump_json() == (
        '{"name":"hook","kind":"webhook","use":"in use","owner":"registry","status":"ok","detail":"","waiting":2,'
        '"waiting_since":"2026-11-24T03:10:00.123Z","last_success":"2026-11-24T03:10:00.124Z",'
        '"last_failure":"2026-11-24T03:10:00.125Z","last_proven":"2026-11-24T03:10:00.126Z",'
        '"last_answer":"2026-11-24T03:10:00.127Z"}'
    )
