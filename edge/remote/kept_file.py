"""spool.db.city: what the gateway remembers of the city's configuration, beside the spool (edge/sound_file.py).

{"good":"…","good_revision":6,"desired":6,…}⏎crc 1c291ca3        spool.db.city.last is the one before it
"""

from pathlib import Path

import msgspec

from edge.remote.trial import KeptConfig
from edge.sound_file import SoundFile
from wire.gateway_config import MAX_CONFIG_BYTES

MOST_BYTES = 6 * MAX_CONFIG_BYTES
"""Two payloads, each within JSON."""
_DECODER = msgspec.json.Decoder(KeptConfig)


class FoundConfig(msgspec.Struct, frozen=True):
    """What the file says; `problem` is a sentence where it, or both files, were damaged."""

    kept: KeptConfig
    problem: str = ""


def kept_path(spool: Path) -> Path:
    """Where it is kept, beside `spool`."""
    return spool.with_name(spool.name + ".city")


def write_kept(path: Path, kept: KeptConfig) -> None:
    """Replace the file; OSError where the disk does not take it: then what was there still is."""
    SoundFile(path, MOST_BYTES).write(msgspec.json.encode(kept))


def read_kept(path: Path) -> FoundConfig:
    """Read it, or the one before where it is damaged; nothing is kept where neither is there."""
    kept, problems = SoundFile(path, MOST_BYTES).read(_DECODER.decode)
    if kept is not None:
        return FoundConfig(kept, _said(problems, "the city's configuration before it is used"))
    return FoundConfig(
        KeptConfig(), _said(problems, "edge.toml alone holds until the city says its configuration again")
    )


def _said(problems: list[str], then: str) -> str:
    return f"{' and '.join(problems)}; {then}" if problems else ""
