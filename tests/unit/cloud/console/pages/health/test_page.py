from cloud.access.principal import Role
from cloud.core.health import Component, Condition
from i18n.message import LocalizedMessage
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.asked import asked


async def test_each_part_is_said_in_words_and_without_them_to_who_sees_some_sites(city: Morotai):
    city.broker = Component(Condition.DOWN, "the broker does not let cloud in: bad password")
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en/health")
        assert page.words("part") == ["Connection to the broker brokerthe broker does not let cloud in: bad password"]
        assert 'data-state="bad"' in page.text
    async with asked(city, Role.OPERATOR, sites=["daruba"]) as browser:
        page = await browser.open("/console/en/health")
        assert page.words("part") == ["Connection to the broker broker"]
        assert "bad password" not in page.text.partition("<main")[2]


async def test_page_and_headline_say_a_part_in_the_reader_s_language_and_keep_its_form_from_secrets(city: Morotai):
    url = "https://ani:hunter2@provider.test/callback"
    city.broker = Component(
        Condition.DOWN, LocalizedMessage("{server} cannot be reached: {reason}", server=url, reason="x")
    )
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/id/health")
        (part,) = page.words("part")
        assert part == "Sambungan ke broker brokerhttps://provider.test/… tidak dapat dihubungi: x"
        assert "https://provider.test/… tidak dapat dihubungi: x" in page.words("notice")
        assert "hunter2" not in page.text


async def test_without_steps_a_test_of_the_chain_says_what_is_missing(city: Morotai):
    async with asked(city, Role.OPERATOR) as browser:
        page = await browser.open("/console/en/health")
        assert "test_alarm" not in page.text
        nobody = await browser.send(page, "test_alarm")
        assert "notify.steps" in nobody.words("mistake")[0]


async def test_a_viewer_tests_nothing(city: Morotai):
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en/health")
        assert "channels" not in page.text.partition("<main")[2]
        assert (await browser.send(page, "test_alarm")).status == 403
