"""Logins between the password and the code, for a page with two steps: kept nowhere, and known to every process.

begin(proof) ─► "ani.1795000000000.…", a hidden field of the second page        find(token) ─► proof | None

The token is signed by what only the registry knows of that user: the password's hash, the secret, and which codes are
used up. So another password, another phone or a login that succeeded make it worthless.
"""

import asyncio
import hmac
import re
import secrets
from collections.abc import Callable

from sqlalchemy import Connection

from cloud.access.second_factors import state_of
from cloud.access.sessions import PasswordProof
from cloud.access.ttl_cache import MOST_LOADS
from cloud.access.users import user_of
from cloud.database.engine import Database
from wire import is_printable
from wire.durations import MINUTE_MS

LIFETIME_MS = 5 * MINUTE_MS
_LONGEST_TOKEN = 200
_TIME = re.compile(r"[0-9]{1,15}")


class PendingLogins:
    """Tokens of passwords that were right, minutes ago by the wall clock."""

    def __init__(self, database: Database, *, clock_ms: Callable[[], int]) -> None:
        self._database = database
        self._clock_ms = clock_ms
        self._loads = asyncio.Semaphore(MOST_LOADS)  # invented tokens wait here, and not before ingest at the database

    async def begin(self, proof: PasswordProof) -> str:
        """Return what finds `proof` again."""
        begun_ms = self._clock_ms()
        signature = await self._database.run(lambda connection: _signature(connection, proof, begun_ms))
        return f"{proof.user.name}.{begun_ms}.{signature}"

    async def find(self, token: str) -> PasswordProof | None:
        """Return what was proved; None for what we have not signed, too long ago, or before something changed."""
        name, begun, signature = ["", "", *token[:_LONGEST_TOKEN].rsplit(".", 2)][-3:]
        # a clock that was set back makes it older than new, and not younger
        if not is_printable(name) or not _TIME.fullmatch(begun) or not 0 <= self._age_ms(begun) < LIFETIME_MS:
            return None
        async with self._loads:
            return await self._database.run(lambda connection: _found(connection, name, int(begun), signature))

    def _age_ms(self, begun: str) -> int:
        return self._clock_ms() - int(begun)


def _found(connection: Connection, name: str, begun_ms: int, signature: str) -> PasswordProof | None:
    found = user_of(connection, name)
    if found is None or not found[0].has_totp:
        return None
    proof = PasswordProof(*found)
    right = _signature(connection, proof, begun_ms)
    return proof if secrets.compare_digest(right.encode(), signature.encode(errors="replace")) else None


def _signature(connection: Connection, proof: PasswordProof, begun_ms: int) -> str:
    signed = "\n".join((proof.user.name, str(begun_ms), state_of(connection, proof.user.name)))
    return hmac.digest(proof.password_hash.encode(), signed.encode(), "sha256").hex()
