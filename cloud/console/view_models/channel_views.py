"""Channels as people see them: the forms of each kind, how a channel does, and what was changed of it.

CHANNEL_KEYS["telegram"]    chat, timeout_s, per_minute          SECRETS["telegram"]    token: "Token of the bot"
"""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from cloud.console.view_models.registry_forms import (
    FormKey,
    read_number,
    read_text,
    read_words,
    write_listed,
    write_plain,
)
from cloud.notify.channel_registry.editing import differences
from cloud.notify.channel_registry.rows import ChannelChange
from i18n import figures
from i18n.catalog import N_, Catalog

KIND_WORDS: Mapping[str, str] = {
    "telegram": N_("Telegram"),
    "email": N_("E-mail"),
    "webhook": N_("Webhook"),
    "mqtt": N_("Siren or sign"),
}
"""The kinds that people add."""
USE_WORDS: Mapping[str, str] = {"on trial": N_("on trial"), "in use": N_("in use"), "retired": N_("retired")}
ACTION_WORDS: Mapping[str, str] = {
    "add": N_("added it"),
    "edit": N_("changed it"),
    "retire": N_("retired it"),
    "restore": N_("brought it back"),
    "undo": N_("took a change back"),
}
_LABELS: Mapping[str, str] = {
    "kind": N_("Kind"),
    "use": N_("State"),
    "token": N_("Token of the bot"),
    "password": N_("Password"),
    "url": N_("Address"),
    "secret": N_("Secret"),
}
_VALUES: Mapping[str, str] = {"kept": N_("kept"), "replaced": N_("replaced"), **USE_WORDS}
_EVERY = (
    FormKey("timeout_s", N_("Waits for an answer"), read_number, write_plain, N_("Seconds; empty: 10.")),
    FormKey("per_minute", N_("Messages a minute"), read_number, write_plain, N_("Empty: what suits the kind.")),
)
CHANNEL_KEYS: Mapping[str, Sequence[FormKey]] = {
    "telegram": (
        FormKey("chat", N_("Chat"), read_text, write_plain, N_("Its id, for when a step names nobody.")),
        *_EVERY,
    ),
    "email": (
        FormKey("host", N_("Mail server"), read_text, write_plain),
        FormKey("port", N_("Port"), read_number, write_plain, N_("Empty: 587.")),
        FormKey("security", N_("Encryption"), read_text, write_plain, N_("starttls or tls; empty: starttls.")),
        FormKey("username", N_("User name"), read_text, write_plain),
        FormKey("sender", N_("Sender"), read_text, write_plain, N_("The address that mails come from.")),
        FormKey("to", N_("To"), read_words, write_listed, N_("Addresses, with blanks between them.")),
        *_EVERY,
    ),
    "webhook": _EVERY,
    "mqtt": (
        FormKey("topic", N_("Topic"), read_text, write_plain, N_("siaga/notify/… or empty: the gateway of the alarm.")),
        FormKey("command", N_("Command"), read_text, write_plain, N_("Empty: alarm.")),
        *_EVERY,
    ),
}
"""The open keys of each kind, in the order of its form."""
SECRETS: Mapping[str, Sequence[str]] = {
    "telegram": ("token",),
    "email": ("password",),
    "webhook": ("url", "secret"),
    "mqtt": (),
}
"""The secrets of each kind, which are written and never shown."""


class ListedChannel(msgspec.Struct, frozen=True):
    """A channel in the list; `level` is of health, `steps` the numbers of the steps that name it, as text.

    `tested` is when it last took one of the test alarms that go out by themselves.
    """

    name: str
    kind: str
    use: str
    use_words: str
    is_file: bool
    level: str
    said: str
    steps: str
    sent: str
    failed: str
    tested: str


class ListedChannelChange(msgspec.Struct, frozen=True):
    """A change of a channel in words."""

    id: int
    channel: str
    time: str
    author: str
    action: str
    reason: str
    what: tuple[str, ...]
    can_undo: bool


def label_of(_: Catalog, key: str) -> str:
    """Return what a key or a secret is called."""
    found = next((each.label for keys in CHANNEL_KEYS.values() for each in keys if each.name == key), "")
    return _(_LABELS.get(key) or found or key)


def change_row(_: Catalog, change: ChannelChange, zone: ZoneInfo) -> ListedChannelChange:
    """Say a change in words."""
    what = (f"{label_of(_, key)}: {_said(_, old)} → {_said(_, new)}" for key, (old, new) in differences(change).items())
    return ListedChannelChange(
        change.id, change.channel, figures.day_and_time(_, change.at_ms, zone), change.author,
        _(ACTION_WORDS.get(change.action, change.action)), change.reason, tuple(what), change.undone_by is None,
    )  # fmt: skip


def _said(_: Catalog, value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, list):
        return " ".join(value)
    return _(_VALUES[value]) if value in _VALUES else str(value)
