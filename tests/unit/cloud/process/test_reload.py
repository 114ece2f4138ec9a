"""SIGHUP: what can change is taken over, what cannot is named, and a mistake changes nothing."""

from pathlib import Path

import pytest

from cloud.core.health import Condition
from cloud.database.engine import DatabaseUnavailable
from cloud.process.reload import Reload, login_files, read_changes
from cloud.process.settings import CloudSettings, load_cloud_settings
from cloud.registry.snapshot import Registry
from tests.unit.cloud.registry.test_city_file import GOOD

HOOK = '[[notify.channels]]\nname = "hook"\nkind = "webhook"\nurl = "http://x.test"\nsecret_file = "secret"\n'


def set_up(folder: Path, *, cloud: str = "", city: str = GOOD) -> CloudSettings:
    (folder / "secret").write_text("a long enough secret")
    (folder / "city.toml").write_text(city)
    (folder / "cloud.toml").write_text(cloud)
    return load_cloud_settings(folder / "cloud.toml")


def test_channels_graces_and_the_city_change_and_nothing_else_does(tmp_path: Path):
    current = set_up(tmp_path)
    set_up(
        tmp_path, cloud=HOOK + "[rules]\nsilence_grace_s = 5\n[ingest]\nahead_s = 60\nqueue_mb = 8\n[api]\nport = 81\n"
    )
    found = read_changes(tmp_path / "cloud.toml", current)
    assert [channel.name for channel in found.settings.notify.channels] == ["hook"]
    assert (found.settings.rules.silence_grace_s, found.settings.ingest.ahead_s) == (5, 60)
    assert (found.settings.ingest.queue_mb, found.settings.api.port) == (64, 8080)
    assert found.problems == ("cloud.toml: ingest.queue_mb: takes a restart", "cloud.toml: api.port: takes a restart")
    assert found.city is not None


@pytest.mark.parametrize("content", ["no toml [", f"[api]\nport = {'7' * 5_000}\n", "[api]\nprt = 1\n", "\xff"])
def test_a_mistake_in_the_settings_leaves_them_and_takes_the_city_over(tmp_path: Path, content: str):
    current = set_up(tmp_path, cloud=HOOK)
    (tmp_path / "cloud.toml").write_text(content, encoding="latin-1")
    found = read_changes(tmp_path / "cloud.toml", current)
    assert found.settings == current
    assert found.city is not None
    assert len(found.problems) == 1


@pytest.mark.parametrize("content", [None, "", "[city]\nname = 7\n", GOOD.replace('site = "daruba"', 'site = "x"', 1)])
def test_a_mistake_in_the_city_leaves_it_and_takes_the_settings_over(tmp_path: Path, content: str | None):
    current = set_up(tmp_path)
    set_up(tmp_path, cloud=HOOK, city=content or "")
    if content is None:
        (tmp_path / "city.toml").unlink()
    found = read_changes(tmp_path / "cloud.toml", current)
    assert found.city is None
    assert found.problems
    assert found.settings.notify.channels


def test_steps_for_a_site_that_is_not_there_leave_the_steps_as_they_were(tmp_path: Path):
    current = set_up(tmp_path)
    set_up(tmp_path, cloud=HOOK + '[[notify.steps]]\nchannels = ["hook"]\nsites = ["nowhere"]\n')
    found = read_changes(tmp_path / "cloud.toml", current)
    assert found.settings.notify == current.notify
    assert "there is no site 'nowhere'" in found.problems[0]


@pytest.mark.parametrize("failure", [None, DatabaseUnavailable("the database is away"), ValueError("a bug")])
async def test_whatever_becomes_of_it_the_process_lives_and_health_says_it(tmp_path: Path, failure: Exception | None):
    current = set_up(tmp_path)

    async def apply(_settings: CloudSettings, _city: Registry | None) -> None:
        if failure is not None:
            raise failure

    reload = Reload(tmp_path / "cloud.toml", current)
    assert reload.component().status is Condition.OK
    await reload.reload(apply)
    assert (reload.component().status is Condition.OK) is (failure is None)


def test_new_certificates_and_passwords_are_seen(tmp_path: Path):
    (tmp_path / "ca.crt").write_text("one")
    settings = set_up(tmp_path, cloud='[broker.tls]\nca = "ca.crt"\n')
    before = login_files(settings.broker)
    assert login_files(settings.broker) == before
    (tmp_path / "ca.crt").write_text("two")
    after = login_files(settings.broker)
    (tmp_path / "ca.crt").unlink()
    assert len({before, after, login_files(settings.broker)}) == 3
