"""Imports of a city.toml or of a table: a dry run says what would change, and applying it is one change with one undo.

await import_city(editing, text, "city.toml", by=ani, dry_run=True)  -> Imported(edits=[…], change=None)
"""

from collections.abc import Callable, Sequence

import msgspec

from cloud.registry.change_rows import RecordEdit, RegistryChange
from cloud.registry.city_import import imported
from cloud.registry.editing import Draft, Editor, RegistryEditing
from cloud.registry.editing_drafts import EditRefused
from cloud.registry.ownership import Kind
from cloud.registry.row_import import RowProblem, edits_of_rows
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms


class Imported(msgspec.Struct, frozen=True):
    """What an import changed, or would: `change` is None where nothing was written. `problems` are rows left out."""

    edits: Sequence[RecordEdit]
    change: RegistryChange | None = None
    problems: Sequence[RowProblem] = ()


async def import_city(
    editing: RegistryEditing, text: str, file_name: str, *, by: Editor, dry_run: bool, seen: int | None = None,
    clock: Callable[[], int] = wall_ms,
) -> Imported:  # fmt: skip
    """Make the registry what a file says, of the kinds that it lists; EditRefused: nothing has changed.

    With `seen` only if the registry is still of that edition, as when somebody looked at what would change.
    """

    def draft(registry: Registry) -> Sequence[RecordEdit]:
        _must_be_as_seen(registry, seen)
        return imported(registry, text, file_name, now_ms=clock())

    return await _done(editing, draft, by=by, dry_run=dry_run)


async def import_rows(
    editing: RegistryEditing, kind: Kind, text: str, *, by: Editor, dry_run: bool, seen: int | None = None
) -> Imported:
    """Add and change what the rows of a table say; a bad row costs itself. EditRefused: it is no such table.

    `seen` as in `import_city`.
    """
    problems: Sequence[RowProblem] = ()

    def draft(registry: Registry) -> Sequence[RecordEdit]:
        nonlocal problems
        _must_be_as_seen(registry, seen)
        edits, problems = edits_of_rows(registry, kind, text)
        return edits

    outcome = await _done(editing, draft, by=by, dry_run=dry_run)
    return msgspec.structs.replace(outcome, problems=problems)


def _must_be_as_seen(registry: Registry, seen: int | None) -> None:
    if seen is not None and registry.edition != seen:
        raise EditRefused(
            "conflict",
            LocalizedMessage("the registry has changed since you looked; look at the file again, then take it over"),
        )


async def _done(editing: RegistryEditing, draft: Draft, *, by: Editor, dry_run: bool) -> Imported:
    if dry_run:
        return Imported(await editing.preview(draft, by=by))
    outcome = await editing.apply(draft, "import", by=by)
    return Imported(outcome.edits, outcome.change)
