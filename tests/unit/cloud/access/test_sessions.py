import hashlib
from pathlib import Path

import pytest
from sqlalchemy import event, select

from cloud.access.principal import Role
from cloud.access.rejection import AccessRejected
from cloud.access.settings import AccessSettings
from cloud.access.tables import SessionRow
from cloud.access.users import UserUpdate
from tests.unit.cloud.access.house import BOSS, HOUR_MS, PASSWORD, House


@pytest.fixture
async def house(house: House) -> House:
    """A house with ani in it."""
    await house.person("ani")
    return house


async def test_only_the_hash_of_the_cookie_is_kept(house: House):
    opened = await house.log_in()
    kept = await house.database.run(lambda c: c.execute(select(SessionRow.hash)).scalar_one())
    assert kept == hashlib.sha256(opened.cookie.encode()).hexdigest()
    found = await house.access.sessions.find(opened.cookie)
    assert found is not None
    principal = found.principal("10.0.0.9")
    assert (principal.name, principal.role, principal.sites, principal.origin) == (
        "ani",
        Role.OPERATOR,
        None,
        "10.0.0.9",
    )


@pytest.mark.parametrize("cookie", ["", "x", "'; DROP TABLE sessions;--", "\udce9", "é" * 200])
async def test_a_cookie_that_we_never_gave_is_nobodys(house: House, cookie: str):
    await house.log_in()
    assert await house.access.sessions.find(cookie) is None


async def test_a_login_never_takes_over_the_cookie_that_came_with_it_and_ends_that_session(house: House):
    first = await house.log_in()
    planted = "a cookie that somebody planted in the browser"
    for brought in (planted, first.cookie):
        opened = await house.access.sessions.log_in("ani", PASSWORD, address="10.0.0.7", replaces=brought)
        assert opened.cookie != brought
        assert await house.access.sessions.find(brought) is None
        assert await house.access.sessions.find(opened.cookie) is not None


@pytest.mark.parametrize(("name", "password"), [("ani", "wrong"), ("nobody", PASSWORD), ("ani' OR '1'='1", PASSWORD)])
async def test_a_wrong_login_does_not_say_what_of_it_is_wrong(house: House, name: str, password: str):
    with pytest.raises(AccessRejected, match=r"^name or password is wrong; write them again$") as refused:
        await house.log_in(name, password)
    assert refused.value.kind == "wrong-login"


async def test_an_unknown_name_takes_as_long_as_a_known_one(house: House, monkeypatch: pytest.MonkeyPatch):
    checked: list[str] = []
    argon2 = house.access.sessions._passwords._argon2

    def verify(_self: object, kept: str, _password: str) -> bool:
        checked.append(kept[:9])
        return False

    monkeypatch.setattr(type(argon2), "verify", verify)
    for name in ("ani", "nobody"):
        with pytest.raises(AccessRejected):
            await house.log_in(name)
    assert checked == ["$argon2id", "$argon2id"]


async def test_a_session_ends_when_it_was_idle_and_when_it_is_old_however_much_it_is_used(tmp_path: Path):
    async with House(tmp_path, AccessSettings(idle_h=12, longest_days=1)) as house:
        await house.person("ani")
        idle, used = await house.log_in(), await house.log_in()
        for _hour in range(11):
            house.now_ms += HOUR_MS
            assert await house.other.sessions.find(used.cookie) is not None
            house.other.sessions.clear_cache()
        house.now_ms += HOUR_MS
        assert await house.other.sessions.find(idle.cookie) is None
        assert await house.other.sessions.find(used.cookie) is not None
        house.other.sessions.clear_cache()
        house.now_ms += 12 * HOUR_MS - 1
        assert await house.other.sessions.find(used.cookie) is not None, "each use begins the idle hours again"
        house.now_ms += 1
        assert await house.other.sessions.find(used.cookie) is None, "what is held in memory ends in time, too"


async def test_a_use_is_written_down_once_a_minute_at_most(house: House):
    opened, writes = await house.log_in(), []
    event.listen(
        house.database._engine, "before_cursor_execute",
        lambda _c, _cu, statement, *_: writes.append(statement) if statement.startswith("UPDATE") else None,
    )  # fmt: skip
    for _each in range(100):
        house.now_ms += 1_000
        house.access.sessions.clear_cache()
        assert await house.access.sessions.find(opened.cookie) is not None
    assert len(writes) == 1


@pytest.mark.parametrize(
    "change",
    [
        UserUpdate(role=Role.VIEWER),
        UserUpdate(sites=frozenset({"daruba"})),
        UserUpdate(password="another river"),
        UserUpdate(disabled=True),
    ],
    ids=["role", "sites", "password", "disabled"],
)
async def test_sessions_end_when_what_they_stand_on_changes(house: House, change: UserUpdate):
    opened = await house.log_in()
    assert await house.access.sessions.find(opened.cookie) is not None
    await house.access.users.change("ani", change, actor=BOSS)
    assert await house.access.sessions.find(opened.cookie) is None
    assert not await house.access.sessions.holds(opened.session.hash)


async def test_another_full_name_ends_no_session(house: House):
    opened = await house.log_in()
    await house.access.users.change("ani", UserUpdate(full_name="Ani Tjan"), actor=BOSS)
    found = await house.access.sessions.find(opened.cookie)
    assert found is not None
    assert found.user.full_name == "Ani Tjan"


async def test_who_is_disabled_does_not_get_in_and_hears_nothing_else_than_others(house: House):
    await house.access.users.change("ani", UserUpdate(disabled=True), actor=BOSS)
    with pytest.raises(AccessRejected, match="name or password is wrong"):
        await house.log_in()


async def test_logins_and_logouts_are_journaled(house: House):
    opened = await house.log_in()
    await house.access.sessions.end(opened.session.hash, actor=opened.session.principal("10.0.0.8").actor)
    assert await house.access.sessions.find(opened.cookie) is None
    out, into, _added = await house.journal()
    assert [(entry.action, entry.actor, entry.origin) for entry in (into, out)] == [
        ("log in", "ani", "10.0.0.7"), ("log out", "ani", "10.0.0.8"),
    ]  # fmt: skip
    assert opened.cookie not in str(await house.journal())


async def test_after_failures_the_next_try_must_wait_and_is_told_how_long(house: House):
    for _try in range(4):
        with pytest.raises(AccessRejected, match="wrong"):
            await house.log_in(password="not the password")
    with pytest.raises(AccessRejected, match="try again in 1 s") as refused:
        await house.log_in()
    assert (refused.value.kind, refused.value.retry_after_s) == ("too-many-attempts", 1)
    house.now_s += 1
    assert (await house.log_in()).session.user.name == "ani"
