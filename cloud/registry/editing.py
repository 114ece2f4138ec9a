"""People change the registry while the cloud runs: sites, gateways and sensors, each act a change that can be undone.

amend("sensors", "river", {"name": …}, by=Editor(…)) ─► draft ─► checks of city.toml ─► one transaction: record, dated
facts, change, journal ─► the registry in memory; other processes see the new edition, and follow
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import msgspec
from sqlalchemy import Connection

from cloud.database.audit_log import Actor
from cloud.database.engine import Database
from cloud.registry.change_rows import RecordEdit, RegistryChange, fitting, read_change, read_changes, read_edits
from cloud.registry.editing_checks import must_fit
from cloud.registry.editing_drafts import EditRefused, added, amended, restored, retired
from cloud.registry.editing_rows import Act, StaleRegistry, write_edits
from cloud.registry.fact_service import FactRejected, FactService
from cloud.registry.snapshot import Registry
from cloud.registry.undoing import UNDO, undoing
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms

ATTEMPTS = 5
"""How often an edit is tried while other processes change the registry at the same time."""
EDITS_SHOWN = 20
"""How many edits of a change the list of changes shows."""
MOST_PAGE_BYTES = 2**20
"""Of records that a page of changes shows: an area of a site may be 30 KiB."""

Draft = Callable[[Registry], Sequence[RecordEdit]]


class Editor(msgspec.Struct, frozen=True):
    """Who edits and why; `sites` are those that they may see, None for all."""

    actor: Actor
    sites: frozenset[str] | None = None
    reason: str = ""


class EditOutcome(msgspec.Struct, frozen=True):
    """What was done; `change` is None where nothing differed."""

    change: RegistryChange | None
    edits: Sequence[RecordEdit]


class RegistryEditing:
    """Changes the registry of `facts`, kept in `database`; every refusal is an EditRefused, and changes nothing."""

    def __init__(self, database: Database, facts: FactService, *, clock: Callable[[], int] = wall_ms) -> None:
        self._database = database
        self._facts = facts
        self._clock = clock

    async def add(self, kind: str, fields: Mapping[str, Any], *, by: Editor) -> EditOutcome:
        """Add a record of the keys that its table in city.toml has."""
        return await self.apply(lambda registry: added(registry, kind, fields, sites=by.sites), "add", by=by)

    async def amend(
        self, kind: str, name: str, changes: Mapping[str, Any], *, by: Editor, revision: str | None = None,
        valid_from_ms: int | None = None,
    ) -> EditOutcome:  # fmt: skip
        """Change keys of a record, of `revision` if given; what is dated holds from `valid_from_ms` (UTC) on."""
        draft = partial(
            amended,
            sites=by.sites,
            kind=kind,
            name=name,
            changes=changes,
            revision=revision,
            valid_from_ms=valid_from_ms,
        )
        return await self.apply(draft, "edit", by=by)

    async def retire(
        self, kind: str, name: str, *, by: Editor, revision: str | None = None, along: bool = False
    ) -> EditOutcome:
        """Retire a record: its history stays, and it asks for no attention; `along` with what stands on it."""
        draft = partial(
            retired, sites=by.sites, kind=kind, name=name, revision=revision, along=along, now_ms=self._clock()
        )
        return await self.apply(draft, "retire", by=by)

    async def restore(self, kind: str, name: str, *, by: Editor, revision: str | None = None) -> EditOutcome:
        """Bring a retired record back."""
        return await self.apply(
            partial(restored, sites=by.sites, kind=kind, name=name, revision=revision), "restore", by=by
        )

    async def undo(self, change_id: int, *, by: Editor) -> EditOutcome:
        """Take a change back; LookupError where there is none of that id for them."""
        change, edits = await self.change(change_id, sites=by.sites)
        facts: tuple[int, ...] | None = None

        def draft(registry: Registry) -> Sequence[RecordEdit]:
            nonlocal facts
            back, facts = undoing(registry, change, edits, now_ms=self._clock())
            return back

        return await self._apply(draft, lambda: Act(by.actor, UNDO, by.reason, change_id, facts), by)

    async def apply(self, draft: Draft, action: str, *, by: Editor) -> EditOutcome:
        """Do what `draft` makes of the registry, which is called again where others came before."""
        return await self._apply(draft, lambda: Act(by.actor, action, by.reason), by)

    async def preview(self, draft: Draft, *, by: Editor) -> Sequence[RecordEdit]:
        """Say what `draft` would change, by the same checks, and change nothing."""
        return await asyncio.to_thread(self._checked, draft, by, self._clock())

    async def changes(
        self, *, sites: frozenset[str] | None, kind: str | None = None, record: str | None = None,
        before_id: int | None = None, limit: int = 100,
    ) -> list[tuple[RegistryChange, list[RecordEdit]]]:  # fmt: skip
        """Read the newest changes, as many as fit, for who may see `sites` (None: all), each with its first edits."""

        def read(connection: Connection) -> list[tuple[RegistryChange, list[RecordEdit]]]:
            found = read_changes(connection, sites=sites, kind=kind, record=record, before_id=before_id, limit=limit)
            numbers = [change.id for change in found]
            count = fitting(connection, numbers, most=EDITS_SHOWN, most_bytes=MOST_PAGE_BYTES)
            edits = read_edits(connection, numbers[:count], most=EDITS_SHOWN)
            return [(change, edits.get(change.id, [])) for change in found[:count]]

        return await self._database.run(read)

    async def change(self, change_id: int, *, sites: frozenset[str] | None) -> tuple[RegistryChange, list[RecordEdit]]:
        """Read one change with all its edits; LookupError where there is none of that id for them."""

        def read(connection: Connection) -> tuple[RegistryChange, list[RecordEdit]]:
            change = read_change(connection, change_id, sites=sites)
            return change, read_edits(connection, [change_id]).get(change_id, [])

        return await self._database.run(read)

    async def _apply(self, draft: Draft, act: Callable[[], Act], by: Editor) -> EditOutcome:
        registry = self._facts.registry
        for _ in range(ATTEMPTS):
            now_ms = self._clock()
            edits = await asyncio.to_thread(self._checked, draft, by, now_ms)
            if not edits:
                return EditOutcome(None, ())
            try:
                write = partial(write_edits, registry=registry, edits=edits, act=act(), now_ms=now_ms)
                return EditOutcome(await self._facts.change(write), edits)
            except StaleRegistry:
                await self._facts.load()
            except FactRejected as error:
                raise EditRefused("conflict", *error.problems) from None
        raise EditRefused(
            "conflict", LocalizedMessage("others change the registry all the time; try again in a moment")
        )

    def _checked(self, draft: Draft, by: Editor, now_ms: int) -> Sequence[RecordEdit]:
        edits = draft(self._facts.registry)
        must_fit(self._facts.registry, edits, sites=by.sites, now_ms=now_ms)
        return edits
