"""Edits of records in words: a line for each key that differs, and what a file would do to each record.

edit_lines(edit, zone=…)   -> ["sensor river: mounting_height_cm 450 → 420"]
edit_view(_, edit, zone=…) -> EditView("sensor river", "changed", ("mounting_height_cm 450 → 420",))
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from cloud.registry.change_rows import RecordEdit
from cloud.registry.editing_drafts import what_differs
from cloud.registry.ownership import ONE_OF
from i18n.catalog import Catalog

_LONGEST_VALUE = 120


class EditView(msgspec.Struct, frozen=True):
    """What becomes of one record: which, whether it is new, changed, back or retired, and a line for each key."""

    record: str
    what: str
    lines: tuple[str, ...]


def edit_lines(edit: RecordEdit, *, zone: str) -> list[str]:
    """A line for each key, after the record; `zone` is the city's."""
    return [f"{ONE_OF[edit.kind]} {edit.id}: {line}" for line in _lines(edit, zone)]


def edit_view(_: Catalog, edit: RecordEdit, *, zone: str) -> EditView:
    """What an edit does to its record; of one that is retired its keys say nothing."""
    is_back = edit.before is not None and edit.before.retired
    if edit.after.retired:
        what = _("retired")
    elif edit.before is None:
        what = _("new")
    else:
        what = _("brought back") if is_back else _("changed")
    lines = () if edit.after.retired else tuple(_lines(edit, zone))
    return EditView(f"{ONE_OF[edit.kind]} {edit.id}", what, lines)


def _lines(edit: RecordEdit, zone: str) -> Iterator[str]:
    for key, (before, after) in what_differs(edit, zone=zone).items():
        if key != "id":
            yield f"{key} {_short(before)} → {_short(after)}"


def _short(value: Any) -> str:
    text = "–" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
