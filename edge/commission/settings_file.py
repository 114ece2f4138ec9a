"""edge.toml as init writes it:  what was there before its sources, or a new beginning, and a [[sources]] for each port.

# Written by siaga-edge init; …          [gateway] id …  [uplink] host port username password_file tls
# heard: Nova SDS011 …: pm2_5 20.4       [[sources]] name family port sensor …

A file that is there keeps all that stands before its first [[sources]]; where something else follows, it is left alone.
"""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from edge.detect.source_lines import ProposedSource
from firmware_bridge.catalog import find
from runtime.address import Address
from runtime.broker_settings import TLS_PORT, BrokerSettings
from wire.gateway_config import ExpectedSensor

PASSWORD, AUTHORITY = "uplink.password", "ca.crt"
_SOURCES = re.compile(r"^[ \t]*\[\[[ \t]*sources[ \t]*\]\]", re.MULTILINE)
_SELDOM_S = 20.0
"""A sensor that speaks less often is called silent only after three times its interval."""


class NotKept(Exception):
    """The file has something between or behind its sources that would be lost."""


def new_beginning(gateway: str, cloud: Address, folder: Path) -> str:
    """The tables before the sources; the login and the authority are those that lie in `folder`."""
    has_password, has_authority = ((folder / name).is_file() for name in (PASSWORD, AUTHORITY))
    rows = [
        "# Written by siaga-edge init. Every setting is explained in docs/edge.md; siaga-edge check finds mistakes.",
        "", "[gateway]", f"id = {json.dumps(gateway)}", "", "[uplink]", f"host = {json.dumps(cloud.host)}",
        f"port = {cloud.port}",
    ]  # fmt: skip
    if has_password:
        rows += [f"username = {json.dumps(gateway)}", f'password_file = "{PASSWORD}"']
    else:
        rows += [f"# username = {json.dumps(gateway)}", f'# password_file = "{PASSWORD}"     # as the server gave them']
    if has_authority:
        rows += [f'tls = {{ ca = "{AUTHORITY}" }}']
    elif cloud.port == TLS_PORT:
        rows += [f'tls = {{ }}                              # or tls = {{ ca = "{AUTHORITY}" }}, as the server gave it']
    return "\n".join(rows) + "\n"


def beginning_of(text: str) -> str:
    """What stands before the first source; NotKept where more than sources follow, ValueError for what is no TOML."""
    document = tomllib.loads(text)
    found = _SOURCES.search(text)
    before = text[: found.start()] if found else text
    kept = {key: value for key, value in document.items() if key != "sources"}
    try:
        is_all = tomllib.loads(before) == kept
    except tomllib.TOMLDecodeError:
        is_all = False
    if not is_all:
        raise NotKept
    return before


def has_sources(text: str) -> bool:
    """Whether a file has sources; ValueError for what is no TOML."""
    return bool(tomllib.loads(text).get("sources"))


def with_sources(beginning: str, sources: Iterable[tuple[str, ProposedSource]]) -> str:
    """The whole file; beside each source what was heard of it."""
    parts = [f"# heard: {heard}\n{source.lines()}" for heard, source in sources]
    return "\n".join([beginning.rstrip("\n") + "\n", *parts])


def local_broker_in(config: Path) -> bool:
    """Whether a settings file, however many mistakes it has, names the broker of its MQTT sensors."""
    try:
        return "local_broker" in tomllib.loads(config.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return False


def with_local_broker(beginning: str, broker: BrokerSettings) -> str:
    """The same with a table for the broker of MQTT sensors, where it has none."""
    if "local_broker" in tomllib.loads(beginning):
        return beginning
    return f"{beginning.rstrip()}\n\n[local_broker]\nhost = {json.dumps(broker.host)}\nport = {broker.port}\n"


def as_expected(source: ProposedSource, sensor: ExpectedSensor, others: Iterable[str]) -> ProposedSource:
    """A source with what the city knows of its sensor: its height, how often it speaks; `others` it may be as well."""
    table, comments = dict(source.table), dict(source.comments)
    found = find(str(table["family"]))
    takes_height = found is not None and any(option.name == "mounting_height_cm" for option in found.entry.options)
    if sensor.mounting_height_cm is not None and takes_height and "water_level" in sensor.quantities:
        table["mounting_height_cm"] = sensor.mounting_height_cm
    if sensor.interval_s is not None and sensor.interval_s > _SELDOM_S:
        table["silent_s"] = 3 * sensor.interval_s
    site = f" at {sensor.site}" if sensor.site else ""
    either = ", ".join(others)
    comments["sensor"] = f"expected by the city{site}" + (f"; or {either}: look which is which" if either else "")
    hints = [hint for hint in source.hints if not ("mounting_height_cm" in table and hint.startswith("mounting_"))]
    return msgspec.structs.replace(source, table=table, comments=comments, hints=hints)


def gateway_in(text: str) -> str:
    """The id of the gateway whose file it is; empty where it says none."""
    table: Mapping[str, Any] | Any = tomllib.loads(text).get("gateway")
    found = table.get("id") if isinstance(table, dict) else None
    return found if isinstance(found, str) else ""
