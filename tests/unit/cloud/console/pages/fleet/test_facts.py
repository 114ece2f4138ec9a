"""What the list and the page of a gateway gather, for who may see some sites."""

from cloud.console.pages.fleet.facts import FleetFacts, FleetFactsByScope
from cloud.gateways.connection_state import ConnectionState
from cloud.registry.records import Sensor
from tests.unit.cloud.api.morotai import SENSORS, Morotai, now_ms
from wire import Reading, SpoolState, Status


def said(notes: tuple[str, ...] = ()) -> Status:
    return Status(
        1, online=True, gateway="gw-daruba", version="1.2.0", boot="b", stream="s", time_ms=now_ms(),
        spool=SpoolState(bytes=2**20, max_bytes=2**22), notes=notes,
    )  # fmt: skip


async def test_a_gateway_is_seen_by_its_site_and_names_no_sensor_of_others(city: Morotai):
    city.say(said(("the cloud refuses readings of ferry",)))
    assert [each.id for each in FleetFacts(city.platform, None).listed()] == ["gw-east", "gw-daruba"]
    some = FleetFacts(city.platform, frozenset({"daruba"}))
    assert [(each.id, each.state) for each in some.listed()] == [("gw-daruba", ConnectionState.ONLINE)]
    daruba = some.of("gw-daruba")
    assert daruba is not None
    assert daruba.status is not None
    assert (daruba.is_whole, daruba.status.notes) == (False, ("the cloud refuses readings of …",))
    assert some.of("gw-east") is some.of("nowhere") is None


async def test_its_battery_is_the_lowest_of_its_sensors(tmp_path):
    sensors = (
        *SENSORS, Sensor("box", "Box", "daruba", "gw-daruba", ("battery",)),
        Sensor("buoy", "Buoy", "daruba", "gw-daruba", ("battery", "water_level")),
    )  # fmt: skip
    async with Morotai(tmp_path, sensors=sensors) as city:
        facts = FleetFacts(city.platform, None)
        before, east = facts.of("gw-daruba"), facts.of("gw-east")
        assert before is not None
        assert east is not None
        assert before.battery is east.battery is None
        now = now_ms()
        await city.send("gw-daruba", [Reading("box", "battery", now, 80.0), Reading("buoy", "battery", now, 31.0)])
        found = facts.of("gw-daruba")
        assert found is not None
        assert found.battery == 31.0


async def test_the_list_is_worst_first_and_ordered_anew_only_now_and_then(city: Morotai, monkeypatch):
    facts = FleetFacts(city.platform, None)
    before = facts.listed()
    assert facts.listed() is before
    city.say(said())
    monkeypatch.setattr("cloud.console.pages.fleet.facts.LIST_S", 0.0)
    assert [each.id for each in facts.listed()] == ["gw-east", "gw-daruba"], "what was never heard comes first"


async def test_who_sees_the_same_sites_shares_what_was_gathered_and_so_many_are_kept(city: Morotai):
    shared = FleetFactsByScope(city.platform)
    assert shared.of(None) is shared.of(None)
    assert shared.of(frozenset({"daruba"})) is not shared.of(None)
    first = shared.of(None)
    for number in range(40):
        shared.of(frozenset({f"s{number}"}))
    assert shared.of(None) is not first
