"""Users: people with a password, a role, and the sites that they may see.

User(name="ani", full_name="Ani Tjan", role=OPERATOR, sites=None, made_ms=…, disabled=False)
User(name="sso:budi", …) comes from the provider of single sign-on: cloud/access/provider_people.py
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, exists, func, insert, select, update

from cloud.access.passwords import Passwords, check_password
from cloud.access.principal import ROLE_OF_NAME, Principal, Role
from cloud.access.rejection import AccessRejected
from cloud.access.tables import SecondFactorRow, SessionRow, UserRow
from cloud.database.audit_log import Actor, write_entry
from cloud.database.engine import Database
from i18n.message import LocalizedMessage

_NAME = re.compile(r"\w[\w.@-]{0,63}")
PROVIDER_PREFIX = "sso:"
"""What names of people from the provider begin with; no name of a user with a password has a colon."""
LONGEST_FULL_NAME = 100


class User(msgspec.Struct, frozen=True):
    """A person; `sites` is None for all of them, `made_ms` UTC; `has_totp`: a code is asked for after the password."""

    name: str
    full_name: str
    role: Role
    sites: frozenset[str] | None
    made_ms: int
    disabled: bool = False
    has_totp: bool = False

    @property
    def is_from_provider(self) -> bool:
        """Tell whether the provider of single sign-on vouches for them, and no password here."""
        return self.name.startswith(PROVIDER_PREFIX)

    @property
    def audit_fields(self) -> dict[str, Any]:
        """Return what the journal says of a user."""
        return {
            "full_name": self.full_name,
            "role": self.role.name.lower(),
            "sites": None if self.sites is None else sorted(self.sites),
            "disabled": self.disabled,
        }


class UserUpdate(msgspec.Struct, frozen=True):
    """What is to change of a user; UNSET stays as it is."""

    role: Role | msgspec.UnsetType = msgspec.UNSET
    sites: frozenset[str] | msgspec.UnsetType | None = msgspec.UNSET
    full_name: str | msgspec.UnsetType = msgspec.UNSET
    disabled: bool | msgspec.UnsetType = msgspec.UNSET
    password: str | msgspec.UnsetType = msgspec.UNSET


class Users:
    """The users in the database; `changed` is called when what is held in memory may have become wrong."""

    def __init__(
        self, database: Database, passwords: Passwords, *, clock_ms: Callable[[], int], changed: Callable[[], None]
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._clock_ms = clock_ms
        self._changed = changed
        self._some_exist = False

    async def all(self) -> list[User]:
        """List every user, by name."""
        return await self._database.run(_all)

    async def exist(self) -> bool:
        """Tell whether there is any user yet; users are disabled, never deleted, so that once true it stays so."""
        if not self._some_exist:
            count = select(func.count()).select_from(UserRow)
            self._some_exist = bool(await self._database.run(lambda connection: connection.execute(count).scalar_one()))
        return self._some_exist

    async def add(
        self,
        name: str,
        password: str,
        role: Role,
        *,
        actor: Actor,
        sites: Iterable[str] | None = None,
        full_name: str = "",
    ) -> User:
        """Add a user; AccessRejected for a name or password that cannot be, and for a name that is taken."""
        name = checked_name(name)
        check_password(password, name=name)
        user = User(name, _checked_full_name(full_name), role, _frozen(sites), self._clock_ms())
        password_hash = await self._passwords.hash(password)
        await self._database.run(lambda connection: _insert(connection, user, password_hash, actor))
        return user

    async def change(
        self, name: str, change: UserUpdate, *, actor: Actor, allowed: Callable[[User], None] | None = None
    ) -> User:
        """Change a user, and end their sessions where that takes something from them or gives it.

        `allowed` sees the user first and raises where they must not be changed.
        """
        name = checked_name(name, from_provider=normal_name(name).startswith(PROVIDER_PREFIX))
        password_hash = None
        if change.password is not msgspec.UNSET:
            check_password(change.password, name=name)
            password_hash = await self._passwords.hash(change.password)
        if change.full_name is not msgspec.UNSET:
            change = msgspec.structs.replace(change, full_name=_checked_full_name(change.full_name))
        now_ms = self._clock_ms()
        user = await self._database.run(
            lambda connection: _change(
                connection, name, change, password_hash, actor=actor, now_ms=now_ms, allowed=allowed
            )
        )
        self._changed()
        return user


def checked_name(name: str, *, from_provider: bool = False) -> str:
    """Return the name as it is kept, in small letters; AccessRejected for one that cannot be."""
    normal = normal_name(name)
    if not _NAME.fullmatch(normal.removeprefix(PROVIDER_PREFIX) if from_provider else normal):
        raise AccessRejected(
            "bad-parameter", f"name: {name[:80]!r}: write up to 64 letters, digits and . _ - @, and begin with a letter"
        )
    return normal


def normal_name(name: str) -> str:
    """Return the same for every way to type a name."""
    return unicodedata.normalize("NFC", name).strip().lower()


def user_of(connection: Connection, name: str) -> tuple[User, str] | None:
    """Load a user and the hash of their password."""
    row = connection.execute(select(*_USER, UserRow.password_hash).where(UserRow.name == name)).one_or_none()
    return None if row is None else (_read(row[:-1]), row[-1])


def no_such_user(name: str) -> AccessRejected:
    """Say that there is none of that name, or none for who asks: the two are told alike."""
    return AccessRejected("unknown-user", f"name: there is no user {name}; the list of users shows them all")


def sites_of_text(text: str | None) -> frozenset[str] | None:
    """Read the sites from the text of a row; None for all."""
    return None if text is None else frozenset(msgspec.json.decode(text, type=list[str]))


def text_of_sites(sites: frozenset[str] | None) -> str | None:
    """Write the sites as the text of a row."""
    return None if sites is None else msgspec.json.encode(sorted(sites)).decode()


def may_give(principal: Principal, role: Role, sites: frozenset[str] | None) -> bool:
    """Tell whether `principal` may give (or take) that much: nobody gives more than they have."""
    return role <= principal.role and (principal.sites is None or (sites is not None and sites <= principal.sites))


_USER: tuple[Any, ...] = (
    UserRow.name,
    UserRow.full_name,
    UserRow.role,
    UserRow.sites,
    UserRow.made_ms,
    UserRow.disabled,
    exists().where(SecondFactorRow.user == UserRow.name),
)


def _read(row: Any) -> User:
    name, full_name, role, sites, made_ms, disabled, has_totp = row
    return User(name, full_name, ROLE_OF_NAME[role], sites_of_text(sites), made_ms, disabled, bool(has_totp))


def _all(connection: Connection) -> list[User]:
    return [_read(row) for row in connection.execute(select(*_USER).order_by(UserRow.name))]


def _insert(connection: Connection, user: User, password_hash: str, actor: Actor) -> None:
    if user_of(connection, user.name) is not None:
        raise AccessRejected("user-exists", f"name: there is a user {user.name} already; take another name")
    row = {"name": user.name, "password_hash": password_hash, "made_ms": user.made_ms, **_columns(user)}
    connection.execute(insert(UserRow).values(row))
    write_entry(connection, actor, "add user", f"user:{user.name}", now_ms=user.made_ms, after=user.audit_fields)


def _change(
    connection: Connection,
    name: str,
    change: UserUpdate,
    password_hash: str | None,
    *,
    actor: Actor,
    now_ms: int,
    allowed: Callable[[User], None] | None,
) -> User:
    found = user_of(connection, name)
    if found is None:
        raise no_such_user(name)
    before = found[0]
    if allowed is not None:
        allowed(before)
    if before.is_from_provider:
        _change_only_whether_disabled(before, change)
    after = _changed(before, change)
    _keep_an_administrator(connection, before, after)
    columns = _columns(after) | ({} if password_hash is None else {"password_hash": password_hash})
    connection.execute(update(UserRow).where(UserRow.name == name).values(columns))
    if password_hash is not None or _rights(before) != _rights(after):
        connection.execute(delete(SessionRow).where(SessionRow.user == name))
    reason = "" if password_hash is None else "new password"
    write_entry(
        connection,
        actor,
        "change user",
        f"user:{name}",
        now_ms=now_ms,
        reason=reason,
        before=before.audit_fields,
        after=after.audit_fields,
    )
    return after


def _changed(user: User, change: UserUpdate) -> User:
    fields = {field: getattr(change, field) for field in ("role", "sites", "full_name", "disabled")}
    given = {name: value for name, value in fields.items() if value is not msgspec.UNSET}
    return msgspec.structs.replace(user, **given)


def _change_only_whether_disabled(user: User, change: UserUpdate) -> None:
    if msgspec.structs.replace(change, disabled=msgspec.UNSET) != UserUpdate():
        raise AccessRejected(
            "from-provider",
            LocalizedMessage(
                "name: {name} comes from single sign-on, and is changed there; here they can be disabled, and enabled",
                name=user.name,
            ),
        )


def _keep_an_administrator(connection: Connection, before: User, after: User) -> None:
    def governs(user: User) -> bool:
        # one who can log in while the provider cannot be reached
        is_administrator = user.role is Role.ADMINISTRATOR and user.sites is None
        return is_administrator and not user.disabled and not user.is_from_provider

    if governs(before) and not governs(after):
        others = [user for user in _all(connection) if user.name != before.name and governs(user)]
        if not others:
            raise AccessRejected(
                "last-administrator", f"{before.name} is the last administrator of all sites; make another one first"
            )


def _rights(user: User) -> tuple[Role, frozenset[str] | None, bool]:
    return user.role, user.sites, user.disabled


def _columns(user: User) -> dict[str, Any]:
    return {
        "full_name": user.full_name,
        "role": user.role.name.lower(),
        "sites": text_of_sites(user.sites),
        "disabled": user.disabled,
    }


def _checked_full_name(text: str) -> str:
    text = unicodedata.normalize("NFC", text).strip()
    if len(text) > LONGEST_FULL_NAME or not text.isprintable():
        raise AccessRejected("bad-parameter", f"full_name: write at most {LONGEST_FULL_NAME} printable characters")
    return text


def _frozen(sites: Iterable[str] | None) -> frozenset[str] | None:
    return None if sites is None else frozenset(sites)
