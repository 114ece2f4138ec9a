"""The file's channels and people's together: names of both, steps that reach nobody, keys that are lost."""

from pathlib import Path

import pytest

from cloud.notify.channel_registry.in_force import channels_must_exist, in_force
from cloud.notify.channel_registry.records import ChannelRecord
from cloud.notify.channel_registry.sealing import SecretSealer
from runtime.settings import SettingsError
from tests.unit.cloud.notify.scene import hook, settings

SIREN = ChannelRecord("siren", "mqtt", "in use", {"topic": "siaga/notify/tower"}, {})
TRIED = ChannelRecord("tried", "mqtt", "on trial", {}, {})
GONE = ChannelRecord("gone", "mqtt", "retired", {}, {})
STRANGE = ChannelRecord("strange", "pager", "in use", {}, {})


def sealer(folder: Path) -> SecretSealer:
    return SecretSealer(folder / "notify.key")


def test_channels_of_both_are_there_and_alarms_go_over_those_in_use(tmp_path: Path):
    found = in_force(settings(channels=[hook(tmp_path)], steps=[]), [SIREN, TRIED, GONE, STRANGE], sealer(tmp_path))
    assert [channel.name for channel in found.channels] == ["hook", "siren", "tried"]
    assert [name for name in ("hook", "siren", "tried", "gone", "strange") if found.may_alarm(name)] == [
        "hook",
        "siren",
    ]


def test_a_name_of_the_file_is_the_files(tmp_path: Path):
    file = settings(channels=[hook(tmp_path, name="siren")], steps=[])
    found = in_force(file, [GONE, SIREN], sealer(tmp_path))
    assert [channel.kind for channel in found.channels] == ["webhook"]
    assert found.may_alarm("siren")


@pytest.mark.parametrize(
    ("channels", "sentence"),
    [
        (["sirn"], "there is no channel 'sirn'; did you mean 'siren'?"),
        (["gone", "tried"], r"steps\[0\]\.channels: none of them is in use \(gone, tried\); bring one into use"),
    ],
)
def test_a_step_that_would_reach_nobody_is_refused_once_the_registry_is_known(
    tmp_path: Path, channels: list[str], sentence: str
):
    file = settings(channels=[hook(tmp_path)], steps=[{"channels": channels}])
    with pytest.raises(SettingsError, match=sentence):
        channels_must_exist(file, [SIREN, TRIED, GONE])


def test_a_step_goes_over_what_is_in_use_of_it(tmp_path: Path):
    file = settings(channels=[hook(tmp_path)], steps=[{"channels": ["gone", "siren", "tried", "hook"]}])
    channels_must_exist(file, [SIREN, TRIED, GONE])
    found = in_force(file, [SIREN, TRIED, GONE], sealer(tmp_path))
    assert [channel.name for channel in found.channels_of(found.steps[0])] == ["siren", "hook"]


def test_a_channel_without_its_key_is_there_and_says_that_it_cannot_send(tmp_path: Path):
    sealed = sealer(tmp_path).seal("8023:AAF", of="phone.token")
    url = sealer(tmp_path).seal("https://hooks.example.org/x", of="center.url")
    (tmp_path / "notify.key").unlink()
    phone = ChannelRecord("phone", "telegram", "in use", {"chat": "-100"}, {"token": sealed})
    center = ChannelRecord("center", "webhook", "in use", {}, {"url": url, "secret": sealed})
    found = in_force(settings(channels=[], steps=[]), [center, phone], sealer(tmp_path))
    assert [channel.lost_secret()[:15] for channel in found.channels] == ["the key of secr"] * 2
