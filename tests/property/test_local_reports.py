"""An alarm that a gateway raised by itself is paged once and ends, in whatever order its word and its readings come.

outage, in which the river rises ─► the newest readings, the status (again and again), the backlog in parts: any order,
twice, with the cloud restarted between, and the gateway's opening some ms beside that of its readings
"""

import asyncio
import tempfile
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.alarms.local_reports import LocalReport, LocalReports
from tests.unit.cloud.alarms.town import T0, Town, level
from wire import Reading
from wire.local_alarms import RaisedAlarm

AWAY_S, RISE_S, FALL_S, BACK_S = 60, 660, 2_460, 3_660
LOCAL = RaisedAlarm("river-level", "river", T0 + RISE_S * 1_000, T0 + RISE_S * 1_000, 0, 160.0)
SENT_S = FALL_S - 60
"""When the status was sent that says that the alarm stands, where the river has fallen since."""


def backlog(*, falls: bool) -> list[list[Reading]]:
    end_s = FALL_S if falls else BACK_S
    readings = [level(160 if RISE_S <= at < end_s else 100, at=at, backfill=True) for at in range(AWAY_S, BACK_S, 60)]
    return [readings[:5], readings[5:20], readings[20:45], readings[45:]]


EVENTS = st.lists(st.sampled_from(["status", "live", "restart", "b0", "b1", "b2", "b3"]), max_size=8)


@settings(max_examples=25, deadline=None)
@given(
    events=EVENTS,
    order=st.permutations(["status", "live", "b0", "b1", "b2", "b3"]),
    beside_ms=st.sampled_from([0, -20, 20]),
    falls=st.booleans(),
)
def test_one_flood_is_one_page_and_ends(events: list[str], order: list[str], beside_ms: int, falls: bool):
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(play(Path(folder), [*events, *order], beside_ms=beside_ms, falls=falls))


async def play(folder: Path, story: list[str], *, beside_ms: int, falls: bool) -> None:
    parts = backlog(falls=falls)
    opened_ms = LOCAL.opened_ms + beside_ms
    alarm = msgspec.structs.replace(LOCAL, opened_ms=opened_ms, raised_ms=opened_ms)
    seqs: dict[str, int] = {}
    town = await Town(folder).__aenter__()
    await town.rule()
    await town.send(*(level(100, at=at) for at in range(-600, AWAY_S, 60)))
    seq = 100
    for event in story:
        town.now_ms = T0 + BACK_S * 1_000 + 10_000
        if event == "status":
            reports = LocalReports(town.database, town.evaluator, clock=town.clock)
            at_s = SENT_S if falls else BACK_S
            await reports.apply(LocalReport("gw-daruba", T0 + at_s * 1_000, (alarm,)))
        elif event == "restart":
            await town.__aexit__()
            town = await Town(folder).__aenter__()
        else:
            readings = [level(100 if falls else 165, at=BACK_S)] if event == "live" else parts[int(event[1])]
            if event not in seqs:
                seqs[event], seq = seq, seq + len(readings)
            await town.send(*readings, first=seqs[event], backfill=event != "live")
    told = await town.events_to_tell()
    await town.send(level(100, at=BACK_S + 60), level(100, at=BACK_S + 120), first=1_000)
    alarms = await town.alarms()
    await town.__aexit__()
    assert told.count("raised") <= 1, (told, alarms)
    if not falls:
        assert told.count("raised") == 1
    assert {each.state for each in alarms} == {"closed"}, alarms
