"""What a provider's claims make of somebody here, and their rows beside those of people with passwords."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloud.access.oidc_settings import OidcSettings
from cloud.access.principal import Role
from cloud.access.provider_people import ProviderPerson, admit, claim, person_of
from cloud.access.rejection import AccessRejected
from cloud.access.sessions import OpenedSession
from cloud.access.users import UserUpdate, checked_name
from tests.unit.cloud.access.house import BOSS, PASSWORD, House
from tests.unit.cloud.access.provider_stand_in import SETTINGS

CLAIMS: dict[str, Any] = {"sub": "4711", "preferred_username": "Budi", "name": "Budi Santoso", "groups": ["piket"]}
BUDI = person_of(CLAIMS, SETTINGS)


async def log_in(house: House, person: ProviderPerson) -> OpenedSession:
    """Begin a session as the provider's person."""
    return await house.access.sessions.open_for(
        lambda connection: (admit(connection, person, address="10.0.0.7", now_ms=house.now_ms), "by single sign-on"),
        address="10.0.0.7",
    )


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("Budi", "sso:budi"),
        ("budi@morotai.go.id", "sso:budi@morotai.go.id"),
        ("Budi Santoso", "sso:budi.santoso"),
        ("sso:ani", "sso:sso.ani"),
        ("<script>", "sso:script"),
        ("ﾌﾞﾃﾞｨ", "sso:ブディ"),
        ("token:x\n", "sso:token.x"),
        ("B" * 300, "sso:" + "b" * 48),
        ("", f"sso:{BUDI.subject[:8]}"),
        (None, f"sso:{BUDI.subject[:8]}"),
        (["budi"], f"sso:{BUDI.subject[:8]}"),
    ],
)
def test_names_from_the_provider_stand_in_a_space_of_their_own(told: Any, name: str):
    assert person_of(CLAIMS | {"preferred_username": told}, SETTINGS).name == name


@given(st.text(max_size=100))
def test_no_name_of_the_provider_is_one_that_somebody_with_a_password_could_have(told: str):
    name = person_of(CLAIMS | {"preferred_username": told}, SETTINGS).name
    assert checked_name(name, from_provider=True) == name
    with pytest.raises(AccessRejected):
        checked_name(name)


def test_the_first_group_of_the_settings_that_fits_counts_alone():
    both = person_of(CLAIMS | {"groups": ["piket", "bpbd"]}, SETTINGS)
    assert (both.role, both.sites) == (Role.ENGINEER, None)
    one = person_of(CLAIMS | {"groups": "piket"}, SETTINGS)
    assert (one.role, one.sites) == (Role.OPERATOR, frozenset({"daruba"}))


def test_claims_are_found_by_their_name_and_by_the_way_to_them():
    claims = {"a.b": 1, "realm_access": {"roles": ["x"]}, "flat": "y"}
    assert [claim(claims, path) for path in ("a.b", "realm_access.roles", "flat", "flat.more", "none", "")] == [
        1, ["x"], "y", None, None, None,
    ]  # fmt: skip


def test_an_e_mail_address_that_is_not_verified_is_nobody_s_name():
    settings = SETTINGS.model_copy(update={"name_claim": "email"})
    claims = CLAIMS | {"email": "bupati@morotai.go.id", "email_verified": False}
    with pytest.raises(AccessRejected, match="not verified"):
        person_of(claims, settings)
    assert person_of(claims | {"email_verified": True}, settings).name == "sso:bupati@morotai.go.id"


def test_the_same_sub_at_another_provider_is_somebody_else():
    other = SETTINGS.model_copy(update={"issuer": "https://other.example"})
    assert person_of(CLAIMS, other).subject != BUDI.subject


async def test_somebody_new_has_a_row_and_the_journal_says_by_what(house: House):
    opened = await log_in(house, BUDI)
    user = opened.session.user
    assert (user.name, user.full_name, user.role, user.is_from_provider) == (
        "sso:budi", "Budi Santoso", Role.OPERATOR, True,
    )  # fmt: skip
    assert [(entry.action, entry.actor, entry.reason) for entry in await house.journal()] == [
        ("log in", "sso:budi", "by single sign-on"), ("add user", "sso:budi", "by single sign-on"),
    ]  # fmt: skip
    found = await house.access.sessions.find(opened.cookie)
    assert found is not None
    assert found.principal("10.0.0.7").actor.name == "sso:budi"


async def test_somebody_with_a_password_of_the_same_name_is_somebody_else(house: House):
    await house.person("budi", Role.ADMINISTRATOR)
    assert (await log_in(house, BUDI)).session.user.role is Role.OPERATOR
    assert (await house.log_in("budi")).session.user.role is Role.ADMINISTRATOR


@pytest.mark.parametrize("password", ["", PASSWORD, "nobody has this password"])
async def test_no_password_logs_in_as_somebody_from_the_provider(house: House, password: str):
    await log_in(house, BUDI)
    with pytest.raises(AccessRejected, match="name or password is wrong"):
        await house.log_in("sso:budi", password)


async def test_another_person_who_gets_a_name_that_was_given_away_is_told_apart(house: House):
    first = (await log_in(house, BUDI)).session.user
    heir = person_of(CLAIMS | {"sub": "4712"}, SETTINGS)
    second = (await log_in(house, heir)).session.user
    assert first.name == "sso:budi"
    assert second.name == f"sso:budi.{heir.subject[:8]}"
    assert (await log_in(house, heir)).session.user.name == second.name
    renamed = msgspec.structs.replace(BUDI, name="sso:budi2")
    assert (await log_in(house, renamed)).session.user.name == "sso:budi", "the journal's name stays"


async def test_other_groups_hold_from_the_next_login_on_and_end_what_was_open(house: House):
    before = await log_in(house, BUDI)
    house.now_ms += 1
    same = await log_in(house, BUDI)
    assert await house.access.sessions.find(before.cookie) is not None, "the same again ends nothing"
    less = msgspec.structs.replace(BUDI, role=Role.VIEWER)
    after = await log_in(house, less)
    assert await house.access.sessions.find(before.cookie) is None
    assert await house.access.sessions.find(same.cookie) is None
    found = await house.access.sessions.find(after.cookie)
    assert found is not None
    assert found.user.role is Role.VIEWER
    assert [entry.action for entry in await house.journal()][:2] == ["log in", "change user"]


async def test_who_is_disabled_here_is_out_at_once_and_is_not_let_in_again(house: House):
    opened = await log_in(house, BUDI)
    await house.access.users.change("sso:budi", UserUpdate(disabled=True), actor=BOSS)
    assert await house.access.sessions.find(opened.cookie) is None
    with pytest.raises(AccessRejected, match="has disabled you"):
        await log_in(house, BUDI)
    await house.access.users.change("sso:budi", UserUpdate(disabled=False), actor=BOSS)
    assert await log_in(house, BUDI)


@pytest.mark.parametrize(
    "change", [UserUpdate(role=Role.ADMINISTRATOR), UserUpdate(sites=None), UserUpdate(password=PASSWORD)]
)
async def test_what_the_provider_says_is_not_changed_here(house: House, change: UserUpdate):
    await log_in(house, BUDI)
    with pytest.raises(AccessRejected, match="comes from single sign-on"):
        await house.access.users.change("sso:budi", change, actor=BOSS)


async def test_somebody_from_the_provider_is_not_the_administrator_who_must_stay(house: House):
    await house.person("ani", Role.ADMINISTRATOR)
    await log_in(house, msgspec.structs.replace(BUDI, role=Role.ADMINISTRATOR, sites=None))
    with pytest.raises(AccessRejected, match="last administrator"):
        await house.access.users.change("ani", UserUpdate(disabled=True), actor=BOSS)


async def test_who_comes_from_the_provider_has_nothing_of_ours_to_prove_by(house: House):
    principal = (await log_in(house, BUDI)).session.principal("10.0.0.7")
    with pytest.raises(AccessRejected, match="come from single sign-on"):
        await house.access.change_password(principal, "", PASSWORD)
    with pytest.raises(AccessRejected, match="come from single sign-on"):
        await house.access.prove(principal, "")


async def test_a_user_with_a_password_cannot_be_called_as_somebody_of_the_provider(house: House):
    with pytest.raises(AccessRejected, match="write up to 64 letters"):
        await house.person("sso:budi")


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"issuer": "http://login.example"}, "write an address with https://"),
        ({"issuer": "https://ani:pw@login.example"}, "without a login"),
        ({"issuer": "https://login.example?x=1"}, "without a login, a query"),
        ({"url": "http://siaga.example"}, "write an address with https://"),
        ({"url": "https://[::1"}, "write an address with https://"),
        ({"groups": []}, "at least 1"),
        ({"groups": [{"group": "x", "role": "boss"}]}, "'viewer'"),
        ({"session_h": 0}, "greater than 0"),
    ],
)
def test_settings_that_could_not_be_safe_are_mistakes(changed: dict[str, Any], told: str):
    with pytest.raises(ValueError, match=told.replace("[", r"\[")):
        OidcSettings.model_validate(SETTINGS.model_dump() | changed)


def test_a_provider_and_siaga_on_one_machine_need_no_certificate():
    local = OidcSettings.model_validate(
        SETTINGS.model_dump() | {"issuer": "http://127.0.0.1:9400", "url": "http://localhost:8080/siaga/"}
    )
    assert local.redirect_uri == "http://localhost:8080/siaga/login/sso/callback"
    assert local.shown_title == "Akun Morotai"
    assert local.model_copy(update={"title": ""}).shown_title == "127.0.0.1"
