"""The writer returns only when all is safe."""

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from cloud.core.health import Condition
from cloud.core.reasons import Reason
from cloud.database.backoff import REFUSED_S
from cloud.gateways.accounting import AccountingPlan
from cloud.ingest.pipeline import BatchDecoder
from cloud.ingest.rejection import ROW_BYTES
from cloud.ingest.retrying_store import WriteFailsAlone
from cloud.ingest.stages.encode import PreparedWrite
from cloud.ingest.suspect_gateways import SUSPECT_S
from cloud.readings.contract import (
    LATEST_MS,
    RejectedPoint,
    StoredReading,
    StoreRejected,
    StoreUnavailable,
    WriteResult,
)
from cloud.readings.sqlite import SqliteStore
from tests.unit.cloud.examples import GATEWAY, STREAM, T0, UNAVAILABLE, Workshop, city, payload, reading
from wire import Reading, decode_batch, encode_batch

EVER: dict[str, Any] = {"start_ms": 0, "end_ms": 2 * T0}


def prepared(workshop: Workshop, *readings: Reading, first: int = 1, gateway: str = GATEWAY) -> PreparedWrite:
    return workshop.decoder.prepare(payload(*(readings or (reading(),)), first=first), gateway)


async def test_what_is_kept_is_stored_accounted_counted_and_the_newest(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        given = [prepared(workshop, reading(value=1)), prepared(workshop, reading(value=2, at=5), first=2)]
        assert await workshop.writer.write(given) == given
        assert [p.value for p in await workshop.store.history("air-market", "pm2_5", **EVER)] == [1, 2]
        assert workshop.store.writes == [2]
        assert workshop.accounts.account(GATEWAY).received == 2
        assert [each.value for each in workshop.newest.latest()] == [2]
        assert workshop.counted("siaga_readings_stored_total", domain="air") == 2


async def test_while_the_store_is_unavailable_it_is_asked_again_and_nothing_is_accounted(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        workshop.store.script = [UNAVAILABLE, StoreUnavailable("busy", retry_after_s=7), None]
        keeping = asyncio.create_task(workshop.writer.write([prepared(workshop)]))
        while len(workshop.waits) < 1:
            await asyncio.sleep(0)
        assert workshop.accounts.account(GATEWAY).received == 0
        assert workshop.writer.store.component().status is Condition.DOWN
        assert len(await keeping) == 1
        assert workshop.waits == [0.5, 7]
        assert workshop.writer.store.component().status is Condition.OK
        assert workshop.counted("siaga_store_errors_total", kind="StoreUnavailable") == 2


async def test_after_a_refusal_health_says_so_and_the_store_is_opened_anew(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        workshop.store.script = [StoreRejected("InfluxDB answered 401: check store.token_file"), None]
        said: list[str] = []

        async def sleep(seconds: float) -> None:
            said.append(workshop.writer.store.component().detail)
            workshop.waits.append(seconds)

        workshop.writer.store._sleep = sleep
        await workshop.writer.write([prepared(workshop)])
        assert said == ["InfluxDB answered 401: check store.token_file"]
        assert workshop.waits == [REFUSED_S]
        assert workshop.store.opened == 2


async def test_points_that_the_store_rejects_are_dead_letters_of_their_own_batch(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        nothing_to_store = workshop.decoder.prepare(payload(first=9), GATEWAY)
        given = [
            prepared(workshop, reading()),
            nothing_to_store,
            prepared(workshop, reading(value=2, at=1), reading(value=3, at=2), first=2),
        ]
        workshop.store.script = [WriteResult((RejectedPoint(1, 1, "too old"),))]
        safe = await workshop.writer.write(given)
        assert [each.stored for each in safe] == [1, 0, 1]
        assert await workshop.letters() == [(GATEWAY, "store_rejected", 1)]
        assert [each.value for each in workshop.newest.latest()] == [2]
        assert workshop.accounts.account(GATEWAY).received == 3


async def test_a_batch_that_breaks_the_store_s_code_is_found_and_kept_while_the_others_are_stored(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    async with Workshop(tmp_path) as workshop:
        broken = ZeroDivisionError("of all things")
        workshop.store.script = [broken, None, broken, None]
        given = [prepared(workshop, reading(value=n, at=n), first=n + 1) for n in range(3)]
        safe = await workshop.writer.write(given)
        assert [each.stored for each in safe] == [1, 0, 1]
        assert workshop.store.writes == [3, 1, 1, 1]
        assert await workshop.letters() == [(GATEWAY, "fault", 1)]
        assert "ZeroDivisionError: of all things" in caplog.text


async def test_what_finds_no_room_among_the_dead_letters_blocks_nothing_and_is_told_and_counted(tmp_path: Path):
    async with Workshop(tmp_path, max_bytes=ROW_BYTES // 2) as workshop:
        given = [prepared(workshop), prepared(workshop, reading(value=-1, at=1), reading(at=2), first=2)]
        safe = await workshop.writer.write(given)
        assert [[one.discarded for one in each.rejections] for each in safe] == [[], [True]]
        assert await workshop.store.count("air-market", "pm2_5") == 2
        account = workshop.accounts.account(GATEWAY)
        assert (account.received, account.missing) == (3, 0)
        assert await workshop.letters() == []
        (discarded,) = await workshop.dead_letters.discarded()
        assert (discarded.reason, discarded.readings) == ("out_of_bounds", 1)
        assert workshop.counted("siaga_readings_discarded_total", reason="out_of_bounds") == 1
        assert workshop.dead_letters.component().status is Condition.DEGRADED


async def test_while_the_registry_database_fails_nothing_is_safe_and_it_is_asked_again(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        write, failures = workshop.accounts.write, [1, 1]

        def fail_twice(connection: Connection, plan: AccountingPlan, *, now_ms: int) -> None:
            if failures:
                failures.pop()
                raise OperationalError("INSERT", {}, Exception("disk full"))
            write(connection, plan, now_ms=now_ms)

        workshop.accounts.write = fail_twice
        await workshop.writer.write([prepared(workshop)])
        assert workshop.waits == [0.5, 1.0]
        assert workshop.accounts.account(GATEWAY).received == 1


async def test_duplicates_are_counted_and_stored_again_harmlessly(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        for _ in range(2):
            await workshop.writer.write([prepared(workshop)])
        assert workshop.counted("siaga_duplicates_total") == 1
        assert await workshop.store.count("air-market", "pm2_5") == 1


async def test_the_newest_readings_are_asked_for_until_the_store_answers(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        await workshop.writer.write([prepared(workshop, reading(value=4))])
        answers: list[Exception | None] = [UNAVAILABLE, None]
        newest = workshop.store.newest

        async def sometimes(*, until_ms: int = LATEST_MS, quantities: object = None) -> list[StoredReading]:
            planned = answers.pop(0)
            if planned is not None:
                raise planned
            return await newest(until_ms=until_ms)

        workshop.store.newest = sometimes
        workshop.newest._readings.clear()
        await workshop.writer.load_newest()
        assert [each.value for each in workshop.newest.latest()] == [4]
        assert workshop.waits == [0.5]


async def test_a_stream_that_another_process_has_met_first_is_taken_up_where_it_stands(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        async with Workshop(tmp_path, max_bytes=2**20) as other:
            await other.writer.write([prepared(other, reading(value=1))])
        again, more = prepared(workshop, reading(value=1)), prepared(workshop, reading(value=2, at=5), first=2)
        assert await workshop.writer.write([again, more]) == [again, more]
        assert len(workshop.waits) == 1
        account = workshop.accounts.account(GATEWAY)
        assert (account.received, account.duplicates) == (2, 1)


async def test_the_delay_of_live_readings_is_noted_and_that_of_a_backlog_is_not(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        backlog = encode_batch(STREAM, 1, [reading()], backfill=True)
        await workshop.writer.write([workshop.decoder.prepare(backlog, GATEWAY)])
        _, delay_ms = workshop.metrics.pop_sketches()
        assert delay_ms.percentile(50) is None
        before_ms = time.time_ns() // 1_000_000
        await workshop.writer.write([prepared(workshop, reading(at=before_ms - T0 - 60_000), first=2)])
        write_ms, delay_ms = workshop.metrics.pop_sketches()
        delayed_ms, written_ms = delay_ms.percentile(50), write_ms.percentile(50)
        assert delayed_ms is not None
        assert written_ms is not None
        assert delayed_ms >= 60_000 * 0.95
        assert written_ms > 0


async def test_a_batch_that_the_registry_cannot_hold_is_a_dead_letter_and_its_neighbours_are_acknowledged(
    tmp_path: Path,
):
    async with Workshop(tmp_path) as workshop:
        bad, good = prepared(workshop), prepared(workshop, reading(at=5), first=2)
        keep = workshop.accounts.write
        tries: list[AccountingPlan] = []

        def write(connection: Connection, plan: AccountingPlan, *, now_ms: int) -> None:
            tries.append(plan)
            if len(tries) <= 2:  # of both together, and of the bad one alone
                raise OverflowError("Python int too large to convert to SQLite INTEGER")
            keep(connection, plan, now_ms=now_ms)

        workshop.accounts.write = write
        kept = await workshop.writer.write([bad, good])
        assert [each.receipt for each in kept] == [bad.receipt, good.receipt]
        assert workshop.accounts.account(GATEWAY).received == 2
        (letter,) = await workshop.dead_letters.page()
        assert letter.raw == bad.payload
        assert workshop.database.problem == ""


async def test_a_write_that_fails_while_the_store_takes_others_is_said_to_fail_alone(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        workshop.store.takes_others = True
        workshop.store.script = [UNAVAILABLE, StoreRejected("a firewall answered 403")]
        with pytest.raises(WriteFailsAlone, match="a firewall answered 403"):
            await workshop.writer.write([prepared(workshop)])
        assert workshop.waits == [0.5]
        assert workshop.accounts.account(GATEWAY).received == 0
        assert workshop.writer.store.component().status is Condition.OK


async def test_a_failure_that_passes_is_no_write_s_own(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        workshop.store.takes_others = True
        workshop.store.script = [UNAVAILABLE, None]
        assert len(await workshop.writer.write([prepared(workshop)])) == 1
        assert workshop.store.writes == [1, 1]


async def test_a_gateway_of_which_a_reading_is_never_taken_is_written_apart_for_a_while(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        workshop.store.script = [WriteResult((RejectedPoint(1, 0, "type conflict"),))]
        pier = workshop.decoder.prepare(payload(reading("people-pier", "people_in", 4)), "gw-pier")
        await workshop.writer.write([pier, prepared(workshop)])
        assert [gateway in workshop.writer.suspects for gateway in (GATEWAY, "gw-pier")] == [True, False]
        workshop.writer.suspects._since_s[GATEWAY] -= SUSPECT_S
        assert GATEWAY not in workshop.writer.suspects


async def test_health_says_why_the_newest_readings_are_not_known_yet(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:

        async def foreign(*, until_ms: int = LATEST_MS, quantities: object = None) -> list[StoredReading]:
            raise StoreRejected("InfluxDB answered 200 with text/html; check store.url")

        said: list[str] = []

        async def sleep(_: float) -> None:
            said.append(workshop.writer.store.component().detail)
            del workshop.store.newest

        workshop.store.newest, workshop.writer.store._sleep = foreign, sleep
        await workshop.writer.load_newest()
        assert said == ["InfluxDB answered 200 with text/html; check store.url"]


async def test_a_series_that_the_store_never_takes_is_no_longer_well_for_health_and_its_gateway_s_ack(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        recent = workshop.writer._commit._recent_rejections
        for number in range(3):
            workshop.store.script = [WriteResult((RejectedPoint(0, 0, "field type conflict"),))]
            level = reading("river", "water_level", 100, at=number)
            (safe,) = await workshop.writer.write([prepared(workshop, level, reading(at=number), first=2 * number + 1)])
            assert list(safe.ack_rows()) in ([("river", "store_rejected", 1)], [("air-market", "store_rejected", 1)])
        assert recent.component().status is Condition.DEGRADED
        assert "3 of 3 refused (store_rejected)" in recent.component().detail


async def test_of_a_point_of_which_one_quantity_is_never_taken_the_others_are_kept(tmp_path: Path):
    async with Workshop(tmp_path) as workshop:
        names = ("pm2_5", "pm10", "temperature")
        given = prepared(workshop, *(reading(quantity=name, at=at) for at in (0, 1, 2) for name in names))
        workshop.store.script = [WriteResult((RejectedPoint(0, 1, "type conflict", ("pm10",)),))]
        (safe,) = await workshop.writer.write([given])
        assert safe.stored == 8
        (letter,) = await workshop.dead_letters.page()
        refused = [(each.quantity, each.time_ms - T0) for each in decode_batch(letter.raw).readings()]
        assert refused == [("pm10", 1)]


@pytest.mark.parametrize(
    ("sensor", "quantity", "reason"),
    [("air-market", "ispu_pm2_5", Reason.UNDECLARED_QUANTITY), ("daruba", "ispu", Reason.FOREIGN_SENSOR)],
)
def test_a_message_with_a_derived_quantity_goes_to_the_dead_letters(tmp_path, sensor, quantity, reason):
    decoder = BatchDecoder(registry=city(), store=SqliteStore(tmp_path / "readings.db"), ahead_s=600)
    payload = encode_batch("9f3c21d07ab4e815", 1, [Reading(sensor, quantity, 1_790_000_000_000, 12.0)])
    write = decoder.prepare(payload, GATEWAY)
    assert write.encoded is None
    assert [rejection.reason for rejection in write.rejections] == [reason]
