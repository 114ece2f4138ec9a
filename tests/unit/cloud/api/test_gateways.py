"""Gateways over the API: their states, what the city wants of them, what they are asked and answer."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from cloud.access.principal import Role
from cloud.broker.settings import EnrolSettings
from cloud.care import commands as care_commands
from cloud.database.audit_log import read_entries
from cloud.gateways.desired_config import waiting_configs
from tests.unit.cloud.api.conftest import api_of
from tests.unit.cloud.api.morotai import Morotai, now_ms
from wire import SourceState, SourceStatus, SpoolState, Status
from wire.gateway_command import CommandReply, GatewayCommand, decode_command, encode_reply
from wire.gateway_config import ConfigReport, ConfigState, encode_report
from wire.gateway_update import UpdateState, UpdateStatus

pytestmark = pytest.mark.asyncio(loop_scope="module")
DARUBA = "/api/v1/gateways/gw-daruba"
WANTED = {"uplink": {"batch_s": 60}, "sources": {"river": {"silent_s": 900}}}


async def test_a_list_has_those_of_a_state_and_goes_on_after_an_id(shared_client: httpx.AsyncClient):
    async def ids(query: str) -> list[str]:
        return [gateway["id"] for gateway in (await shared_client.get(f"/api/v1/gateways?{query}")).json()]

    assert await ids("") == ["gw-daruba", "gw-east"]
    assert await ids("state=online") == ["gw-daruba"]
    assert await ids("state=never_seen") == ["gw-east"]
    assert await ids("site=sangowo") == ["gw-east"]
    assert await ids("limit=1") == ["gw-daruba"]
    assert await ids("limit=1&after_id=gw-daruba") == ["gw-east"]
    assert (await shared_client.get("/api/v1/gateways?state=gone")).status_code == 422


async def test_a_gateway_tells_its_version_its_spool_in_days_and_what_was_refused(
    client: httpx.AsyncClient, city: Morotai
):
    said = Status(
        1, online=True, gateway="gw-daruba", version="1.2.0", boot="b1", stream="s1", time_ms=now_ms() - 120_000,
        spool=SpoolState(bytes=2**20, max_bytes=2**22),
        sources=(SourceState("river", SourceStatus.OK, readings=600, refused=12),),
    )  # fmt: skip
    city.say(said)
    assert (await client.get(DARUBA)).json()["spool_days"] is None, "one status says nothing of the rate"
    sources = (SourceState("river", SourceStatus.OK, readings=1_800, refused=12),)
    update = UpdateStatus("1.3.0", UpdateState.ROLLED_BACK, "nothing was acknowledged")
    city.say(msgspec.structs.replace(said, time_ms=said.time_ms + 120_000, sources=sources, update=update))
    city.care.reports.on_message("gw-daruba", encode_report(ConfigReport(1, 8, 7, ConfigState.ROLLED_BACK, "no ack")))
    gateway = (await client.get(DARUBA)).json()
    assert (gateway["state"], gateway["version"], gateway["refused"]) == ("online", "1.2.0", 12)
    assert gateway["spool_days"] == 0.1  # 3 MiB at 10 readings a second of 36 bytes
    assert gateway["status"]["update"] == {
        "version": "1.3.0", "state": "rolled_back", "reason": "nothing was acknowledged", "time": None,
    }  # fmt: skip
    assert gateway["config"] == {
        "desired": 8, "in_force": 7, "state": "rolled_back", "reason": "no ack", "passed_over": [], "time": None,
    }  # fmt: skip


async def test_what_is_wanted_is_kept_for_the_broker_with_who_wanted_it(client: httpx.AsyncClient, city: Morotai):
    assert (await client.get(f"{DARUBA}/config")).json() == {
        "gateway": "gw-daruba", "revision": None, "settings": {}, "reported": None,
    }  # fmt: skip
    first = (await client.put(f"{DARUBA}/config", json={"settings": WANTED, "word": "a metered link"})).json()
    assert (await client.get(f"{DARUBA}/config")).json() == first | {"settings": WANTED}
    assert await city.database.run(waiting_configs) == {"gw-daruba": first["revision"]}
    entry = (await city.database.run(read_entries))[0]
    assert (entry.action, entry.subject, entry.reason) == ("configure", "gateway:gw-daruba", "a metered link")
    assert (entry.before, msgspec.json.decode(entry.after)) == ("{}", WANTED)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"uplink": {"host": "evil.example.org"}}, "uplink.host: is no setting of the city's"),
        ({"login": {"x": 1}}, "login: is no part"),
        ({"outputs": {"siren": {"from_severity": "loud"}}}, "Invalid enum value 'loud'"),
        ({"uplink": {"batch_s": {"a": [[[]]]}}}, "uplink.batch_s: is no value"),
        ({"sources": {str(number): {"silent_s": 9} for number in range(251)}}, "sources"),
    ],
)
async def test_what_no_gateway_would_take_is_refused_and_changes_nothing(
    client: httpx.AsyncClient, city: Morotai, settings: dict[str, Any], said: str
):
    answer = await client.put(f"{DARUBA}/config", json={"settings": settings, "word": "a try"})
    assert answer.status_code == 422
    assert answer.json()["type"] == "urn:siaga:problem:config-refused"
    assert said in answer.json()["detail"]
    assert await city.database.run(waiting_configs) == {}


async def test_who_changes_too_much_at_once_waits(client: httpx.AsyncClient):
    answers = [
        await client.put(f"{DARUBA}/config", json={"settings": {}, "word": "again"}) for _ in range(21)
    ]  # fmt: skip
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert int(answers[-1].headers["Retry-After"]) > 0


def asked(city: Morotai) -> GatewayCommand:
    """The newest command that was published."""
    topic, payload = city.asked[-1]
    assert topic.endswith("/gw-daruba/cmd")
    command = decode_command(payload)
    assert command is not None
    return command


async def test_a_command_is_answered_at_once_or_looked_up_later(client: httpx.AsyncClient, city: Morotai):
    waiting = await client.post(f"{DARUBA}/commands", json={"command": "ping", "wait_s": 0})
    assert (waiting.status_code, waiting.json()["state"], waiting.json()["answer"]) == (202, "waiting", None)
    reply = CommandReply(1, asked(city).key, answer=msgspec.Raw(b'{"time_ms":5,"connected_s":9.5}'))
    city.care.commands.on_reply("gw-east", encode_reply(reply))  # nobody answers for another
    city.care.commands.on_reply("gw-daruba", encode_reply(reply))
    later = (await client.get(f"{DARUBA}/commands/{waiting.json()['key']}")).json()
    assert (later["state"], later["answer"]) == ("done", {"time_ms": 5, "connected_s": 9.5})
    patient = asyncio.create_task(
        client.post(f"{DARUBA}/commands", json={"command": "restart_source", "source": "lake", "wait_s": 15})
    )
    while len(city.asked) < 2:
        await asyncio.sleep(0)
    refusal = CommandReply(1, asked(city).key, ok=False, problem="there is no source 'lake' here")
    city.care.commands.on_reply("gw-daruba", encode_reply(refusal))
    answer = await patient
    assert (answer.status_code, answer.json()["state"]) == (200, "refused")
    assert answer.json()["problem"] == "there is no source 'lake' here"
    assert [one["command"] for one in (await client.get(f"{DARUBA}/commands")).json()] == ["restart_source", "ping"]
    entry = (await city.database.run(read_entries))[0]
    assert (entry.action, msgspec.json.decode(entry.after)) == ("ask", {"command": "restart_source", "source": "lake"})


async def test_what_cannot_be_asked_is_said(client: httpx.AsyncClient, city: Morotai):
    east = await client.post("/api/v1/gateways/gw-east/commands", json={"command": "ping"})
    assert (east.status_code, east.json()["type"]) == (409, "urn:siaga:problem:gateway-offline")
    sourceless = await client.post(f"{DARUBA}/commands", json={"command": "restart_source"})
    assert sourceless.status_code == 422
    for _ in range(care_commands.MOST_WAITING):
        await client.post(f"{DARUBA}/commands", json={"command": "ping", "wait_s": 0})
    assert (await client.post(f"{DARUBA}/commands", json={"command": "ping", "wait_s": 0})).status_code == 429
    assert (await client.get(f"{DARUBA}/commands/siaga-0")).json()["type"] == "urn:siaga:problem:unknown-command"


async def test_settings_and_answers_are_for_who_sees_all_sites_of_a_gateway(tmp_path: Path):
    async with Morotai(tmp_path) as city, api_of(city, Role.ENGINEER, sites=["daruba"]) as client:
        assert (await client.get(DARUBA)).status_code == 200
        for path in ("config", "commands"):
            answer = await client.get(f"{DARUBA}/{path}")  # its ferry counter stands at another site
            assert (answer.status_code, "dodola" in answer.text) == (403, False)


@pytest.mark.parametrize(("role", "config", "command"), [(Role.VIEWER, 403, 403), (Role.TECHNICIAN, 403, 202)])
async def test_a_technician_asks_and_an_engineer_sets(tmp_path: Path, role: Role, config: int, command: int):
    async with Morotai(tmp_path) as city, api_of(city, role) as client:
        city.say(Status(1, online=True, gateway="gw-daruba", version="1", boot="b", stream="s", time_ms=now_ms()))
        put = await client.put(f"{DARUBA}/config", json={"settings": {}, "word": "a"})
        post = await client.post(f"{DARUBA}/commands", json={"command": "ping", "wait_s": 0})
        assert (put.status_code, post.status_code) == (config, command)


ENROL = EnrolSettings(password_file=Path("nowhere"), host="broker.example.org")


async def test_a_gateway_is_not_let_in_without_a_broker_to_do_it_and_guesses_wait(tmp_path: Path):
    async with Morotai(tmp_path, enrol=ENROL) as city, api_of(city) as client:
        answers = [await client.post(f"{DARUBA}/enrolment", json={"password": "guess"}) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [409, 409, 409, 409, 429]
        assert "look at [enrol]" in answers[0].json()["detail"]
        assert "guess" not in "".join(answer.text for answer in answers)
        assert int(answers[-1].headers["Retry-After"]) > 0
        assert [entry.action for entry in await city.database.run(read_entries)] == ["add token"]


async def test_without_its_table_the_enrolment_says_what_to_write(client: httpx.AsyncClient):
    answer = await client.post(f"{DARUBA}/enrolment", json={"password": "x"})
    assert (answer.status_code, "cloud.toml has no [enrol]" in answer.json()["detail"]) == (409, True)


async def test_only_an_administrator_lets_a_gateway_in(tmp_path: Path):
    async with Morotai(tmp_path, enrol=ENROL) as city, api_of(city, Role.ENGINEER) as client:
        assert (await client.post(f"{DARUBA}/enrolment", json={"password": "x"})).status_code == 403
