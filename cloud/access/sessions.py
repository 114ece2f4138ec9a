"""Sessions: who has logged in, in which browser. The cookie is random and only its hash is kept.

log_in("ani", "…", code="287082") ─► OpenedSession(cookie, session)   find(cookie) ─► Session | None   end(session)
check_password ─► PasswordProof ─► open_by(proof, code="…") ─► the same in two steps       log_in_by_code("x1D…", …)
"""

import contextlib
import hashlib
import logging
import secrets
from collections.abc import AsyncIterator, Callable

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from cloud.access.login_code import LoginCode
from cloud.access.login_throttle import LONGEST_BY_ADDRESS_S, LoginThrottle
from cloud.access.passwords import LONGEST, Passwords
from cloud.access.principal import Principal
from cloud.access.rejection import AccessRejected
from cloud.access.second_factors import use
from cloud.access.tables import SessionRow
from cloud.access.ttl_cache import TTLCache
from cloud.access.users import User, normal_name, user_of
from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from i18n.message import LocalizedMessage
from wire import is_printable

SEEN_EVERY_MS = 60_000
"""How often a use is written down."""
_log = logging.getLogger(__name__)
_WRONG = "name or password is wrong; write them again"
_WRONG_CODE = "the code is wrong, used or too old; log in with a name and a password"
_CODE = "a one-time code"
"""What takes the place of a name where tries are counted."""
_CODE_NEEDED = LocalizedMessage("code: send the code that the authenticator app shows now, or a recovery code")


class LoginSession(msgspec.Struct, frozen=True):
    """A login that holds; times are UTC milliseconds, `csrf` is what a change must carry."""

    hash: str
    user: User
    csrf: str
    seen_ms: int
    expires_ms: int

    def principal(self, address: str) -> Principal:
        """Return who asks by it, now from `address`."""
        return Principal(self.user.name, self.user.role, self.user.sites, address)


class OpenedSession(msgspec.Struct, frozen=True):
    """A new session, and the cookie that is kept nowhere but in the browser."""

    cookie: str
    session: LoginSession


class PasswordProof(msgspec.Struct, frozen=True):
    """That somebody has shown the password of `user`, by whose hash it was checked."""

    user: User
    password_hash: str


Proved = tuple[User, str]
"""Who somebody has proved to be, and how, for the journal."""


class Sessions:
    """Logins and what became of them."""

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        *,
        throttle: LoginThrottle,
        idle_ms: int,
        longest_ms: int,
        clock_ms: Callable[[], int],
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._throttle = throttle
        # who gets as far as a code has the password: they may wait, and guess 100 times a day of 330,000
        self._code_throttle = LoginThrottle(clock_s=throttle.clock_s, longest_by_name_s=LONGEST_BY_ADDRESS_S)
        self._idle_ms, self._longest_ms = idle_ms, longest_ms
        self._clock_ms = clock_ms
        self._cache: TTLCache[LoginSession] = TTLCache(self._load)

    async def log_in(
        self, name: str, password: str, *, address: str, code: str = "", replaces: str = ""
    ) -> OpenedSession:
        """Begin a session, always with a new cookie, and end the one whose cookie is `replaces`.

        AccessRejected for a wrong name or password (which of the two is not said), for trying too often, and, of the
        kind "code-needed", where a second factor is set up and there is no `code` of it.
        """
        proof = await self.check_password(name, password, address=address)
        return await self.open_by(proof, address=address, code=code, replaces=replaces)

    async def check_password(self, name: str, password: str, *, address: str) -> PasswordProof:
        """Return what proves that somebody knew the password of `name`; AccessRejected as `log_in`."""
        name = normal_name(name)[:LONGEST]
        self._begin_attempt(self._throttle, name, address)
        # a name that nobody can have is asked of no database, and takes as long as any other wrong one
        may_be = is_printable(name)
        found = await self._database.run(lambda connection: user_of(connection, name)) if may_be else None
        password_hash = None if found is None else found[1]
        if not await self._passwords.verify(password_hash, password) or found is None or found[0].disabled:
            _log.warning("a login as %r from %s failed", name[:64], address or "an unknown address")
            raise AccessRejected("wrong-login", _WRONG)
        self._throttle.record_success(name, address)
        return PasswordProof(*found)

    async def open_by(self, proof: PasswordProof, *, address: str, code: str = "", replaces: str = "") -> OpenedSession:
        """Begin a session by a password that was right, and a code where there is a second factor."""
        async with self._asking_for_code(proof, code, address):
            return await self.open_for(
                lambda connection: self._use(connection, proof, code), address=address, replaces=replaces
            )

    async def check_code(self, proof: PasswordProof, code: str, *, address: str) -> None:
        """Use up a code where `proof` is of somebody with a second factor; AccessRejected where it is wrong."""
        async with self._asking_for_code(proof, code, address):
            await self._database.run(lambda connection: self._use(connection, proof, code))

    async def open_for(
        self, proved: Callable[[Connection], Proved], *, address: str, replaces: str = "", longest_ms: int | None = None
    ) -> OpenedSession:
        """Begin a session for whom `proved` finds in the same transaction, or raises AccessRejected."""

        def begin(connection: Connection) -> OpenedSession:
            user, reason = proved(connection)
            opened = self._made(user, longest_ms or self._longest_ms)
            _begin(connection, opened.session, address, replaces, reason)
            return opened

        opened = await self._database.run(begin)
        self._cache.clear()
        return opened

    async def open_again(self, name: str, *, address: str, reason: str) -> OpenedSession:
        """Begin a session for who has just proved to be `name`, and changed what proves it."""

        def proved(connection: Connection) -> Proved:
            found = user_of(connection, name)
            if found is None or found[0].disabled:
                raise AccessRejected("wrong-login", _WRONG)
            return found[0], reason

        return await self.open_for(proved, address=address)

    async def log_in_by_code(
        self, code: str, codes: LoginCode | None, *, address: str, replaces: str = ""
    ) -> OpenedSession:
        """Begin a session by a code that is good once, as `log_in` does; AccessRejected as there."""
        self._begin_attempt(self._throttle, _CODE, address)
        name = None if codes is None else codes.redeem(code)
        found = None if name is None else await self._database.run(lambda connection: user_of(connection, name))
        if found is None or found[0].disabled:
            _log.warning("a login by a one-time code from %s failed", address or "an unknown address")
            raise AccessRejected("wrong-login", _WRONG_CODE)
        self._throttle.record_success(_CODE, address)
        proof = PasswordProof(*found)
        return await self.open_for(
            lambda connection: (_still_so(connection, proof), f"with {_CODE}"), address=address, replaces=replaces
        )

    async def find(self, cookie: str) -> LoginSession | None:
        """Find the session of a cookie, if it holds."""
        session = await self._cache.get(_hash(cookie))
        return session if session is not None and self._holds(session) else None

    async def holds(self, session_hash: str) -> bool:
        """Tell whether a session that was found before still holds."""
        session = await self._cache.get(session_hash)
        return session is not None and self._holds(session)

    async def end(self, session_hash: str, *, actor: Actor) -> None:
        """Log out."""
        now_ms = self._clock_ms()
        await self._database.run(lambda connection: _end(connection, session_hash, actor, now_ms))
        self._cache.clear()

    def clear_cache(self) -> None:
        """Forget what was loaded from the database: users have changed."""
        self._cache.clear()

    def _begin_attempt(self, throttle: LoginThrottle, name: str, address: str) -> None:
        wait_s = throttle.begin_attempt(name, address)
        if wait_s:
            raise AccessRejected(
                "too-many-attempts", f"too many failed logins; try again in {wait_s} s", retry_after_s=wait_s
            )

    @contextlib.asynccontextmanager
    async def _asking_for_code(self, proof: PasswordProof, code: str, address: str) -> AsyncIterator[None]:
        """Count a try to write a code, as logins are counted, while `proof` is of somebody who must have one."""
        if not proof.user.has_totp:
            yield
            return
        name = proof.user.name
        if not code.strip():
            raise AccessRejected("code-needed", _CODE_NEEDED)
        self._begin_attempt(self._code_throttle, name, address)
        try:
            yield
        except AccessRejected:
            _log.warning(
                "a code of %r from %s was wrong, and the password right", name, address or "an unknown address"
            )
            raise
        self._code_throttle.record_success(name, address)

    def _use(self, connection: Connection, proof: PasswordProof, code: str) -> Proved:
        user = _still_so(connection, proof)  # a second factor may have been set up since the password was checked
        return user, use(connection, user.name, code, now_ms=self._clock_ms()) if user.has_totp else ""

    def _made(self, user: User, longest_ms: int) -> OpenedSession:
        cookie, now_ms = secrets.token_urlsafe(32), self._clock_ms()
        return OpenedSession(
            cookie, LoginSession(_hash(cookie), user, secrets.token_urlsafe(32), now_ms, now_ms + longest_ms)
        )

    def _holds(self, session: LoginSession) -> bool:
        return self._clock_ms() < session.expires_ms and not session.user.disabled

    async def _load(self, session_hash: str) -> LoginSession | None:
        now_ms = self._clock_ms()
        return await self._database.run(lambda connection: _find(connection, session_hash, now_ms, self._idle_ms))


def _hash(cookie: str) -> str:
    return hashlib.sha256(cookie.encode(errors="replace")).hexdigest()


def _still_so(connection: Connection, proof: PasswordProof) -> User:
    """Load the user again: what changed while the password was checked counts."""
    found = user_of(connection, proof.user.name)
    if found is None or found[1] != proof.password_hash or found[0].disabled:
        raise AccessRejected("wrong-login", _WRONG)
    return found[0]


def _begin(connection: Connection, session: LoginSession, address: str, replaces: str, reason: str) -> None:
    now_ms = session.seen_ms
    connection.execute(delete(SessionRow).where(SessionRow.expires_ms <= now_ms))
    if replaces:
        connection.execute(delete(SessionRow).where(SessionRow.hash == _hash(replaces)))
    row = {
        "hash": session.hash,
        "user": session.user.name,
        "csrf": session.csrf,
        "address": address,
        "made_ms": now_ms,
        "seen_ms": now_ms,
        "expires_ms": session.expires_ms,
    }
    connection.execute(insert(SessionRow).values(row))
    actor = Actor(session.user.name, address)
    write_entry(connection, actor, "log in", f"user:{session.user.name}", now_ms=now_ms, reason=reason)


def _find(connection: Connection, session_hash: str, now_ms: int, idle_ms: int) -> LoginSession | None:
    query = select(SessionRow.user, SessionRow.csrf, SessionRow.seen_ms, SessionRow.expires_ms)
    row = connection.execute(query.where(SessionRow.hash == session_hash)).one_or_none()
    found = None if row is None else user_of(connection, row.user)
    if row is None or found is None:
        return None
    if now_ms >= row.expires_ms or now_ms - row.seen_ms >= idle_ms or found[0].disabled:
        connection.execute(delete(SessionRow).where(SessionRow.hash == session_hash))
        return None
    if now_ms - row.seen_ms >= SEEN_EVERY_MS:
        connection.execute(update(SessionRow).where(SessionRow.hash == session_hash).values(seen_ms=now_ms))
    return LoginSession(session_hash, found[0], row.csrf, row.seen_ms, row.expires_ms)


def _end(connection: Connection, session_hash: str, actor: Actor, now_ms: int) -> None:
    ended = connection.execute(delete(SessionRow).where(SessionRow.hash == session_hash))
    if ended.rowcount:
        write_entry(connection, actor, "log out", f"user:{actor.name}", now_ms=now_ms)
