"""What is there, asked with the cloud's own login:  version ─► login ─► read ─► write ─► retention ─► types

Nothing is changed but one point of the measurement `probe`, as the running cloud writes it too.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping

from cloud.readings.administration.influxdb_1 import seconds_of
from cloud.readings.administration.influxdb_2 import bucket_retention_s
from cloud.readings.administration.plan import FOR_EVER_S, StoreInitError, retention_text
from cloud.readings.administration.server import server_version
from cloud.readings.contract import StoreUnavailable
from cloud.readings.influx import InfluxStore
from cloud.readings.influx_answers import Result
from cloud.readings.influxql import identifier
from cloud.readings.lines import MARKS, VERDICT
from cloud.readings.settings import InfluxSettings
from runtime.connect_step import ConnectStep
from runtime.secret_urls import scrubbed
from wire import QuantityTable
from wire.measurements import MEASUREMENTS, FieldKind

SHORTEST_S = 400 * 86_400
"""A year and its reports: what is kept for less is missing in them."""
MOST_NAMED = 5
_NO_ADMINISTRATOR = "InfluxDB requires logins and has no administrator yet; siaga-cloud store init makes one"
_TYPE = {FieldKind.WHOLE: "integer", FieldKind.NUMBER: "float", FieldKind.TEXT: "string"}


async def check_store(settings: InfluxSettings, table: QuantityTable) -> AsyncIterator[ConnectStep]:
    """Try step by step, up to the first that fails: those after it would only say the same again."""
    store = InfluxStore(settings)
    try:
        async for step in _steps(store, settings, table):
            yield step
            if not step.ok:
                return
    finally:
        await store.close()


async def _steps(store: InfluxStore, settings: InfluxSettings, table: QuantityTable) -> AsyncIterator[ConnectStep]:
    name = scrubbed(settings.url)
    try:
        version = await asyncio.to_thread(server_version, settings.url)
        yield ConnectStep("version", True, f"InfluxDB {version.text} at {name}")
    except StoreInitError as error:
        yield ConnectStep("version", False, str(error))
        return
    step = "login"
    try:
        await store.open()
        yield ConnectStep(step, True, f"InfluxDB takes the login {settings.username or 'of the token, or needs none'}")
        step = "read"
        policies = await store.ask(f"SHOW RETENTION POLICIES ON {identifier(settings.query_database)}")
        yield ConnectStep(step, True, f"the database {settings.query_database} is found by InfluxQL, and may be read")
        step = "write"
        await store.probe()
        yield ConnectStep(step, True, "a point of the measurement probe was taken")
        yield _retention(policies) if version.major == 1 else await _retention_of_bucket(settings)
        step = "types"
        yield _types(await store.ask("SHOW FIELD KEYS"), table)
    except StoreInitError as error:
        yield ConnectStep(step, False, str(error))
    except StoreUnavailable as error:
        yield ConnectStep(step, False, _NO_ADMINISTRATOR if "create admin user first" in str(error) else str(error))


def _retention(policies: Result) -> ConnectStep:
    rows = [dict(zip(series.columns, row, strict=True)) for series in policies.series for row in series.values]
    default = next((row for row in rows if row["default"]), None)
    if default is None:
        return ConnectStep("retention", False, "the database has no retention policy by default; give it one")
    return _kept(seconds_of(default["duration"]))


async def _retention_of_bucket(settings: InfluxSettings) -> ConnectStep:
    """Ask 2.x for its bucket, which only a token may: InfluxQL answers 0 for each, whatever holds (seen on 2.9.1)."""
    token = settings.token()
    if token is None:
        return ConnectStep(
            "retention", True, "InfluxDB 2 tells a login of v1 nothing of it; siaga-cloud store init does"
        )
    return _kept(await asyncio.to_thread(bucket_retention_s, settings.url, token, settings.bucket))


def _kept(kept_s: int) -> ConnectStep:
    said = f"readings are kept {retention_text(kept_s)}"
    if kept_s != FOR_EVER_S and kept_s < SHORTEST_S:
        said += "; yearly figures want 400 days at least (siaga-cloud store init --retention 400d)"
    return ConnectStep("retention", True, said)


def _types(keys: Result, table: QuantityTable) -> ConnectStep:
    """Compare the types of fields, which InfluxDB keeps for ever: of another type it takes no line of ours."""
    wrong = list(_wrong_types(keys, expected_types(table)))
    if not wrong:
        return ConnectStep("types", True, "every field that is there has the type that Siaga writes")
    named = ", ".join(wrong[:MOST_NAMED]) + (
        f" and {len(wrong) - MOST_NAMED} others" if len(wrong) > MOST_NAMED else ""
    )
    return ConnectStep(
        "types", False,
        f"another program wrote fields of another type, so that InfluxDB refuses ours: {named}; give Siaga a database"
        " of its own, or drop those measurements",
    )  # fmt: skip


def _wrong_types(keys: Result, expected: Mapping[tuple[str, str], str]) -> Iterator[str]:
    for series in keys.series:
        for field, found in series.values:
            wanted = expected.get((series.name, field), found)
            if found != wanted:
                yield f"{series.name}.{field} is {found} and not {wanted}"


def expected_types(table: QuantityTable) -> dict[tuple[str, str], str]:
    """The type of each field that Siaga writes of the quantities of a city, by measurement and field."""
    readings = {(str(row.domain), name): "float" for name, row in table.items()}
    marks = {(measurement, MARKS): "integer" for measurement in (*map(str, table.domains), VERDICT)}
    sampled = {(row.name, field.name): _TYPE[field.kind] for row in MEASUREMENTS.values() for field in row.fields}
    return readings | marks | sampled
