"""siaga-cloud readings export river.csv --sensor river-daruba-1 --start 2026-01-01T00:00:00Z --config cloud.toml

river.csv: 525,600 rows        what the API's export gives, by the same limits; the name stands for whole files alone
"""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO, Annotated

import msgspec
import typer

from cloud.cli.command import Config, one_sentence, print_text
from cloud.cli.opened_city import opened_city
from cloud.core.times import parse_time, rfc_3339
from cloud.database.engine import DatabaseUnavailable
from cloud.exports.exports import Exports
from cloud.exports.measured_series import measured_of_sensor, measured_of_site
from cloud.exports.order import ExportFormat, ExportOrder, ExportRefused, ExportStep, series_of, too_many_rows
from cloud.process.settings import CloudSettings, load_cloud_settings
from cloud.readings.bucket_history import TooManyReadings
from cloud.readings.contract import ReadingsStore, StoreUnavailable
from cloud.readings.newest import Newest
from cloud.registry.snapshot import Registry
from runtime.clock import wall_ms
from runtime.settings import SettingsError
from runtime.whole_files import take_name
from wire.durations import DAY_MS


class ExportArguments(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed; start <= time < end in UTC ms."""

    file: Path
    site: str
    sensor: str
    quantity: str
    start_ms: int
    end_ms: int
    step: ExportStep | None
    form: ExportFormat


def export_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where it is written; what has that name is replaced.")],
    config: Config,
    site: Annotated[str, typer.Option(metavar="SITE", help="All that is measured at this site.")] = "",
    sensor: Annotated[str, typer.Option(metavar="SENSOR", help="Or: all that this sensor measures.")] = "",
    quantity: Annotated[str, typer.Option(metavar="QUANTITY", help="Only this quantity.")] = "",
    start: Annotated[str, typer.Option(metavar="TIME", help="RFC 3339; without it one day before --end.")] = "",
    end: Annotated[str, typer.Option(metavar="TIME", help="RFC 3339, not included; without it now.")] = "",
    every: Annotated[ExportStep | None, typer.Option(help="One row for each step, not every reading.")] = None,
    form: Annotated[ExportFormat, typer.Option("--format", help="The form of the file.")] = ExportFormat.CSV,
) -> None:
    """Write readings as CSV, which can be imported again, or Parquet; the cloud may run meanwhile."""
    start_ms, end_ms = _span(start, end)
    if bool(site) == bool(sensor):
        raise SettingsError(["--site, --sensor: name one of the two, and not both"])
    asked = ExportArguments(
        file=file, site=site, sensor=sensor, quantity=quantity, start_ms=start_ms, end_ms=end_ms, step=every, form=form
    )
    with one_sentence(ExportRefused, StoreUnavailable, LookupError, DatabaseUnavailable):
        rows = asyncio.run(_run(load_cloud_settings(config), asked))
    print_text(f"{file}: {rows:,} rows")


def _span(start: str, end: str) -> tuple[int, int]:
    end_ms = _time("--end", end) if end else wall_ms()
    start_ms = _time("--start", start) if start else end_ms - DAY_MS
    if start_ms >= end_ms:
        raise SettingsError([f"--start {start}: is not before the end, {rfc_3339(end_ms)}; write an earlier start"])
    return start_ms, end_ms


def _time(option: str, text: str) -> int:
    try:
        return parse_time(text)
    except ValueError as error:
        raise SettingsError([f"{option} {text}: {error}"]) from None


async def _run(settings: CloudSettings, asked: ExportArguments) -> int:
    async with opened_city(settings) as city:
        return await _export(city.store, city.registry, asked)


async def _export(store: ReadingsStore, registry: Registry, asked: ExportArguments) -> int:
    series = series_of(registry, await _named(store, registry, asked))
    order = ExportOrder(series=series, start_ms=asked.start_ms, end_ms=asked.end_ms, step=asked.step, form=asked.form)
    try:
        export = await Exports(store).begin(order, account="")
        await _write(asked.file, export.pieces())
    except TooManyReadings:
        raise too_many_rows() from None
    return export.rows


async def _named(store: ReadingsStore, registry: Registry, asked: ExportArguments) -> list[tuple[str, str]]:
    """The series that are asked for, by sensor and quantity."""
    if asked.quantity and asked.quantity not in registry.quantities:
        raise SettingsError([f"--quantity {asked.quantity}: there is no such quantity; write one such as water_level"])
    if asked.site and registry.site(asked.site) is None:
        raise SettingsError([f"--site {asked.site}: the registry has no such site; write the id of one"])
    if asked.sensor and registry.sensor(asked.sensor) is None:
        raise SettingsError([f"--sensor {asked.sensor}: the registry has no such sensor; write the id of one"])
    if asked.sensor and asked.quantity:
        return [(asked.sensor, asked.quantity)]
    newest = Newest(quantities=registry.table)
    newest.load(await store.newest())
    measured = (
        measured_of_site(registry, newest, asked.site) if asked.site else measured_of_sensor(newest, asked.sensor)
    )
    return [one for one in measured if asked.quantity in ("", one[1])]


async def _write(file: Path, pieces: AsyncIterator[bytes]) -> None:
    try:
        with _named_when_whole(file) as opened:
            async for piece in pieces:
                opened.write(piece)
    except OSError as error:
        why = error.strerror or error
        raise SettingsError([f"{file}: cannot be written: {why}; write it into a folder with room"]) from None


@contextlib.contextmanager
def _named_when_whole(file: Path) -> Iterator[IO[bytes]]:
    """A file beside `file` that takes its name, forced to disk, where nothing fails, and else is removed."""
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", suffix=".new", delete=False) as opened:
        try:
            yield opened
            opened.flush()
            os.fsync(opened.fileno())
            take_name(Path(opened.name), file)
        except BaseException:
            Path(opened.name).unlink(missing_ok=True)
            raise
