"""A change of the registry taken back: each record as it was before, and the facts that the change recorded undone.

change 7: height 450 → 420, fact 31        undo ─► height 450, fact 31 undone: a change, which can be undone again
Only while nobody has changed the same records since: what came later is undone first.
"""

from collections.abc import Iterator, Sequence

import msgspec

from cloud.registry.change_rows import RecordEdit, RegistryChange
from cloud.registry.editing_drafts import EditRefused, normal
from cloud.registry.facts import Fact
from cloud.registry.history import GATEWAY, MOUNTING_HEIGHT, SITE, calibrated_quantity, subject_of
from cloud.registry.ownership import ONE_OF
from cloud.registry.records import Gateway, Record, Sensor, Site
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage

UNDO, FILE = "undo", "file"
_DATED = (SITE, GATEWAY, MOUNTING_HEIGHT)


def undoing(
    registry: Registry, change: RegistryChange, edits: Sequence[RecordEdit], *, now_ms: int
) -> tuple[list[RecordEdit], tuple[int, ...] | None]:
    """Give the edits that take `change` back at `now_ms` (UTC), and the facts to undo.

    These are None where what differs is recorded as new facts. EditRefused where it is undone already, or its records
    have changed since.
    """
    if change.action == FILE:
        raise EditRefused(
            "owned",
            LocalizedMessage("change {id}: city.toml made it; change it there and send SIGHUP", id=change.id),
        )
    if change.undone_by is not None:
        raise EditRefused(
            "conflict",
            LocalizedMessage("change {id}: is undone already, by change {by}", id=change.id, by=change.undone_by),
        )
    again = change.action == UNDO
    facts = [] if again else list(_facts(registry, change))
    back = []
    for edit in reversed(edits):
        held = registry.registered(edit.kind).get(edit.id)
        if held is None or _compared(held, again) != _compared(edit.after, again):
            raise EditRefused(
                "conflict",
                LocalizedMessage(
                    "change {id}: {record} was changed since; undo what came later first",
                    id=change.id,
                    record=f"{ONE_OF[edit.kind]} {edit.id}",
                ),
            )
        back.append(RecordEdit(held, _back(edit, held, facts, again=again, now_ms=now_ms)))
    return [edit for edit in back if edit.before != edit.after], None if again else tuple(fact.id for fact in facts)


def _back(edit: RecordEdit, held: Record, facts: Sequence[Fact], *, again: bool, now_ms: int) -> Record:
    if edit.before is None:  # it was new: readings may have come meanwhile, so it is retired and not deleted
        return msgspec.structs.replace(held, retired=True, retired_ms=now_ms)
    before = edit.before
    if again or isinstance(before, Site) or isinstance(held, Site):
        return before
    own = {fact.what for fact in facts if fact.subject == subject_of(held)}
    return _with_dated_of(before, held, own)


def _with_dated_of(before: Gateway | Sensor, held: Gateway | Sensor, own: set[str]) -> Record:
    """The record as it was `before`, with what is dated as it is `held`, but for what the undone facts were of."""
    kept = {name: getattr(held, name) for name in _DATED if name not in own and hasattr(before, name)}
    if isinstance(before, Sensor) and isinstance(held, Sensor):
        undone = {calibrated_quantity(what) for what in own}
        lines = {name: line for name, line in held.calibration.items() if name not in undone}
        lines |= {name: line for name, line in before.calibration.items() if name in undone}
        kept |= {"calibration": {name: line for name, line in lines.items() if name in before.quantities}}
    return msgspec.structs.replace(before, **kept)


def _facts(registry: Registry, change: RegistryChange) -> Iterator[Fact]:
    """The facts that a change recorded; EditRefused where something was recorded of the same since."""
    for number in change.facts:
        fact = registry.facts.fact(number)
        if fact is None:
            continue
        standing = [each.id for each in registry.facts.of(*fact.key) if each.undone_ms is None]
        if number not in standing or number != standing[-1]:
            raise EditRefused(
                "conflict",
                LocalizedMessage(
                    "change {id}: {what} of {subject} was recorded again since, or undone; correct it as a fact "
                    "instead",
                    id=change.id,
                    what=fact.what,
                    subject=fact.subject,
                ),
            )
        yield fact


def _compared(record: Record, dated: bool) -> Record:
    """What must be as the change left it: all of a record, or all that is not dated."""
    record = normal(record)
    if dated or isinstance(record, Site):
        return record
    if isinstance(record, Gateway):
        return msgspec.structs.replace(record, site="")
    return msgspec.structs.replace(
        record, site="", gateway="", mounting_height_cm=None, calibration={}, valid_from_ms=None
    )
