"""What somebody wants of the registry, as edits of records: pure, and not checked yet.

amended(registry, "sensors", "river", {"name": "River at the bridge"}) -> [RecordEdit(before, after)]
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from cloud.core.times import rfc_3339
from cloud.registry.change_rows import RecordEdit, site_of_record
from cloud.registry.city_records import fields_of, record_of
from cloud.registry.dependents import Key, after_edits, standing_on
from cloud.registry.history import file_values
from cloud.registry.ownership import ONE_OF, about
from cloud.registry.records import NO_CALIBRATION, Record, Sensor, Site
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage, joined
from runtime.settings import SettingsError

MOST_NAMED = 5
"""How many of what stands in the way a sentence names."""


class EditRefused(Exception):
    """An edit that cannot be done, and nothing has changed.

    `kind` is unknown, exists, conflict, owned, denied or refused; `sentence` is all `problems` in one.
    """

    def __init__(self, kind: str, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.kind = kind
        self.problems = list(problems)
        self.sentence = joined(self.problems)


def revision_of(record: Record) -> str:
    """A word that is another one as soon as anything of a record is."""
    return hashlib.sha256(msgspec.json.encode(record)).hexdigest()[:16]


def known_record(
    registry: Registry, kind: str, name: str, *, sites: frozenset[str] | None, revision: str | None = None
) -> Record:
    """The record of that id, of `revision` if given; EditRefused where there is none at `sites` (None: at any)."""
    record = registry.registered(kind).get(name)
    if record is None or (sites is not None and site_of_record(record) not in sites):
        raise EditRefused("unknown", about(kind, name, LocalizedMessage("there is none of that id; add it first")))
    if revision is not None and revision != revision_of(record):
        changed = LocalizedMessage(
            "was changed since revision {revision}; read it again, then change that", revision=revision
        )
        raise EditRefused("conflict", about(kind, name, changed))
    return record


def added(
    registry: Registry, kind: str, fields: Mapping[str, Any], *, sites: frozenset[str] | None = None
) -> list[RecordEdit]:
    """Add a record; its id must be free, for ever: what was stored under an id stays that of its record.

    Whose id it is hears who may see `sites` (None: all) of what stands there alone.
    """
    record = normal(parsed(kind, fields, registry))
    for other in (kind, *({"gateways", "sensors"} - {kind} if kind != "sites" else ())):
        before = registry.registered(other).get(record.id)
        if before is not None and sites is not None and site_of_record(before) not in sites:
            raise EditRefused("exists", f"id: {record.id!r} is taken; write another id")
        if before is not None:
            raise EditRefused("exists", _taken(other, before))
    return [RecordEdit(None, record)]


def amended(
    registry: Registry, kind: str, name: str, changes: Mapping[str, Any], *, sites: frozenset[str] | None = None,
    revision: str | None = None, valid_from_ms: int | None = None,
) -> list[RecordEdit]:  # fmt: skip
    """Change keys of a record, null takes one out; what is dated holds from `valid_from_ms` (UTC), or now, on."""
    before = known_record(registry, kind, name, sites=sites, revision=revision)
    if before.retired:
        raise EditRefused(
            "conflict", about(kind, name, LocalizedMessage("is retired; bring it back before you change it"))
        )
    fields = fields_of(before, zone=registry.city.zone) | dict(changes) | {"id": name}
    after = parsed(kind, {key: value for key, value in fields.items() if value is not None}, registry)
    return difference(before, after, valid_from_ms)


def difference(before: Record, after: Record, valid_from_ms: int | None) -> list[RecordEdit]:
    """The edit that makes `after` of `before`; none where nothing differs."""
    after = normal(after)
    if isinstance(before, Sensor) and isinstance(after, Sensor):
        is_dated = file_values(before) != file_values(after)
        after = msgspec.structs.replace(after, valid_from_ms=valid_from_ms if is_dated else before.valid_from_ms)
    return [] if normal(before) == after else [RecordEdit(before, after)]


def retired(
    registry: Registry, kind: str, name: str, *, sites: frozenset[str] | None = None, revision: str | None = None,
    along: bool = False, now_ms: int,
) -> list[RecordEdit]:  # fmt: skip
    """Retire a record at `now_ms` (UTC), and `along` with it what stands on it; who names it then names none."""
    before = known_record(registry, kind, name, sites=sites, revision=revision)
    if before.retired:
        return []
    gone = {(kind, name): before}
    records = after_edits(registry, ())
    while more := {key: each for key, each in standing_on(records, gone) if key not in gone and _stands(each, gone)}:
        if not along:
            seen = [key for key, each in more.items() if sites is None or site_of_record(each) in sites]
            raise EditRefused("conflict", _in_the_way(kind, name, seen, len(more)))
        gone |= more
    named = [each for key, each in standing_on(records, gone) if key not in gone]
    ended = {"retired": True, "retired_ms": now_ms}
    return [*(RecordEdit(each, msgspec.structs.replace(each, **ended)) for each in gone.values()),
            *(RecordEdit(each, _without(each, gone)) for each in named)]  # fmt: skip


def restored(
    registry: Registry, kind: str, name: str, *, sites: frozenset[str] | None = None, revision: str | None = None
) -> list[RecordEdit]:
    """Bring a retired record back, as it was."""
    before = known_record(registry, kind, name, sites=sites, revision=revision)
    return (
        [RecordEdit(before, msgspec.structs.replace(before, retired=False, retired_ms=None))] if before.retired else []
    )


def parsed(kind: str, fields: Mapping[str, Any], registry: Registry) -> Record:
    """Make a record of its keys; EditRefused with a sentence for each mistake."""
    try:
        return record_of(kind, fields, zone=registry.city.zone)
    except SettingsError as error:
        raise EditRefused("refused", *error.problems) from None


def normal(record: Record) -> Record:
    """A record without calibrations that change nothing, as the database keeps it."""
    if not isinstance(record, Sensor):
        return record
    lines = {name: line for name, line in record.calibration.items() if line != NO_CALIBRATION}
    return msgspec.structs.replace(record, calibration=lines)


def _stands(record: Record, gone: Mapping[Key, Record]) -> bool:
    """Whether a record cannot be without one of those that go: a twin, or a gauge downstream, it can."""
    if isinstance(record, Site):
        return False
    return ("sites", record.site) in gone or (isinstance(record, Sensor) and ("gateways", record.gateway) in gone)


def _without(record: Record, gone: Mapping[Key, Record]) -> Record:
    names = {column: None for column in ("twin", "next_downstream") if ("sensors", getattr(record, column)) in gone}
    return msgspec.structs.replace(record, **names)


def _taken(kind: str, record: Record) -> LocalizedMessage:
    values = {"id": record.id, "kind": ONE_OF[kind]}
    if not record.retired:
        return LocalizedMessage("id: {id!r} is a {kind} already; write another id", **values)
    return LocalizedMessage(
        "id: {id!r} is a retired {kind} already; bring it back: POST …/{kinds}/{id}/restore", kinds=kind, **values
    )


def _in_the_way(kind: str, name: str, seen: list[Key], count: int) -> LocalizedMessage:
    words = ", ".join(_words(sorted(seen)[:MOST_NAMED])) or LocalizedMessage("something")
    more = LocalizedMessage(" and {n} more", n=count - MOST_NAMED) if count > MOST_NAMED else ""
    told = LocalizedMessage(
        "{words}{more} stand there; retire them first, or all of it at once with along=true", words=words, more=more
    )
    return about(kind, name, told)


def _words(keys: list[Key]) -> Iterator[str]:
    return (f"{ONE_OF[kind]} {name}" for kind, name in keys)


def what_differs(edit: RecordEdit, *, zone: str) -> dict[str, tuple[Any, Any]]:
    """The keys of a record that an edit changes, each with what it was and is; `zone` is the city's."""
    before = {} if edit.before is None else shown_fields(edit.before, zone=zone)
    after = shown_fields(edit.after, zone=zone)
    keys = [*after, *(key for key in before if key not in after)]
    return {key: (before.get(key), after.get(key)) for key in keys if before.get(key) != after.get(key)}


def shown_fields(record: Record, *, zone: str) -> dict[str, Any]:
    """The keys of a record as people and programs are shown them: times as text, and whether it is retired."""
    fields = fields_of(record, zone=zone)
    if "valid_from" in fields:
        fields["valid_from"] = rfc_3339(getattr(record, "valid_from_ms", 0))
    return fields | ({"retired": True} if record.retired else {})
