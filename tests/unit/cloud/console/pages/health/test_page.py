from pathlib import Path

from cloud.access.principal import Role
from cloud.core.health import Component, Condition
from cloud.notify.settings import NotifySettings
from tests.unit.cloud.api.morotai import Morotai
from tests.unit.cloud.console.asked import asked


async def test_each_part_is_said_in_words_and_without_them_to_who_sees_some_sites(city: Morotai):
    city.broker = Component(Condition.DOWN, "the broker does not let cloud in: bad password")
    async with asked(city, Role.VIEWER) as browser:
        page = await browser.open("/console/en/health")
        (broker,) = [words for words in page.words("part") if words.startswith("broker")]
        assert broker == "brokerthe broker does not let cloud in: bad password"
        assert 'data-state="bad"' in page.text
    async with asked(city, Role.OPERATOR, sites=["daruba"]) as browser:
        page = await browser.open("/console/en/health")
        assert [words for words in page.words("part") if words.startswith("broker")] == ["broker"]
        assert "bad password" not in page.text.partition("<main")[2]


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
