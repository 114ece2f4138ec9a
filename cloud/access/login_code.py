"""A code that logs in once, without a password: in a file that whoever starts a demo makes and shows in a link.

issue(file, "administrator") ─► code        file: {"hash": "9f…", "user": "administrator", "made_ms": 1795000000000}
LoginCode(file).redeem(code) ─► "administrator", and the file is gone; None for all else, and after LIFETIME_MS

There is one code or none; the file is removed before anybody is let in, and of two who come at once one removes it.
"""

import hashlib
import secrets
from collections.abc import Callable
from pathlib import Path

import msgspec

from runtime.clock import wall_ms
from runtime.whole_files import replace_file
from wire.durations import MINUTE_MS

LIFETIME_MS = 15 * MINUTE_MS
LONGEST_CODE = 100
_MOST_BYTES = 1_024


class _Issued(msgspec.Struct, frozen=True):
    """What is kept: only the hash, as of a session's cookie."""

    hash: str
    user: str
    made_ms: int


def issue(file: Path, user: str, *, clock_ms: Callable[[], int] = wall_ms) -> str:
    """Make the code by which `user` may log in once; the one before it is worth nothing from then on."""
    code = secrets.token_urlsafe(32)
    replace_file(file, msgspec.json.encode(_Issued(_hash(code), user, clock_ms())))
    return code


class LoginCode:
    """The code in `file`, if there is one."""

    def __init__(self, file: Path, *, clock_ms: Callable[[], int] = wall_ms) -> None:
        self._file = file
        self._clock_ms = clock_ms

    def redeem(self, code: str) -> str | None:
        """Use the code up, and return whom it lets in; None where it is not, or no longer, the right one."""
        issued = self._issued()
        if issued is None or not secrets.compare_digest(_hash(code[:LONGEST_CODE]), issued.hash):
            return None
        try:
            self._file.unlink()
        except OSError:  # somebody else was first, or it could be used again
            return None
        # a clock that was set back makes it older than new, and not younger
        return issued.user if 0 <= self._clock_ms() - issued.made_ms < LIFETIME_MS else None

    def _issued(self) -> _Issued | None:
        try:
            with self._file.open("rb") as opened:
                return msgspec.json.decode(opened.read(_MOST_BYTES), type=_Issued)
        except (OSError, msgspec.DecodeError):
            return None


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode(errors="replace")).hexdigest()
