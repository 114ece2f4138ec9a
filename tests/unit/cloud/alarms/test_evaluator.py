"""Readings become alarms in the transaction that makes them safe, once, whatever fails or comes again."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from cloud.alarms import evaluator
from cloud.alarms.evaluation_plan import EvaluationPlan
from cloud.alarms.event_rows import AlarmEventRecord
from cloud.alarms.rule_input import RuleInput, WatchedColumn
from cloud.core.health import Condition
from cloud.readings.blocks import Block
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from rules.engine import Event, EventKind, Watched, step_column
from rules.marks import Mark
from rules.rule import Severity
from tests.registries import on_each_registry
from tests.unit.cloud.alarms.town import ANI, STREAM, T0, Town, city, level
from wire import Domain, Reading, encode_batch
from wire.topics import shard_of

pytestmark = on_each_registry(slow=True)


async def calm(town: Town, *, until: int) -> None:
    """A reading each minute up to `until` seconds, below every limit."""
    await town.send(*(level(100, at=at) for at in range(0, until, 60)))


async def test_a_batch_that_crosses_a_level_raises_an_alarm_before_it_is_acknowledged(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(level(149, at=0), level(150, at=60))
        (alarm,) = await town.alarms()
        assert (alarm.family, alarm.sensor, alarm.site, alarm.gateway) == (
            "river-level",
            "river",
            "daruba",
            "gw-daruba",
        )
        assert (alarm.state, alarm.level_name, alarm.value, alarm.late) == ("alarming", "Siaga 3", 150, False)
        assert alarm.opened_ms == T0 + 60_000
        assert alarm.versions == "all@1"
        assert alarm.rule.hysteresis == 10
        assert town.nudges == 1


async def test_an_alarm_worsens_eases_and_closes_on_its_own_row(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        for at, value in enumerate((160, 260, 200, 100)):
            await town.send(level(value, at=at * 60))
        (alarm,) = await town.alarms()
        assert (alarm.state, alarm.worst, alarm.closed_ms) == ("closed", 1, T0 + 180_000)
        assert alarm.level_name == "Siaga 2"
        kinds = [kind for kind, _, _ in await town.events()]
        assert kinds[:3] == ["raised", "worsened", "eased"]
        assert kinds[-1] == "closed"


async def test_a_batch_that_comes_again_adds_nothing(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        readings = [level(100, at=0), level(160, at=60), level(100, at=120)]
        await town.send(*readings)
        events = await town.events()
        await town.send(*readings, first=1)
        await town.send(*readings[1:], first=2)
        assert await town.events() == events
        assert len(await town.alarms()) == 1


DAYS = [{"name": "Days left", "severity": "minor", "limit": 3.0}]


async def test_an_alarm_and_its_state_survive_a_restart(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(level(160, at=0))
    async with Town(tmp_path) as town:
        town.now_ms = T0 + 60_000
        await town.send(level(100, at=60), first=2)
        (alarm,) = await town.alarms()
        assert alarm.state == "closed"
        assert next(kind for kind, _, _ in await town.events()) == "raised"


async def test_a_level_that_must_last_counts_on_across_a_restart(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule(for_s=300)
        await town.send(level(100, at=0), level(160, at=60))
        assert await town.alarms() == []
    async with Town(tmp_path) as town:
        await town.send(*(level(160, at=at) for at in range(120, 361, 60)), first=3)
        (alarm,) = await town.alarms()
        assert alarm.opened_ms == T0 + 60_000


async def test_a_trend_of_days_goes_on_across_restarts_of_the_cloud(tmp_path: Path):
    """What its state lacks is nowhere else: days of readings are not read back at a start."""
    fields: dict[str, Any] = {"kind": "trend", "target": 100.0, "window_s": 345_600, "levels": DAYS, "reject": []}
    falling = [level(400.0 - 2 * hour, at=hour * 3_600.0) for hour in range(100)]
    async with Town(tmp_path) as town:
        await town.rule(**fields)
    for start in range(0, 100, 25):
        async with Town(tmp_path) as town:
            await town.send(*falling[start : start + 25], first=start + 1)
    async with Town(tmp_path) as town:
        (alarm,) = await town.alarms()
        assert alarm.state == "alarming"
        assert 80 <= (alarm.opened_ms - T0) / 3_600_000 <= 92
        assert alarm.value == pytest.approx(3.0, abs=0.3)


async def test_at_least_n_of_m_sees_the_readings_of_before_the_restart(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule(at_least={"n": 3, "m": 4})
        await town.send(level(100, at=0), level(160, at=60), level(160, at=120))
    async with Town(tmp_path) as town:
        await town.send(level(160, at=180), first=4)
        assert len(await town.alarms()) == 1


async def test_a_crash_between_the_store_and_the_registry_loses_no_alarm_and_makes_no_second(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await calm(town, until=120)

        def fail(connection: Connection, plan: EvaluationPlan, *, now_ms: int) -> int:
            raise OperationalError("INSERT", {}, Exception("power cut"))

        town.evaluator.write = fail
        keeping = asyncio.create_task(town.send(level(160, at=120)))
        while town.newest.series("river", "water_level").value != 160:
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        assert await town.alarms() == []
        assert town.accounts.account("gw-daruba").received == 2
    async with Town(tmp_path) as town:
        await town.send(level(160, at=120), first=3)
        assert [kind for kind, _, _ in await town.events()] == ["raised"]
        assert town.accounts.account("gw-daruba").received == 3


async def test_two_instances_on_one_database_never_make_two_alarms(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        async with Town(tmp_path) as twin:
            await town.send(level(160, at=0), level(260, at=60))
            payload = encode_batch(STREAM, 1, [level(160, at=0), level(260, at=60)])
            await twin.evaluator.observe([twin.decoder.prepare(payload, "gw-daruba").rule_input])
            assert len(await town.alarms()) == 1
            assert [kind for kind, _, _ in await town.events()] == ["raised", "worsened"]


async def test_a_breach_in_backfilled_readings_is_late(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(level(100, at=0))
        await town.send(*(level(100, at=at) for at in range(7200, 7500, 60)))
        breach = [level(value, at=600 + 60 * n, backfill=True) for n, value in enumerate((100, 160, 170, 100))]
        await town.send(*breach, backfill=True)
        (alarm,) = await town.alarms()
        assert alarm.late
        assert alarm.opened_ms == T0 + 660_000
        assert alarm.state == "closed"


async def test_what_was_raised_and_over_an_hour_before_it_came_is_late(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        town.now_ms = T0 + 3_600_000
        await town.send(level(160, at=0), level(100, at=60))
        await town.send(level(160, at=120))
        assert [alarm.late for alarm in await town.alarms()] == [True, False]


async def test_silence_keeps_an_alarm_and_is_told(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(level(160, at=0))
        await town.tick(at=60)
        await town.tick(at=1_000)
        (alarm,) = await town.alarms()
        assert (alarm.state, alarm.closed_ms) == ("silent", None)
        await town.send(level(160, at=1_060))
        (alarm,) = await town.alarms()
        assert alarm.state == "alarming"
        assert [kind for kind, _, _ in await town.events()] == ["raised", "silent", "heard"]


async def test_a_sensor_that_says_nothing_raises_the_alarm_of_silence_and_ends_it_when_it_is_back(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.silence_rule()
        await town.send(level(100, at=0))
        await town.tick(at=299)
        assert await town.alarms() == []
        await town.tick(at=301)
        (alarm,) = await town.alarms()
        assert (alarm.sensor, alarm.opened_ms) == ("river", T0 + 300_000)
        await town.send(level(100, at=400))
        (alarm,) = await town.alarms()
        assert alarm.state == "closed"
        await town.tick(at=600)
        await town.tick(at=701)
        assert len(await town.alarms()) == 2


async def test_a_silence_that_lasts_worsens_when_its_next_level_is_due(tmp_path: Path):
    levels = [
        {"name": name, "severity": severity, "limit": limit}
        for name, severity, limit in (("Silent", "minor", 5.0), ("Gone", "moderate", 60.0))
    ]
    async with Town(tmp_path) as town:
        await town.silence_rule(levels=levels)
        await town.send(level(100, at=0))
        for at in (301, 2_000, 3_599, 3_605):
            await town.tick(at=at)
        assert await town.events() == [("raised", 300, 0), ("worsened", 3_600, 1)]


async def test_of_more_open_alarms_than_are_looked_at_in_a_second_each_has_its_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(evaluator, "OPEN_A_TICK", 1)
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(level(160, at=0))
        await town.send(level(160, at=1, sensor="creek"))
        await town.tick(at=1_000)
        assert sorted(alarm.state for alarm in await town.alarms()) == ["alarming", "silent"]
        await town.tick(at=1_001)
        assert [alarm.state for alarm in await town.alarms()] == ["silent", "silent"]


async def test_a_sensor_that_fell_silent_while_the_cloud_was_away_is_found(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.silence_rule()
        await town.send(level(100, at=0))
    async with Town(tmp_path) as town:
        await town.tick(at=299)
        assert await town.alarms() == [], "while it was away nobody listened"
        await town.tick(at=301)
        (alarm,) = await town.alarms()
        assert alarm.opened_ms == T0 + 300_000


async def test_while_nothing_can_come_in_nobody_s_silence_means_anything(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.silence_rule()
        await town.send(level(100, at=0))
        town.hears = False
        await town.tick(at=1_000)
        town.hears = True
        await town.tick(at=1_320)
        assert await town.alarms() == [], "since 1,030 we listen again"
        await town.tick(at=1_335)
        assert len(await town.alarms()) == 1


@pytest.mark.parametrize("seconds", [75, 3_600])
async def test_a_cloud_that_slept_misses_nobody_on_waking_and_misses_the_dead_in_time(tmp_path: Path, seconds: int):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.silence_rule()
        await town.send(level(160, at=0))
        await town.send(level(160, at=250, sensor="creek"))
        await town.sleep(seconds=seconds)
        assert town.decoder  # the backlog comes in now; of creek's nothing does
        assert [kind for kind, *_ in await town.events()] == ["raised", "raised"]
        await town.send(level(160, at=250 + seconds + 1))
        late = {kind for kind, *_ in await town.events()} - {"raised"}
        assert late <= {"silent", "heard"}
        assert await town.events_to_tell() == ["raised", "raised"]
        await town.tick(at=250 + seconds + 325)
        assert await town.alarms(family="silence") == []
        await town.tick(at=250 + seconds + 335)
        assert {alarm.sensor for alarm in await town.alarms(family="silence")} == {"river", "creek"}


async def test_a_sensor_is_missed_by_what_was_listened_whatever_the_wall_clock_says(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.silence_rule()
        await town.send(level(100, at=0))
        for step_ms in (9 * 3_600_000, -9 * 3_600_000, -3_600_000):
            town.now_ms += step_ms
            await town.evaluator.tick()
        assert await town.alarms() == []
        town.now_ms = T0
        await town.tick(at=301)
        assert len(await town.alarms()) == 1


async def test_a_sensor_of_another_instance_s_shard_is_not_missed_here(tmp_path: Path):
    here = shard_of("gw-daruba")
    async with Town(tmp_path) as town:
        await town.silence_rule()
        await town.send(level(100, at=0))
    async with Town(tmp_path, shards=range(here + 1, 64) if here < 63 else range(here)) as town:
        await town.tick(at=1_000)
        assert await town.alarms() == []


async def test_the_version_in_force_at_the_reading_s_time_is_the_one_that_counts(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        fields = {"levels": [{"name": "Siaga 1", "severity": "extreme", "limit": 120.0}]}
        await town.rule_store.save(
            "river-level", "site:daruba", fields, actor=ANI, reason="dyke", valid_from_ms=T0 + 150_000
        )
        await town.send(*(level(130, at=at) for at in (60, 120, 180)))
        (alarm,) = await town.alarms()
        assert (alarm.opened_ms, alarm.level_name) == (T0 + 180_000, "Siaga 1")
        assert alarm.versions == "all@1 site:daruba@1"


async def test_an_alarm_whose_rule_is_removed_or_switched_off_ends(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(level(160, at=0))
        await town.rule_store.save(
            "river-level", "sensor:river", {"enabled": False}, actor=ANI, reason="gauge is moved"
        )
        await town.tick(at=5)
        (alarm,) = await town.alarms()
        assert alarm.state == "closed"


async def test_rain_upstream_and_the_level_together_raise_what_neither_does_alone(tmp_path: Path):
    async with Town(tmp_path) as town:
        also = {"sensor": "rain", "quantity": "rainfall", "kind": "above", "limit": 10.0, "within_s": 600}
        await town.rule(also=also)
        await town.send(level(160, at=0))
        assert await town.alarms() == []
        await town.send(Reading("rain", "rainfall", T0 + 90_000, 12.0), level(160, at=60), level(161, at=120))
        (alarm,) = await town.alarms()
        assert alarm.opened_ms == T0 + 120_000


async def test_a_second_sensor_does_not_agree_by_what_it_measured_later(tmp_path: Path):
    also = {"sensor": "rain", "quantity": "rainfall", "kind": "above", "limit": 10.0, "within_s": 600}

    def rain(mm: float, *, at: float) -> Reading:
        return Reading("rain", "rainfall", T0 + int(at * 1000), mm)

    async with Town(tmp_path) as town:
        await town.rule(also=also)
        await town.send(rain(0.0, at=0), rain(12.0, at=300))
        await town.send(level(160, at=60), level(161, at=120))
        assert await town.alarms() == []
        await town.send(level(162, at=300))
        (alarm,) = await town.alarms()
        assert alarm.opened_ms == T0 + 300_000


@pytest.mark.parametrize("river_first", [True, False])
async def test_the_second_sensor_is_asked_at_the_readings_own_time_however_the_batches_are_cut(tmp_path, river_first):
    also = {"sensor": "rain", "quantity": "rainfall", "kind": "above", "limit": 10.0, "within_s": 600}
    rains = [Reading("rain", "rainfall", T0 + minute * 60_000, mm) for minute, mm in enumerate((12.0, 12.0, 0.0, 0.0))]
    levels = [level(160, at=60), level(100, at=120), level(160, at=180)]
    async with Town(tmp_path) as town:
        await town.rule(also=also)
        if river_first:
            await town.send(*levels, *rains)
        else:
            await town.send(*rains)
            await town.send(*levels)
        assert [(alarm.opened_ms, alarm.state) for alarm in await town.alarms()] == [(T0 + 60_000, "closed")]


async def test_after_a_restart_the_second_sensor_is_asked_at_the_readings_own_time_too(tmp_path: Path):
    also = {"sensor": "rain", "quantity": "rainfall", "kind": "above", "limit": 10.0, "within_s": 600}
    async with Town(tmp_path) as town:
        await town.rule(also=also, for_s=120)
        rains = [Reading("rain", "rainfall", T0 + at * 1000, mm) for at, mm in ((0, 12.0), (90, 12.0), (130, 0.0))]
        await town.send(*rains, level(160, at=0), level(160, at=60))
        assert await town.alarms() == []
    async with Town(tmp_path) as town:
        await town.send(level(160, at=120), first=90)
        (alarm,) = await town.alarms()
        assert alarm.opened_ms == T0


@pytest.mark.parametrize("closed_first", [False, True])
async def test_a_withdrawn_escalation_does_not_stay_on_the_alarms_row(tmp_path: Path, closed_first: bool):
    async with Town(tmp_path) as town:
        await town.rule(for_s=60)
        await town.send(level(160, at=0), level(161, at=60), level(260, at=120), level(262, at=180))
        (alarm,) = await town.alarms()
        assert (alarm.level, alarm.worst, alarm.value) == (1, 1, 262.0)
        if closed_first:
            await town.send(level(100, at=200))
        await town.send(level(163, at=150))
        assert ("withdrawn", 180, 1) in await town.events()
        (alarm,) = await town.alarms()
        assert (alarm.state, alarm.withdrawn) == ("closed" if closed_first else "alarming", False)
        assert (alarm.level, alarm.worst, alarm.value, alarm.value_ms) == (0, 0, 161.0, T0 + 60_000)
        assert alarm.severity is Severity.MODERATE


async def test_an_escalation_that_was_withdrawn_and_is_so_after_all_stands_on_the_alarms_row(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule(for_s=60)
        await town.send(level(160, at=0), level(161, at=60), level(260, at=120), level(262, at=180))
        known = await town.alarms()
        await town.send(level(163, at=150))
        plan = town.evaluator.plan([], now_ms=town.now_ms)
        river = town.registry.sensor("river")
        assert river is not None
        event = Event(EventKind.WORSENED, known[0].opened_ms, T0 + 180_000, 1, 262.0)
        (binding,) = town.evaluator._bindings.spans("river")[-1].bindings
        again = msgspec.structs.replace(plan, records=(AlarmEventRecord(event, binding, river, False),))
        await town.database.run(lambda connection: town.evaluator.write(connection, again, now_ms=town.now_ms))
        (alarm,) = await town.alarms()
        assert (alarm.level, alarm.worst, alarm.value) == (1, 1, 262.0)


async def test_readings_out_of_order_in_a_batch_are_looked_at_in_order(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule(lateness_s=0)
        await town.send(level(100, at=120), level(160, at=60), level(100, at=0))
        (alarm,) = await town.alarms()
        assert (alarm.opened_ms, alarm.state) == (T0 + 60_000, "closed")


async def test_forty_gauges_crossing_at_once_are_forty_alarms_of_one_commit(tmp_path: Path):
    gauges = [Sensor(f"g-{n}", "G", "daruba", "gw-daruba", ("water_level",), interval_s=60) for n in range(40)]
    async with Town(tmp_path, registry=city(*gauges)) as town:
        await town.rule()
        await town.send(*(level(160, at=0, sensor=gauge.id) for gauge in gauges))
        assert len(await town.alarms()) == 40
        assert town.nudges == 1


async def test_nothing_is_carried_to_the_rules_of_series_that_no_rule_looks_at(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        write = town.decoder.prepare(encode_batch(STREAM, 1, [Reading("rain", "rainfall", T0, 1.0)]), "gw-daruba")
        assert write.rule_input.columns == ()
        assert write.rule_input.heard_ms == {}


async def test_what_siaga_derives_for_a_site_goes_past_the_rules_and_is_no_sign_of_life(tmp_path: Path):
    level = {"name": "Tidak Sehat", "severity": "moderate", "limit": 100.0, "inclusive": False}
    ispu = {"quantity": "ispu", "kind": "above", "title": "ISPU", "levels": [level]}
    hours = [T0, T0 + 3_600_000]
    async with Town(tmp_path, registry=city(Sensor("air", "Air", "daruba", "gw-daruba", ("pm2_5",)))) as town:
        await town.rule_store.save("ispu", "all", ispu, actor=ANI, reason="test")
        await town.silence_rule()
        await town.send(Reading("river", "water_level", T0, 100.0))
        town.now_ms = T0 + 3_700_000
        blocks = [
            Block("daruba", "daruba", "", Domain.AIR, 0, hours, (("ispu", [90.0, 120.0]),)),
            Block("daruba", "river", "", Domain.FLOOD, 0, hours, (("siaga", [4.0, 4.0]),)),
        ]
        await town.evaluator.observe_derived(blocks)
        (alarm,) = await town.alarms()
        assert (alarm.family, alarm.sensor, alarm.site, alarm.value) == ("ispu", "daruba", "daruba", 120)
        await town.tick(at=3_700)
        assert {alarm.sensor for alarm in await town.alarms(family="silence")} == {"river"}


async def test_a_tick_that_finds_the_database_away_says_so_and_tries_again(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.silence_rule()
        await town.send(level(100, at=0))
        write, failing = town.evaluator.write, [True]

        def sometimes(connection: Connection, plan: EvaluationPlan, *, now_ms: int) -> int:
            if failing:
                failing.pop()
                raise OperationalError("INSERT", {}, Exception("disk full"))
            return write(connection, plan, now_ms=now_ms)

        town.evaluator.write = sometimes
        with pytest.raises(Exception, match="disk full"):
            await town.tick(at=301)
        await town.tick(at=302)
        assert len(await town.alarms()) == 1
        assert town.evaluator.component().status is Condition.OK


async def test_an_alarm_that_began_earlier_than_was_told_stays_one_alarm_and_is_told_once(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(level(100, at=0))
        await town.send(level(160, at=60))
        await town.send(level(255, at=40))
        (alarm,) = await town.alarms()
        assert (alarm.opened_ms, alarm.state, alarm.withdrawn) == (T0 + 40_000, "alarming", False)
        kinds = [kind for kind, _, _ in await town.events()]
        assert kinds.count("raised") == 1
        assert ("raised", 40, 1) in await town.events()
        assert "withdrawn" not in kinds


async def test_a_mistake_of_ours_in_the_rules_of_one_series_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def broken(watched: Watched, *others: Any, **options: Any) -> Any:
        if watched.sensor == "river":
            raise ZeroDivisionError
        return step_column(watched, *others, **options)

    async with Town(tmp_path) as town:
        await town.rule()
        monkeypatch.setattr("cloud.alarms.evaluation_pass.step_column", broken)
        await town.send(level(160, at=0))
        await town.send(level(160, at=0, sensor="creek"))
        assert [alarm.sensor for alarm in await town.alarms()] == ["creek"]
        assert town.evaluator.component().status is Condition.DEGRADED
        assert "water_level of sensor river fail with ZeroDivisionError" in town.evaluator.component().detail


async def test_while_the_readings_of_a_watched_series_are_refused_the_rules_are_not_well(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(level(100, at=0))
        assert town.evaluator.component().status is Condition.OK
        await town.send(level(1e9, at=60), level(1e9, at=61))
        component = town.evaluator.component()
        assert component.status is Condition.DEGRADED
        assert "rules see nothing of river water_level" in component.detail
        assert town.lately.component().status is Condition.DEGRADED


@pytest.mark.parametrize(
    ("mark", "left_out"),
    [
        (Mark.CLOCK_UNKNOWN, True), (Mark.BACKFILL | Mark.CLOCK_UNKNOWN, True), (Mark.BACKFILL, False),
        (Mark.CLOCK_ESTIMATED, False), (Mark(0), False),
        (Mark.SPIKE, False),  # left out as it should be
        (Mark.SPIKE | Mark.CLOCK_UNKNOWN, True),
    ],
)  # fmt: skip
async def test_what_the_rules_leave_out_for_its_marks_is_told(tmp_path: Path, mark: Mark, left_out: bool):
    async with Town(tmp_path) as town:
        await town.rule()
        columns = [
            WatchedColumn("river", "water_level", int(mark), [T0, T0 + 1], [1.0, 2.0]),
            WatchedColumn("river", "temperature", int(mark), [T0], [1.0]),
        ]
        told = {("river", "water_level"): 2} if left_out else {}
        assert town.evaluator.not_judged(RuleInput(tuple(columns))) == told


async def test_an_alarm_on_a_sensor_that_is_retired_ends_with_a_word_that_is_no_all_clear(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.silence_rule()
        await town.send(level(160, at=0))
        plain = city()
        sensors = [
            replace(sensor, retired=sensor.id == "river")
            for sensor in plain.sensors() if plain.gateway(sensor.id) is None
        ]  # fmt: skip
        town.registry.replace_with(
            Registry(city=plain.city, sites=plain.sites(), gateways=plain.gateways(), sensors=sensors)
        )
        await town.rule_store.refresh()
        await town.tick(at=5)
        (alarm,) = await town.alarms()
        assert (alarm.state, alarm.is_open, alarm.value) == ("closed", False, 160.0)
        assert await town.events() == [("raised", 0.0, 0), ("retired", 5.0, 0)]
        await town.tick(at=3_600)
        assert len(await town.alarms()) == 1, "nobody waits for it any more"
        town.registry.replace_with(plain)
        await town.rule_store.refresh()
        await town.send(level(170, at=3_660))
        assert [each.state for each in await town.alarms()] == ["closed", "alarming"]
