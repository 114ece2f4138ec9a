import asyncio
from pathlib import Path

import pytest
from sqlalchemy import event

from cloud.access.principal import Role
from cloud.access.rejection import AccessRejected
from cloud.access.tokens import MOST_DAYS, PREFIX
from tests.unit.cloud.access.house import BOSS, House

DAY_MS = 86_400_000


def run(folder: Path, questions) -> None:
    async def inside() -> None:
        async with House(folder) as house:
            await questions(house)

    asyncio.run(inside())


def test_a_token_asks_for_its_role_and_sites_until_it_expires(tmp_path: Path):
    async def questions(house: House) -> None:
        secret, token = await house.access.tokens.add("grafana", Role.VIEWER, days=90, sites=["daruba"], by=BOSS)
        assert secret.startswith(PREFIX)
        found = await house.access.tokens.find(secret)
        assert found is not None
        principal = found.principal("10.0.0.9")
        assert (principal.name, principal.role, principal.sites) == (
            "token:grafana",
            Role.VIEWER,
            frozenset({"daruba"}),
        )
        house.now_ms = token.expires_ms - 1
        assert await house.access.tokens.find(secret) is not None
        house.now_ms = token.expires_ms
        assert await house.access.tokens.find(secret) is None
        house.access.tokens.clear_cache()
        assert await house.access.tokens.find(secret) is None

    run(tmp_path, questions)


def test_the_secret_is_kept_nowhere(tmp_path: Path):
    async def questions(house: House) -> None:
        secret, _token = await house.access.tokens.add("grafana", Role.VIEWER, days=90, by=BOSS)
        assert secret.encode() not in (tmp_path / "registry.db").read_bytes()
        assert secret not in str(await house.access.tokens.all()) + str(await house.journal())

    run(tmp_path, questions)


def test_a_revoked_token_is_nobodys_at_once_and_in_another_process_soon(tmp_path: Path):
    async def questions(house: House) -> None:
        secret, token = await house.access.tokens.add("grafana", Role.VIEWER, days=90, by=BOSS)
        assert await house.access.tokens.find(secret) is not None
        assert await house.other.tokens.find(secret) is not None
        await house.access.tokens.revoke(token.id, by=BOSS)
        assert await house.access.tokens.find(secret) is None
        house.other.tokens.clear_cache()  # as after TTL_S
        assert await house.other.tokens.find(secret) is None
        assert [entry.action for entry in await house.journal()] == ["revoke token", "add token"]

    run(tmp_path, questions)


def test_a_use_is_noted_to_the_minute_and_not_for_each_request(tmp_path: Path):
    async def questions(house: House) -> None:
        secret, _token = await house.access.tokens.add("grafana", Role.VIEWER, days=90, by=BOSS)
        statements: list[str] = []
        event.listen(
            house.database._engine, "before_cursor_execute", lambda _c, _cu, statement, *_: statements.append(statement)
        )
        for _request in range(100):
            assert await house.access.tokens.find(secret) is not None
        assert len([statement for statement in statements if statement.startswith("UPDATE")]) == 1
        assert len(statements) <= 3
        assert (await house.access.tokens.all())[0].seen_ms == house.now_ms

    run(tmp_path, questions)


@pytest.mark.parametrize("secret", ["", "siaga_", "siaga_x", "bearer", "siaga_' OR 1=1 --", "siaga_é\udce9"])
def test_what_is_no_token_is_nobodys(tmp_path: Path, secret: str):
    async def questions(house: House) -> None:
        await house.access.tokens.add("grafana", Role.VIEWER, days=90, by=BOSS)
        assert await house.access.tokens.find(secret) is None

    run(tmp_path, questions)


@pytest.mark.parametrize("days", [0, -1, MOST_DAYS + 1])
def test_a_token_expires_within_reason(tmp_path: Path, days: int):
    async def questions(house: House) -> None:
        with pytest.raises(AccessRejected, match=f"days: {days}"):
            await house.access.tokens.add("grafana", Role.VIEWER, days=days, by=BOSS)

    run(tmp_path, questions)


def test_a_name_is_used_once_so_that_the_journal_stays_clear(tmp_path: Path):
    async def questions(house: House) -> None:
        _secret, token = await house.access.tokens.add("grafana", Role.VIEWER, days=90, by=BOSS)
        await house.access.tokens.revoke(token.id, by=BOSS)
        with pytest.raises(AccessRejected, match="take another name"):
            await house.access.tokens.add("Grafana", Role.VIEWER, days=90, by=BOSS)
        with pytest.raises(AccessRejected, match="no token 99"):
            await house.access.tokens.revoke(99, by=BOSS)

    run(tmp_path, questions)
