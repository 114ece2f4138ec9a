"""A channel that people added, as it is kept, and the settings that it is at work.

ChannelRecord("duty-phone", "telegram", "in use", {"chat": "-100…"}, sealed={"token": "aGV4…"}) ─► settings_of ─►
TelegramChannel(name="duty-phone", chat="-100…", token_file=HeldSecret())
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from cloud.notify.channel_registry.kinds import EDITABLE
from cloud.notify.channel_registry.sealing import KeyUnusable, SecretSealer
from cloud.notify.channels.secret_source import HeldSecret
from cloud.notify.channels.settings import ChannelSettings
from runtime.secret_urls import SecretUrl, shown_url
from runtime.settings import parse_settings

ChannelUse: TypeAlias = Literal["on trial", "in use", "retired"]
"""On trial it sends tests alone; retired it sends nothing, and its past stays."""
_UNREADABLE_URL = SecretUrl("https://sealed.invalid")
"""Stands for an address that cannot be opened: the secret beside it cannot either, and is read first."""


class ChannelRecord(msgspec.Struct, frozen=True):
    """A channel of the registry; `sealed` are its secrets by name, `address` what people see of a secret URL."""

    name: str
    kind: str
    use: ChannelUse
    keys: dict[str, Any]
    sealed: dict[str, str]
    address: str = ""

    @property
    def retired(self) -> bool:
        """Whether it sends nothing any more."""
        return self.use == "retired"


def revision_of(record: ChannelRecord) -> str:
    """A word that is another one as soon as anything of a channel is."""
    return hashlib.sha256(msgspec.json.encode(record)).hexdigest()[:16]


def settings_for(kind: str, name: str, keys: Mapping[str, Any], secrets: Mapping[str, HeldSecret]) -> ChannelSettings:
    """Make the settings of a channel; SettingsError with a sentence for each mistake."""
    row = EDITABLE[kind]
    document: dict[str, Any] = {"kind": kind, "name": name, **keys}
    for key, held in secrets.items():
        document[row.secrets[key]] = _url_of(held) if row.secrets[key] == "url" else held
    return parse_settings(document, row.model, f"channel {name}")


def settings_of(record: ChannelRecord, sealer: SecretSealer) -> ChannelSettings:
    """Make the settings of a kept channel; one whose secrets cannot be opened says so when it is to send."""
    return settings_for(record.kind, record.name, record.keys, opened(record, sealer))


def opened(record: ChannelRecord, sealer: SecretSealer) -> dict[str, HeldSecret]:
    """Open the secrets of a channel, each with the problem where that cannot be."""
    return {key: _opened(sealed, f"{record.name}.{key}", sealer) for key, sealed in record.sealed.items()}


def shown_keys(record: ChannelRecord) -> dict[str, Any]:
    """What people see of a channel: its keys, and of each secret that there is one, of a URL its host."""
    secrets = dict.fromkeys(record.sealed, "kept")
    if "url" in secrets:
        secrets["url"] = record.address
    return {**record.keys, **secrets}


def shown_address(secrets: Mapping[str, str]) -> str:
    """Return what people may see of the URL among `secrets`."""
    return shown_url(secrets["url"]) if "url" in secrets else ""


def _opened(sealed: str, of: str, sealer: SecretSealer) -> HeldSecret:
    try:
        return HeldSecret(sealer.unseal(sealed, of=of))
    except KeyUnusable as error:
        return HeldSecret("", problem=error.sentence)


def _url_of(held: HeldSecret) -> SecretUrl:
    return _UNREADABLE_URL if held.problem else SecretUrl(held.read())
