"""edge.toml with other lines in [uplink], and every other line and comment as it was:

[uplink]                       [uplink]
host = "old"   # the harbour   host = "broker.example.org"   # the harbour
batch_s = 60              ─►   port = 8883
                               username = "gw-daruba"  …
                               batch_s = 60

What comes out is parsed and compared: a file that is written in another way is refused, and left alone.
"""

import re
import tomllib
from collections.abc import Mapping
from typing import Any

_KEYS = ("host", "port", "addresses", "username", "password_file", "tls")
"""What an enrolment decides of [uplink]: where the broker is, who this gateway is there, whom it trusts."""
_HEADER = re.compile(r"^[ \t]*\[[ \t]*uplink[ \t]*\][ \t]*(#.*)?$")
_TABLE = re.compile(r"^[ \t]*\[")
_KEY = re.compile(rf"^[ \t]*({'|'.join(_KEYS)})[ \t]*=")


class NotEditable(Exception):
    """The file says it in a way that cannot be changed line by line."""


def new_settings(gateway: str, uplink: Mapping[str, str], expected: str) -> str:
    """An edge.toml for a gateway that has none: `uplink` are its keys as TOML, `expected` comments on the sensors."""
    lines = "\n".join(_lines(uplink))
    return (
        "# Written by siaga-edge enrol. Sources come next: siaga-edge init finds them, docs/edge.md explains them.\n"
        f'\n[gateway]\nid = "{gateway}"\n\n[uplink]\n{lines}\n{expected}'
    )


def with_uplink(text: str, uplink: Mapping[str, str]) -> str:
    """`text` with the keys of `uplink` (as TOML) in its table [uplink]; NotEditable where that cannot be done."""
    before = tomllib.loads(text)
    lines = text.splitlines()
    at = next((number for number, line in enumerate(lines) if _HEADER.match(line)), None)
    if at is None:
        changed = [*lines, "", "[uplink]", *_lines(uplink)]
    else:
        end = next((number for number in range(at + 1, len(lines)) if _TABLE.match(lines[number])), len(lines))
        kept = [line for line in lines[at + 1 : end] if not _KEY.match(line)]
        remarks = {found[1]: _remark(line) for line in lines[at + 1 : end] if (found := _KEY.match(line))}
        changed = [*lines[: at + 1], *_lines(uplink, remarks), *kept, *lines[end:]]
    after = "\n".join(changed) + "\n"
    _must_mean(after, before, uplink)
    return after


def _lines(uplink: Mapping[str, str], remarks: Mapping[str, str] | None = None) -> list[str]:
    said = dict(remarks or {})
    lines = [f"{key} = {value}{said.pop(key, '')}" for key, value in uplink.items()]
    return lines + [f"#{remark.lstrip(' #')}" for remark in said.values() if remark]


def _remark(line: str) -> str:
    """The comment behind a key and its value."""
    for place in (found.start() for found in re.finditer("#", line)):
        try:
            tomllib.loads(line[:place])
        except tomllib.TOMLDecodeError:
            continue
        return f"   {line[place:].rstrip()}"
    return ""


def _must_mean(after: str, before: Mapping[str, Any], uplink: Mapping[str, str]) -> None:
    wanted = tomllib.loads("\n".join(_lines(uplink)))
    table = before.get("uplink", {})
    try:
        found = tomllib.loads(after)
    except tomllib.TOMLDecodeError:
        raise NotEditable from None
    if not isinstance(table, dict):
        raise NotEditable
    rest = {key: value for key, value in table.items() if key not in _KEYS}
    if found != {**before, "uplink": {**rest, **wanted}}:
        raise NotEditable
