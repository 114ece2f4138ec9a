"""Passwords: what they must be, and their argon2id hashes, made in threads of their own so that the loop waits on none.

await hasher.hash("correct horse") -> "$argon2id$v=19$m=65536,t=3,p=4$…"
"""

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from cloud.access.rejection import AccessRejected
from i18n.message import LocalizedMessage

SHORTEST = 10
LONGEST = 200
"""Characters: nothing longer is hashed, whoever sends it."""
MOST_WAITING = 32
"""Logins under way at once: each takes 64 MiB and tens of milliseconds of a core while it is its turn."""
_THREADS = 2


class Passwords:
    """Hashes and checks passwords with argon2id: by RFC 9106's second recommended set, unless `argon2` has another."""

    def __init__(self, argon2: PasswordHasher | None = None) -> None:
        self._argon2 = argon2 or PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="passwords")
        self._waiting = 0
        self._nobodys_hash = ""

    async def hash(self, password: str) -> str:
        """Hash a password that `check_password` has accepted."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._argon2.hash, _normal(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Tell whether `password_hash` was made of `password`; none (no such user) takes as long as any other.

        AccessRejected where too many ask at once.
        """
        if self._waiting >= MOST_WAITING:
            detail = "too many people log in at this moment; try again in 2 s"
            raise AccessRejected("too-many-attempts", detail, retry_after_s=2)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            right = await loop.run_in_executor(self._threads, self._is_right, password_hash, password)
        finally:
            self._waiting -= 1
        return right and bool(password_hash)

    def _is_right(self, password_hash: str | None, password: str) -> bool:
        self._nobodys_hash = self._nobodys_hash or self._argon2.hash("nobody has this password")
        tried, fits = _normal(password[:LONGEST]), len(password) <= LONGEST
        try:
            return self._argon2.verify(password_hash or self._nobodys_hash, tried) and fits
        except (VerificationError, InvalidHashError):
            return False


def check_password(password: str, *, name: str) -> None:
    """Raise AccessRejected if `password` is none that user `name` may have."""
    if len(_normal(password)) < SHORTEST:
        raise AccessRejected(
            "bad-parameter",
            LocalizedMessage("password: is shorter than {n} characters; write a longer one", n=SHORTEST),
        )
    if len(_normal(password)) > LONGEST:
        raise AccessRejected(
            "bad-parameter", LocalizedMessage("password: is longer than {n} characters; write a shorter one", n=LONGEST)
        )
    if _normal(password).casefold() == _normal(name).casefold():
        raise AccessRejected("bad-parameter", LocalizedMessage("password: is the user's name; write another one"))


def _normal(text: str) -> str:
    return unicodedata.normalize("NFC", text)  # an é typed on one keyboard is the é of every other
