"""The code that is good once: used twice, too old, wrong, replaced, raced for, tried for, and what is written down."""

from pathlib import Path

import pytest

from cloud.access.login_code import LIFETIME_MS, LoginCode, issue
from cloud.access.principal import Role
from cloud.access.rejection import AccessRejected
from cloud.access.settings import AccessSettings
from cloud.access.users import UserUpdate
from tests.unit.cloud.access.house import BOSS, House

NOW_MS = 1_795_000_000_000


def issued(folder: Path, *, made_ms: int = NOW_MS) -> tuple[str, Path]:
    file = folder / "login.code"
    return issue(file, "ani", clock_ms=lambda: made_ms), file


def redeemed(file: Path, code: str, *, now_ms: int = NOW_MS) -> str | None:
    return LoginCode(file, clock_ms=lambda: now_ms).redeem(code)


def test_a_code_lets_in_whom_it_is_for_and_only_once(tmp_path: Path):
    code, file = issued(tmp_path)
    assert redeemed(file, code) == "ani"
    assert not file.exists()
    assert redeemed(file, code) is None


def test_only_the_hash_is_kept_and_only_for_its_owner(tmp_path: Path):
    code, file = issued(tmp_path)
    assert code not in file.read_text()
    assert file.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [file.name]


@pytest.mark.parametrize("wrong", ["", "x", "ä\x00\udc80", "a" * 1_000_000])
def test_a_wrong_code_lets_nobody_in_and_leaves_the_right_one(tmp_path: Path, wrong: str):
    code, file = issued(tmp_path)
    assert redeemed(file, wrong) is None
    assert redeemed(file, code) == "ani"


@pytest.mark.parametrize(("age_ms", "who"), [(LIFETIME_MS - 1, "ani"), (LIFETIME_MS, None), (-1, None)])
def test_a_code_is_short_lived_and_a_clock_set_back_makes_it_no_younger(tmp_path: Path, age_ms: int, who: str | None):
    code, file = issued(tmp_path)
    assert redeemed(file, code, now_ms=NOW_MS + age_ms) == who
    assert not file.exists(), "it is used up either way"


def test_a_new_code_takes_the_place_of_the_one_before(tmp_path: Path):
    old, file = issued(tmp_path)
    (tmp_path / "login.code.new").write_text("left by a demo that was killed")
    new, _ = issued(tmp_path)
    assert redeemed(file, old) is None
    assert redeemed(file, new) == "ani"


def test_of_two_who_come_at_once_one_gets_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    code, file = issued(tmp_path)
    second = LoginCode(file, clock_ms=lambda: NOW_MS)
    read = LoginCode._issued
    first: list[str | None] = []

    def read_and_be_overtaken(self: LoginCode):
        found = read(self)
        if self is second:
            first.append(redeemed(file, code))
        return found

    monkeypatch.setattr(LoginCode, "_issued", read_and_be_overtaken)
    assert (second.redeem(code), first) == (None, ["ani"])


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"hash": 1}', "x" * 5_000])
def test_a_file_that_is_none_of_ours_lets_nobody_in(tmp_path: Path, text: str):
    file = tmp_path / "login.code"
    file.write_text(text)
    assert redeemed(file, "x") is None


def house_with_code(folder: Path) -> House:
    return House(folder, AccessSettings(code_file=folder / "login.code"))


async def test_a_login_by_code_is_a_login_that_the_journal_tells_from_others(tmp_path: Path):
    async with house_with_code(tmp_path) as house:
        await house.person("ani", Role.ENGINEER)
        code, _ = issued(tmp_path, made_ms=house.now_ms)
        opened = await house.access.log_in_by_code(code, address="127.0.0.1")
        session = await house.other.sessions.find(opened.cookie)
        assert session is not None
        assert session.principal("127.0.0.1").role == Role.ENGINEER
        newest = (await house.journal())[0]
        said = (newest.action, newest.actor, newest.origin, newest.reason)
        assert said == ("log in", "ani", "127.0.0.1", "with a one-time code")


async def test_a_code_for_who_is_disabled_or_not_there_lets_nobody_in(tmp_path: Path):
    async with house_with_code(tmp_path) as house:
        await house.person("ani")
        await house.person("boss", Role.ADMINISTRATOR)
        code, _ = issued(tmp_path, made_ms=house.now_ms)
        await house.access.users.change("ani", UserUpdate(disabled=True), actor=BOSS)
        with pytest.raises(AccessRejected, match="wrong, used or too old"):
            await house.access.log_in_by_code(code, address="127.0.0.1")
        stranger = issue(tmp_path / "login.code", "nobody", clock_ms=lambda: house.now_ms)
        with pytest.raises(AccessRejected, match="wrong, used or too old"):
            await house.access.log_in_by_code(stranger, address="127.0.0.1")


async def test_who_tries_codes_waits_longer_and_longer_even_with_the_right_one(tmp_path: Path):
    async with house_with_code(tmp_path) as house:
        await house.person("ani")
        code, _ = issued(tmp_path, made_ms=house.now_ms)
        for number in range(4):
            with pytest.raises(AccessRejected, match="wrong, used or too old"):
                await house.access.log_in_by_code(f"guess {number}", address="127.0.0.1")
        with pytest.raises(AccessRejected, match="try again in 1 s") as refused:
            await house.access.log_in_by_code(code, address="127.0.0.1")
        assert refused.value.kind == "too-many-attempts"
        house.now_s += 1
        assert (await house.access.log_in_by_code(code, address="127.0.0.1")).session.user.name == "ani"


async def test_without_the_setting_no_code_is_any_good(tmp_path: Path):
    async with House(tmp_path) as house:
        await house.person("ani")
        code, _ = issued(tmp_path, made_ms=house.now_ms)
        assert house.access.login_code is None
        with pytest.raises(AccessRejected, match="wrong, used or too old"):
            await house.access.log_in_by_code(code, address="127.0.0.1")
