"""People for tests with real processes: users and tokens in the registry database that a cloud uses, or will use.

token_in(folder) -> "siaga_…"        token_at(url)        user_in(folder, "ani", "engineer", "a river that rises")
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from cloud.access.authenticator import Authenticator
from cloud.access.principal import ROLE_OF_NAME
from cloud.database.audit_log import Actor
from cloud.database.engine import Database

_TESTS = Actor("tests")
T = TypeVar("T")


def token_in(folder: Path, role: str = "administrator", *, sites: Sequence[str] | None = None) -> str:
    """The secret of a new token of `role`, in the registry.db of `folder`."""
    return token_at(_registry_in(folder), role, sites=sites)


def token_at(url: str, role: str = "administrator", *, sites: Sequence[str] | None = None) -> str:
    """The secret of a new token of `role`, in the registry database at `url`."""

    async def add(access: Authenticator) -> str:
        name = f"test-{time.time_ns()}"
        secret, _ = await access.tokens.add(name, ROLE_OF_NAME[role], days=1, sites=sites, actor=_TESTS)
        return secret

    return _with_access(url, add)


def user_in(folder: Path, name: str, role: str, password: str) -> None:
    """A new user, in the registry.db of `folder`."""

    async def add(access: Authenticator) -> None:
        await access.users.add(name, password, ROLE_OF_NAME[role], actor=_TESTS)

    _with_access(_registry_in(folder), add)


def bearer(token: str) -> dict[str, str]:
    """The header that a program with `token` sends."""
    return {"Authorization": f"Bearer {token}"}


def _registry_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'registry.db'}"


def _with_access(url: str, work: Callable[[Authenticator], Awaitable[T]]) -> T:
    async def inside() -> T:
        database = Database(url)
        try:
            await database.open()
            return await work(Authenticator(database))
        finally:
            await database.close()

    return asyncio.run(inside())
