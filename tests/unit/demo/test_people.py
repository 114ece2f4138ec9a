"""The demo's people: one password for all, whose hash is made once, and the same ones at the next start."""

import asyncio
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from cloud.access.authenticator import Authenticator
from cloud.access.principal import ROLE_OF_NAME
from cloud.database.engine import Database
from demo.people import settle_people


def test_every_role_logs_in_by_the_password_that_was_hashed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    made: list[str] = []
    hash_of = PasswordHasher.hash

    def counted(self: PasswordHasher, text: str) -> str:
        made.append(text)
        return hash_of(self, text)

    monkeypatch.setattr(PasswordHasher, "hash", counted)
    people = settle_people(tmp_path)
    assert made == [people.password]
    assert settle_people(tmp_path).password == people.password
    assert made == [people.password]
    assert asyncio.run(_let_in(tmp_path, people.password)) == set(ROLE_OF_NAME)


async def _let_in(folder: Path, password: str) -> set[str]:
    """Who may come in with that password."""
    database = Database(f"sqlite:///{folder / 'registry.db'}")
    access, found = Authenticator(database), set[str]()
    for name in ROLE_OF_NAME:
        await access.sessions.log_in(name, password, address="127.0.0.1")
        found.add(name)
    await database.close()
    return found
