"""Setting up one-time codes, taking them away, and resetting them for who has lost their phone.

enrol(proof, secret, code, …) ─► ten recovery codes, shown this once       remove(proof, …)       reset("ani", actor=…)
"""

from collections.abc import Callable

from sqlalchemy import Connection, delete

from cloud.access import second_factors
from cloud.access.rejection import AccessRejected
from cloud.access.sessions import PasswordProof
from cloud.access.tables import SessionRow
from cloud.access.totp import is_secret, step_of
from cloud.access.users import User, checked_name, no_such_user, user_of
from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from i18n.message import LocalizedMessage

_WRONG_SECRET = LocalizedMessage("secret: is not one that this page has made; load it again")
_WRONG_CODE = LocalizedMessage("the code is not the one that the app shows now; is the phone's clock right?")
_THERE = LocalizedMessage("one-time codes are set up already; turn them off first")
_NONE = LocalizedMessage("no one-time codes are set up")


class SecondFactors:
    """Who has a second factor; `changed` is called when what is held in memory may have become wrong."""

    def __init__(self, database: Database, *, clock_ms: Callable[[], int], changed: Callable[[], None]) -> None:
        self._database = database
        self._clock_ms = clock_ms
        self._changed = changed

    async def is_set_up(self, name: str) -> bool:
        """Tell whether `name` has a second factor."""
        return await self._database.run(lambda connection: second_factors.is_set_up(connection, name))

    async def enrol(self, proof: PasswordProof, secret: str, code: str, *, session: str, actor: Actor) -> list[str]:
        """Set codes up for who has proved their password, and end all their sessions but `session`.

        Returns the recovery codes, which are kept nowhere. AccessRejected where `code` is not of `secret`.
        """
        if not is_secret(secret):
            raise AccessRejected("bad-parameter", _WRONG_SECRET)
        now_ms = self._clock_ms()
        step = step_of(secret, "".join(code.split()), now_ms=now_ms)
        if step is None:
            raise AccessRejected("wrong-code", _WRONG_CODE)
        name = proof.user.name

        def work(connection: Connection) -> list[str]:
            if _user(connection, name).has_totp:
                raise AccessRejected("totp-exists", _THERE)
            codes = second_factors.add(connection, name, secret, step, now_ms=now_ms)
            connection.execute(delete(SessionRow).where(SessionRow.user == name, SessionRow.hash != session))
            write_entry(connection, actor, "set up one-time codes", f"user:{name}", now_ms=now_ms)
            return codes

        codes = await self._database.run(work)
        self._changed()
        return codes

    async def remove(self, proof: PasswordProof, *, actor: Actor) -> None:
        """Take the codes away from who has proved to be it by password and code."""
        await self._take_away(proof.user.name, "turn off one-time codes", actor, None)

    async def reset(self, name: str, *, actor: Actor, allowed: Callable[[User], None] | None = None) -> User:
        """Take the codes of `name` away without one, and end their sessions; `allowed` raises where that may not be."""
        return await self._take_away(checked_name(name), "reset one-time codes", actor, allowed, ends_sessions=True)

    async def _take_away(
        self,
        name: str,
        action: str,
        actor: Actor,
        allowed: Callable[[User], None] | None,
        *,
        ends_sessions: bool = False,
    ) -> User:
        now_ms = self._clock_ms()

        def work(connection: Connection) -> User:
            user = _user(connection, name)
            if allowed is not None:
                allowed(user)
            if not second_factors.remove(connection, name):
                raise AccessRejected("no-totp", _NONE)
            if ends_sessions:
                connection.execute(delete(SessionRow).where(SessionRow.user == name))
            write_entry(connection, actor, action, f"user:{name}", now_ms=now_ms)
            return user

        user = await self._database.run(work)
        self._changed()
        return user


def _user(connection: Connection, name: str) -> User:
    found = user_of(connection, name)
    if found is None:
        raise no_such_user(name)
    return found[0]
