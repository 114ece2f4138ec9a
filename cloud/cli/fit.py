"""siaga-cloud fit air bam --from 2026-10-01 --to 2026-10-11 --config cloud.toml [--apply --source 'roof of station 3']

air by bam, pm2_5: 236 hours of both, 2026-09-30T15:00:00.000Z to 2026-10-10T15:00:00.000Z
slope    0.5210
offset   3.100 ug/m3
R2       0.934
RMSE     2.14 ug/m3 of the corrected hours
range    4.2 to 88.1 ug/m3 of the sensor
"""

import asyncio
import difflib
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
import typer

from cloud.cli.command import Config, new_app, one_sentence, print_text
from cloud.cli.people import operator
from cloud.core.times import parse_time, rfc_3339
from cloud.database.audit_log import Actor
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.derived.co_location import MOST_DAYS, pairs_of
from cloud.process.settings import CloudSettings, load_cloud_settings
from cloud.readings.contract import StoreUnavailable
from cloud.readings.engines import store_of
from cloud.registry.air_corrections import correction_of
from cloud.registry.fact_service import FactRejected, FactService
from cloud.registry.history import subject_of
from cloud.registry.records import Sensor
from cloud.registry.rows import read_registry
from cloud.registry.snapshot import Registry
from rules.co_location import GOOD_R2, Fit, NoFit, fit
from rules.corrections import CoLocation
from runtime.clock import wall_ms
from runtime.settings import SettingsError
from wire import AIR_PARAMETERS, is_printable
from wire.durations import DAY_MS

app = new_app()
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
LONGEST_AUTHOR = 80


class FitArguments(msgspec.Struct, frozen=True):
    """What was typed: times as text, since a day is one of the sensor's zone."""

    sensor: str
    reference: str
    quantity: str
    since: str
    until: str
    apply: bool
    source: str
    author: str
    valid_from: str | None


@app.command("fit")
def fit_command(
    sensor: Annotated[str, typer.Argument(metavar="SENSOR", help="What is to be corrected.")],
    reference: Annotated[str, typer.Argument(metavar="REFERENCE", help="The sensor beside it that is right.")],
    config: Config,
    since: Annotated[str, typer.Option("--from", metavar="TIME", help="A day of the site, or RFC 3339.")],
    until: Annotated[str, typer.Option("--to", metavar="TIME", help="The end; a day ends before it begins.")],
    quantity: Annotated[str, typer.Option(help=f"One of {', '.join(AIR_PARAMETERS)}.")] = "pm2_5",
    apply: Annotated[bool, typer.Option("--apply", help="Record it as the sensor's correction.")] = False,
    source: Annotated[str, typer.Option(help="Where they stood together, and who wrote that down.")] = "",
    author: Annotated[str, typer.Option(help="Who records it (default: who is at the shell).")] = "",
    valid_from: Annotated[
        str | None, typer.Option("--valid-from", metavar="TIME", help="Since when it corrects (default: now).")
    ] = None,
) -> None:
    """Fit a line from a sensor to the reference beside it, over the hours that both have."""
    asked = FitArguments(sensor, reference, quantity, since, until, apply, source.strip(), author.strip(), valid_from)
    if problems := list(_problems_of(asked)):
        raise SettingsError(problems)
    expected = (NoFit, FactRejected, LookupError, StoreUnavailable, DatabaseUnavailable)
    with one_sentence(*expected):
        print_text(asyncio.run(_run(load_cloud_settings(config), asked)))


def _problems_of(asked: FitArguments) -> Iterator[str]:
    if asked.quantity not in AIR_PARAMETERS:
        yield f"--quantity: {asked.quantity!r} is not corrected; write one of {', '.join(AIR_PARAMETERS)}"
    if asked.sensor == asked.reference:
        yield f"REFERENCE: {asked.sensor!r} is the sensor itself; name the one beside it"
    if asked.apply and not asked.source:
        yield "--source: is empty; say where they stood together, and who wrote that down"
    if len(asked.author) > LONGEST_AUTHOR or not is_printable(asked.author):
        yield f"--author: write at most {LONGEST_AUTHOR} characters, on one line"
    if not asked.apply and (asked.source or asked.author or asked.valid_from):
        yield "--apply: is missing; without it nothing is recorded, and --source, --author, --valid-from say nothing"


async def _run(settings: CloudSettings, asked: FitArguments) -> str:
    database = Database(settings.registry.url)
    try:
        await database.open()
        registry = await database.run(read_registry)
        sensor, reference = _sensor(registry, asked, "SENSOR"), _sensor(registry, asked, "REFERENCE")
        zone = _zone(registry, sensor)
        span = _time("--from", asked.since, zone), _time("--to", asked.until, zone)
        if not 0 < span[1] - span[0] <= MOST_DAYS * DAY_MS:
            raise SettingsError(
                [f"--to: {asked.until} is not after --from, or by over {MOST_DAYS} days; write another"]
            )
        _refuse_two_devices(registry, (sensor, reference), span)
        found = await _fit(settings, registry, sensor, reference, asked.quantity, span, zone)
        said = _in_words(asked, found, span)
        if not asked.apply:
            return f"{said}\nnothing is recorded; --apply --source WHERE records it as a correction of {sensor.id}"
        valid_from_ms = None if asked.valid_from is None else _time("--valid-from", asked.valid_from, zone)
        actor = Actor(asked.author, operator().name) if asked.author else operator()
        fact = await FactService(database, registry).record(
            subject_of(sensor), correction_of(asked.quantity), _value(asked, found, span),
            actor=actor, source=asked.source, reason=f"fitted to {asked.reference} beside it",
            valid_from_ms=valid_from_ms,
        )  # fmt: skip
        return f"{said}\nrecorded as fact {fact.id}: it corrects the hours since {rfc_3339(fact.valid_from_ms)}"
    finally:
        await database.close()


async def _fit(
    settings: CloudSettings, registry: Registry, sensor: Sensor, reference: Sensor, quantity: str,
    span: tuple[int, int], zone: ZoneInfo,
) -> Fit:  # fmt: skip
    store = store_of(settings.store, registry.table)
    try:
        await store.open()
        return fit(await pairs_of(store, sensor, reference, quantity, *span, zone=zone, now_ms=wall_ms()))
    finally:
        await store.close()


def _sensor(registry: Registry, asked: FitArguments, place: str) -> Sensor:
    name = asked.sensor if place == "SENSOR" else asked.reference
    sensor = registry.sensor(name)
    measuring = [each.id for each in registry.sensors() if asked.quantity in each.quantities]
    if sensor is None or asked.quantity not in sensor.quantities:
        close = difflib.get_close_matches(name, measuring, n=1)
        advice = (
            f"did you mean {close[0]}?" if close else f"write one of {', '.join(measuring[:10]) or 'none there is'}"
        )
        raise SettingsError([f"{place}: no sensor {name!r} measures {asked.quantity}; {advice}"])
    return sensor


def _refuse_two_devices(registry: Registry, sensors: Iterable[Sensor], span: tuple[int, int]) -> None:
    """A line through the hours of two devices is that of neither."""
    for sensor in sensors:
        for replaced_ms in registry.replacements.get(sensor.id, ()):
            if span[0] < replaced_ms < span[1]:
                since = rfc_3339(replaced_ms)
                raise SettingsError([f"--from: another device is at {sensor.id} since {since}; fit the hours of one"])


def _zone(registry: Registry, sensor: Sensor) -> ZoneInfo:
    site = registry.site(sensor.site)
    return ZoneInfo(registry.city.zone if site is None else site.zone or registry.city.zone)


def _time(option: str, text: str, zone: ZoneInfo) -> int:
    """The moment (UTC, ms) of a day's beginning at the site, or of a time with its offset."""
    try:
        if _DAY.fullmatch(text):
            return round(datetime.fromisoformat(text).replace(tzinfo=zone).timestamp() * 1_000)
        return parse_time(text)
    except (ValueError, OverflowError) as error:
        raise SettingsError([f"{option}: {text[:80]!r}: {error}; or write a day, as 2026-11-24"]) from None


def _value(asked: FitArguments, found: Fit, span: tuple[int, int]) -> object:
    since, until = map(rfc_3339, span)
    fitted = CoLocation(
        round(found.slope, 6), round(found.offset, 6), found.n, round(found.r2, 6), round(found.rmse, 6),
        asked.reference, since, until,
    )  # fmt: skip
    return msgspec.to_builtins(fitted)


def _in_words(asked: FitArguments, found: Fit, span: tuple[int, int]) -> str:
    since, until = map(rfc_3339, span)
    weak = "" if found.r2 >= GOOD_R2 else f"  (weak: EPA wants at least {GOOD_R2:g} of a sensor)"
    return "\n".join((
        f"{asked.sensor} by {asked.reference}, {asked.quantity}: {found.n} hours of both, {since} to {until}",
        f"slope    {found.slope:.4f}",
        f"offset   {found.offset:.3f} ug/m3",
        f"R2       {found.r2:.3f}{weak}",
        f"RMSE     {found.rmse:.2f} ug/m3 of the corrected hours",
        f"range    {found.low:.1f} to {found.high:.1f} ug/m3 of the sensor",
    ))  # fmt: skip
