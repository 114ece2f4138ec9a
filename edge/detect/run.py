"""One port after the other: who has it, what hangs on it, what edge.toml says of it.

search_port("/dev/serial/by-id/…", …) ─► PortSearched(port, found, problem)
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from edge.check import check_file
from edge.detect.found import LineFound
from edge.detect.ports import holders_of
from edge.detect.search import Progress, search
from edge.detect.sentences import of_holders
from edge.detect.tty_line import opened_line
from edge.sources.line import LineGone
from runtime.broker_settings import BrokerSettings
from runtime.settings import SettingsError


class PortSearched(msgspec.Struct, frozen=True):
    """What came of one port: what was found, or the sentence on why it was not looked at."""

    port: str
    found: LineFound | None = None
    problem: str = ""


def search_port(port: str, config: Path, *, seconds: float, progress: Progress) -> PortSearched:
    """Search the device on a port that nobody else has open."""
    holders = holders_of(Path(port))
    if holders:
        return PortSearched(port, problem=of_holders(port, holders, source_at(config, port)))
    try:
        with opened_line(port) as line:
            return PortSearched(port, search(line, seconds=seconds, progress=progress))
    except LineGone as gone:
        return PortSearched(port, problem=str(gone))


def source_at(config: Path, port: str) -> Mapping[str, Any] | None:
    """What a settings file, however many mistakes it has, says of a port under any of its names."""
    try:
        sources = tomllib.loads(config.read_text(encoding="utf-8", errors="replace")).get("sources")
    except (OSError, ValueError):
        return None
    target = Path(port).resolve()
    for source in sources if isinstance(sources, list) else ():
        written = source.get("port") if isinstance(source, dict) else None
        if (
            isinstance(written, str)
            and "://" not in written
            and "\0" not in written
            and Path(written).resolve() == target
        ):
            return dict(source)
    return None


def broker_nearby(config: Path) -> BrokerSettings:
    """[local_broker] of a settings file without mistakes; else the one that listens on this machine without a login."""
    try:
        broker = check_file(config).settings.local_broker
    except SettingsError:
        broker = None
    return BrokerSettings() if broker is None else broker
