"""People and programs on their page: let in, changed and let in no more by administrators, never beyond their own."""

import re

import pytest

from cloud.access.principal import Role
from cloud.database.audit_log import Actor, read_entries
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.asked import PASSWORD, Opened, asked

BUDI = {
    "name": "budi",
    "full_name": "Budi Santoso",
    "role": "operator",
    "password": PASSWORD,
    "sites": "daruba, dodola",
}


def people_on(page: Opened) -> list[str]:
    return re.findall(r'data-person="([^"]+)"', page.text)


async def test_an_administrator_lets_somebody_in_changes_them_and_lets_them_in_no_more(city: Morotai):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await browser.send(await browser.open("/console/en/people"), "add", **BUDI)
        assert page.words("said") == ["budi can log in."]
        assert people_on(page) == ["administrator", "budi"]
        (budi,) = [user for user in await city.access.users.all() if user.name == "budi"]
        assert (budi.role, budi.sites) == (Role.OPERATOR, frozenset({"daruba", "dodola"}))
        changed = {"name": "budi", "full_name": "Budi", "role": "engineer", "sites": "", "password": ""}
        page = await browser.send(page, "change", **changed)
        (budi,) = [user for user in await city.access.users.all() if user.name == "budi"]
        assert (budi.role, budi.sites, budi.full_name) == (Role.ENGINEER, None, "Budi")
        page = await browser.send(page, "disable", name="budi")
        assert "not let in" in page.words("tag")
        page = await browser.send(page, "enable", name="budi")
        assert "not let in" not in page.words("tag")
    subjects = {(entry.actor, entry.subject) for entry in await city.database.run(read_entries)}
    assert ("administrator", "user:budi") in subjects


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"password": "short"}, "10 characters"),
        ({"role": "king"}, "Pilih peran."),
        ({"sites": "daruba nowhere"}, "nowhere bukan lokasi"),
        ({"name": "administrator"}, "administrator"),
        ({"name": "a b"}, "name"),
    ],
)
async def test_what_cannot_be_is_said_and_lets_nobody_in(city: Morotai, changes: dict[str, str], told: str):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await browser.send(await browser.open("/console/id/people"), "add", **{**BUDI, **changes})
        assert page.status == 422
        assert told in " ".join(page.words("mistake"))
        assert PASSWORD not in page.text
    assert [user.name for user in await city.access.users.all()] == ["administrator"]


async def test_the_last_administrator_stays_one(city: Morotai):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await browser.open("/console/en/people")
        refused = await browser.send(page, "disable", name="administrator")
        assert refused.status == 422
        assert len(refused.words("mistake")) == 1


async def test_who_governs_some_sites_sees_and_changes_nobody_beyond_them(city: Morotai):
    await city.access.users.add("cici", PASSWORD, Role.VIEWER, actor=Actor("tests"), sites=["sangowo"])
    await city.access.users.add("dodi", PASSWORD, Role.VIEWER, actor=Actor("tests"))
    _secret, token = await city.access.tokens.add("grafana", Role.VIEWER, days=9, actor=Actor("tests"))
    async with asked(city, Role.ADMINISTRATOR, sites=["daruba"]) as browser:
        page = await browser.open("/console/en/people")
        assert people_on(page) == ["administrator"]
        assert "grafana" not in page.text
        for action, fields in (
            ("add", {**BUDI, "sites": ""}),
            ("add", {**BUDI, "sites": "sangowo"}),
            ("change", {"name": "cici", "role": "viewer", "sites": "daruba"}),
            ("change", {"name": "dodi", "role": "viewer", "sites": "daruba"}),
            ("disable", {"name": "dodi"}),
            ("reset_totp", {"name": "dodi"}),
            ("make_token", {"name": "x", "role": "viewer", "days": 9, "sites": ""}),
            ("revoke_token", {"token": token.id}),
        ):
            assert (await browser.send(page, action, **fields)).status in (403, 422), action
    assert [one.revoked_ms for one in await city.access.tokens.all()] == [None]
    assert {user.name for user in await city.access.users.all()} == {"administrator", "cici", "dodi"}


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ENGINEER])
async def test_nobody_else_comes_to_the_page(city: Morotai, role: Role):
    async with asked(city, role) as browser:
        assert (await browser.client.get("/console/en/people")).status_code == 403
        duty = await browser.open("/console/en/duty")
        assert "/console/en/people" not in duty.text
        data = {"csrf": duty.csrf, **BUDI}
        assert (await browser.client.post("/console/en/people/add", data=data)).status_code == 403


async def test_a_token_is_shown_once_and_opens_nothing_once_it_is_revoked(city: Morotai):
    async with asked(city, Role.ADMINISTRATOR) as browser:
        page = await browser.open("/console/en/people")
        made = await browser.send(page, "make_token", name="grafana", role="viewer", days=90, sites="")
        (secret,) = re.findall(r'value="(siaga_[^"]+)"', made.text)
        assert (await city.access.tokens.find(secret)) is not None
        again = await browser.open("/console/en/people")
        assert secret not in again.text
        assert secret not in str(browser.client.cookies)
        (token,) = await city.access.tokens.all()
        revoked = await browser.send(again, "revoke_token", token=token.id)
        assert revoked.words("said") == ["The token grafana opens nothing any more."]
        assert (await city.access.tokens.find(secret)) is None
        refused = await browser.send(again, "make_token", name="x", role="viewer", days=9_999, sites="")
        assert "days: 9999" in " ".join(refused.words("mistake"))
