"""What a city added to Siaga's own quantities, as rows: kept, retired, and never made to mean something else."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from cloud.database.engine import Database
from cloud.registry.quantity_rows import quantity_of, row_of
from cloud.registry.records import Sensor
from cloud.registry.rows import read_registry, save_registry
from cloud.registry.snapshot import Registry
from runtime.settings import SettingsError
from tests.own_quantities import DOMAINS, QUANTITIES, TABLE
from tests.registries import on_each_registry, registry_in
from tests.unit.cloud.examples import GATEWAY, city
from wire import BUILT_IN, Quantity, QuantityTable

pytestmark = on_each_registry()
LEQ, HORNS, COLUMN = QUANTITIES


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = Database(registry_in(tmp_path))
    await database.open()
    yield database
    await database.close()


def with_table(table: QuantityTable, *measured: str) -> Registry:
    plain = city()
    mic = [Sensor("mic", "Mic", "daruba", GATEWAY, measured)] if measured else []
    own = [sensor for sensor in plain.sensors() if plain.gateway(sensor.id) is None]
    return Registry(
        city=plain.city, sites=plain.sites(), gateways=plain.gateways(), sensors=[*own, *mic], quantities=table
    )


async def saved(database: Database, registry: Registry) -> Registry:
    await database.run(lambda connection: save_registry(connection, registry))
    return await database.run(read_registry)


async def test_the_table_is_read_back_as_it_was(database: Database):
    kept = await saved(database, with_table(TABLE, "leq"))
    assert dict(kept.quantities) == dict(TABLE)
    assert dict(kept.quantities.domains) == dict(TABLE.domains)
    again = await saved(database, with_table(TABLE, "leq"))
    assert dict(again.quantities) == dict(TABLE)


@pytest.mark.parametrize("row", QUANTITIES, ids=lambda row: row.name)
def test_a_quantity_as_a_row_and_back(row: Quantity):
    assert quantity_of(row_of(row) | {"used": True}) == row


async def test_what_the_file_names_no_more_is_retired_and_its_history_stays(database: Database):
    await saved(database, with_table(TABLE, "leq", "so2_column"))
    kept = await saved(database, with_table(QuantityTable(DOMAINS[:1], [LEQ, HORNS]), "leq"))
    table = kept.quantities
    assert table["so2_column"].retired
    assert table["so2_column"].domain == "volcano"
    assert "so2_column" not in table.measured
    assert table.watched == ("flood", "air", "footfall", "noise")
    assert ("mic", "leq") in (kept.routes(GATEWAY) or {})
    assert ("mic", "so2_column") not in (kept.routes(GATEWAY) or {})
    back = await saved(database, with_table(TABLE, "leq", "so2_column"))
    assert dict(back.quantities) == dict(TABLE)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        (replace(LEQ, unit="dB"), "quantities: leq.unit: 'dB': readings are stored of it with 'dB[SPL]'"),
        (replace(LEQ, domain="air"), "quantities: leq.domain: 'air': readings are stored of it with 'noise'"),
        (replace(LEQ, hour=HORNS.hour), "quantities: leq.hour: 'sum': readings are stored of it with 'mean'"),
    ],
)
async def test_what_readings_are_stored_of_cannot_mean_something_else(
    database: Database, changed: Quantity, sentence: str
):
    await saved(database, with_table(TABLE, "leq"))
    other = with_table(QuantityTable(DOMAINS, [changed, HORNS, COLUMN]), "leq")
    with pytest.raises(SettingsError) as refused:
        await saved(database, other)
    assert [problem.startswith(sentence) for problem in refused.value.problems] == [True]
    assert dict((await database.run(read_registry)).quantities) == dict(TABLE)


async def test_that_holds_after_its_sensor_measures_it_no_more_and_after_it_was_retired(database: Database):
    await saved(database, with_table(TABLE, "leq"))
    await saved(database, with_table(TABLE))
    await saved(database, with_table(BUILT_IN))
    with pytest.raises(SettingsError, match=r"leq\.unit"):
        await saved(database, with_table(QuantityTable(DOMAINS, [replace(LEQ, unit="dB")])))


async def test_what_no_sensor_was_ever_given_may_be_put_right(database: Database):
    await saved(database, with_table(TABLE))
    right = QuantityTable(DOMAINS, [replace(LEQ, unit="dB"), HORNS, COLUMN])
    assert (await saved(database, with_table(right))).quantities["leq"].unit == "dB"


async def test_names_bounds_and_decimals_may_change_at_any_time(database: Database):
    await saved(database, with_table(TABLE, "leq"))
    renamed = replace(LEQ, english="Loudness", low=0.0, high=150.0, decimals=0, sign="dB", step=None)
    kept = await saved(database, with_table(QuantityTable(DOMAINS, [renamed, HORNS, COLUMN]), "leq"))
    assert kept.quantities["leq"] == renamed
    route = (kept.routes(GATEWAY) or {})["mic", "leq"]
    assert (route.low, route.high) == (0.0, 150.0)
