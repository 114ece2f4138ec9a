"""Sites, gateways or sensors of a table in CSV: each row adds a record or changes the columns that it fills.

id,name,site,gateway,quantities,interval_s
river-2,River at the pier,daruba,gw-daruba,water_level distance,60        a new id is added; a known one is changed
river-1,,,,,30                                                            an empty cell leaves what is there

A comma or a semicolon parts columns, as the header does. A bad row costs itself, with its line and a sentence.
"""

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from cloud.registry.change_rows import RecordEdit
from cloud.registry.dependents import after_edits, names_of
from cloud.registry.editing_checks import problems_of_edits
from cloud.registry.editing_drafts import EditRefused, added, amended
from cloud.registry.ownership import refusal
from cloud.registry.snapshot import Registry
from i18n.message import LocalizedMessage, located

MOST_ROWS = 20_000
_NO_COLUMN = ""


class RowProblem(msgspec.Struct, frozen=True):
    """Why a row was left out: its line in the file, the id in it, and a sentence."""

    line: int
    id: str
    sentence: str


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(LocalizedMessage("write a number with a point, as 128.29")) from None


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(LocalizedMessage("write a whole number")) from None


def _words(text: str) -> list[str]:
    return text.replace(";", " ").replace("|", " ").split()


Cell = Callable[[str], Any]
COLUMNS: Mapping[str, Mapping[str, Cell]] = {
    "sites": {
        "id": str, "name": str, "place": str, "latitude": _number, "longitude": _number, "zone": str,
        "capacity": _whole, "area_m2": _number, "closes": str,
    },
    "gateways": {"id": str, "name": str, "site": str},
    "sensors": {
        "id": str, "name": str, "site": str, "gateway": str, "quantities": _words, "interval_s": _number,
        "mounting_height_cm": _number, "groups": _words, "twin": str, "next_downstream": str, "stamped": str,
    },
}  # fmt: skip
"""The columns of each kind, in any order; words in a cell are parted by spaces. All else is for the API."""


def edits_of_rows(registry: Registry, kind: str, text: str) -> tuple[list[RecordEdit], list[RowProblem]]:
    """Read a table into edits and the problems of the rows that are left out; EditRefused where it is no such table."""
    if kind in registry.file_owns:
        raise EditRefused("owned", refusal(kind, "of a table"))
    edits: dict[int, RecordEdit] = {}
    problems: list[RowProblem] = []
    lines: dict[str, int] = {}
    for line, row in _rows(kind, text):
        name = row["id"].strip()
        before = lines.setdefault(name, line)
        if before != line:
            twice = LocalizedMessage(
                "id: {name!r}: stands in line {before} already; take one out", name=name, before=before
            )
            problems.append(RowProblem(line, name, twice))
            continue
        try:
            edits.update((line, edit) for edit in _edits(registry, kind, name, row))
        except EditRefused as error:
            problems.append(RowProblem(line, name, error.sentence))
    problems += _that_do_not_fit(registry, edits)
    return list(edits.values()), sorted(problems, key=lambda problem: problem.line)


def _edits(registry: Registry, kind: str, name: str, row: Mapping[str, str]) -> list[RecordEdit]:
    fields = _fields(kind, row)
    if name in registry.registered(kind):
        return amended(registry, kind, name, {key: value for key, value in fields.items() if key != "id"})
    return added(registry, kind, fields)


def _fields(kind: str, row: Mapping[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for column, cell in row.items():
        if column == _NO_COLUMN:
            beyond = LocalizedMessage("{cell!r}: is a cell more than the header has columns", cell=cell.strip()[:80])
            raise EditRefused("refused", beyond)
        if cell.strip():
            try:
                fields[column] = COLUMNS[kind][column](cell.strip())
            except ValueError as error:
                told = located(column, located(repr(cell.strip()[:80]), error.args[0]))
                raise EditRefused("refused", told) from None
    return fields


def _that_do_not_fit(registry: Registry, edits: dict[int, RecordEdit]) -> Iterator[RowProblem]:
    """Take out of `edits` those that do not fit together, until all that are left do."""
    while edits:
        of_key = {(edit.kind, edit.id): line for line, edit in edits.items()}
        records, left_out = after_edits(registry, edits.values()), dict[int, RowProblem]()
        for key, sentence in problems_of_edits(registry, list(edits.values()), records):
            causes = [key, *names_of(records[key[0]][key[1]])] if key not in of_key else [key]
            for line in (of_key[cause] for cause in causes if cause in of_key):
                left_out.setdefault(line, RowProblem(line, edits[line].id, sentence))
        if not left_out:
            return
        yield from left_out.values()
        for line in left_out:
            del edits[line]


def _rows(kind: str, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    table = text.removeprefix("\ufeff")
    delimiter = ";" if ";" in table.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(table, newline=""), delimiter=delimiter, strict=True)
    try:
        columns = [column.strip() for column in next(reader, [])]
        _must_be_columns(kind, columns)
        for number, cells in enumerate(reader):
            if number >= MOST_ROWS:
                raise EditRefused(
                    "refused",
                    LocalizedMessage(
                        "line {line}: a table has at most {most} rows; split it", line=reader.line_num, most=MOST_ROWS
                    ),
                )
            if any(cell.strip() for cell in cells):
                yield reader.line_num, _row(columns, cells)
    except csv.Error as error:
        no_csv = LocalizedMessage(
            "line {line}: is no CSV: {error}; write it again", line=reader.line_num, error=str(error)
        )
        raise EditRefused("refused", no_csv) from None


def _row(columns: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    """The cells by their columns, those of a short row empty; what a long one has too many is of no column."""
    beyond = {_NO_COLUMN: cells[len(columns)]} if len(cells) > len(columns) else {}
    return {**dict.fromkeys(columns, ""), **dict(zip(columns, cells, strict=False)), **beyond}


def _must_be_columns(kind: str, columns: Sequence[str]) -> None:
    known = COLUMNS[kind]
    for column in columns:
        if column not in known:
            raise EditRefused(
                "refused",
                LocalizedMessage(
                    "line 1: {column!r}: no such column; known are {known}", column=column[:80], known=", ".join(known)
                ),
            )
        if columns.count(column) > 1:
            raise EditRefused(
                "refused", LocalizedMessage("line 1: {column!r} stands here twice; take one out", column=column)
            )
    if "id" not in columns:
        raise EditRefused(
            "refused", LocalizedMessage("line 1: has no column id; known are {known}", known=", ".join(known))
        )
