"""Room for dead letters: of each gateway only so much, and health says who has none left."""

from pathlib import Path

from cloud.core.health import Condition
from cloud.database.audit_log import Actor
from cloud.ingest.dead_letter_records import DeadLetterFilter, Discarded
from cloud.ingest.rejection import ROW_BYTES
from tests.registries import on_each_registry
from tests.unit.cloud.ingest.dead_letter_box import ONE, DeadLetterBox, rejection

pytestmark = on_each_registry()


async def test_beyond_its_quota_a_gateway_s_letters_are_counted_and_not_kept_and_others_keep_theirs(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 100 * ONE, gateway_bytes=2 * ONE, known=("gw", "gw-b")) as box:
        kept = await box.write([rejection(str(number).encode()) for number in range(9)], now_ms=7)
        assert [one.raw for one in kept.discarded] == [b"2", b"3", b"4", b"5", b"6", b"7", b"8"]
        assert not (await box.write([rejection(b"1", gateway="gw-b"), rejection(b"1")])).discarded
        assert [(each.gateway, each.raw, each.count) for each in await box.dead_letters.page()] == [
            ("gw-b", b"1", 1), ("gw", b"1", 2), ("gw", b"0", 1)
        ]  # fmt: skip
        await box.write([rejection(b"9")], now_ms=9)
        assert await box.dead_letters.discarded() == [Discarded("gw", "unknown_sensor", 8, 8, 7, 9)]
        assert await box.dead_letters.discarded(gateways={"gw-b"}) == []


async def test_gateways_that_nobody_enrolled_share_one_quota(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 100 * ONE, gateway_bytes=2 * ONE, known=("gw",)) as box:
        kept = await box.write([rejection(b"1", gateway=f"stranger-{number}") for number in range(5)])
        assert len(kept.discarded) == 3
        assert [(row.gateway, row.readings) for row in await box.dead_letters.discarded()] == [("", 3)]
        assert not (await box.write([rejection(b"1")])).discarded
        assert "gateways that the registry does not know" in box.dead_letters.component().detail


async def test_health_is_degraded_until_there_is_really_room_and_says_whose(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 2**24, gateway_bytes=20 * ONE, known=("gw", "gw-b")) as box:
        await box.write([rejection(str(number)[-1:].encode(), reason=f"r{number}") for number in range(30)])
        component = box.dead_letters.component()
        assert component.status is Condition.DEGRADED
        assert "gateway gw: 0.0104 MB of 0.0104 MB, 10 refused readings not kept" in component.detail
        await box.write([rejection(b"1", gateway="gw-b")])
        assert box.dead_letters.component().status is Condition.DEGRADED
        assert (await box.discard(DeadLetterFilter(gateway="gw"), most=1)) == 1
        assert box.dead_letters.component().status is Condition.DEGRADED
        assert (await box.discard(DeadLetterFilter(gateway="gw"), most=5)) == 5
        assert box.dead_letters.component().status is Condition.OK


async def test_after_a_restart_health_knows_who_has_no_room(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 2**24, gateway_bytes=2 * ONE, known=("gw",)) as box:
        await box.write([rejection(b"1"), rejection(b"2")])
    async with DeadLetterBox(tmp_path, 2**24, gateway_bytes=2 * ONE, known=("gw",)) as box:
        await box.database.run(box.dead_letters.load)
        assert box.dead_letters.component().status is Condition.DEGRADED


async def test_replayed_letters_make_room_for_new_ones(tmp_path: Path):
    async with DeadLetterBox(tmp_path, 2 * (ROW_BYTES + 100)) as box:
        await box.write([rejection(b"1"), rejection(b"2")])
        oldest = (await box.dead_letters.page())[-1]
        await box.dead_letters.record_replay(oldest.id, closed=True, actor=Actor("ani"), outcome="stored", now_ms=9)
        await box.write([rejection(b"3")])
        assert [letter.raw for letter in await box.dead_letters.page()] == [b"3", b"2"]
