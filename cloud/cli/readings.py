"""siaga-cloud readings import FILE --zone Asia/Jayapura --reason 'station archive' --config cloud.toml

line 400001: 399,870 stored, 0 known, 130 refused, 41,200 rows a second        on standard error, while it works
lines 1000001: 999,690 stored, 0 known, 311 refused
"""

import asyncio
import csv
import sys
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import IO, Annotated, Any
from zoneinfo import ZoneInfo

import msgspec
import typer

from cloud.cli.command import Config, new_app, one_sentence, print_text
from cloud.cli.opened_city import opened_city
from cloud.cli.people import operator
from cloud.cli.readings_export import export_command
from cloud.core.printable import LONGEST_WORDS
from cloud.database.engine import DatabaseUnavailable
from cloud.ingest.historical.csv_rows import FormRefused, RefusedRow
from cloud.ingest.historical.import_run import HEADER, ImportOrder, ImportProgress, run_import
from cloud.ingest.historical.importer import Importer
from cloud.process.settings import CloudSettings, load_cloud_settings
from cloud.readings.contract import StoreUnavailable
from runtime.settings import SettingsError
from wire import is_printable

app = new_app(help="Bring in historical readings, and write readings as files.")
READ_BYTES = 1 << 18
SAY_EVERY_S = 2.0
SHOWN = 20
"""Refused lines that are printed; --report has all of them."""


class ImportArguments(msgspec.Struct, frozen=True):
    """What was typed."""

    file: Path
    order: ImportOrder
    reason: str
    report: Path | None


app.command("export")(export_command)


@app.command("import")
def import_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV: sensor,quantity,time,value,unit.")],
    config: Config,
    reason: Annotated[str, typer.Option(help="Why, for the journal.")] = "",
    zone: Annotated[str, typer.Option(metavar="ZONE", help="The IANA zone of times without an offset.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check all of it and store nothing.")] = False,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="Where the refused lines are written.")] = None,
    from_line: Annotated[int, typer.Option("--from-line", min=HEADER + 1, help="Pass over the lines before.")] = 2,
) -> None:
    """Store historical readings through the checks of live ones; the cloud may run meanwhile and follows."""
    order = ImportOrder(zone=_zone(zone), dry_run=dry_run, from_line=from_line)
    if not dry_run and (not reason.strip() or len(reason) > LONGEST_WORDS or not is_printable(reason)):
        raise SettingsError([f"--reason: say why in at most {LONGEST_WORDS} characters, on one line"])
    if not file.is_file():
        raise SettingsError([f"FILE: there is no file {file}; write the path of one"])
    with one_sentence(FormRefused, LookupError, DatabaseUnavailable):
        print_text(asyncio.run(_run(load_cloud_settings(config), ImportArguments(file, order, reason.strip(), report))))


async def _run(settings: CloudSettings, asked: ImportArguments) -> str:
    async with opened_city(settings) as city:
        return await _import(Importer(city.registry, city.store, city.database), asked)


async def _import(importer: Importer, asked: ImportArguments) -> str:
    actor, name = operator(), asked.file.name
    if not asked.order.dry_run:
        await importer.begin(actor, reason=asked.reason, name=name)
    with _Report(asked.report) as report:
        said = _Saying()
        try:
            done = await run_import(
                importer, _chunks(asked.file), asked.order, on_refused=report.write, on_part=said.progress
            )
        except StoreUnavailable as error:
            raise SettingsError([f"{error}; go on with --from-line {said.line + 1} when it works"]) from None
    if not asked.order.dry_run:
        await importer.end(actor, reason=asked.reason, name=name, stored=done.stored, refused=done.refused)
    stored = "would be stored" if asked.order.dry_run else "stored"
    summary = f"lines {done.line}: {done.stored:,} {stored}, {done.known:,} known, {done.refused:,} refused"
    return "\n".join([*report.first, summary])


async def _chunks(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as opened:
        while chunk := await asyncio.to_thread(opened.read, READ_BYTES):
            yield chunk


class _Saying:
    """Says on standard error how far it has come."""

    def __init__(self) -> None:
        self.line = HEADER
        self._began_s = self._said_s = time.monotonic()

    def progress(self, progress: ImportProgress) -> None:
        """Note a part, and say it now and then."""
        self.line, now_s = progress.line, time.monotonic()
        if now_s - self._said_s < SAY_EVERY_S:
            return
        self._said_s = now_s
        a_second = (progress.stored + progress.known + progress.refused) / (now_s - self._began_s)
        sys.stderr.write(
            f"line {progress.line}: {progress.stored:,} stored, {progress.known:,} known, "
            f"{progress.refused:,} refused, {a_second:,.0f} rows a second\n"
        )


class _Report:
    """The refused lines: all of them in a file, where one was named, and the first for the screen."""

    def __init__(self, path: Path | None) -> None:
        self.first: list[str] = []
        self._path = path
        self._file: IO[str] | None = None
        self._rows: Any = None

    def __enter__(self) -> "_Report":
        if self._path is not None:
            self._file = self._path.open("w", encoding="utf-8", newline="")
            self._rows = csv.writer(self._file)
            self._rows.writerow(("line", "why"))
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def write(self, refused: Sequence[RefusedRow]) -> None:
        """Write refused lines down."""
        self.first += [f"line {row.line}: {row.why}" for row in refused[: SHOWN - len(self.first)]]
        if self._rows is not None:
            self._rows.writerows((row.line, row.why) for row in refused)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        raise SettingsError([f"--zone: {name!r}: no such time zone; write one such as Asia/Jayapura"]) from None
