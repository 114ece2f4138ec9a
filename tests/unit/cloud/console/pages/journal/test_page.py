import pytest

from cloud.access.principal import Role
from cloud.database.audit_log import Actor, write_entry
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.asked import asked


async def written(city: Morotai, count: int, *, subject: str = "alarm:17", after: object = None) -> None:
    def lines(connection):
        for number in range(count):
            write_entry(
                connection, Actor("ani", "10.0.0.7"), "acknowledge", subject, now_ms=1_764_000_000_000 + number,
                reason=f"word {number}", after=after,
            )  # fmt: skip

    await city.database.run(lines)


async def test_the_journal_says_who_did_what_and_why_page_by_page_and_of_one_subject(city: Morotai):
    await written(city, 60)
    await written(city, 1, subject="rule:river-level@all", after={"limit": 250})
    async with asked(city, Role.OPERATOR) as browser:
        page = await browser.open("/console/en/journal?subject=alarm:17")
        assert len(page.words("journal-line")) == 50
        assert page.words("journal-line")[0].startswith("25 Nov 2025 01:00ani 10.0.0.7acknowledged alarm:17word 59")
        older = page.text.partition("before=")[2].partition('"')[0]
        rest = await browser.open(f"/console/en/journal?subject=alarm:17&before={older}")
        assert len(rest.words("journal-line")) == 10
        rule = await browser.open("/console/en/journal?subject=rule:river-level@all")
        assert rule.words("changed") == ['{"limit":250}']
        assert (await browser.open("/console/en/journal?subject=none")).words("panel-empty") != []


async def test_what_a_line_changed_is_cut_where_it_is_long(city: Morotai):
    await written(city, 1, after={"text": "x" * 50_000})
    async with asked(city, Role.OPERATOR) as browser:
        assert len((await browser.open("/console/en/journal?subject=alarm:17")).text) < 20_000


async def test_the_whole_journal_is_for_who_may_see_all_sites(city: Morotai):
    await written(city, 1)
    async with asked(city, Role.ADMINISTRATOR, sites=["daruba"]) as browser:
        page = await browser.open("/console/en/journal")
        assert page.status == 404
        assert "word 0" not in page.text


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TECHNICIAN])
async def test_the_journal_is_for_no_lesser_role(city: Morotai, role: Role):
    async with asked(city, role) as browser:
        assert (await browser.client.get("/console/en/journal")).status_code == 403
