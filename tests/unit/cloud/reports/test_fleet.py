"""The fleet: what gateways say, what the cloud counted, and how long a spool still holds."""

from typing import Any

import pytest

from cloud.gateways.accounting import Account
from cloud.reports.fleet import fleet_points
from tests.unit.cloud.console.alarms_made import NOON_MS
from tests.unit.cloud.reports.city import checked, snapshot
from wire import Clock, SourceState, SourceStatus, SpoolState, Status
from wire.status import SPOOL_BYTES_A_READING


def status(**changes: Any) -> Status:
    said: dict[str, Any] = {
        "v": 1, "online": True, "gateway": "gw-daruba", "version": "0.1.0", "boot": "b", "stream": "s1",
        "time_ms": NOON_MS - 4_000, "clock": Clock.SYNCED,
        "spool": SpoolState(depth=120, oldest_ms=NOON_MS - 60_000, bytes=2**20, max_bytes=2**22),
        "sources": (SourceState("a", SourceStatus.OK, readings=100, noise_bytes=3),
                    SourceState("b", SourceStatus.SILENT, readings=20, noise_bytes=4)),
    }  # fmt: skip
    return Status(**(said | changes))


def fields(said: Status | None, **parts: Any) -> dict[str, Any]:
    statuses = {} if said is None else {"gw-daruba": said}
    found = {point.tags["gateway"]: point for point in checked(fleet_points(snapshot(statuses=statuses, **parts)))}
    assert found.keys() == {"gw-daruba", "gw-east"}
    return dict(found["gw-daruba"].fields)


def test_a_gateway_is_told_by_its_status_and_its_account():
    account = Account(received=1_000, duplicates=3, missing=2, declared_lost=1)
    assert fields(status(), accounts={"gw-daruba": account}) == {
        "online": 1, "received": 1_000, "duplicates": 3, "missing": 2, "declared_lost": 1, "status_age_s": 4.0,
        "clock": 0, "version": "0.1.0", "spool_depth": 120, "spool_age_s": 60.0, "spool_used": 25.0,
        "spool_left_s": None, "sources": 2, "sources_failed": 1, "noise_bytes": 7,
    }  # fmt: skip


def test_a_gateway_that_never_spoke_is_offline_and_nothing_else_is_made_up():
    assert fields(None) == {"online": 0, "received": 0, "duplicates": 0, "missing": 0, "declared_lost": 0}


def test_the_age_of_a_word_is_not_told_by_a_clock_that_does_not_know_the_time():
    said = fields(status(clock=Clock.UNKNOWN))
    assert (said["clock"], said["status_age_s"]) == (2, None)


def test_a_spool_holds_as_long_as_its_room_lasts_at_the_rate_of_the_readings():
    said = fields(status(), reading_rates={"gw-daruba": 10.0})
    assert said["spool_left_s"] == pytest.approx(3 * 2**20 / (10.0 * SPOOL_BYTES_A_READING))
    assert fields(status(), reading_rates={"gw-daruba": 0.0})["spool_left_s"] is None
