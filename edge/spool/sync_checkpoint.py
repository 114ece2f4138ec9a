"""The sync checkpoint, a file beside the spool: how far each stream was forced to disk, and all names.

9f3c21d07ab4e815 1201 1560
stream 3 9f3c21d07ab4e815
series 1 river-1 water_level
crc 4be1902d

A spool whose end was cut off is noticed by it. The names are a copy of what the spool's small tables say, for a spool
in which those are gone.
"""

import logging
import zlib
from pathlib import Path
from typing import NamedTuple

_log = logging.getLogger(__name__)


class Forced(NamedTuple):
    """Readings `lowest` to `highest` of a stream were on the disk, and not acknowledged, at the checkpoint."""

    lowest: int
    highest: int


def sync_checkpoint_path(spool: Path) -> Path:
    """Where the sync checkpoint of a spool is."""
    return spool.with_name(spool.name + ".mark")


class Names(NamedTuple):
    """The numbers that rows of the spool have for streams, and for sensors and quantities."""

    streams: dict[int, str]
    series: dict[int, tuple[str, str]]


_MOST_SERIES = 500
"""More are not copied: the checkpoint is written anew each second while no acknowledgement comes."""
_NOTHING = Names({}, {})


def write_sync_checkpoint(path: Path, forced: dict[str, Forced], names: Names = _NOTHING) -> None:
    """Replace the checkpoint. It is not forced itself: an old one declares less, never wrongly."""
    lines = [f"{stream} {low} {high}\n" for stream, (low, high) in sorted(forced.items())]
    lines += [f"stream {number} {name}\n" for number, name in names.streams.items()]
    if len(names.series) <= _MOST_SERIES:
        lines += [f"series {number} {sensor} {quantity}\n" for number, (sensor, quantity) in names.series.items()]
    text = "".join(lines)
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(f"{text}crc {zlib.crc32(text.encode()):08x}\n", encoding="ascii")
    fresh.replace(path)


def read_sync_checkpoint(path: Path) -> dict[str, Forced]:
    """The last checkpoint; empty where there is none, or where it is damaged."""
    return {words[0]: Forced(int(words[1]), int(words[2])) for words in _lines(path) if words[0] not in _NAMED}


def read_names(path: Path) -> Names:
    """The names in the last checkpoint."""
    names = Names({}, {})
    for kind, number, *words in _lines(path):
        if kind == "stream" and len(words) == 1:
            names.streams[int(number)] = words[0]
        elif kind == "series" and len(words) == 2:
            names.series[int(number)] = (words[0], words[1])
    return names


_NAMED = ("stream", "series")


def _lines(path: Path) -> list[list[str]]:
    try:
        return _parse(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        _log.warning("%s is damaged (%s); a cut end of the spool will not be noticed this time", path, error)
        return []


def _parse(text: str) -> list[list[str]]:
    body, _, check = text.rpartition("crc ")
    if check.strip() != f"{zlib.crc32(body.encode()):08x}":
        raise ValueError("its check sum does not fit")
    return [line.split() for line in body.splitlines()]
