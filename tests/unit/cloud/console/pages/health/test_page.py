from pathlib import Path

from cloud.access.principal import Role
from cloud.core.health import Component, Condition
from cloud.notify.settings import NotifySettings
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


async def test_a_channel_is_tested_and_says_what_came_of_it(tmp_path: Path):
    secret = tmp_path / "secret"
    secret.write_text("a secret of enough length\n")
    secret.chmod(0o600)
    hook = {"name": "hook", "kind": "webhook", "url": "http://127.0.0.1:9/nobody", "secret_file": str(secret)}
    notify = NotifySettings.model_validate({"people": [{"name": "ani", "email": "a@siaga.test"}], "channels": [hook]})
    async with Morotai(tmp_path, notify=notify) as city, asked(city, Role.OPERATOR) as browser:
        page = await browser.open("/console/en/health")
        failed = await browser.send(page, "test", channel="hook")
        assert failed.status == 422
        assert failed.words("mistake")[0].startswith("hook: ")
        gone = await browser.send(page, "test", channel="pigeon")
        assert gone.words("mistake") == ["There is no such channel any more."]
        nobody = await browser.send(page, "test_alarm")
        assert "notify.steps" in nobody.words("mistake")[0]


async def test_a_viewer_tests_nothing(city: Morotai):
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en/health")
        assert page.words("acts") == []
        assert (await browser.send(page, "test", channel="hook")).status == 403
