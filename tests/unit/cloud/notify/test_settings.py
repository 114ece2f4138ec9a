"""[notify] of cloud.toml: what may stand there, and the sentence on what may not."""

from pathlib import Path

import pytest

from cloud.notify.channels.cap_file.settings import CapFileChannel
from cloud.notify.channels.telegram.settings import TelegramChannel
from cloud.notify.settings import NotifySettings, sites_must_exist
from cloud.process.settings import load_cloud_settings
from runtime.settings import SettingsError

WHOLE = """
[notify]
language = "id"
console = "https://siaga.morotai.go.id/"
send = ["raised", "worsened", "closed"]
window_s = 60
morning_test = "07:00"

[[notify.people]]
name = "ani"
email = "ani@morotai.go.id"
telegram = "1001"

[[notify.channels]]
name = "telegram"
kind = "telegram"
token_file = "telegram.token"

[[notify.channels]]
name = "mail"
kind = "email"
host = "mail.morotai.go.id"
username = "siaga"
password_file = "mail.password"
sender = "siaga@morotai.go.id"
to = ["center@morotai.go.id"]

[[notify.channels]]
name = "center"
kind = "webhook"
url = "https://center.morotai.go.id/siaga"
secret_file = "center.secret"

[[notify.channels]]
name = "siren"
kind = "mqtt"

[[notify.channels]]
name = "cap"
kind = "cap_file"
folder = "cap"

[[notify.steps]]
channels = ["telegram", "mail"]
to = ["duty:1"]

[[notify.steps]]
after_s = 300
channels = ["telegram", "mail"]
to = ["ani", "duty:2"]
least = "severe"
sites = ["daruba"]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("telegram.token", "mail.password", "center.secret"):
        (tmp_path / name).write_text("0123456789abcdef\n")
    return tmp_path


def loaded(folder: Path, text: str) -> NotifySettings:
    (folder / "cloud.toml").write_text(text)
    return load_cloud_settings(folder / "cloud.toml").notify


def problems(folder: Path, text: str) -> str:
    with pytest.raises(SettingsError) as refused:
        loaded(folder, text)
    assert len(refused.value.problems) == 1
    return refused.value.problems[0]


def test_a_whole_table_is_read_with_its_paths_beside_the_file(folder: Path):
    settings = loaded(folder, WHOLE)
    assert [channel.kind for channel in settings.channels] == ["telegram", "email", "webhook", "mqtt", "cap_file"]
    telegram, *_, cap = settings.channels
    assert isinstance(telegram, TelegramChannel)
    assert telegram.token_file == folder / "telegram.token"
    assert isinstance(cap, CapFileChannel)
    assert cap.folder == folder / "cap"
    assert settings.console == "https://siaga.morotai.go.id"


def test_a_city_may_tell_nobody(folder: Path):
    assert loaded(folder, "").steps == ()


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('to = ["duty:1"]', 'to = ["anni"]', "steps[0].to: 'anni' is nobody; did you mean 'ani'?"),
        ('to = ["duty:1"]', "", "steps[0].to: names nobody and channel 'telegram' has no chat; add one of them"),
        ('telegram = "1001"\n', "", "steps[1].to: 'ani' has no telegram for channel 'telegram'; add it in people"),
        ('least = "severe"', 'least = "grave"', "notify.steps[1].least: 'grave': write one of: 'minor'"),
        ('kind = "mqtt"', 'kind = "pager"', "notify.channels[3]: kind 'pager' is not known; write one of"),
        ('name = "siren"', 'name = "mail"', "channels: 'mail' stands there twice; give each its own name"),
        ('morning_test = "07:00"', 'morning_test = "7 am"', "notify.morning_test: '7 am'"),
        ('username = "siaga"\n', "", "username and password_file go together; add the other one or take both out"),
        ('telegram = "1001"', 'telegram = "the boss"', "notify.people[0].telegram: 'the boss': write a chat id"),
        ('email = "ani@morotai.go.id"', 'email = "ani"', "notify.people[0].email: 'ani': write an address such as"),
        ('url = "https://center', 'url = "center', "write an address such as"),
        ('host = "mail.morotai.go.id"', 'host = "mail.morotai.go.id"\nsecurity = "none"', "sends in the clear to"),
        ('send = ["raised"', 'send = ["risen"', "notify.send[0]: 'risen': write one of: 'raised'"),
        ('kind = "mqtt"', 'kind = "mqtt"\ntopic = "siren/#"', "has no + and no #"),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_in_one_sentence_with_field_and_value(folder: Path, old: str, new: str, sentence: str):
    assert old in WHOLE
    assert sentence in problems(folder, WHOLE.replace(old, new, 1))


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        ("telegram.token", None, "notify.channels[0].token_file: "),
        ("mail.password", "", "is empty; write the mailbox's password into it"),
        ("center.secret", "short", "holds fewer than 16 characters; write more"),
    ],
)
def test_a_channel_without_credentials_is_refused(folder: Path, file: str, content: str | None, sentence: str):
    (folder / file).unlink()
    if content is not None:
        (folder / file).write_text(content)
    assert sentence in problems(folder, WHOLE)


def test_a_site_that_the_city_does_not_have_is_refused(folder: Path):
    settings = loaded(folder, WHOLE)
    sites_must_exist(settings, {"daruba"})
    with pytest.raises(
        SettingsError, match=r"notify\.steps\[1\]\.sites: there is no site 'daruba'; did you mean 'darubo'"
    ):
        sites_must_exist(settings, {"darubo"})
