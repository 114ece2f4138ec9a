"""Values that no database can hold, from whoever sends them: refused as theirs, and the database is well."""

import json
from pathlib import Path
from typing import Any

from cloud.database.engine import DataRejected
from tests.registries import each_registry
from tests.unit.cloud.access.house import PASSWORD
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai

UNTIL = "2099-11-24T00:00:00Z"
HUGE = 2**70
QUESTIONS = [
    "/api/v1/alarms?sensor={}", "/api/v1/alarms?site={}", "/api/v1/alarms?family={}", "/api/v1/alarms?text={}",
    "/api/v1/journal?subject={}", "/api/v1/dead-letters?gateway={}", "/api/v1/dead-letters?reason={}",
    "/api/v1/readings?sensor={}&quantity=water_level", "/api/v1/rules/{}", "/api/v1/rules/a/{}/versions",
    "/api/v1/facts?subject={}", "/api/v1/indices?site={}", "/api/v1/duty?start={}",
]  # fmt: skip
CHANGES = [
    ("POST", "/api/v1/session", {"name": "{}", "password": "{}"}),
    ("POST", "/api/v1/users", {"name": "{}", "password": PASSWORD, "role": "viewer"}),
    ("POST", "/api/v1/users", {"name": "budi", "password": PASSWORD, "role": "viewer", "full_name": "a{}"}),
    ("POST", "/api/v1/users", {"name": "budi", "password": "a long password {}", "role": "viewer", "sites": ["{}"]}),
    ("POST", "/api/v1/tokens", {"name": "a{}", "role": "viewer"}),
    ("POST", "/api/v1/duty", {"person": "a{}", "start": UNTIL, "end": UNTIL}),
    ("POST", "/api/v1/duty", {"person": "ani", "rank": HUGE, "start": UNTIL, "end": UNTIL}),
    ("POST", "/api/v1/handover", {"text": "a{}"}),
    ("POST", "/api/v1/maintenance", {"site": "daruba", "until": UNTIL, "reason": "a{}"}),
    ("POST", "/api/v1/facts",
     {"subject": "sensor:river", "what": "mounting_height_cm", "value": 400, "reason": "a{}"}),
    ("POST", "/api/v1/facts",
     {"subject": "sensor:river", "what": "mounting_height_cm", "value": HUGE, "reason": "a"}),
    ("PUT", "/api/v1/rules/a/all", {"fields": {"title": "a{}"}, "reason": "a"}),
    ("PUT", "/api/v1/rules/a/all", {"fields": {"title": "a"}, "reason": "a{}"}),
    ("POST", "/api/v1/alarms/1/acknowledge", {"word": "a{}"}),
    ("DELETE", f"/api/v1/tokens/{HUGE}", None), ("GET", f"/api/v1/alarms?before_id={HUGE}", None),
    ("GET", f"/api/v1/readings?sensor=river&quantity=water_level&start={HUGE}", None),
]  # fmt: skip


@each_registry
async def test_no_value_of_a_request_is_an_outage(tmp_path: Path):
    async with Morotai(tmp_path) as city, api_of(city) as client:
        for bad in ("%00", "a%00b", "%ed%a0%80", "%0d%0aBcc:"):
            for question in QUESTIONS:
                answer = await client.get(question.format(bad))
                assert answer.status_code < 500, (question, answer.text)
        for bad in ("\\u0000", "\\ud800", "\\r\\nBcc: x", "\\u202e"):
            for method, path, body in CHANGES:
                content = None if body is None else json.dumps(body).replace("{}", bad)
                answer = await client.request(method, path, content=content)
                assert 200 <= answer.status_code < 500, (method, path, content, answer.text)
                if content is not None and bad in content:
                    assert answer.status_code in {401, 404, 422, 429}, (path, content, answer.text)
        assert city.database.problem == ""
        form = await client.post("/login", content=b"name=a%00b&password=%00", headers={"Authorization": ""})
        assert form.status_code in {401, 429}
        assert city.database.problem == ""


async def test_what_the_database_refuses_is_answered_as_the_asker_s_mistake(tmp_path: Path):
    async with Morotai(tmp_path) as city, api_of(city) as client:

        async def refuse(wanted: object) -> Any:
            raise DataRejected("a value cannot be kept: it has a NUL; write another")

        city.platform.alarm_service.page = refuse
        answer = await client.get("/api/v1/alarms")
        assert (answer.status_code, answer.json()["type"]) == (422, "urn:siaga:problem:bad-parameter")
        assert (await client.get("/api/v1/health")).status_code == 200
