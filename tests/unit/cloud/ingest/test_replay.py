"""A dead letter goes through the same checks again."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from cloud.alarms.evaluator import RuleEvaluator
from cloud.alarms.rule_input import RuleInput
from cloud.database.audit_log import Actor, read_entries
from cloud.ingest.pipeline import BatchDecoder
from cloud.ingest.replay import Replayer
from cloud.readings.contract import StoreUnavailable
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from cloud.rulebook.rule_store import RuleStore
from tests.unit.cloud.examples import GATEWAY, UNAVAILABLE, Workshop, city, payload, reading
from wire import Reading

PIER = Sensor("air-pier", "Pier", "daruba", GATEWAY, ("pm2_5",))
ANI = Actor("ani", "10.0.0.7")


def replayer(workshop: Workshop, registry: Registry, **more: Any) -> Replayer:
    return Replayer(
        decoder=BatchDecoder(registry=registry, store=workshop.store, ahead_s=600),
        store=workshop.store, dead_letters=workshop.dead_letters, newest=workshop.newest, metrics=workshop.metrics,
        **more,
    )  # fmt: skip


async def rejected(workshop: Workshop, *readings: Reading) -> int:
    await workshop.writer.write([workshop.decoder.prepare(payload(*readings), GATEWAY)])
    (letter,) = await workshop.dead_letters.page()
    return letter.id


async def test_after_the_city_is_mended_a_replay_stores_the_readings_and_closes_the_letter(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        letter = await rejected(workshop, reading("air-pier", value=7), reading("air-pier", value=8, at=1))
        outcome = await replayer(workshop, city(more=[PIER])).replay(letter, ANI)
        assert (outcome.stored, outcome.refused) == (2, 0)
        assert await workshop.store.count("air-pier", "pm2_5") == 2
        assert [each.value for each in workshop.newest.sensor("air-pier")] == [8]
        assert await workshop.dead_letters.count() == 0
        (entry,) = await workshop.database.run(read_entries)
        assert (entry.actor, entry.origin, entry.action) == ("ani", "10.0.0.7", "replay")
        assert (entry.subject, entry.reason) == (f"dead-letter:{letter}", outcome.sentence)


async def test_what_is_still_refused_stays_open_and_says_why(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        letter = await rejected(workshop, reading("air-pier", value=7), reading("air-hill", value=8))
        outcome = await replayer(workshop, city(more=[PIER])).replay(letter, ANI)
        assert (outcome.stored, outcome.refused) == (1, 1)
        assert "air-hill is not in the city file" in outcome.sentence
        assert await workshop.dead_letters.count() == 1


async def test_a_letter_replayed_before_is_left_alone(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        letter = await rejected(workshop, reading("air-pier"))
        mended = replayer(workshop, city(more=[PIER]))
        await mended.replay(letter, ANI)
        again = await mended.replay(letter, ANI)
        assert (again.stored, again.refused) == (0, 0)
        assert "was replayed before" in again.sentence


async def test_while_the_store_is_unavailable_the_letter_stays_open(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        letter = await rejected(workshop, reading("air-pier"))
        workshop.store.script = [UNAVAILABLE]
        with pytest.raises(StoreUnavailable):
            await replayer(workshop, city(more=[PIER])).replay(letter, ANI)
        assert await workshop.dead_letters.count() == 1


async def test_bytes_that_are_no_batch_stay_refused_whatever_is_mended(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        await workshop.writer.write([workshop.decoder.prepare(b"garbage", GATEWAY)])
        outcome = await replayer(workshop, city()).replay(1, ANI)
        assert (outcome.stored, outcome.refused) == (0, 1)
        assert "expected zlib" in outcome.sentence


@pytest.mark.parametrize("shards", [range(64), range(0)])
async def test_the_rules_of_a_gateway_that_another_process_takes_in_are_left_to_that_one(tmp_path: Path, shards: range):
    async with Workshop(tmp_path) as workshop:
        letter = await rejected(workshop, reading("air-pier", value=7))
        rule_store = RuleStore(workshop.database, city(more=[PIER]))
        evaluator = RuleEvaluator(
            database=workshop.database,
            rule_store=rule_store,
            newest=workshop.newest,
            store=workshop.store,
            shards=shards,
        )
        seen: list[list[RuleInput]] = []

        async def observe(rule_inputs: Iterable[RuleInput], *, live: bool = False) -> None:
            seen.append(list(rule_inputs))

        evaluator.observe = observe
        await replayer(workshop, city(more=[PIER]), evaluator=evaluator).replay(letter, ANI)
        assert len(seen) == len(shards[:1])
