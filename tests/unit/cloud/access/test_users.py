from pathlib import Path

import pytest

from cloud.access.principal import Role
from cloud.access.rejection import AccessRejected
from cloud.access.tables import UserRow
from cloud.access.users import UserUpdate
from tests.unit.cloud.access.house import BOSS, PASSWORD, House


async def test_a_password_is_kept_as_an_argon2id_hash_and_stands_nowhere_else(house: House, tmp_path: Path):
    await house.person("ani")
    kept = await house.database.run(lambda c: c.execute(UserRow.__table__.select()).one().password_hash)
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in str(await house.journal())
    assert kept not in str(await house.journal())
    assert PASSWORD.encode() not in (tmp_path / "registry.db").read_bytes()


async def test_every_change_is_journaled_with_who_from_where_before_and_after(house: House):
    await house.person("ani", Role.VIEWER, sites=["daruba"])
    await house.access.users.change("ani", UserUpdate(role=Role.ENGINEER, password="another river"), actor=BOSS)
    changed, added = await house.journal()
    assert (added.action, added.subject, added.before) == ("add user", "user:ani", "")
    assert '"sites":["daruba"]' in added.after
    assert (changed.actor, changed.origin, changed.at_ms) == ("boss", "10.0.0.1", house.now_ms)
    assert (changed.action, changed.reason) == ("change user", "new password")
    assert '"role":"viewer"' in changed.before
    assert '"role":"engineer"' in changed.after
    assert "another river" not in str(changed)


@pytest.mark.parametrize(
    ("password", "words"),
    [("short", "10 characters"), ("Ani.Tjan.Morotai", "user's name"), ("x" * 201, "200 characters"), ("", "10")],
)
async def test_a_password_that_cannot_be_is_refused_with_what_to_do(house: House, password: str, words: str):
    with pytest.raises(AccessRejected, match=words):
        await house.access.users.add("ani.tjan.morotai", password, Role.VIEWER, actor=BOSS)
    assert await house.access.users.all() == []


@pytest.mark.parametrize(
    "name", ["", " ", "a b", "ani'; DROP TABLE users;--", "../ani", "a" * 65, "a\nb", "ani\x00", "token:ani", "👑"]
)
async def test_a_name_that_cannot_be_is_refused(house: House, name: str):
    with pytest.raises(AccessRejected, match="name: "):
        await house.person(name)


async def test_names_of_every_script_are_one_name_however_they_are_typed(house: House):
    await house.person("José")
    await house.person("أحمد")
    with pytest.raises(AccessRejected, match="already"):
        await house.person("JOSE\u0301 ")
    assert (await house.log_in("jose\u0301")).session.user.name == "josé"
    assert (await house.log_in("أحمد")).session.user.name == "أحمد"


async def test_the_last_administrator_stays(house: House):
    await house.person("ani", Role.ADMINISTRATOR)
    await house.person("budi", Role.ADMINISTRATOR, sites=["daruba"])
    for change in (
        UserUpdate(disabled=True),
        UserUpdate(role=Role.VIEWER),
        UserUpdate(sites=frozenset({"daruba"})),
    ):
        with pytest.raises(AccessRejected, match="last administrator"):
            await house.access.users.change("ani", change, actor=BOSS)
    await house.person("cici", Role.ADMINISTRATOR)
    assert (await house.access.users.change("ani", UserUpdate(disabled=True), actor=BOSS)).disabled


async def test_an_unknown_user_is_said_so(house: House):
    with pytest.raises(AccessRejected, match="no user nobody"):
        await house.access.users.change("nobody", UserUpdate(disabled=True), actor=BOSS)
    assert not await house.access.users.exist()
