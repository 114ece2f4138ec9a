"""The token between password and code: whichever process made it, and until something changes."""

import pytest

from cloud.access.pending_logins import LIFETIME_MS
from cloud.access.sessions import PasswordProof
from cloud.access.totp import code_at, new_secret
from cloud.access.users import UserUpdate
from tests.unit.cloud.access.house import BOSS, PASSWORD, House

SECRET = new_secret()


@pytest.fixture
async def proof(house: House) -> PasswordProof:
    """That ani, who has one-time codes, has shown her password."""
    await house.person("ani")
    who = (await house.log_in()).session.principal("10.0.0.7")
    code = code_at(SECRET, house.now_ms // 30_000)
    before = await house.access.prove(who, PASSWORD)
    await house.access.second_factors.enrol(before, SECRET, code, session="", actor=BOSS)
    house.now_ms += 60_000
    return await house.access.sessions.check_password("ani", PASSWORD, address="10.0.0.7")


async def test_another_process_finds_it_too_and_for_minutes_alone(house: House, proof: PasswordProof):
    token = await house.access.pending.begin(proof)
    assert await house.other.pending.find(token) == proof
    house.now_ms += LIFETIME_MS - 1
    assert await house.other.pending.find(token) == proof
    house.now_ms += 1
    assert await house.other.pending.find(token) is None
    house.now_ms -= LIFETIME_MS + 1
    assert await house.other.pending.find(token) is None, "of a time that is yet to come"


async def test_a_token_that_was_changed_finds_nobody(house: House, proof: PasswordProof):
    token = await house.access.pending.begin(proof)
    await house.person("budi")
    name, begun, signature = token.rsplit(".", 2)
    flipped = f"{'0' if signature[0] != '0' else '1'}{signature[1:]}"
    for changed in (f"budi.{begun}.{signature}", f"{name}.{int(begun) - 1}.{signature}", f"{name}.{begun}.{flipped}"):
        assert await house.access.pending.find(changed) is None


async def test_a_login_a_new_password_and_another_phone_make_it_worthless(house: House, proof: PasswordProof):
    token = await house.access.pending.begin(proof)
    await house.access.sessions.open_by(proof, code=code_at(SECRET, house.now_ms // 30_000), address="10.0.0.7")
    assert await house.access.pending.find(token) is None
    token = await house.access.pending.begin(proof)
    await house.access.users.change("ani", UserUpdate(password="another river"), actor=BOSS)
    assert await house.access.pending.find(token) is None
    after = await house.access.sessions.check_password("ani", "another river", address="10.0.0.7")
    token = await house.access.pending.begin(after)
    assert await house.access.pending.find(token) is not None
    await house.access.second_factors.reset("ani", actor=BOSS)
    assert await house.access.pending.find(token) is None


async def test_it_tells_nothing_of_what_it_is_signed_by(house: House, proof: PasswordProof):
    token = await house.access.pending.begin(proof)
    assert SECRET not in token
    assert not set(proof.password_hash.split("$")) & set(token.split("."))
