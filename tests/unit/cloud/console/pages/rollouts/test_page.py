"""The page of rollouts: one begun, stopped and gone on with, and nothing of it for who may not."""

import re
from pathlib import Path

import pytest
from sqlalchemy import Connection

from cloud.access.principal import Role
from cloud.database.audit_log import read_entries
from cloud.updates import rollout_rows
from cloud.updates.rollout import Member, MemberState, RolloutState
from cloud.updates.rollouts import Rollouts
from tests.gateways_updating import GatewaySimulated
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.asked import asked
from tests.update_repository import Published
from wire.gateway_update import UpdateState, UpdateStatus
from wire.status import decode_status

AT = "/console/en/rollouts"


@pytest.fixture
def rollouts(city: Morotai, tmp_path: Path) -> Rollouts:
    """Rollouts in `city` of the one version that is published."""
    published = Published(tmp_path)
    published.publish("1.2.0")
    city.platform.rollouts = Rollouts(
        city.database, published=published.repository.state, limit_s=600,
        gateways=lambda: [gateway.id for gateway in city.registry.gateways()],
    )  # fmt: skip
    return city.platform.rollouts


async def test_a_rollout_is_begun_stopped_and_gone_on_with(city: Morotai, rollouts: Rollouts):
    daruba = GatewaySimulated("gw-daruba")
    daruba.update = UpdateStatus("1.2.0", UpdateState.ROLLED_BACK, "nothing was acknowledged", 1_764_000_000_000)
    city.say(decode_status(daruba.status()))
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await browser.open(AT)
        assert "No rollout was begun yet." in page.text
        assert re.findall(r'data-version="([^"]+)"', page.text) == ["1.2.0", "1.0.0"]
        page = await browser.send(page, "start", version="1.2.0", batch=1, within=30, gateways="", reason="new spool")
        assert page.words("said") == ["The rollout of 1.2.0 has begun."]
        assert "1 at a time, each within 30 min" in page.text
        failed = Member("gw-daruba", MemberState.FAILED, reason="rolled back: nothing was acknowledged")
        await city.database.run(lambda connection: rollout_rows.save_members(connection, 1, [failed]))
        page = await browser.send(page, "stop", reason="wait for the ferry")
        assert page.words("said") == ["The rollout of 1.2.0 asks nobody else; who was asked goes on."]
        assert re.findall(r'data-member="([^"]+)"', page.text) == ["gw-daruba", "gw-east"]
        assert "rolled back: nothing was acknowledged · 1.2.0 rolled back, 25 Nov 01:00" in page.text
        page = await browser.send(page, "go-on")
        assert page.words("said") == ["The rollout of 1.2.0 goes on."]
        assert [member.gateway for member in await rollouts.members(2)] == ["gw-east"]
        page = await browser.send(await browser.send(page, "stop"), "go-on", failed="yes")
        assert [member.gateway for member in await rollouts.members(3)] == ["gw-east"]
    actions = [(entry.actor, entry.action, entry.subject) for entry in await city.database.run(read_entries)]
    assert ("administrator", "start", "rollout:1") in actions
    assert ("administrator", "stop", "rollout:1") in actions


async def test_those_that_failed_are_asked_again_on_request(city: Morotai, rollouts: Rollouts):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await browser.send(await browser.open(AT), "start", version="1.2.0", batch=5, gateways="gw-daruba")
        failed = Member("gw-daruba", MemberState.FAILED, reason="refused")

        def fail(connection: Connection) -> None:
            rollout_rows.save_members(connection, 1, [failed])
            rollout_rows.save_state(connection, 1, RolloutState.FAILED, "gw-daruba: refused", now_ms=1)

        await city.database.run(fail)
        refused = await browser.send(page, "go-on")
        assert (refused.status, refused.words("mistake")) == (
            422, ["nobody waits for it any more; begin another rollout."],
        )  # fmt: skip
        page = await browser.send(page, "go-on", failed="yes")
        assert page.status == 200
    (progress, _before) = await rollouts.recent(limit=2)
    assert (progress.rollout.again, progress.counts) == (True, {MemberState.WAITING: 1})


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        pytest.param({"version": "9.9.9"}, "versi '9.9.9' tidak diterbitkan", id="version"),
        pytest.param({"batch": "0"}, "tulis 1 sampai 200", id="batch"),
        pytest.param({"gateways": "gw-darub"}, "gw-daruba", id="gateway"),
        pytest.param({"within": "99999"}, "10.080", id="minutes"),
        pytest.param({"gateways": "g " * 1_001}, "1000", id="too-many"),
    ],
)
async def test_what_cannot_begin_is_said(city: Morotai, rollouts: Rollouts, changes: dict[str, str], told: str):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        sent = {"version": "1.2.0", "batch": "5", "gateways": "", **changes}
        page = await browser.send(await browser.open("/console/id/rollouts"), "start", **sent)
        assert page.status == 422
        assert told in " ".join(page.words("mistake"))
    assert await rollouts.newest() is None


async def test_without_updates_the_page_says_so(city: Morotai):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await browser.open(AT)
        assert "cloud.toml has no [updates]" in page.text
        assert (await browser.send(page, "stop")).status == 422


@pytest.mark.parametrize(
    ("role", "sites", "sees"),
    [
        pytest.param(Role.OPERATOR, None, 403, id="operator"),
        pytest.param(Role.ENGINEER, None, 200, id="engineer"),
        pytest.param(Role.ADMINISTRATOR, ["daruba"], 404, id="of-one-site"),
    ],
)
async def test_who_may_not_begins_nothing(
    city: Morotai, rollouts: Rollouts, role: Role, sites: list[str] | None, sees: int
):
    async with asked(city, role, sites=sites) as browser:
        page = await browser.client.get(AT)
        assert page.status_code == sees
        assert "rollouts/start" not in page.text
        csrf = (await browser.open("/console/en/duty")).csrf
        data = {"csrf": csrf, "version": "1.2.0", "batch": 1}
        answer = await browser.client.post(f"{AT}/start", data=data)
        assert answer.status_code in (403, 404)
    assert await rollouts.newest() is None
