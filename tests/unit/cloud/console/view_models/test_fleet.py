"""The list of gateways: which stand first, what a row says, what it costs at a thousand."""

from typing import Any

import pytest

from cloud.console.view_models.fleet import (
    GatewayFacts,
    LevelWords,
    ListedGateway,
    fleet_row,
    state_counts,
    troubles_of,
    worst_first,
)
from cloud.gateways.accounting import Account
from cloud.gateways.connection_state import ConnectionState
from cloud.ingest.fleet_clock import WrongClock
from cloud.registry.records import Gateway
from i18n.catalog import catalog_of
from wire import Clock, LastWord, Leaving, SpoolState, Status
from wire.gateway_config import ConfigReport, ConfigState
from wire.gateway_update import UpdateState, UpdateStatus

EN, ID = catalog_of("en"), catalog_of("id")
NOW_MS = 1_764_000_000_000
GATEWAY = Gateway("gw-daruba", "Daruba gateway", "daruba")
ROLLED_BACK = ConfigReport(1, 8, 7, ConfigState.ROLLED_BACK, "no ack")


def said(**changes: Any) -> Status:
    plain: dict[str, Any] = {
        "v": 1, "online": True, "gateway": "gw-daruba", "version": "1.2.0", "boot": "b", "stream": "s",
        "time_ms": NOW_MS - 4_000, "clock": Clock.SYNCED, "spool": SpoolState(depth=1_204),
    }  # fmt: skip
    return Status(**(plain | changes))


def facts(**changes: Any) -> GatewayFacts:
    plain: dict[str, Any] = {"gateway": GATEWAY, "site": "Daruba", "state": ConnectionState.ONLINE}
    return GatewayFacts(**(plain | changes))


def listed(name: str, state: ConnectionState, troubles: int = 0) -> ListedGateway:
    return ListedGateway(f"gw-{name}", name, "Daruba river bridge", state, troubles)


def test_a_gateway_that_never_spoke_says_nothing_and_looks_neither_good_nor_bad():
    row = fleet_row(EN, facts(state=ConnectionState.NEVER_SEEN), NOW_MS)
    assert row.state == LevelWords("not heard yet", "idle")
    assert {row.room, row.waiting, row.clock, row.battery, row.config} == {LevelWords("–", "idle")}
    assert (row.version, row.heard) == (LevelWords("–", "idle"), "never")


def test_a_row_has_the_spool_in_days_the_clock_losses_battery_and_configuration():
    account = Account(declared_lost=240, missing=3)
    row = fleet_row(
        ID, facts(status=said(), left_s=3.1 * 86_400, battery=28.4, report=ROLLED_BACK, account=account), NOW_MS
    )
    assert (row.state, row.room) == (LevelWords("tersambung"), LevelWords("3,1 hari"))
    assert (row.waiting, row.lost, row.battery) == (
        LevelWords("1.204"),
        LevelWords("243", "bad"),
        LevelWords("28 %", "warn"),
    )
    assert (row.clock, row.config) == (LevelWords("tepat"), LevelWords("dikembalikan", "bad"))
    assert (row.version, row.heard) == (LevelWords("1.2.0"), "4 dtk lalu")


def test_what_is_short_or_wrong_is_coloured():
    row = fleet_row(EN, facts(status=said(clock=Clock.UNKNOWN), left_s=7_200.0, account=Account(missing=3)), NOW_MS)
    assert (row.room, row.clock, row.lost) == (
        LevelWords("2.0 h", "warn"),
        LevelWords("unconfirmed", "warn"),
        LevelWords("3", "warn"),
    )
    wrong = fleet_row(EN, facts(status=said(), wrong_clock=WrongClock(7_200_000, NOW_MS)), NOW_MS)
    assert wrong.clock == LevelWords("2 h wrong", "bad")
    edge_alone = ConfigReport(1, 0, 0, ConfigState.IN_FORCE)
    assert fleet_row(EN, facts(report=edge_alone), NOW_MS).config == LevelWords("its own file", "idle")


def test_a_last_word_and_an_update_are_said_where_people_look_first():
    stopped, on_battery = LastWord(Leaving.STOPPED, NOW_MS), LastWord(Leaving.ON_BATTERY, NOW_MS)
    gone = facts(state=ConnectionState.OFFLINE, status=said(online=False, last_word=stopped))
    assert fleet_row(EN, gone, NOW_MS).state == LevelWords("offline: stopped", "bad")
    assert fleet_row(EN, facts(status=said(last_word=on_battery)), NOW_MS).state == LevelWords("on battery", "warn")
    for state, words in (
        (UpdateState.ON_TRIAL, LevelWords("1.2.0 → 1.3.0: on trial", "warn")),
        (UpdateState.ROLLED_BACK, LevelWords("1.2.0 → 1.3.0: rolled back", "bad")),
        (UpdateState.CONFIRMED, LevelWords("1.2.0")),
    ):
        updated = facts(status=said(update=UpdateStatus("1.3.0", state)))
        assert fleet_row(EN, updated, NOW_MS).version == words


def test_the_worst_stand_first_and_among_equals_those_with_more_to_look_at():
    online, late = ConnectionState.ONLINE, ConnectionState.LATE
    found = [
        listed("a", online), listed("b", ConnectionState.NEVER_SEEN), listed("c", online, 2), listed("d", late),
        listed("f", ConnectionState.OFFLINE), listed("e", ConnectionState.OFFLINE),
    ]  # fmt: skip
    assert [each.name for each in worst_first(found)] == ["e", "f", "d", "b", "c", "a"]
    assert [(each.state, each.count) for each in state_counts(EN, found)] == [
        ("", "6"), ("offline", "2"), ("late", "1"), ("never_seen", "1"), ("online", "2"),
    ]  # fmt: skip


def test_what_somebody_looks_for_stands_in_name_id_or_site_in_any_order():
    gateway = listed("Daruba", ConnectionState.ONLINE)
    assert all(gateway.matches(wanted) for wanted in ("", "daruba", "GW-D", "bridge daruba"))
    assert not gateway.matches("sangowo")


@pytest.mark.parametrize(
    ("status", "report", "troubles"),
    [
        (None, ROLLED_BACK, 0),
        (said(), None, 0),
        (said(clock=Clock.ESTIMATED, notes=("a", "b"), spool=SpoolState(problem="x")), ROLLED_BACK, 5),
    ],
)
def test_troubles_are_counted_roughly(status: Status | None, report: ConfigReport | None, troubles: int):
    assert troubles_of(status, report) == troubles
