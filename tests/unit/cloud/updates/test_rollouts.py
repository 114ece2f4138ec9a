"""Rollouts begin and end in the registry, with who did so in the journal."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from cloud.database.audit_log import Actor, read_entries
from cloud.database.engine import Database
from cloud.updates import rollout_rows
from cloud.updates.rollout import Member, MemberState, RolloutRefused, RolloutState
from cloud.updates.rollouts import Rollouts
from tests.registries import on_each_registry, registry_in
from tests.update_repository import Published

pytestmark = on_each_registry()
ANI = Actor("ani", "console")
GATEWAYS = ["gw-a", "gw-b", "gw-c"]


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    held = Database(registry_in(tmp_path))
    await held.open()
    yield held
    await held.close()


@pytest.fixture
def rollouts(database: Database, tmp_path: Path) -> Rollouts:
    published = Published(tmp_path)
    published.publish("1.1.0", "1.2.0")
    return Rollouts(
        database, published=published.repository.state, gateways=lambda: GATEWAYS, limit_s=600, clock=lambda: 1_000
    )


async def test_one_rollout_runs_at_a_time_and_who_began_it_is_in_the_journal(rollouts: Rollouts, database: Database):
    first = await rollouts.start("1.2.0", batch=2, actor=ANI, reason="the new spool")
    assert (first.rollout.architectures, first.counts) == (("aarch64",), {MemberState.WAITING: 3})
    with pytest.raises(RolloutRefused, match=r"the rollout of 1\.2\.0 is running; stop it first"):
        await rollouts.start("1.1.0", batch=2, actor=ANI)
    stopped = await rollouts.stop(actor=ANI, reason="wait")
    assert (stopped.state, stopped.reason) == (RolloutState.STOPPED, "stopped by ani; wait")
    with pytest.raises(RolloutRefused, match="no rollout is running"):
        await rollouts.stop(actor=ANI)
    second = await rollouts.start("1.1.0", batch=1, actor=ANI, gateways=["gw-b", "gw-b"])
    newest = await rollouts.newest()
    assert newest is not None
    assert (newest.rollout, newest.counts) == (second.rollout, {MemberState.WAITING: 1})
    assert (await rollouts.find(first.rollout.id)).counts == {MemberState.LEFT_OUT: 3}
    assert [each.rollout.version for each in await rollouts.recent(limit=9)] == ["1.1.0", "1.2.0"]
    entries = await database.run(lambda connection: read_entries(connection))
    assert [(each.action, each.subject) for each in entries] == [
        ("start", f"rollout:{second.rollout.id}"), ("stop", "rollout:1"), ("start", "rollout:1"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"version": "9.0.0"}, r"version '9\.0\.0' is not published; these are: 1\.2\.0, 1\.1\.0"),
        ({"batch": 0}, "batch: 0: write 1 to 200"),
        ({"gateways": ["gw-x"]}, "there is no gateway 'gw-x'; did you mean gw-[abc]"),
    ],
)
async def test_what_cannot_begin_is_a_sentence(rollouts: Rollouts, wanted: dict, said: str):
    with pytest.raises(RolloutRefused, match=said):
        await rollouts.start(**{"version": "1.2.0", "batch": 2, "actor": ANI, **wanted})
    assert await rollouts.newest() is None


async def test_what_is_written_of_a_gateway_is_read_again(rollouts: Rollouts, database: Database):
    progress = await rollouts.start("1.2.0", batch=2, actor=ANI)
    changed = [
        Member("gw-b", MemberState.FAILED, 17, True, "rolled_back@3", "no ack"), Member("gw-c", MemberState.ASKED, 5)
    ]  # fmt: skip
    number = progress.rollout.id
    await database.run(lambda connection: rollout_rows.save_members(connection, number, changed))
    assert await rollouts.members(number) == [Member("gw-a"), *changed]
    assert await rollouts.members(number, [MemberState.FAILED]) == changed[:1]
    assert await rollouts.members(number, limit=1, after="gw-a") == changed[:1]
    with pytest.raises(LookupError, match="there is no rollout 99"):
        await rollouts.find(99)
