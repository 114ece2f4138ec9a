"""Columns of a line of text:  columns = { time = 1, water_level = 3 }   separator = ";"   "tab"   "blanks"

2026-11-29 12:00:00;ok;182;"23,4"⏎  ──►  {"time": "2026-11-29 12:00:00", "water_level": "182"}
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from firmware_bridge.family import OptionError
from i18n.message import LocalizedMessage

SEPARATORS = {"tab": "\t", "\t": "\t", "comma": ",", "semicolon": ";", "blanks": "", "blank": "", " ": "", "": ""}
"""What people call a separator; "" is any number of blanks and tabs."""
_MOST = 500
_QUOTED = re.compile(r'\s*"((?:[^"]|"")*)"\s*')


class Columns(msgspec.Struct, frozen=True):
    """Where each field is, counted from 0; `last` is the highest. `split` takes a line apart."""

    at: Mapping[str, int]
    last: int
    split: Callable[[str], list[str]]


def columns_of(given: Mapping[str, Any], separator: str, *, decimal: str = ".") -> Columns:
    """The columns that the options name, counted from 1; OptionError where these cannot be used."""
    sign = SEPARATORS.get(separator, separator)
    if len(sign) > 1 or sign.isalnum() or sign in ('"', ".", "-", "+"):
        raise OptionError(
            LocalizedMessage(
                'separator: {separator}: write one character such as ";", or "tab" or "blanks"',
                separator=repr(separator[:40]),
            )
        )
    if sign == decimal:
        raise OptionError(
            LocalizedMessage(
                "separator: {separator} cannot be the decimal sign too; set one of the two to another",
                separator=repr(sign),
            )
        )
    for name, column in given.items():
        if isinstance(column, bool) or not isinstance(column, int) or not 1 <= column <= _MOST:
            raise OptionError(
                LocalizedMessage(
                    "columns.{name}: {column} is no column; they are counted from 1",
                    name=str(name)[:80], column=repr(column)[:40],
                )
            )  # fmt: skip
    at = {name: column - 1 for name, column in given.items()}
    return Columns(at, max(at.values(), default=0), splitter(sign))


def splitter(sign: str) -> Callable[[str], list[str]]:
    """Takes a line apart at a separator, or at blanks; a cell in quotes may hold the separator."""
    if not sign:
        return str.split

    def split(line: str) -> list[str]:
        return _with_quotes(line, sign) if '"' in line else line.split(sign)

    return split


def _with_quotes(line: str, sign: str) -> list[str]:
    cells: list[str] = []
    at = 0
    while True:
        quoted = _QUOTED.match(line, at)
        if quoted and line[quoted.end() : quoted.end() + 1] in ("", sign):
            cells.append(quoted[1].replace('""', '"'))
            at = quoted.end()
        else:
            end = line.find(sign, at)
            cells.append(line[at:end] if end >= 0 else line[at:])
            at = end if end >= 0 else len(line)
        if at >= len(line):
            return cells
        at += 1
