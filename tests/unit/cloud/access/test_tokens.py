from pathlib import Path

import pytest
from sqlalchemy import event

from cloud.access.principal import Role
from cloud.access.rejection import AccessRejected
from cloud.access.tokens import MOST_DAYS, PREFIX
from tests.unit.cloud.access.house import BOSS, House

DAY_MS = 86_400_000


async def test_a_token_asks_for_its_role_and_sites_until_it_expires(house: House):
    secret, token = await house.access.tokens.add("grafana", Role.VIEWER, days=90, sites=["daruba"], actor=BOSS)
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


async def test_the_secret_is_kept_nowhere(house: House, tmp_path: Path):
    secret, _token = await house.access.tokens.add("grafana", Role.VIEWER, days=90, actor=BOSS)
    assert secret.encode() not in (tmp_path / "registry.db").read_bytes()
    assert secret not in str(await house.access.tokens.all()) + str(await house.journal())


async def test_a_revoked_token_is_nobodys_at_once_and_in_another_process_soon(house: House):
    secret, token = await house.access.tokens.add("grafana", Role.VIEWER, days=90, actor=BOSS)
    assert await house.access.tokens.find(secret) is not None
    assert await house.other.tokens.find(secret) is not None
    await house.access.tokens.revoke(token.id, actor=BOSS)
    assert await house.access.tokens.find(secret) is None
    house.other.tokens.clear_cache()  # as after TTL_S
    assert await house.other.tokens.find(secret) is None
    assert [entry.action for entry in await house.journal()] == ["revoke token", "add token"]


async def test_a_use_is_noted_to_the_minute_and_not_for_each_request(house: House):
    secret, _token = await house.access.tokens.add("grafana", Role.VIEWER, days=90, actor=BOSS)
    statements: list[str] = []
    event.listen(
        house.database._engine, "before_cursor_execute", lambda _c, _cu, statement, *_: statements.append(statement)
    )
    for _request in range(100):
        assert await house.access.tokens.find(secret) is not None
    assert len([statement for statement in statements if statement.startswith("UPDATE")]) == 1
    assert len(statements) <= 3
    assert (await house.access.tokens.all())[0].seen_ms == house.now_ms


@pytest.mark.parametrize("secret", ["", "siaga_", "siaga_x", "bearer", "siaga_' OR 1=1 --", "siaga_é\udce9"])
async def test_what_is_no_token_is_nobodys(house: House, secret: str):
    await house.access.tokens.add("grafana", Role.VIEWER, days=90, actor=BOSS)
    assert await house.access.tokens.find(secret) is None


@pytest.mark.parametrize("days", [0, -1, MOST_DAYS + 1])
async def test_a_token_expires_within_reason(house: House, days: int):
    with pytest.raises(AccessRejected, match=f"days: {days}"):
        await house.access.tokens.add("grafana", Role.VIEWER, days=days, actor=BOSS)


async def test_a_name_is_used_once_so_that_the_journal_stays_clear(house: House):
    _secret, token = await house.access.tokens.add("grafana", Role.VIEWER, days=90, actor=BOSS)
    await house.access.tokens.revoke(token.id, actor=BOSS)
    with pytest.raises(AccessRejected, match="take another name"):
        await house.access.tokens.add("Grafana", Role.VIEWER, days=90, actor=BOSS)
    with pytest.raises(AccessRejected, match="no token 99"):
        await house.access.tokens.revoke(99, actor=BOSS)
