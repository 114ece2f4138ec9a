"""TOML as text, in one form: what our exports write, and `tomllib` reads back as the same.

toml_table("[[rules]]", {"family": "river-level", "levels": [{"name": "Siaga 3"}]})
 -> "", "[[rules]]", 'family = "river-level"', "[[rules.levels]]", 'name = "Siaga 3"'
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any


def toml_table(head: str, fields: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a table, opened by an empty one; lists of tables stand below it, each in a table of its own."""
    yield ""
    yield head
    within = {key: value for key, value in fields.items() if _is_tables(value)}
    yield from (f"{key} = {toml_value(value)}" for key, value in fields.items() if key not in within)
    for key, rows in within.items():
        for row in rows:
            yield f"[[{head.strip('[]')}.{key}]]"
            yield from (f"{name} = {toml_value(value)}" for name, value in row.items())


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


def toml_value(value: Any) -> str:
    """A value as TOML writes it."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")  # all else as TOML's basic strings
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {toml_value(each)}" for key, each in value.items()) + " }"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return repr(value)
