"""Whether edits may be done: who owns the records, who may see them and what they name, and the checks of a city file.

must_fit(registry, edits, sites=frozenset({"daruba"}), now_ms=…)        EditRefused: a sentence for each mistake
"""

from collections.abc import Iterator, Sequence

from cloud.registry.change_rows import RecordEdit, site_of_record
from cloud.registry.dependents import Records, after_edits, names_of, neighbourhood, standing_on
from cloud.registry.editing_drafts import EditRefused
from cloud.registry.ownership import ONE_OF, about, refusal
from cloud.registry.record_checks import problems_of_records
from cloud.registry.records import Sensor
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage

MOST_RECORDS = {"sites": 20_000, "gateways": 20_000, "sensors": 200_000}
"""How many a city may have, the retired included."""


def must_fit(registry: Registry, edits: Sequence[RecordEdit], *, sites: frozenset[str] | None, now_ms: int) -> None:
    """Check edits by somebody who may see `sites` (None: all) at `now_ms` (UTC)."""
    records = after_edits(registry, edits)
    _must_be_visible(edits, sites)
    owned = [refusal(edit.kind, edit.id) for edit in edits if edit.kind in registry.file_owns]
    if owned:
        raise EditRefused("owned", *owned)
    problems = [*_of_references(edits, sites, records), *_of_dates(edits, now_ms), *_of_size(edits, records)]
    problems = problems or [sentence for _, sentence in problems_of_edits(registry, edits, records)]
    if problems:
        raise EditRefused("refused", *dict.fromkeys(problems))


def problems_of_edits(
    registry: Registry, edits: Sequence[RecordEdit], records: Records
) -> Iterator[tuple[tuple[str, str], str]]:
    """Yield ((kind, id), sentence) for each problem that edits make; `records` are those after them."""
    edited = {(edit.kind, edit.id) for edit in edits}
    concerned = edited | {key for key, _ in standing_on(records, edited)}
    for kind, name, sentence in problems_of_records(neighbourhood(records, concerned), registry.quantities):
        if (kind, name) in concerned:
            yield (kind, name), sentence


def _must_be_visible(edits: Sequence[RecordEdit], sites: frozenset[str] | None) -> None:
    for edit in edits if sites is not None else ():
        where = {site_of_record(record) for record in (edit.before, edit.after) if record is not None}
        if not where <= (sites or frozenset()):
            first = edits[0]  # the others are not named: they may be what nobody may know of
            raise EditRefused(
                "denied",
                about(
                    first.kind,
                    first.id,
                    LocalizedMessage("reaches a site that you may not see; ask somebody who may"),
                ),
            )


def _of_references(edits: Sequence[RecordEdit], sites: frozenset[str] | None, records: Records) -> Iterator[str]:
    """What an edit newly names is answered, at a site that they may not see, like what does not exist."""
    for edit in edits if sites is not None else ():
        before = set() if edit.before is None else set(names_of(edit.before))
        for kind, name in names_of(edit.after):
            named = records[kind].get(name)
            if (kind, name) not in before and (named is None or site_of_record(named) not in (sites or ())):
                told = LocalizedMessage("{name!r}: there is no {kind} of that id for you", name=name, kind=ONE_OF[kind])
                yield about(edit.kind, edit.id, told)


def _of_dates(edits: Sequence[RecordEdit], now_ms: int) -> Iterator[str]:
    for edit in edits:
        since_ms = edit.after.valid_from_ms if isinstance(edit.after, Sensor) else None
        if since_ms is not None and since_ms > now_ms and since_ms != getattr(edit.before, "valid_from_ms", None):
            told = LocalizedMessage("valid_from: is still to come; record it as a dated fact, which may be ahead")
            yield about("sensors", edit.id, told)


def _of_size(edits: Sequence[RecordEdit], records: Records) -> Iterator[str]:
    for kind in dict.fromkeys(edit.kind for edit in edits if edit.before is None):
        if len(records[kind]) > MOST_RECORDS[kind]:
            yield LocalizedMessage(
                "{kind}: a city has at most {most}, the retired included; add fewer", kind=kind, most=MOST_RECORDS[kind]
            )
