"""verified.json in the folder of a backup: when every sum, count and digest was last verified, and what was wrong.

{"verified_ms": 1764032400000, "problem": ""}        where there is none nobody has verified it
"""

import contextlib
from pathlib import Path

import msgspec

from runtime.whole_files import replace_file

VERIFIED = "verified.json"


class Verification(msgspec.Struct, frozen=True):
    """When a backup was verified (UTC), and in one sentence what was wrong; empty where it was whole."""

    verified_ms: int
    problem: str = ""


def read_verification(folder: Path) -> Verification | None:
    """Return the result of the newest verification; None where there is none that can be read."""
    try:
        return msgspec.json.decode((folder / VERIFIED).read_bytes(), type=Verification)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def write_verification(folder: Path, verification: Verification) -> None:
    """Keep a result; a disk that takes nothing is no error: whoever verifies hears the result anyway."""
    with contextlib.suppress(OSError):
        replace_file(folder / VERIFIED, msgspec.json.encode(verification))
