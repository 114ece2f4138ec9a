"""An alarm that a gateway raised by itself is one alarm of the cloud, paged once, whatever comes first on reconnect."""

from pathlib import Path

import msgspec

from cloud.alarms.local_reports import LocalReport, LocalReports
from rules.events import EventKind
from tests.registries import on_each_registry
from tests.unit.cloud.alarms.town import T0, Town, level
from wire import Clock, Status
from wire.local_alarms import RaisedAlarm

pytestmark = on_each_registry(slow=True)

OUTAGE_S, RISE_S, BACK_S = 60, 660, 3_660
LOCAL = RaisedAlarm(
    "river-level", "river", T0 + RISE_S * 1_000, T0 + RISE_S * 1_000, 0, 160.0,
    sounded_ms=T0 + RISE_S * 1_000 + 800, sounded_by="siren",
)  # fmt: skip


async def report(town: Town, *alarms: RaisedAlarm, at: float, reports: LocalReports | None = None) -> LocalReports:
    town.now_ms = max(town.now_ms, T0 + int(at * 1_000))
    here = reports or LocalReports(town.database, town.evaluator, clock=town.clock)
    await here.apply(LocalReport("gw-daruba", T0 + int(at * 1_000), alarms))
    return here


async def backfill(town: Town) -> None:
    """What was spooled while the link was away: calm, then the rise that the gateway has judged."""
    readings = [level(100 if at < RISE_S else 160, at=at, backfill=True) for at in range(OUTAGE_S, BACK_S, 60)]
    await town.send(*readings, backfill=True)


async def away(town: Town) -> None:
    await town.rule()
    await town.send(*(level(100, at=at) for at in range(-600, OUTAGE_S, 60)))


async def test_a_standing_alarm_is_raised_as_news_since_it_began_and_the_backlog_adds_none(tmp_path: Path):
    async with Town(tmp_path) as town:
        await away(town)
        await report(town, LOCAL, at=BACK_S)
        await town.send(level(165, at=BACK_S + 5))
        await backfill(town)
        (alarm,) = await town.alarms()
        assert (alarm.opened_ms, alarm.late, alarm.state) == (LOCAL.opened_ms, False, "alarming")
        assert (alarm.level_name, alarm.value) == ("Siaga 3", 160.0)
        assert await town.events_to_tell() == ["raised", "sounded"]
        await town.send(level(100, at=BACK_S + 65))
        assert [alarm.state for alarm in await town.alarms()] == ["closed"]


async def test_where_the_newest_readings_come_first_the_alarm_that_they_raise_is_the_gateways(tmp_path: Path):
    async with Town(tmp_path) as town:
        await away(town)
        await town.send(level(165, at=BACK_S), level(166, at=BACK_S + 60))
        assert len(await town.alarms()) == 1
        await report(town, LOCAL, at=BACK_S + 61)
        await backfill(town)
        (alarm,) = await town.alarms()
        assert (alarm.opened_ms, alarm.late, alarm.state) == (LOCAL.opened_ms, False, "alarming")
        assert await town.events_to_tell() == ["raised", "sounded"], "it pages once"


async def test_with_the_link_up_the_clouds_own_alarm_is_told_of_once_and_says_when_it_sounded(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(*(level(100, at=at) for at in range(0, RISE_S, 60)), level(160, at=RISE_S))
        await report(town, LOCAL, at=RISE_S + 1)
        await report(town, LOCAL, at=RISE_S + 31)
        (alarm,) = await town.alarms()
        assert await town.events() == [("raised", RISE_S, 0), ("sounded", RISE_S + 0.8, 0)]
        assert [change.kind for change in await town.alarm_service.changes(alarm.id)] == ["raised", "sounded"]


async def test_that_people_were_told_by_sms_stands_among_the_alarms_changes_once(tmp_path: Path):
    async with Town(tmp_path) as town:
        await away(town)
        texted = msgspec.structs.replace(LOCAL, texted_ms=LOCAL.sounded_ms + 60_000, texted=2)
        await report(town, texted, at=BACK_S)
        await report(town, msgspec.structs.replace(texted, texted=3), at=BACK_S + 30)
        (alarm,) = await town.alarms()
        assert [change.kind for change in await town.alarm_service.changes(alarm.id)] == ["raised", "sounded", "texted"]
        assert await town.events_to_tell() == ["raised", "sounded", "texted"], "it pages once"


async def test_what_the_cloud_has_ended_an_old_status_does_not_raise_again(tmp_path: Path):
    async with Town(tmp_path) as town:
        await town.rule()
        await town.send(*(level(100, at=at) for at in range(0, RISE_S, 60)), level(160, at=RISE_S))
        await town.send(level(100, at=RISE_S + 60))
        await report(town, LOCAL, at=RISE_S + 70)
        assert [alarm.state for alarm in await town.alarms()] == ["closed"]


async def test_one_that_was_over_before_the_link_came_back_is_late_and_says_that_it_sounded(tmp_path: Path):
    async with Town(tmp_path) as town:
        await away(town)
        over = msgspec.structs.replace(LOCAL, closed_ms=LOCAL.opened_ms + 120_000)
        reports = await report(town, over, at=BACK_S)
        assert not await town.alarms(), "its readings are on their way"
        await town.send(level(100, at=BACK_S + 1))
        values = [(at, 160 if RISE_S <= at < RISE_S + 120 else 100) for at in range(OUTAGE_S, BACK_S, 60)]
        await town.send(*(level(value, at=at, backfill=True) for at, value in values), backfill=True)
        await report(town, over, at=BACK_S + 30, reports=reports)
        (alarm,) = await town.alarms()
        assert (alarm.late, alarm.opened_ms, alarm.state) == (True, LOCAL.opened_ms, "closed")
        assert "sounded" in await town.events_to_tell()


async def test_a_gateway_speaks_of_its_own_sensors_and_of_times_that_can_be(tmp_path: Path):
    async with Town(tmp_path) as town:
        await away(town)
        foreign = msgspec.structs.replace(LOCAL, sensor="creek")
        unknown = msgspec.structs.replace(LOCAL, sensor="nobody")
        ahead = msgspec.structs.replace(LOCAL, opened_ms=T0 + 10**9)
        other_rule = msgspec.structs.replace(LOCAL, family="no-such-rule")
        await report(town, foreign, unknown, ahead, other_rule, at=BACK_S)
        assert not await town.alarms()


async def test_an_adopted_alarm_outlives_a_restart_of_the_cloud(tmp_path: Path):
    async with Town(tmp_path) as town:
        await away(town)
        await report(town, LOCAL, at=BACK_S)
    async with Town(tmp_path) as again:
        again.now_ms = T0 + BACK_S * 1_000
        await report(again, LOCAL, at=BACK_S + 10)
        await again.send(level(260, at=BACK_S + 20), first=100)
        (alarm,) = await again.alarms()
        assert (alarm.opened_ms, alarm.worst) == (LOCAL.opened_ms, 1)
        assert await again.events_to_tell() == ["raised", "sounded", EventKind.WORSENED.value]


async def test_only_statuses_of_a_known_clock_count_and_the_same_again_costs_nothing(tmp_path: Path):
    async with Town(tmp_path) as town:
        await away(town)
        reports = LocalReports(town.database, town.evaluator, clock=town.clock)
        status = Status(1, True, "gw-daruba", "1", "b", "s", T0 + BACK_S * 1_000, Clock.UNKNOWN, alarms=(LOCAL,))
        reports.on_status("gw-daruba", status)
        assert not reports._waiting
        known = msgspec.structs.replace(status, clock=Clock.SYNCED)
        town.now_ms = T0 + BACK_S * 1_000
        reports.on_status("gw-daruba", known)
        (waiting,) = reports._waiting.values()
        await reports.apply(waiting)
        reports.on_status("gw-daruba", known)
        assert not reports._waiting
        assert len(await town.alarms()) == 1
