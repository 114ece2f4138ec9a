"""API tokens: how programs ask. Random, so a plain SHA-256 of them is safe to keep; shown once, when made.

Authorization: Bearer siaga_x1D…        Token(id=3, name="grafana", role=VIEWER, sites=None, author="ani", expires_ms=…)
"""

import hashlib
import secrets
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select, update

from cloud.access.principal import ROLE_OF_NAME, Principal, Role
from cloud.access.rejection import AccessRejected
from cloud.access.sessions import SEEN_EVERY_MS
from cloud.access.tables import TokenRow
from cloud.access.ttl_cache import TTLCache
from cloud.access.users import checked_name, sites_of_text, text_of_sites
from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from wire.durations import DAY_MS

PREFIX = "siaga_"
"""By it a token is recognised where it should not be: in a repository, in a log."""
MOST_DAYS = 400


class Token(msgspec.Struct, frozen=True):
    """A token without its secret; `sites` is None for all, times are UTC milliseconds."""

    id: int
    name: str
    role: Role
    sites: frozenset[str] | None
    author: str
    made_ms: int
    expires_ms: int
    seen_ms: int | None = None
    revoked_ms: int | None = None

    def principal(self, address: str) -> Principal:
        """Return who asks by it; the journal tells a token from a user by its name."""
        return Principal(f"token:{self.name}", self.role, self.sites, address)

    @property
    def audit_fields(self) -> dict[str, Any]:
        """Return what the journal says of a token."""
        sites = None if self.sites is None else sorted(self.sites)
        return {"name": self.name, "role": self.role.name.lower(), "sites": sites, "expires_ms": self.expires_ms}


class Tokens:
    """The tokens in the database."""

    def __init__(self, database: Database, *, clock_ms: Callable[[], int]) -> None:
        self._database = database
        self._clock_ms = clock_ms
        self._cache: TTLCache[Token] = TTLCache(self._load)

    async def all(self) -> list[Token]:
        """List every token, revoked and expired ones too, the newest first."""
        query = select(*_TOKEN).order_by(TokenRow.id.desc())
        return await self._database.run(lambda connection: [_read(row) for row in connection.execute(query)])

    async def add(
        self, name: str, role: Role, *, days: int, actor: Actor, sites: Iterable[str] | None = None
    ) -> tuple[str, Token]:
        """Make a token: its secret, which is kept nowhere, and what is kept; AccessRejected where it cannot be."""
        name = checked_name(name)
        if not 1 <= days <= MOST_DAYS:
            raise AccessRejected("bad-parameter", f"days: {days}: write a number from 1 to {MOST_DAYS}")
        secret, now_ms = PREFIX + secrets.token_urlsafe(32), self._clock_ms()
        frozen = None if sites is None else frozenset(sites)
        token = Token(0, name, role, frozen, actor.name, now_ms, now_ms + days * DAY_MS)
        return secret, await self._database.run(lambda connection: _insert(connection, token, _hash(secret), actor))

    async def revoke(self, token_id: int, *, actor: Actor, allowed: Callable[[Token], None] | None = None) -> Token:
        """End a token for good; `allowed` sees it first and raises where it must not be ended."""
        now_ms = self._clock_ms()
        token = await self._database.run(lambda connection: _revoke(connection, token_id, actor, now_ms, allowed))
        self._cache.clear()
        return token

    async def find(self, secret: str) -> Token | None:
        """Find the token of a secret, if it holds."""
        if not secret.startswith(PREFIX):
            return None
        token = await self._cache.get(_hash(secret))
        return token if token is not None and self._clock_ms() < token.expires_ms else None

    def clear_cache(self) -> None:
        """Forget what was loaded from the database."""
        self._cache.clear()

    async def _load(self, token_hash: str) -> Token | None:
        now_ms = self._clock_ms()
        return await self._database.run(lambda connection: _find(connection, token_hash, now_ms))


def no_such_token(token_id: int) -> AccessRejected:
    """Say that there is none of that id, or none for who asks: the two are told alike."""
    return AccessRejected("unknown-token", f"id: there is no token {token_id}; the list of tokens shows them all")


_TOKEN: tuple[Any, ...] = (
    TokenRow.id,
    TokenRow.name,
    TokenRow.role,
    TokenRow.sites,
    TokenRow.author,
    TokenRow.made_ms,
    TokenRow.expires_ms,
    TokenRow.seen_ms,
    TokenRow.revoked_ms,
)


def _read(row: Any) -> Token:
    number, name, role, sites, *rest = row
    return Token(number, name, ROLE_OF_NAME[role], sites_of_text(sites), *rest)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def _insert(connection: Connection, token: Token, token_hash: str, actor: Actor) -> Token:
    if connection.execute(select(TokenRow.id).where(TokenRow.name == token.name)).first() is not None:
        raise AccessRejected("token-exists", f"name: there is, or was, a token {token.name}; take another name")
    values = {
        "name": token.name,
        "hash": token_hash,
        "role": token.role.name.lower(),
        "sites": text_of_sites(token.sites),
        "author": token.author,
        "made_ms": token.made_ms,
        "expires_ms": token.expires_ms,
    }
    (number,) = connection.execute(insert(TokenRow).values(values)).inserted_primary_key or (0,)
    write_entry(connection, actor, "add token", f"token:{token.name}", now_ms=token.made_ms, after=token.audit_fields)
    return msgspec.structs.replace(token, id=number)


def _revoke(
    connection: Connection, token_id: int, actor: Actor, now_ms: int, allowed: Callable[[Token], None] | None
) -> Token:
    row = connection.execute(select(*_TOKEN).where(TokenRow.id == token_id)).one_or_none()
    if row is None:
        raise no_such_token(token_id)
    token = _read(row)
    if allowed is not None:
        allowed(token)
    if token.revoked_ms is not None:
        return token
    connection.execute(update(TokenRow).where(TokenRow.id == token_id).values(revoked_ms=now_ms))
    write_entry(connection, actor, "revoke token", f"token:{token.name}", now_ms=now_ms, before=token.audit_fields)
    return msgspec.structs.replace(token, revoked_ms=now_ms)


def _find(connection: Connection, token_hash: str, now_ms: int) -> Token | None:
    row = connection.execute(select(*_TOKEN).where(TokenRow.hash == token_hash)).one_or_none()
    token = None if row is None else _read(row)
    if token is None or token.revoked_ms is not None or now_ms >= token.expires_ms:
        return None
    if token.seen_ms is None or now_ms - token.seen_ms >= SEEN_EVERY_MS:
        connection.execute(update(TokenRow).where(TokenRow.id == token.id).values(seen_ms=now_ms))
    return token
