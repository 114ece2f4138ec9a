"""The board that is kept as things happen stands as one that is worked out anew: whatever happens, in any order."""

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cloud.board.records import PlaceState
from cloud.situation import states_of
from rules.marks import Mark
from tests.unit.cloud.board.city import SmallCity
from tests.unit.cloud.console.alarms_made import an_alarm

SERIES = [
    ("river", "water_level"), ("river", "distance"), ("air", "pm2_5"), ("air", "temperature"), ("ferry", "people_in"),
    ("mic", "leq"), ("mic", "horn_count"), ("air-east", "pm2_5"), ("daruba", "ispu"), ("dodola", "capacity_used"),
]  # fmt: skip
MARKS = [0, 0, 0, 0, int(Mark.SPIKE), int(Mark.STUCK), int(Mark.BACKFILL | Mark.WITHDRAWN)]

hearing = st.tuples(
    st.just("hear"), st.sampled_from(SERIES), st.sampled_from([10.0, 80.0, 130.0]), st.sampled_from(MARKS),
    st.sampled_from([0.0, 0.0, 0.0, 90.0, -700.0]),
)  # fmt: skip
happenings = st.one_of(
    hearing,
    hearing,
    hearing,
    st.tuples(st.just("later"), st.sampled_from([0.5, 1.0, 4.0, 6.9, 30.0, 61.0, 400.0, 11_000.0, -20.0, -4_000.0])),
    st.tuples(st.just("alarm"), st.integers(1, 3), st.sampled_from(["daruba", "sangowo"]), st.integers(0, 2)),
    st.tuples(st.just("over"), st.integers(1, 3)),
    st.tuples(st.just("refuse"), st.sets(st.sampled_from(SERIES), max_size=2)),
    st.tuples(st.just("limit"), st.sets(st.sampled_from([("mic", "leq"), ("mic", "horn_count")]))),
)  # fmt: skip


def happen(city: SmallCity, what: Any) -> None:
    match what:
        case ("later", seconds):
            city.later(seconds)
        case ("hear", (sensor, quantity), value, marks, age_s):
            city.hear(sensor, quantity, value, marks=marks, age_s=age_s)
        case ("alarm", number, site, level):
            sensor = "river" if site == "daruba" else "air-east"
            city.alarms.held[number] = an_alarm(id=number, site=site, sensor=sensor, level=level)
        case ("over", number):
            city.alarms.held.pop(number, None)
        case ("refuse", series):
            city.refused = frozenset(series)
        case ("limit", series):
            city.limited.series = frozenset(series)


def places(city: SmallCity, board: Any) -> dict[str, PlaceState | None]:
    return {site.id: board.place(site.id) for site in city.registry.sites()}


async def live_through(steps: list[Any]) -> None:
    city = SmallCity()
    kept = city.board
    for step in steps:
        happen(city, step)
        await kept.turn(most=100)
        fresh = city.board_from_scratch()
        await fresh.turn()
        assert places(city, kept) == places(city, fresh)
        sensors = {sensor.id: sensor for sensor in city.registry.sensors()}
        for site in city.registry.sites():
            whole = states_of(
                site, readings=city.newest.latest(), sensors=sensors, alarms=city.alarms.all(), now_ms=city.now_ms,
                table=city.registry.quantities, refused=city.refused, limited=city.limited.series,
            )  # fmt: skip
            state = kept.place(site.id)
            assert state is not None
            assert state.states == whole


@settings(max_examples=60)
@given(st.lists(happenings, min_size=30, max_size=40))
def test_the_board_stands_as_if_it_were_worked_out_anew(steps: list[Any]) -> None:
    asyncio.run(live_through(steps))
