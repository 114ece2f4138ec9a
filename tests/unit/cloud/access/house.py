"""A house with people, for tests of who gets in: Access on a real database, with a clock that tests turn.

async with House(tmp_path) as house:   await house.person("ani", Role.OPERATOR);   house.now_ms += 3_600_000
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Self

from argon2 import PasswordHasher

from cloud.access.authenticator import Authenticator
from cloud.access.login_throttle import LoginThrottle
from cloud.access.passwords import Passwords
from cloud.access.principal import Role
from cloud.access.sessions import OpenedSession
from cloud.access.settings import AccessSettings
from cloud.access.users import User
from cloud.database.audit_log import Actor, AuditEntry, read_entries
from cloud.database.engine import Database
from tests.registries import registry_in

PASSWORD = "a river that rises"
BOSS = Actor("boss", "10.0.0.1")
HOUR_MS = 3_600_000


def cheap_passwords() -> Passwords:
    """Passwords by argon2id as always, but with the least memory and time that it takes."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class House:
    """Two `Authenticator`es on one database: `access`, and `other`, as of another process."""

    def __init__(self, folder: Path, settings: AccessSettings | None = None) -> None:
        self.now_ms, self.now_s = 1_795_000_000_000, 1_000.0
        self.database = Database(registry_in(folder))
        self.access = self._access(settings)
        self.other = self._access(settings)

    def _access(self, settings: AccessSettings | None) -> Authenticator:
        throttle = LoginThrottle(clock_s=lambda: self.now_s)
        return Authenticator(
            self.database, settings, clock_ms=lambda: self.now_ms, throttle=throttle, passwords=cheap_passwords()
        )

    async def __aenter__(self) -> Self:
        await self.database.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.database.close()

    async def person(
        self, name: str = "ani", role: Role = Role.OPERATOR, *, sites: Sequence[str] | None = None
    ) -> User:
        return await self.access.users.add(name, PASSWORD, role, sites=sites, actor=BOSS)

    async def log_in(self, name: str = "ani", password: str = PASSWORD, *, address: str = "10.0.0.7") -> OpenedSession:
        return await self.access.sessions.log_in(name, password, address=address)

    async def journal(self) -> list[AuditEntry]:
        return await self.database.run(read_entries)
