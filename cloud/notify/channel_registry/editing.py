"""People change channels while the cloud runs, each act a change that can be undone; the notifier follows at once.

amend("duty-phone", {"chat": "-100…"}, by=ChannelEditor(…)) ─► draft ─► checks ─► one transaction: channel, change, log
Secrets are in none of what is shown: a change says that one was replaced.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from sqlalchemy import Connection

from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from cloud.notify.channel_registry import drafts
from cloud.notify.channel_registry.in_force import ChannelRegistry
from cloud.notify.channel_registry.records import ChannelRecord, ChannelUse, shown_keys
from cloud.notify.channel_registry.rows import (
    ChannelChange,
    insert_change,
    put_channel,
    read_change,
    read_changes,
    read_channels,
)
from cloud.registry.editing_drafts import EditRefused
from cloud.registry.rows import lock_registry
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms

Draft = Callable[[ChannelRegistry], ChannelRecord]


class ChannelEdited(msgspec.Struct, frozen=True):
    """A channel after an act; `change` is None where nothing differed."""

    record: ChannelRecord
    change: ChannelChange | None


class ChannelEditing:
    """Changes the channels of `registry`, kept in `database`; every refusal is an EditRefused, and changes nothing.

    `changed` has this process follow at once; others see the new edition.
    """

    def __init__(
        self, database: Database, registry: Callable[[], ChannelRegistry], *, changed: Callable[[], Awaitable[None]],
        clock: Callable[[], int] = wall_ms,
    ) -> None:  # fmt: skip
        self._database = database
        self._registry = registry
        self._changed = changed
        self._clock = clock

    async def add(
        self, name: str, kind: str, given: Mapping[str, Any], *, actor: Actor, reason: str = ""
    ) -> ChannelEdited:
        """Add a channel, on trial: only tests go over it."""
        return await self._apply(name, lambda known: drafts.added(known, name, kind, given), "add", actor, reason)

    async def amend(
        self, name: str, given: Mapping[str, Any], *, actor: Actor, reason: str = "", use: ChannelUse | None = None,
        revision: str | None = None,
    ) -> ChannelEdited:  # fmt: skip
        """Change keys and secrets of a channel, or take it on trial or into use."""

        def draft(known: ChannelRegistry) -> ChannelRecord:
            return drafts.amended(known, name, given, use=use, revision=revision)

        return await self._apply(name, draft, "edit", actor, reason)

    async def retire(
        self, name: str, *, actor: Actor, reason: str = "", revision: str | None = None, along: bool = False
    ) -> ChannelEdited:
        """Retire a channel: what waits goes over others; `along` although steps name it."""

        def draft(known: ChannelRegistry) -> ChannelRecord:
            return drafts.retired(known, name, revision=revision, along=along)

        return await self._apply(name, draft, "retire", actor, reason)

    async def restore(self, name: str, *, actor: Actor, reason: str = "", revision: str | None = None) -> ChannelEdited:
        """Bring a retired channel back, on trial."""
        return await self._apply(
            name, lambda known: drafts.restored(known, name, revision=revision), "restore", actor, reason
        )

    async def undo(self, change_id: int, *, actor: Actor, reason: str = "") -> ChannelEdited:
        """Take a change back; LookupError where there is none of that id."""
        change = await self._database.run(lambda connection: read_change(connection, change_id))
        return await self._apply(
            change.channel, lambda known: _undone(known, change), "undo", actor, reason, undoes=change
        )

    async def changes(
        self, *, channel: str | None = None, before_id: int | None = None, limit: int = 50
    ) -> list[ChannelChange]:
        """Read the newest changes, of one channel if asked."""
        return await self._database.run(
            lambda connection: read_changes(connection, channel=channel, before_id=before_id, limit=limit)
        )

    async def _apply(
        self, name: str, draft: Draft, action: str, actor: Actor, reason: str, *, undoes: ChannelChange | None = None
    ) -> ChannelEdited:
        known = self._registry()

        def write(connection: Connection) -> ChannelEdited:
            lock_registry(connection)
            now = _as_stored(known, connection)
            before = next((each for each in now.records if each.name == name), None)
            if undoes is not None:
                _must_be_undoable(connection, undoes, before)
            after = draft(now)
            if after == before:
                return ChannelEdited(after, None)
            put_channel(connection, after)
            _write_entry(connection, actor, action, before, after, reason=reason, now_ms=self._clock())
            change = insert_change(
                connection, author=actor.name, action=action, reason=reason, before=before, after=after,
                now_ms=self._clock(), undoes=None if undoes is None else undoes.id,
            )  # fmt: skip
            return ChannelEdited(after, change)

        edited = await self._database.run(write)
        await self._changed()
        return edited


def _as_stored(known: ChannelRegistry, connection: Connection) -> ChannelRegistry:
    """The channels as this transaction sees them: others may have changed them since this process looked."""
    now = ChannelRegistry(known.file)
    now.records = read_channels(connection)
    return now


def _must_be_undoable(connection: Connection, change: ChannelChange, now: ChannelRecord | None) -> None:
    if read_change(connection, change.id).undone_by is not None:
        raise EditRefused("conflict", LocalizedMessage("change {id}: is undone already", id=change.id))
    if now != change.after:
        told = LocalizedMessage("change {id}: the channel was changed since; undo that first", id=change.id)
        raise EditRefused("conflict", told)


def _undone(known: ChannelRegistry, change: ChannelChange) -> ChannelRecord:
    """The channel as it was; one that was new is retired, since messages may have gone over it."""
    now = drafts.known_channel(known, change.channel)
    after = msgspec.structs.replace(now, use="retired") if change.before is None else change.before
    drafts.must_reach_people(known, after)
    return after


def _write_entry(
    connection: Connection, actor: Actor, action: str, before: ChannelRecord | None, after: ChannelRecord, *,
    reason: str, now_ms: int,
) -> None:  # fmt: skip
    write_entry(
        connection, actor, f"channel-{action}", f"channel:{after.name}", now_ms=now_ms, reason=reason,
        before=None if before is None else journaled(before), after=journaled(after),
    )  # fmt: skip


def journaled(record: ChannelRecord) -> dict[str, Any]:
    """What the journal has of a channel: no secret, sealed or not."""
    return {"kind": record.kind, "use": record.use, **shown_keys(record)}


def differences(change: ChannelChange) -> dict[str, tuple[Any, Any]]:
    """Return each key that a change changed, with what it was and is; of a secret only that another one was written."""
    before = {} if change.before is None else journaled(change.before)
    after, sealed = journaled(change.after), {} if change.before is None else change.before.sealed
    other = {key for key in change.after.sealed.keys() & sealed.keys() if change.after.sealed[key] != sealed[key]}
    found = {key: (before.get(key), after.get(key)) for key in after | before if before.get(key) != after.get(key)}
    return found | {key: (before.get(key), "replaced") for key in sorted(other)}
