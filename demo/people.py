"""The demo's people: one user of each role with one password, for this machine only, and a token for its own figures.

viewer  technician  operator  engineer  administrator        DATA/password, made at the first start
"""

import asyncio
import contextlib
import os
import secrets
from pathlib import Path

import msgspec

from cloud.access.authenticator import Authenticator
from cloud.access.passwords import Passwords
from cloud.access.principal import ROLE_OF_NAME, Role
from cloud.access.users import UserUpdate
from cloud.database.audit_log import Actor
from cloud.database.engine import Database, DatabaseUnavailable
from demo.folder import ANOTHER_FOLDER, DemoCannotStart
from i18n.message import LocalizedMessage
from runtime.clock import wall_ms

_DEMO = Actor("siaga-demo", "siaga-demo")
_TOKEN = "demo-figures-"  # noqa: S105 - the beginning of a name
_TOKEN_DAYS = 366


class People(msgspec.Struct, frozen=True):
    """How to log in: any role's name with `password`; `token` is the demo's own."""

    password: str
    token: str


class _OnePassword(Passwords):
    """Everybody has the same one, so that its hash, a tenth of a second's work, is made once and serves all."""

    def __init__(self) -> None:
        super().__init__()
        self._made: dict[str, str] = {}

    async def hash(self, password: str) -> str:
        """Hash a password, if that was not done before."""
        if password not in self._made:
            self._made[password] = await super().hash(password)
        return self._made[password]


def settle_people(folder: Path) -> People:
    """See that the registry in `folder` has them, before the cloud runs on it; CannotStart where it cannot."""
    try:
        return asyncio.run(_settle(folder))
    except (DatabaseUnavailable, OSError) as error:
        raise DemoCannotStart(
            LocalizedMessage(
                "the demo's users cannot be kept: {reason}; {another}", reason=str(error), another=ANOTHER_FOLDER
            )
        ) from None


async def _settle(folder: Path) -> People:
    password, is_new = _password(folder / "password")
    database = Database(f"sqlite:///{folder / 'registry.db'}")
    try:
        await database.open()
        access = Authenticator(database, passwords=_OnePassword())
        there = {user.name for user in await access.users.all()}
        for name, role in ROLE_OF_NAME.items():
            if name not in there:
                await access.users.add(name, password, role, actor=_DEMO)
            elif is_new:
                await access.users.change(name, UserUpdate(password=password), actor=_DEMO)
        return People(password, await _token(access))
    finally:
        await database.close()


async def _token(access: Authenticator) -> str:
    for token in await access.tokens.all():
        if token.name.startswith(_TOKEN) and token.revoked_ms is None:
            await access.tokens.revoke(token.id, actor=_DEMO)
    name = f"{_TOKEN}{wall_ms()}"
    secret, _ = await access.tokens.add(name, Role.VIEWER, days=_TOKEN_DAYS, actor=_DEMO)
    return secret


def _password(file: Path) -> tuple[str, bool]:
    """The password of this folder, and whether it was made just now."""
    with contextlib.suppress(OSError, UnicodeDecodeError):
        if kept := file.read_text(encoding="utf-8").strip():
            return kept, False
    password = f"siaga-{secrets.token_hex(4)}"
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as opened:  # noqa: PTH123
        opened.write(f"{password}\n")
    return password, True
