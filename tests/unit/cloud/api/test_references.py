"""The walk over references: whatever a path, a query or a body can name, for somebody who may see one site.

Every field of every body stands in REFERENCES or in NAMES_NOTHING, so a new route cannot come without a decision.
What stands at another site is, to the last letter of the answer, as what does not exist anywhere.
"""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from cloud.access.principal import Role
from cloud.database.audit_log import Actor
from tests.unit.cloud.access.house import BOSS, PASSWORD
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from wire import Reading

pytestmark = pytest.mark.asyncio(loop_scope="module")
OWN_SITE, OWN_SENSOR, OWN_GATEWAY = "sangowo", "air-east", "gw-east"
UNTIL = "2099-11-24T00:00:00Z"
FOREIGN = {"site": "daruba", "sensor": "river", "gateway": "gw-daruba"}
NOWHERE = {"site": "darubb", "sensor": "rivet", "gateway": "gw-darubb"}
"""So near that a suggestion would name the foreign one."""
ALSO = {"sensor": "{sensor}", "quantity": "water_level", "kind": "above", "limit": 100.0}
RULE = {
    "quantity": "pm2_5",
    "kind": "above",
    "title": "Dust",
    "levels": [{"name": "a", "severity": "minor", "limit": 50}],
}
NEW_RULE = {"fields": RULE, "reason": "a try"}
NEW_USER = {"name": "budi", "password": PASSWORD, "role": "viewer"}
PUT_RULE = "/api/v1/rules/{family}/{scope}"
REPLACEMENTS, MOVES = "/api/v1/sensors/{sensor_id}/replacements", "/api/v1/sensors/{sensor_id}/moves"

EXPORT = "/api/v1/readings/export?format=csv&start=2026-11-24T00:00:00Z&end=2026-11-24T01:00:00Z"
NEW_SENSOR = {"id": "new", "name": "New", "site": OWN_SITE, "gateway": OWN_GATEWAY, "quantities": ["water_level"]}
SITE_KEYS = {
    "id", "name", "place", "latitude", "longitude", "zone", "capacity", "area_m2", "closes", "polygon", "contacts",
    "reason",
}  # fmt: skip
SENSOR_KEYS = {
    "id", "name", "quantities", "interval_s", "mounting_height_cm", "calibration", "groups", "stamped", "valid_from",
    "reason",
}  # fmt: skip

Case = tuple[str, str, str, str, dict[str, Any]]
"""Method, route, the field that refers, and the path and the body that are sent, to be filled in."""
REFERENCES: list[Case] = [
    ("put", PUT_RULE, "scope", "/api/v1/rules/dust/sensor:{sensor}", NEW_RULE),
    ("put", PUT_RULE, "scope", "/api/v1/rules/dust/site:{site}", NEW_RULE),
    ("put", PUT_RULE, "fields", f"/api/v1/rules/dust/site:{OWN_SITE}",
     {"fields": RULE | {"also": ALSO}, "reason": "a"}),
    ("delete", PUT_RULE, "scope", "/api/v1/rules/dust/sensor:{sensor}?reason=a", {}),
    ("post", f"{PUT_RULE}/undo", "scope", "/api/v1/rules/dust/sensor:{sensor}/undo", {"reason": "a"}),
    ("get", f"{PUT_RULE}/versions", "scope", "/api/v1/rules/dust/site:{site}/versions", {}),
    ("get", "/api/v1/rules/resolved", "sensor", "/api/v1/rules/resolved?sensor={sensor}", {}),
    ("post", "/api/v1/rules/preview", "sensor", "/api/v1/rules/preview",
     {"family": "dust", "scope": "all", "fields": RULE, "sensor": "{sensor}"}),
    ("post", "/api/v1/rules/preview", "scope", "/api/v1/rules/preview",
     {"family": "dust", "scope": "sensor:{sensor}", "fields": RULE, "sensor": OWN_SENSOR}),
    ("post", "/api/v1/rules/preview", "fields", "/api/v1/rules/preview",
     {"family": "dust", "scope": "all", "fields": RULE | {"also": ALSO}, "sensor": OWN_SENSOR}),
    ("post", "/api/v1/maintenance", "site", "/api/v1/maintenance", {"site": "{site}", "until": UNTIL, "reason": "a"}),
    ("post", "/api/v1/maintenance", "sensor", "/api/v1/maintenance",
     {"sensor": "{sensor}", "until": UNTIL, "reason": "a"}),
    ("post", "/api/v1/maintenance", "sensor", "/api/v1/maintenance",
     {"site": OWN_SITE, "sensor": "{sensor}", "until": UNTIL, "reason": "a"}),
    ("post", "/api/v1/users", "sites", "/api/v1/users", NEW_USER | {"sites": ["{site}"]}),
    ("patch", "/api/v1/users/{name}", "sites", "/api/v1/users/siti", {"sites": ["{site}"]}),
    ("post", "/api/v1/tokens", "sites", "/api/v1/tokens", {"name": "t", "role": "viewer", "sites": ["{site}"]}),
    ("post", "/api/v1/facts", "subject", "/api/v1/facts",
     {"subject": "sensor:{sensor}", "what": "mounting_height_cm", "value": 400, "reason": "a"}),
    ("post", "/api/v1/facts", "subject", "/api/v1/facts",
     {"subject": "gateway:{gateway}", "what": "site", "value": OWN_SITE, "reason": "a"}),
    ("post", "/api/v1/facts", "value", "/api/v1/facts",
     {"subject": f"sensor:{OWN_SENSOR}", "what": "site", "value": "{site}", "reason": "a"}),
    ("post", "/api/v1/facts", "value", "/api/v1/facts",
     {"subject": f"sensor:{OWN_SENSOR}", "what": "gateway", "value": "{gateway}", "reason": "a"}),
    ("post", "/api/v1/dead-letters/replay", "gateway", "/api/v1/dead-letters/replay",
     {"gateway": "{gateway}", "word": "a"}),
    ("delete", "/api/v1/dead-letters", "gateway", "/api/v1/dead-letters?gateway={gateway}&word=a", {}),
    ("get", "/api/v1/dead-letters", "gateway", "/api/v1/dead-letters?gateway={gateway}", {}),
    ("get", "/api/v1/readings", "sensor", "/api/v1/readings?sensor={sensor}&quantity=water_level", {}),
    ("get", "/api/v1/readings/manual", "sensor", "/api/v1/readings/manual?sensor={sensor}", {}),
    ("get", "/api/v1/readings/export", "sensor", f"{EXPORT}&sensor={{sensor}}", {}),
    ("get", "/api/v1/readings/export", "site", f"{EXPORT}&site={{site}}", {}),
    ("get", "/api/v1/readings/latest", "site", "/api/v1/readings/latest?site={site}", {}),
    ("get", "/api/v1/indices", "site", "/api/v1/indices?site={site}", {}),
    ("get", "/api/v1/alarms", "site", "/api/v1/alarms?site={site}", {}),
    ("get", "/api/v1/alarms", "sensor", "/api/v1/alarms?sensor={sensor}", {}),
    ("get", "/api/v1/gateways", "site", "/api/v1/gateways?site={site}", {}),
    ("put", "/api/v1/gateways/{gateway_id}/config", "settings", "/api/v1/gateways/{gateway}/config",
     {"settings": {}, "word": "a"}),
    ("post", "/api/v1/gateways/{gateway_id}/commands", "command", "/api/v1/gateways/{gateway}/commands",
     {"command": "ping"}),
    ("post", "/api/v1/gateways/{gateway_id}/enrolment", "password", "/api/v1/gateways/{gateway}/enrolment",
     {"password": "x"}),
    ("post", "/api/v1/fleet/rollouts", "gateways", "/api/v1/fleet/rollouts",
     {"version": "1.2.0", "gateways": ["{gateway}"]}),
    ("get", "/api/v1/facts", "subject", "/api/v1/facts?subject=sensor:{sensor}", {}),
    ("post", REPLACEMENTS, "device", "/api/v1/sensors/{sensor}/replacements",
     {"device": {"serial": "B-03"}, "reason": "a"}),
    ("post", MOVES, "site", f"/api/v1/sensors/{OWN_SENSOR}/moves", {"site": "{site}", "reason": "a"}),
    ("post", MOVES, "gateway", f"/api/v1/sensors/{OWN_SENSOR}/moves", {"gateway": "{gateway}", "reason": "a"}),
    ("post", MOVES, "site", "/api/v1/sensors/{sensor}/moves", {"site": OWN_SITE, "reason": "a"}),
    ("post", "/api/v1/gateways", "site", "/api/v1/gateways", {"id": "new", "name": "New", "site": "{site}"}),
    ("post", "/api/v1/sensors", "site", "/api/v1/sensors", NEW_SENSOR | {"site": "{site}"}),
    ("post", "/api/v1/sensors", "gateway", "/api/v1/sensors", NEW_SENSOR | {"gateway": "{gateway}"}),
    ("post", "/api/v1/sensors", "twin", "/api/v1/sensors", NEW_SENSOR | {"twin": "{sensor}"}),
    ("post", "/api/v1/sensors", "next_downstream", "/api/v1/sensors", NEW_SENSOR | {"next_downstream": "{sensor}"}),
    ("patch", "/api/v1/sites/{site_id}", "name", "/api/v1/sites/{site}", {"name": "Mine"}),
    ("patch", "/api/v1/gateways/{gateway_id}", "name", "/api/v1/gateways/{gateway}", {"name": "Mine"}),
    ("patch", "/api/v1/gateways/{gateway_id}", "site", f"/api/v1/gateways/{OWN_GATEWAY}", {"site": "{site}"}),
    ("patch", "/api/v1/sensors/{sensor_id}", "name", "/api/v1/sensors/{sensor}", {"name": "Mine"}),
    ("patch", "/api/v1/sensors/{sensor_id}", "site", f"/api/v1/sensors/{OWN_SENSOR}", {"site": "{site}"}),
    ("patch", "/api/v1/sensors/{sensor_id}", "gateway", f"/api/v1/sensors/{OWN_SENSOR}", {"gateway": "{gateway}"}),
    ("patch", "/api/v1/sensors/{sensor_id}", "twin", f"/api/v1/sensors/{OWN_SENSOR}", {"twin": "{sensor}"}),
    ("patch", "/api/v1/sensors/{sensor_id}", "next_downstream", f"/api/v1/sensors/{OWN_SENSOR}",
     {"next_downstream": "{sensor}"}),
    ("post", "/api/v1/sites/{site_id}/notes", "text", "/api/v1/sites/{site}/notes", {"text": "a"}),
    *(("post", f"/api/v1/sites/{{site_id}}/{kind}/{{number}}/restore", "reason",
       f"/api/v1/sites/{{site}}/{kind}/1/restore", {"reason": "a"}) for kind in ("notes", "photos")),
    *(("post", f"/api/v1/{kind}/{{record_id}}/restore", "reason", f"/api/v1/{kind}/{{{kind[:-1]}}}/restore",
       {"reason": "a"}) for kind in ("sites", "gateways", "sensors")),
]  # fmt: skip
WITHOUT_A_BODY = [
    *(
        (method, f"/api/v1/sites/{{site}}/{path}")
        for method, path in (
            ("get", "notes"),
            ("delete", "notes/1"),
            ("get", "photos"),
            ("delete", "photos/1"),
            ("get", "photos/1/image"),
            ("post", "photos"),
        )
    ),
    *(("delete", f"/api/v1/{kind}/{{{kind[:-1]}}}") for kind in ("sites", "gateways", "sensors")),
    *(("get", f"/api/v1/registry/{kind}/{{{kind[:-1]}}}") for kind in ("sites", "gateways", "sensors")),
]
"""What is named in the path alone."""
EMPTY_ANSWER_IS_RIGHT = {
    "/api/v1/gateways", "/api/v1/alarms", "/api/v1/facts", "/api/v1/dead-letters", "/api/v1/dead-letters/replay"
}  # fmt: skip
"""Filters: what is not to be seen is not found."""
_OF_A_CHANGE = ("valid_from", "mounting_height_cm", "calibration", "source", "reason")
NAMES_NOTHING = {
    *((route, name) for route in (REPLACEMENTS, MOVES) for name in _OF_A_CHANGE),
    ("/api/v1/session", "name"), ("/api/v1/session", "code"), ("/api/v1/session", "password"),
    ("/api/v1/gateways/{gateway_id}/config", "word"),
    ("/api/v1/gateways/{gateway_id}/enrolment", "days"), ("/api/v1/gateways/{gateway_id}/enrolment", "again"),
    ("/api/v1/gateways/{gateway_id}/commands", "source"), ("/api/v1/gateways/{gateway_id}/commands", "wait_s"),
    *(("/api/v1/fleet/rollouts", name) for name in ("version", "batch", "skip_offline", "again", "within_min", "word")),
    ("/api/v1/fleet/rollouts/stop", "word"), ("/api/v1/fleet/rollouts/go-on", "failed"),
    *(("/api/v1/channels", name) for name in ("kind", "name", "settings", "reason")),  # for all of the city alone
    *(("/api/v1/channels/{name}", name) for name in ("settings", "use", "reason")),
    ("/api/v1/channels/{name}/restore", "reason"), ("/api/v1/channels/changes/{change_id}/undo", "reason"),
    ("/api/v1/session/password", "old"), ("/api/v1/session/password", "new"), ("/api/v1/session/password", "code"),
    ("/api/v1/users", "name"), ("/api/v1/users", "password"), ("/api/v1/users", "role"),
    ("/api/v1/users", "full_name"), ("/api/v1/users/{name}", "role"), ("/api/v1/users/{name}", "full_name"),
    ("/api/v1/users/{name}", "disabled"), ("/api/v1/users/{name}", "password"),
    ("/api/v1/tokens", "name"), ("/api/v1/tokens", "role"), ("/api/v1/tokens", "days"),
    (PUT_RULE, "reason"), (PUT_RULE, "valid_from"), (f"{PUT_RULE}/undo", "reason"),
    ("/api/v1/rules/preview", "family"), ("/api/v1/rules/preview", "start"), ("/api/v1/rules/preview", "end"),
    ("/api/v1/alarms/{alarm_id}/acknowledge", "word"), ("/api/v1/alarms/{alarm_id}/assign", "word"),
    ("/api/v1/alarms/{alarm_id}/steps/{number}", "done"),
    ("/api/v1/alarms/{alarm_id}/shelve", "word"), ("/api/v1/alarms/{alarm_id}/shelve", "until"),
    ("/api/v1/alarms/{alarm_id}/assign", "person"),  # a name as people call each other, looked up nowhere
    ("/api/v1/readings/manual", "now"), ("/api/v1/readings/manual", "person"),
    ("/api/v1/readings/manual", "readings"),  # each by itself: test_manual_readings.py
    ("/api/v1/maintenance", "start"), ("/api/v1/maintenance", "until"), ("/api/v1/maintenance", "reason"),
    ("/api/v1/dead-letters/replay", "reason"), ("/api/v1/dead-letters/replay", "word"),
    ("/api/v1/dead-letters/replay", "after_id"), ("/api/v1/dead-letters/replay", "limit"),
    ("/api/v1/duty", "person"), ("/api/v1/duty", "rank"), ("/api/v1/duty", "start"), ("/api/v1/duty", "end"),
    ("/api/v1/handover", "text"),
    ("/api/v1/facts", "what"), ("/api/v1/facts", "valid_from"), ("/api/v1/facts", "source"),
    ("/api/v1/facts", "reason"), ("/api/v1/facts/{fact_id}/correct", "source"),
    ("/api/v1/facts/{fact_id}/correct", "reason"), ("/api/v1/facts/{fact_id}/undo", "reason"),
    *(("/api/v1/sites", name) for name in SITE_KEYS),
    *(("/api/v1/sites/{site_id}", name) for name in SITE_KEYS - {"id", "name"}),
    ("/api/v1/gateways", "id"), ("/api/v1/gateways", "name"), ("/api/v1/gateways", "reason"),
    ("/api/v1/gateways/{gateway_id}", "reason"),
    *(("/api/v1/sensors", name) for name in SENSOR_KEYS),
    *(("/api/v1/sensors/{sensor_id}", name) for name in SENSOR_KEYS - {"id", "name"}),
    ("/api/v1/registry/changes/{change_id}/undo", "reason"),
    ("/api/v1/facts/{fact_id}/correct", "value"),  # by a test of its own below
}  # fmt: skip
"""Fields of bodies that refer to nothing that stands at a site; people and channels belong to the whole city."""


def filled(template: Any, names: dict[str, str]) -> Any:
    if isinstance(template, str):
        for kind, name in names.items():
            template = template.replace(f"{{{kind}}}", name)
        return template
    if isinstance(template, dict):
        return {key: filled(value, names) for key, value in template.items()}
    return [filled(each, names) for each in template] if isinstance(template, list) else template


@contextlib.asynccontextmanager
async def walked(folder: Path) -> AsyncIterator[Morotai]:
    """A city with something at two sites, and a rule and a user at each."""
    async with Morotai(folder, file_owns=()) as city:
        await city.send("gw-daruba", [Reading("river", "water_level", now_ms(), 130.0)])
        await city.send("gw-east", [Reading("air-east", "pm2_5", now_ms(), 9.0)])
        await city.access.users.add("siti", PASSWORD, Role.VIEWER, sites=[OWN_SITE], actor=BOSS)
        await city.rule_store.save(
            "dust", "sensor:river", RULE | {"quantity": "water_level"}, actor=Actor("ani"), reason="a"
        )
        await city.rule_store.save("dust", "site:daruba", RULE, actor=Actor("ani"), reason="a")
        yield city


@pytest_asyncio.fixture(loop_scope="module")
async def city(tmp_path: Path) -> AsyncIterator[Morotai]:
    """A city of one test's own."""
    async with walked(tmp_path) as city:
        yield city


@pytest_asyncio.fixture(loop_scope="module")
async def client(city: Morotai) -> AsyncIterator[httpx.AsyncClient]:
    """A client that sees one site of it."""
    async with api_of(city, sites=[OWN_SITE]) as client:
        yield client


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_client(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx.AsyncClient]:
    """The same for tests whose requests are all refused."""
    async with walked(tmp_path_factory.mktemp("city")) as city, api_of(city, sites=[OWN_SITE]) as client:
        yield client


@pytest.mark.parametrize("case", REFERENCES, ids=lambda case: f"{case[0]} {case[1]} {case[2]}")
async def test_what_stands_at_another_site_is_as_what_does_not_exist(shared_client: httpx.AsyncClient, case: Case):
    method, route, _, path, body = case
    answers = []
    for names in (FOREIGN, NOWHERE):
        asked = filled(path, names)
        answer = await shared_client.request(method, asked, **({"json": filled(body, names)} if body else {}))
        assert route in EMPTY_ANSWER_IS_RIGHT or 400 <= answer.status_code < 500, answer.text
        told = {name for name in (*FOREIGN.values(), "ferry", "dodola") if name in answer.text.replace(asked, "")}
        assert told <= set(names.values()), f"{answer.text} names what only others may see"
        answers.append((answer.status_code, _nameless(answer.text, names)))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(("method", "path"), WITHOUT_A_BODY)
async def test_a_record_at_another_site_is_as_one_that_does_not_exist(
    shared_client: httpx.AsyncClient, method: str, path: str
):
    answers = [await shared_client.request(method, filled(path, names)) for names in (FOREIGN, NOWHERE)]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert _nameless(answers[0].text, FOREIGN) == _nameless(answers[1].text, NOWHERE)


def _nameless(text: str, names: dict[str, str]) -> str:
    for kind, name in sorted(names.items(), key=lambda item: -len(item[1])):
        text = text.replace(name, f"<{kind}>")
    return text


async def test_every_field_of_every_body_and_every_named_thing_is_decided(openapi: dict[str, Any]):
    api = openapi
    fields = set()
    for path, operations in api["paths"].items():
        for operation in operations.values():
            for media_type, content in operation.get("requestBody", {"content": {}})["content"].items():
                # of the city's files, for who may see all sites alone; of readings each row is asked for, of rules each
                # scope
                if media_type in {"text/plain", "text/csv", "application/toml"} or media_type.startswith("image/"):
                    continue
                schema = api["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
                fields |= {(path, name) for name in schema["properties"]}
            for parameter in operation.get("parameters", ()):
                if parameter["name"] in {"site", "sensor", "scope", "subject", "gateway"}:
                    fields.add((path, parameter["name"]))
    walked = {(route, field) for _, route, field, _, _ in REFERENCES}
    assert fields - walked - NAMES_NOTHING - {("/api/v1/journal", "subject")} == set()  # for all sites only
    assert walked - fields == set()
    assert NAMES_NOTHING - fields == set()


async def test_a_test_of_the_chain_goes_out_in_the_name_of_one_s_own_site(city: Morotai):
    alarm = await city.notifier.test_alarm(Actor("budi"), sites=[OWN_SITE])
    assert (await city.platform.alarm_service.alarm(alarm)).site == OWN_SITE


async def test_the_fields_that_a_rule_has_already_may_stay_though_others_set_them(
    client: httpx.AsyncClient, city: Morotai
):
    fields = RULE | {"also": filled(ALSO, FOREIGN)}
    await city.rule_store.save("haze", f"site:{OWN_SITE}", fields, actor=Actor("ani"), reason="by the city")
    path = f"/api/v1/rules/haze/site:{OWN_SITE}"
    kept = await client.put(path, json={"fields": fields | {"title": "Haze"}, "reason": "a better title"})
    assert kept.status_code == 200, kept.text
    moved = fields | {"also": filled(ALSO, FOREIGN) | {"limit": 100.4}}
    assert (await client.put(path, json={"fields": moved, "reason": "what is the river at?"})).status_code == 422


async def test_users_tokens_and_facts_of_others_are_refused_without_a_word_of_where_they_are(
    client: httpx.AsyncClient, city: Morotai
):
    await city.access.users.add("eve", PASSWORD, Role.VIEWER, sites=["daruba"], actor=BOSS)
    _, token = await city.access.tokens.add("theirs", Role.VIEWER, sites=["daruba"], days=1, actor=BOSS)
    changed = await client.patch("/api/v1/users/eve", json={"full_name": "Eve"})
    ended = await client.delete(f"/api/v1/tokens/{token.id}")
    nobody, nothing = await client.patch("/api/v1/users/eva", json={}), await client.delete("/api/v1/tokens/99")
    assert (changed.status_code, ended.status_code) == (404, 404)
    assert changed.text == nobody.text.replace("eva", "eve")
    assert ended.text == nothing.text.replace("99", str(token.id))
    own = {"subject": f"sensor:{OWN_SENSOR}", "what": "site", "value": OWN_SITE, "reason": "a"}
    fact = (await client.post("/api/v1/facts", json=own)).json()
    for site in (FOREIGN["site"], NOWHERE["site"]):
        answer = await client.post(f"/api/v1/facts/{fact['id']}/correct", json={"value": site, "reason": "a"})
        assert answer.status_code == 403, answer.text
