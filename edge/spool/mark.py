"""The mark beside the spool: how far each stream was forced to disk, so that a cut tail is noticed.

9f3c21d07ab4e815 1201 1560
crc 4be1902d
"""

import logging
import zlib
from pathlib import Path
from typing import NamedTuple

_log = logging.getLogger(__name__)


class Forced(NamedTuple):
    """Readings `lowest` to `highest` of a stream were not acknowledged and on the disk when the mark was written."""

    lowest: int
    highest: int


def write_mark(path: Path, forced: dict[str, Forced]) -> None:
    """Replace the mark. It is not forced itself: a mark that is older than its spool declares less, never wrongly."""
    text = "".join(f"{stream} {low} {high}\n" for stream, (low, high) in sorted(forced.items()))
    fresh = path.with_name(path.name + ".new")
    fresh.write_text(f"{text}crc {zlib.crc32(text.encode()):08x}\n", encoding="ascii")
    fresh.replace(path)


def read_mark(path: Path) -> dict[str, Forced]:
    """The last mark; empty where there is none, or where it is damaged."""
    try:
        return _parse(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _log.warning("%s is damaged (%s); a cut end of the spool will not be noticed this time", path, error)
        return {}


def _parse(text: str) -> dict[str, Forced]:
    body, _, check = text.rpartition("crc ")
    if check.strip() != f"{zlib.crc32(body.encode()):08x}":
        raise ValueError("its check sum does not fit")
    rows = (line.split() for line in body.splitlines())
    return {stream: Forced(int(low), int(high)) for stream, low, high in rows}
