"""siaga-cloud registry export --config cloud.toml        registry import city.toml [--yes] …        import-table …

edit    sensors river        name: "River" -> "River at the bridge"
retire  sites muara
2 changes, none made: say it again with --yes
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from cloud.cli.command import Config, new_app, one_sentence, print_text
from cloud.cli.exit_codes import ENDED
from cloud.cli.imported_file import DryRun, File, Reason, Yes, applies_by, text_of
from cloud.cli.people import operator
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.process.settings import load_cloud_settings
from cloud.registry.change_rows import RecordEdit
from cloud.registry.city_export import exported
from cloud.registry.city_import import MOST_BYTES
from cloud.registry.editing import Editor, RegistryEditing
from cloud.registry.editing_drafts import EditRefused, what_differs
from cloud.registry.fact_service import FactService
from cloud.registry.importing import Imported, import_city, import_rows
from cloud.registry.ownership import OWNABLE, Kind
from cloud.registry.rows import read_registry
from cloud.registry.snapshot import Registry
from runtime.settings import SettingsError
from runtime.whole_files import replace_file

T = TypeVar("T")
app = new_app(help="Export the registry, or import a city.toml or a table into it.")


def _kind(text: str) -> Kind:
    for kind in OWNABLE:
        if kind == text:
            return kind
    raise typer.BadParameter(f"{text!r} is no kind of record; choose from {', '.join(OWNABLE)}")


@app.command("export")
def export_registry(
    config: Config, to: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it into FILE.")] = None
) -> None:
    """Write all that is not retired as a city.toml, which imports to the same."""

    async def work(_editing: RegistryEditing, registry: Registry) -> str:
        return exported(registry)

    text = _with_registry(config, work)
    if to is None:
        print_text(text)
    else:
        replace_file(to, text)


@app.command("import")
def import_file(file: File, config: Config, yes: Yes = False, dry_run: DryRun = False, reason: Reason = "") -> None:
    """Make the registry what a city.toml says, of the kinds that it lists; what it does not name is retired."""
    text, applies, by = (
        text_of(file, most_bytes=MOST_BYTES),
        applies_by(yes, dry_run),
        Editor(operator(), reason=reason),
    )

    async def work(editing: RegistryEditing, registry: Registry) -> None:
        _show(await import_city(editing, text, file.name, by=by, dry_run=not applies), registry, applied=applies)

    _with_registry(config, work)


@app.command("import-table")
def import_table(
    kind: Annotated[Kind, typer.Argument(metavar="sites|gateways|sensors", parser=_kind)],
    file: File, config: Config, yes: Yes = False, dry_run: DryRun = False, reason: Reason = "",
) -> None:  # fmt: skip
    """Add and change what the rows of a CSV table say; a bad row is left out, with its line and why."""
    text, applies, by = (
        text_of(file, most_bytes=MOST_BYTES),
        applies_by(yes, dry_run),
        Editor(operator(), reason=reason),
    )

    async def work(editing: RegistryEditing, registry: Registry) -> Imported:
        found = await import_rows(editing, kind, text, by=by, dry_run=not applies)
        _show(found, registry, applied=applies)
        return found

    found = _with_registry(config, work)
    sys.stderr.writelines(f"{file.name}: line {each.line}: {each.sentence}\n" for each in found.problems)
    if found.problems:
        raise typer.Exit(ENDED)


def _show(found: Imported, registry: Registry, *, applied: bool) -> None:
    lines = [line for edit in found.edits for line in _lines(edit, registry)]
    count = f"{len(found.edits)} changes" if len(found.edits) != 1 else "1 change"
    if not found.edits:
        lines.append("nothing differs")
    elif applied:
        lines.append(f"{count} made; the cloud follows within seconds")
    else:
        lines.append(f"{count}, none made: say it again with --yes")
    print_text("\n".join(lines))


def _lines(edit: RecordEdit, registry: Registry) -> Iterator[str]:
    differs = what_differs(edit, zone=registry.city.zone)
    is_back = edit.before is not None and edit.before.retired
    if edit.after.retired:
        yield f"retire   {edit.kind} {edit.id}"
    elif edit.before is None:
        yield f"add      {edit.kind} {edit.id}"
    else:
        differs.pop("retired", None)
        yield f"{'restore' if is_back else 'edit':<7}  {edit.kind} {edit.id}"
        for key, (before, after) in differs.items():
            yield f"           {key}: {_shown(before)} -> {_shown(after)}"


def _shown(value: object) -> str:
    return "none" if value is None else json.dumps(value, ensure_ascii=False)


def _with_registry(config: Path, work: Callable[[RegistryEditing, Registry], Awaitable[T]]) -> T:
    """Do `work` on the registry database, beside a cloud that may run; SettingsError where it is refused."""
    settings = load_cloud_settings(config)

    async def run() -> T:
        database = Database(settings.registry.url)
        try:
            await database.open()
            registry = await database.run(read_registry)
            return await work(RegistryEditing(database, FactService(database, registry)), registry)
        finally:
            await database.close()

    with one_sentence(DatabaseUnavailable, LookupError):
        try:
            return asyncio.run(run())
        except EditRefused as error:
            raise SettingsError(error.problems) from None
