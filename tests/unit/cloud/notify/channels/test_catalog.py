"""A kind of channel is a folder and a line."""

import importlib
from pathlib import Path

import pytest

from cloud.notify.channels import catalog
from cloud.notify.channels.settings import ChannelSettings
from cloud.notify.settings import NotifySettings

KINDS = sorted(folder.parent.name for folder in Path(catalog.__file__).parent.glob("*/settings.py"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_of_settings_and_sender_is_a_kind_in_the_catalog(kind: str):
    module = importlib.import_module(f"cloud.notify.channels.{kind}.settings")
    (settings,) = {each for each in vars(module).values() if _is_a_kind(each)}
    assert settings.model_fields["kind"].annotation.__args__ == (kind,)
    assert settings in catalog._SENDERS


def test_every_kind_of_the_catalog_can_stand_in_the_settings():
    files = {"token_file": "t", "secret_file": "s", "folder": "f", "url": "http://127.0.0.1", "host": "127.0.0.1"}
    for kind in catalog._SENDERS:
        given = {name: value for name, value in files.items() if name in kind.model_fields}
        given |= {"sender": "siaga@morotai.test"} if "sender" in kind.model_fields else {}
        given |= {"name": "one", "kind": kind.model_fields["kind"].annotation.__args__[0]}
        (channel,) = NotifySettings.model_validate({"channels": [given]}).channels
        assert type(channel) is kind


def _is_a_kind(value: object) -> bool:
    return isinstance(value, type) and issubclass(value, ChannelSettings) and value is not ChannelSettings
