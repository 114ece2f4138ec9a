"""Logins with a second factor: a code once, its guesses bounded, and no way around it."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Iterable
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select

from cloud.access.login_throttle import FREE
from cloud.access.principal import Role
from cloud.access.rejection import AccessRejected
from cloud.access.settings import AccessSettings
from cloud.access.tables import SecondFactorRow
from cloud.access.totp import code_at, new_secret
from cloud.access.users import UserUpdate
from tests.unit.cloud.access.house import BOSS, PASSWORD, House

SECRET = new_secret()


class Enrolled(House):
    """A house in which ani has one-time codes, and the recovery codes that she was shown."""

    recovery: list[str]


def code(house: House, off: int = 0) -> str:
    """What the app shows now, or `off` half minutes later."""
    return code_at(SECRET, house.now_ms // 30_000 + off)


def wrong_code(house: House) -> str:
    """Six digits that are the code of no half minute about now."""
    right = {code(house, off) for off in range(-2, 3)}
    return next(text for text in ("000000", "111111", "222222", "333333", "444444", "555555") if text not in right)


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Enrolled]:
    """A house with ani in it, who has just set up one-time codes."""
    async with Enrolled(tmp_path) as house:
        await house.person("ani")
        house.recovery = await enrol(house)
        house.now_ms += 60_000
        yield house


async def enrol(house: House, name: str = "ani") -> list[str]:
    opened = await house.log_in(name)
    access, who = house.access, opened.session.principal("10.0.0.7")
    proof = await access.prove(who, PASSWORD)
    session = opened.session.hash
    return await access.second_factors.enrol(proof, SECRET, code(house), session=session, actor=who.actor)


async def with_code(house: House, text: str, *, address: str = "10.0.0.7") -> str:
    """Log in with a code; the journal's word for how."""
    await house.access.sessions.log_in("ani", PASSWORD, code=text, address=address)
    return (await house.journal())[0].reason


async def test_the_password_alone_no_longer_logs_in(house: Enrolled):
    with pytest.raises(AccessRejected, match="send the code") as refused:
        await house.log_in()
    assert refused.value.kind == "code-needed"
    assert await with_code(house, code(house)) == "with a code of the app"


async def test_a_wrong_password_says_nothing_of_a_second_factor(house: Enrolled):
    with pytest.raises(AccessRejected, match="name or password is wrong"):
        await house.access.sessions.log_in("ani", "not it", code=code(house), address="10.0.0.7")


async def test_a_code_is_good_once_even_for_two_who_come_at_once(house: Enrolled):
    used = code(house)
    await with_code(house, used)
    with pytest.raises(AccessRejected, match="wrong or used"):
        await with_code(house, used)
    with pytest.raises(AccessRejected, match="wrong or used"):
        await with_code(house, code(house, -1))  # an older one after a newer one
    assert await with_code(house, f" {code(house, 1)[:3]} {code(house, 1)[3:]} ") == "with a code of the app"


async def test_the_code_that_set_it_up_logs_in_nobody(house: Enrolled):
    house.now_ms -= 60_000
    with pytest.raises(AccessRejected, match="wrong or used"):
        await with_code(house, code(house))


async def test_a_clock_that_is_set_back_keeps_nobody_out(house: Enrolled):
    house.now_ms += 3_600_000
    await with_code(house, code(house))
    house.now_ms -= 3_600_000
    assert await with_code(house, code(house)) == "with a code of the app"
    with pytest.raises(AccessRejected, match="wrong or used"):
        await with_code(house, code(house))


async def test_a_recovery_code_logs_in_once_and_only_its_hash_is_kept(house: Enrolled):
    first = house.recovery[0]
    kept = await house.database.run(lambda c: c.execute(select(SecondFactorRow.recovery)).scalar_one())
    assert len(msgspec.json.decode(kept)) == 10 == len(set(house.recovery))
    assert first not in kept
    assert first.replace("-", "") not in kept
    assert await with_code(house, first.upper().replace("-", " ")) == "with a recovery code; left: 9"
    with pytest.raises(AccessRejected, match="wrong or used"):
        await with_code(house, first)


async def test_guesses_of_codes_wait_longer_and_longer_though_the_password_is_right_each_time(house: Enrolled):
    await with_code(house, code(house))
    house.now_ms += 60_000
    waits = []
    for _guess in range(30):
        try:
            await with_code(house, wrong_code(house), address="10.9.9.9")
        except AccessRejected as rejection:
            if rejection.retry_after_s is not None:
                waits.append(rejection.retry_after_s)
                house.now_s += rejection.retry_after_s
    assert waits[:4] == [1, 2, 4, 8]
    assert max(waits) == 900, "a quarter of an hour for each of 330,000 guesses"
    assert await with_code(house, code(house)), "from where ani has logged in before, nobody waits for others"


async def outcomes(guesses: Iterable[Awaitable[object]]) -> Counter[str]:
    """What becomes of guesses that all come at once, by the kind of their rejection."""
    found = await asyncio.gather(*guesses, return_exceptions=True)
    return Counter(one.kind if isinstance(one, AccessRejected) else "in" for one in found)


@pytest.mark.parametrize("addresses", [1, 40], ids=["one address", "forty addresses"])
async def test_guesses_that_come_all_at_once_are_counted_before_any_is_looked_at(house: Enrolled, addresses: int):
    proof, wrong = await house.access.sessions.check_password("ani", PASSWORD, address="10.9.9.9"), wrong_code(house)
    guesses = (
        house.access.sessions.open_by(proof, code=wrong, address=f"10.9.{number % addresses}.9") for number in range(40)
    )
    assert await outcomes(guesses) == {"wrong-code": FREE + 1, "too-many-attempts": 40 - FREE - 1}


async def test_guesses_are_counted_together_whatever_they_are_of_and_wherever_they_are_made(house: Enrolled):
    opened = await house.access.sessions.log_in("ani", PASSWORD, code=house.recovery[0], address="10.0.0.7")
    proof, who = await house.access.sessions.check_password("ani", PASSWORD, address="10.9.9.9"), opened.session
    sessions, thief, wrong = house.access.sessions, who.principal("10.9.9.9"), wrong_code(house)
    ways = [
        lambda: sessions.open_by(proof, code=wrong, address="10.9.9.9"),
        lambda: sessions.open_by(proof, code="aaaa-bbbb-cccc-dddd", address="10.9.9.9"),
        lambda: house.access.prove(thief, PASSWORD, wrong),
        lambda: house.access.change_password(thief, PASSWORD, "another river", code=house.recovery[0]),
        lambda: house.access.prove(thief, PASSWORD, house.recovery[1]),
    ]
    told = [next(iter(await outcomes([way()]))) for way in ways]
    assert told == ["wrong-code"] * 4 + ["too-many-attempts"], "a right code waits as well"


async def test_a_password_that_is_right_again_gives_no_new_guesses(house: Enrolled):
    told = Counter[str]()
    for _round in range(12):
        told += await outcomes([with_code(house, wrong_code(house), address="10.9.9.9")])
    assert told == {"wrong-code": FREE + 1, "too-many-attempts": 12 - FREE - 1}


async def test_in_a_day_nobody_guesses_a_code(house: Enrolled):
    """Of a million codes three count: with so many guesses a day one is right after five years, on average."""
    proof, wrong = await house.access.sessions.check_password("ani", PASSWORD, address="10.9.9.9"), wrong_code(house)
    guessed, until_s, number = 0, house.now_s + 86_400, 0
    while house.now_s < until_s:
        try:
            await house.access.sessions.open_by(proof, code=wrong, address=f"10.{number % 200}.9.9")
        except AccessRejected as rejection:
            guessed += rejection.kind == "wrong-code"
            house.now_s += rejection.retry_after_s or 0
        number += 1
    assert guessed <= 120


async def test_the_journal_has_it_set_up_and_nothing_of_the_secret(house: Enrolled):
    entries = await house.journal()
    assert [entry.action for entry in entries][:2] == ["set up one-time codes", "log in"]
    assert SECRET not in str(entries)
    assert not any(each in str(entries) for each in house.recovery)


async def test_setting_it_up_ends_the_other_sessions_and_keeps_this_one(house: Enrolled):
    await house.person("budi")
    other, mine = await house.log_in("budi"), await house.log_in("budi")
    who = mine.session.principal("10.0.0.7")
    proof = await house.access.prove(who, PASSWORD)
    await house.access.second_factors.enrol(
        proof, SECRET, code(house), session=mine.session.hash, actor=who.actor
    )  # fmt: skip
    assert await house.access.sessions.find(other.cookie) is None
    assert await house.access.sessions.find(mine.cookie) is not None


async def test_who_has_it_changes_password_and_phone_only_with_a_code(house: Enrolled):
    opened = await house.access.sessions.log_in("ani", PASSWORD, code=code(house), address="10.0.0.7")
    who = opened.session.principal("10.0.0.7")
    for attempt in ("", wrong_code(house), code(house)):
        with pytest.raises(AccessRejected):
            await house.access.change_password(who, PASSWORD, "another river", code=attempt)
        with pytest.raises(AccessRejected):
            await house.access.prove(who, PASSWORD, attempt)
    house.now_s += 3_600
    changed = await house.access.change_password(who, PASSWORD, "another river", code=house.recovery[0])
    assert await house.access.sessions.find(opened.cookie) is None
    assert await house.access.sessions.find(changed.cookie) is not None


async def test_a_new_password_that_cannot_be_uses_no_code_up(house: Enrolled):
    opened = await house.access.sessions.log_in("ani", PASSWORD, code=house.recovery[0], address="10.0.0.7")
    who = opened.session.principal("10.0.0.7")
    with pytest.raises(AccessRejected, match="shorter"):
        await house.access.change_password(who, PASSWORD, "short", code=code(house))
    assert await house.access.change_password(who, PASSWORD, "another river", code=code(house))


async def test_what_two_pages_set_up_at_once_is_set_up_once(house: Enrolled):
    opened = await house.access.sessions.log_in("ani", PASSWORD, code=code(house), address="10.0.0.7")
    who = opened.session.principal("10.0.0.7")
    proof = await house.access.sessions.check_password("ani", PASSWORD, address="10.0.0.7")
    with pytest.raises(AccessRejected, match="already"):
        await house.access.second_factors.enrol(proof, SECRET, code(house), session="", actor=who.actor)


@pytest.mark.parametrize(
    ("secret", "told"), [("short", "this page has made"), (SECRET, "clock right")], ids=["short", "other"]
)
async def test_a_code_that_is_not_of_the_secret_sets_nothing_up(house: Enrolled, secret: str, told: str):
    await house.person("budi")
    proof = await house.access.sessions.check_password("budi", PASSWORD, address="10.0.0.7")
    with pytest.raises(AccessRejected, match=told):
        await house.access.second_factors.enrol(proof, secret, wrong_code(house), session="", actor=BOSS)
    assert (await house.log_in("budi")).session.user.has_totp is False


async def test_who_lost_the_phone_is_let_in_again_by_somebody_else(house: Enrolled):
    opened = await house.access.sessions.log_in("ani", PASSWORD, code=code(house), address="10.0.0.7")
    await house.access.second_factors.reset("Ani", actor=BOSS)
    assert await house.access.sessions.find(opened.cookie) is None
    assert (await house.log_in()).session.user.has_totp is False
    entry = next(each for each in await house.journal() if each.action == "reset one-time codes")
    assert (entry.actor, entry.subject) == ("boss", "user:ani")
    with pytest.raises(AccessRejected, match="no one-time codes"):
        await house.access.second_factors.reset("ani", actor=BOSS)
    with pytest.raises(AccessRejected, match="no user nobody"):
        await house.access.second_factors.reset("nobody", actor=BOSS)


async def test_a_user_who_is_disabled_between_password_and_code_is_not_let_in(house: Enrolled):
    proof = await house.access.sessions.check_password("ani", PASSWORD, address="10.0.0.7")
    await house.access.users.change("ani", UserUpdate(disabled=True), actor=BOSS)
    with pytest.raises(AccessRejected, match="name or password"):
        await house.access.sessions.open_by(proof, code=code(house), address="10.0.0.7")


async def test_codes_are_demanded_of_administrators_alone_and_only_where_that_is_set(tmp_path: Path):
    async with House(tmp_path, AccessSettings(totp="administrators")) as house:
        for name, role in (("ani", Role.ADMINISTRATOR), ("budi", Role.ENGINEER)):
            await house.person(name, role)
        assert house.access.must_enrol((await house.log_in("ani")).session.user)
        assert not house.access.must_enrol((await house.log_in("budi")).session.user)
        await enrol(house)
        house.now_ms += 60_000
        opened = await house.access.sessions.log_in("ani", PASSWORD, code=code(house), address="10.0.0.7")
        assert not house.access.must_enrol(opened.session.user)


async def test_nobody_must_have_codes_by_default(house: Enrolled):
    await house.person("cici", Role.ADMINISTRATOR)
    assert not house.access.must_enrol((await house.log_in("cici")).session.user)
