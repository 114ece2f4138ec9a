"""Rules as a file: what scopes set of families, in one order and one form; reading it back gives the same.

[[rules]]
family = "river-level"
scope = "site:daruba"
for_s = 120.0
without = ["hours"]         # what the scope takes away: TOML has no word for nothing
[[rules.levels]]
name = "Siaga 3"
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_type_hints

import msgspec

from rules.rule import Rule
from rules.scope import FIELDS, Patch
from runtime.toml_text import toml_table

HEAD = "rules"
WITHOUT = "without"
_TYPES = get_type_hints(Rule)
_WIDTH = ("all", "group", "site", "sensor")
_KEY = re.compile(r"""\s*["']?([A-Za-z0-9_-]+)["']?\s*(?:=|\.)""")
_LONG_STRINGS = ('"""', "'''")


def rules_text(families: Mapping[str, Iterable[Patch]]) -> str:
    """Write what scopes set of families: by family, the widest scope first."""
    tables = (
        line
        for family in sorted(families)
        for patch in sorted(families[family], key=_by_width)
        for line in toml_table(f"[[{HEAD}]]", _table_of(family, patch))
    )
    return "\n".join(tables).lstrip("\n") + "\n"


def _table_of(family: str, patch: Patch) -> dict[str, Any]:
    fields = canonical(patch.fields)
    nothing = sorted(name for name, value in fields.items() if value is None)
    table = {"family": family, "scope": patch.scope, **({WITHOUT: nothing} if nothing else {})}
    return table | {name: value for name, value in fields.items() if value is not None}


def fields_in(entry: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a table sets, besides family and scope; those that it is `without` are set to nothing."""
    nothing = entry.get(WITHOUT, [])
    fields = {name: value for name, value in entry.items() if name not in ("family", "scope")}
    if not isinstance(nothing, list) or not all(isinstance(name, str) for name in nothing):
        return fields  # `without` is no field of a rule, and is named as that
    fields.pop(WITHOUT, None)
    return fields | dict.fromkeys(nothing)


def canonical(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The same fields in the order of a rule, each value in one form, without what says no more than its absence."""
    known = {name: _in_one_form(name, fields[name]) for name in FIELDS if name in fields}
    return known | {name: value for name, value in fields.items() if name not in known}


def _in_one_form(name: str, value: Any) -> Any:
    try:
        return _brief(msgspec.convert(value, _TYPES[name]))
    except msgspec.ValidationError:
        return value


def _brief(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_brief(each) for each in value]
    if not isinstance(value, msgspec.Struct):
        return msgspec.to_builtins(value)
    usual = zip(reversed(value.__struct_fields__), reversed(value.__struct_defaults__), strict=False)
    left_out = {name for name, default in usual if getattr(value, name) == default}
    return {name: _brief(getattr(value, name)) for name in value.__struct_fields__ if name not in left_out}


def _by_width(patch: Patch) -> tuple[int, str]:
    kind = patch.scope.partition(":")[0]
    return _WIDTH.index(kind) if kind in _WIDTH else len(_WIDTH), patch.scope


class Lines:
    """Where in a text the tables of rules stand, and their keys: for sentences that name a line."""

    def __init__(self, text: str) -> None:
        self._tables: list[dict[str, int]] = []
        within = ""
        for number, line in _outside_strings(text):
            head = line.strip().replace(" ", "")
            if head.startswith(f"[[{HEAD}]]"):
                within = ""
                self._tables.append({"": number})
            elif self._tables and head.startswith(f"[[{HEAD}."):
                name = head[len(f"[[{HEAD}.") :].partition("]")[0]
                count = sum(key.startswith(f"{name}[") and "." not in key for key in self._tables[-1])
                within = f"{name}[{count}]."
                self._tables[-1][within.rstrip(".")] = number
                self._tables[-1].setdefault(name, number)
            elif self._tables and (key := _KEY.match(line)):
                self._tables[-1].setdefault(within + key[1], number)

    def __len__(self) -> int:
        return len(self._tables)

    def of(self, table: int, field: str = "") -> int | None:
        """The line of a field of the `table`th table, as near as can be; None where the text has no such table."""
        if table >= len(self._tables):
            return None
        lines = self._tables[table]
        names = (field, field.rpartition(".")[0], re.split(r"[.\[]", field)[0], "")
        return next(lines[name] for name in names if name in lines)

    def near(self, line: int | None, field: str) -> int | None:
        """The line of a field in the table that begins in `line`."""
        number = next((place for place, lines in enumerate(self._tables) if lines[""] == line), None)
        return line if number is None else self.of(number, field)


def _outside_strings(text: str) -> Iterator[tuple[int, str]]:
    """Give the lines that do not stand within a string of several lines, by their numbers."""
    inside = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if not inside:
            yield number, line
        for mark in _LONG_STRINGS:
            if inside in ("", mark) and line.count(mark) % 2:
                inside = "" if inside else mark
