"""The board: what marks a place, what is seen of it by whom, and what changed in the last hour."""

import msgspec
import pytest

from cloud.alarms.alarm_steps import AlarmStep, PastStep
from cloud.board import board as board_module
from cloud.board.board import GATEWAYS_A_TURN
from cloud.board.place import PlaceInputs, PlaceReview, review
from cloud.board.records import Change
from cloud.database.engine import DatabaseUnavailable
from cloud.gateways.connection_state import ConnectionState
from cloud.ingest.manual.records import Overruling
from cloud.registry.records import City, Sensor
from cloud.registry.snapshot import Registry
from i18n.catalog import catalog_of
from rules.marks import Mark
from tests.unit.cloud.api.morotai import GATEWAYS, SENSORS, SITES, ZONE
from tests.unit.cloud.board.city import MIC, SmallCity
from tests.unit.cloud.console.alarms_made import NOON_MS, an_alarm
from wire import Domain

ALL = None


@pytest.fixture
def city() -> SmallCity:
    return SmallCity()


def word(city: SmallCity, site: str, domain: str) -> str:
    place = city.board.place(site)
    assert place is not None
    return next((catalog_of("en").said(one.text) for one in place.states if one.domain == domain), "")


async def test_a_new_index_is_another_state_at_the_next_turn(city: SmallCity):
    city.hear("daruba", "ispu", 10.0)
    await city.board.turn()
    assert word(city, "daruba", Domain.AIR) == "Good"
    city.hear("daruba", "ispu", 80.0)
    await city.board.turn()
    assert word(city, "daruba", Domain.AIR) == "Moderate"


async def test_a_doubt_is_on_the_board_at_the_next_turn_and_gone_with_the_next_believed_reading(city: SmallCity):
    city.hear("river", "water_level", 90.0)
    await city.board.turn()
    city.hear("river", "water_level", 400.0, marks=int(Mark.SPIKE))
    await city.board.turn()
    assert word(city, "daruba", Domain.FLOOD).startswith("doubted")
    city.hear("river", "water_level", 91.0)
    await city.board.turn()
    assert word(city, "daruba", Domain.FLOOD) == "Normal"


async def test_what_a_person_has_read_for_a_silent_gauge_is_known_and_no_all_clear(city: SmallCity):
    city.hear("river", "water_level", 90.0, age_s=3_000)
    await city.board.turn()
    assert word(city, "daruba", Domain.FLOOD) == "no current reading"
    city.overrulings = (Overruling("river", "water_level", 101.0, "ani", NOON_MS - 60_000),)
    await city.board.turn()
    assert word(city, "daruba", Domain.FLOOD) == "read 12:09: 101.0 cm"
    (state,) = [one for one in city.board.place("daruba").states if one.domain == Domain.FLOOD]
    assert (state.rank, state.doubted) == (-1, True)
    city.overrulings = ()
    await city.board.turn()
    assert word(city, "daruba", Domain.FLOOD) == "no current reading"


async def test_a_reading_that_changes_nothing_is_not_worked_out(city: SmallCity):
    city.hear("river", "water_level", 90.0)
    await city.board.turn()
    edition = city.board.edition
    city.hear("river", "water_level", 95.0)
    await city.board.turn(most=0)
    await city.board.turn()
    assert city.board.edition == edition


async def test_silence_is_found_by_its_time_alone(city: SmallCity):
    city.hear("river", "water_level", 90.0)
    await city.board.turn()
    city.later(61)
    await city.board.turn()
    assert word(city, "daruba", Domain.FLOOD) == "no current reading"
    assert city.board.view(ALL).domains[Domain.FLOOD].alive.behind == 1


async def test_an_alarm_comes_before_all_that_waits_for_its_turn(city: SmallCity):
    await city.board.turn()
    city.alarms.held[1] = an_alarm(id=1)
    await city.board.turn(most=0)
    assert word(city, "daruba", Domain.FLOOD) == "Siaga 2"
    view = city.board.view(ALL)
    assert view.places[0].site.id == "daruba"
    assert (view.needy, view.quiet) == (2, 1)  # of the microphone at Sangowo, which has a limit, nothing was heard yet


async def test_an_open_alarm_stays_while_the_database_does_not_answer(city: SmallCity, monkeypatch):
    city.alarms.held[1] = an_alarm(id=1)
    await city.board.turn()

    async def away() -> list[AlarmStep]:
        raise DatabaseUnavailable("the registry database does not answer")

    monkeypatch.setattr(city.alarms, "turn", away)
    await city.board.turn()
    assert word(city, "daruba", Domain.FLOOD) == "Siaga 2"


async def test_whoever_may_see_one_site_sees_nothing_of_another(city: SmallCity):
    city.say("gw-daruba")
    city.say("gw-east")
    await city.board.turn()
    city.alarms.held[1] = an_alarm(id=1)
    city.say("gw-daruba", online=False)
    await city.board.turn()
    theirs = city.board.view(frozenset({"sangowo"}))
    assert [place.site.id for place in theirs.places] == ["sangowo"]
    assert [one.gateway.id for one in theirs.gateways] == ["gw-east"]
    assert (theirs.changes, theirs.domains.get(Domain.FLOOD), theirs.alive.sensors) == ([], None, 2)
    assert {change.site for change in city.board.view(ALL).changes} == {"daruba"}
    assert city.board.view(frozenset()).places == []


def shown(change: Change) -> tuple[str, str, object, object]:
    def of(end: object) -> object:
        return getattr(end, "level", getattr(end, "rank", end))

    return change.site, change.gateway, of(change.before), of(change.after)


async def test_the_last_hour_tells_of_places_alarms_and_gateways_and_forgets_what_is_older(city: SmallCity):
    city.say("gw-daruba")
    city.hear("river", "water_level", 90.0)
    await city.board.turn()
    assert city.board.view(ALL).changes == []
    city.alarms.held[1] = alarm = an_alarm(id=1, level=0)
    await city.board.turn()
    city.alarms.held[1] = msgspec.structs.replace(alarm, level=1)
    await city.board.turn()
    city.alarms.held[1] = msgspec.structs.replace(alarm, level=1, acknowledged_ms=city.now_ms)
    await city.board.turn()
    city.alarms.held.clear()
    await city.board.turn()
    city.say("gw-daruba", online=False)
    await city.board.turn()
    assert [shown(change) for change in city.board.view(ALL).changes] == [
        ("daruba", "gw-daruba", ConnectionState.ONLINE, ConnectionState.OFFLINE),
        ("daruba", "", 1, None),
        ("daruba", "", 0, 1),
        ("daruba", "", None, 0),
    ]
    city.later(61)
    await city.board.turn()
    assert shown(city.board.view(ALL).changes[0]) == ("daruba", "", 0, -1)
    city.later(3_601)
    await city.board.turn()
    assert [change for change in city.board.view(ALL).changes if change.time_ms < city.now_ms] == []


async def test_a_board_that_begins_knows_what_became_of_alarms_and_forgets_it_by_its_time(city: SmallCity):
    alarm, minute_ms = an_alarm(id=1, level=0), 60_000
    city.alarms.held[1] = worse = msgspec.structs.replace(alarm, level=1)
    city.alarms.were = [
        PastStep(city.now_ms - 50 * minute_ms, AlarmStep(None, alarm)),
        PastStep(city.now_ms - 10 * minute_ms, AlarmStep(alarm, worse)),
    ]
    await city.board.turn()
    assert [(change.time_ms, *shown(change)[2:]) for change in city.board.view(ALL).changes] == [
        (city.now_ms - 10 * minute_ms, 0, 1),
        (city.now_ms - 50 * minute_ms, None, 0),
    ]
    city.later(11 * 60)
    city.alarms.held.clear()
    await city.board.turn()
    assert [shown(change)[2:] for change in city.board.view(ALL).changes] == [(1, None), (0, 1)]


async def test_what_the_database_cannot_tell_at_the_start_it_is_asked_again(city: SmallCity, monkeypatch):
    alarm, past = an_alarm(id=1, level=0), city.alarms.past
    city.alarms.held[1] = alarm
    city.alarms.were = [PastStep(city.now_ms - 60_000, AlarmStep(None, alarm))]

    async def away(_since_ms: int) -> list[PastStep]:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr(city.alarms, "past", away)
    await city.board.turn()
    assert city.board.view(ALL).changes == []
    monkeypatch.setattr(city.alarms, "past", past)
    for _turn in range(2):
        await city.board.turn()
    assert [shown(change)[2:] for change in city.board.view(ALL).changes] == [(None, 0)]


@pytest.mark.parametrize(
    ("sensors", "worked_out"),
    [
        pytest.param([*SENSORS, MIC], [], id="nothing changed"),
        pytest.param([*SENSORS[1:], MIC], ["daruba"], id="one has gone"),
        pytest.param([*SENSORS, MIC, msgspec.structs.replace(MIC, id="other", site="dodola")], ["dodola"], id="new"),
        pytest.param([*SENSORS, msgspec.structs.replace(MIC, site="dodola")], ["dodola", "sangowo"], id="moved"),
        pytest.param([*SENSORS, msgspec.structs.replace(MIC, interval_s=5)], ["sangowo"], id="another interval"),
    ],
)
async def test_another_registry_has_the_places_worked_out_that_it_changes(
    city: SmallCity, monkeypatch, sensors: list[Sensor], worked_out: list[str]
):
    await city.board.turn()
    seen = list[str]()

    def noted(inputs: PlaceInputs, now_ms: int) -> PlaceReview:
        seen.append(inputs.site.id)
        return review(inputs, now_ms)

    monkeypatch.setattr(board_module, "review", noted)
    city.registry.replace_with(
        Registry(
            city=City("Pulau Morotai", ZONE),
            sites=SITES,
            gateways=GATEWAYS,
            sensors=sensors,
            quantities=city.registry.quantities,
        )
    )
    await city.board.turn()
    assert sorted(seen) == worked_out
    fresh = city.board_from_scratch()
    await fresh.turn()
    assert city.board.view(ALL).places == fresh.view(ALL).places


async def test_a_share_of_capacity_that_moves_within_its_state_is_no_change(city: SmallCity):
    city.hear("dodola", "capacity_used", 20.0)
    await city.board.turn()
    city.hear("dodola", "capacity_used", 25.0)
    await city.board.turn()
    assert word(city, "dodola", Domain.FOOTFALL) == "25 % full"
    assert city.board.view(ALL).changes == []


async def test_places_of_one_state_are_counted_together_the_worst_first(city: SmallCity):
    city.hear("dodola", "capacity_used", 20.0)
    city.hear("daruba", "ispu", 10.0)
    city.hear("sangowo", "ispu", 130.0)
    city.hear("air-east", "pm2_5", 40.0)
    await city.board.turn()
    air = city.board.view(ALL).domains[Domain.AIR]
    assert [(catalog_of("en").said(state.text), n) for state, n in air.states] == [("Unhealthy", 1), ("Good", 1)]
    assert air.where is not None
    assert air.where.site.id == "sangowo"


async def test_the_first_turn_knows_every_gateway_and_each_is_looked_at_again(city: SmallCity):
    city.say("gw-daruba")
    await city.board.turn()
    assert len(city.board.view(ALL).gateways) == 2 <= GATEWAYS_A_TURN
    city.later(91)
    await city.board.turn()
    assert city.board.view(ALL).connections == {ConnectionState.OFFLINE: 1, ConnectionState.NEVER_SEEN: 1}
