"""What gateways made of what the city wants: kept over a restart, said in health, bounded."""

from pathlib import Path

import pytest

from cloud.core.health import Condition
from cloud.database.engine import Database
from cloud.gateways.config_reports import ConfigReports
from tests.registries import on_each_registry, registry_in
from wire.gateway_config import ConfigReport, ConfigState, encode_report

pytestmark = on_each_registry()
IN_FORCE = ConfigReport(1, 7, 7, ConfigState.IN_FORCE, time_ms=1_764_000_000_000)
ROLLED_BACK = ConfigReport(1, 8, 7, ConfigState.ROLLED_BACK, "the cloud acknowledged nothing within 120 s")
REFUSED = ConfigReport(1, 9, 7, ConfigState.REFUSED, "uplink.batch_s: 0 is too small")


@pytest.fixture
async def database(tmp_path: Path):
    database = Database(registry_in(tmp_path))
    await database.open()
    yield database
    await database.close()


async def loaded(database: Database) -> ConfigReports:
    reports = ConfigReports()
    await database.run(reports.load)
    return reports


async def write(reports: ConfigReports, database: Database) -> list[bool]:
    """Write what is new; an element for each transaction."""
    made: list[bool] = []
    await reports.write(database, confirm=lambda _connection: made.append(True))
    return made


async def test_a_report_is_kept_over_a_restart_and_the_same_again_is_not_written_again(database: Database):
    reports = ConfigReports()
    reports.on_message("gw-1", encode_report(IN_FORCE))
    reports.on_message("gw-2", encode_report(REFUSED))
    assert await write(reports, database) == [True]
    reports.on_message("gw-1", encode_report(ConfigReport(1, 7, 7, ConfigState.IN_FORCE, time_ms=1_764_000_099_000)))
    assert await write(reports, database) == []
    again = await loaded(database)
    assert (again.report("gw-1"), again.report("gw-2")) == (IN_FORCE, REFUSED)
    again.on_message("gw-2", b"")
    again.on_message("gw-1", b"{broken")
    await write(again, database)
    assert [(await loaded(database)).report(gateway) for gateway in ("gw-1", "gw-2")] == [IN_FORCE, None]


async def test_what_comes_while_it_is_written_is_written_next(database: Database):
    reports = ConfigReports()
    reports.on_message("gw-1", encode_report(IN_FORCE))
    once = iter([lambda: reports.on_message("gw-1", encode_report(ROLLED_BACK))])
    await reports.write(database, confirm=lambda _connection: next(once, lambda: None)())
    assert (await loaded(database)).report("gw-1") == ROLLED_BACK


async def test_health_names_who_refused_or_rolled_back_and_why():
    reports = ConfigReports(lambda gateway: gateway != "gw-gone")
    assert reports.component().status is Condition.OK
    for gateway in ("gw-gone", "gw-1", "gw-2"):
        reports.on_message(gateway, encode_report(ROLLED_BACK))
    reports.on_message("gw-3", encode_report(REFUSED))
    said = reports.component()
    assert said.status is Condition.DEGRADED
    assert said.detail == (
        f"2 gateways rolled a configuration back: gw-1: {ROLLED_BACK.reason}; gw-2: {ROLLED_BACK.reason}; "
        f"1 gateway refused a configuration: gw-3: {REFUSED.reason}"
    )
    for number in range(10, 15):
        reports.on_message(f"gw-{number}", encode_report(REFUSED))
    assert reports.component().detail.endswith("; and 3 more")
    for gateway in ("gw-1", "gw-2", "gw-3", *(f"gw-{number}" for number in range(10, 15))):
        reports.on_message(gateway, encode_report(IN_FORCE))
    assert reports.component().status is Condition.OK
