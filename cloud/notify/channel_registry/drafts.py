"""What somebody wants of a channel, as its next record: the checks of its kind, and of where its messages may go.

added(registry, "duty-phone", "telegram", {"token": "8023:AAF…", "chat": "-100…"}) -> ChannelRecord(…, "on trial", …)
amended(registry, "duty-phone", {"chat": None, "token": "…"}) -> ChannelRecord      a secret that is not written is kept
"""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from cloud.notify.channel_registry.destination_checks import destination_problem
from cloud.notify.channel_registry.in_force import ChannelRegistry, in_force, mistakes_in_force
from cloud.notify.channel_registry.kinds import EDITABLE, EditableKind
from cloud.notify.channel_registry.records import (
    ChannelRecord,
    ChannelUse,
    opened,
    revision_of,
    settings_for,
    shown_address,
)
from cloud.notify.channel_registry.sealing import KeyUnusable
from cloud.notify.channels.secret_source import HeldSecret
from cloud.notify.channels.settings import ChannelSettings
from cloud.registry.editing_drafts import EditRefused
from i18n.message import LocalizedMessage, located
from runtime.settings import SettingsError
from wire import is_name, is_printable

MOST_CHANNELS = 100
LONGEST_TEXT = 2_000
"""Characters of one value: a token, an address."""
MOST_ENTRIES = 50
"""Entries of a list: mailboxes."""
RESERVED = ("changes", "test-alarm")
"""No names: the API has them below /api/v1/channels for what is no channel."""


def added(registry: ChannelRegistry, name: str, kind: str, given: Mapping[str, Any]) -> ChannelRecord:
    """Make a channel on trial; EditRefused with a sentence for each mistake."""
    if not is_name(name) or name in RESERVED:
        advice = 'use a-z, 0-9, "-" and "_", starting with a letter or digit'
        raise EditRefused("refused", LocalizedMessage("name: {name!r}: {advice}", name=name[:80], advice=advice))
    if kind not in EDITABLE:
        known = ", ".join(EDITABLE)
        sentence = LocalizedMessage("kind: {kind!r} is none that is added here; write one of: {known}",
                                    kind=kind[:80], known=known)  # fmt: skip
        raise EditRefused("refused", sentence)
    if registry.owner_of(name):
        raise EditRefused("exists", LocalizedMessage("name: {name!r} is a channel already; write another", name=name))
    if len(registry.records) >= MOST_CHANNELS:
        raise EditRefused(
            "refused", LocalizedMessage("there are {n} channels, the most that are kept", n=MOST_CHANNELS)
        )
    return _written(registry, ChannelRecord(name, kind, "on trial", {}, {}), given)


def amended(
    registry: ChannelRegistry, name: str, given: Mapping[str, Any], *, use: ChannelUse | None = None,
    revision: str | None = None,
) -> ChannelRecord:  # fmt: skip
    """Change keys and secrets of a channel, null takes one out; or take it on trial, or into use."""
    before = known_channel(registry, name, revision=revision)
    if before.retired:
        raise EditRefused("conflict", _about(name, LocalizedMessage("is retired; bring it back before you change it")))
    after = _written(registry, before, given) if given else before
    after = msgspec.structs.replace(after, use=use or before.use)
    must_reach_people(registry, after)
    return after


def retired(registry: ChannelRegistry, name: str, *, revision: str | None = None, along: bool = False) -> ChannelRecord:
    """Retire a channel: it sends nothing, what waits goes over others; `along` although steps name it."""
    before = known_channel(registry, name, revision=revision)
    steps = registry.steps_of(name)
    if steps and not along and not before.retired:
        named = ", ".join(str(number) for number in steps)
        told = LocalizedMessage(
            "alarms go over it in these steps of [[notify.steps]]: {steps}; take it out there, or retire it all the "
            "same with along=true: what waits goes over the other channels",
            steps=named,
        )
        raise EditRefused("conflict", _about(name, told))
    after = msgspec.structs.replace(before, use="retired")
    must_reach_people(registry, after)
    return after


def restored(registry: ChannelRegistry, name: str, *, revision: str | None = None) -> ChannelRecord:
    """Bring a retired channel back, on trial: what it needs may have changed meanwhile."""
    before = known_channel(registry, name, revision=revision)
    return msgspec.structs.replace(before, use="on trial") if before.retired else before


def known_channel(registry: ChannelRegistry, name: str, *, revision: str | None = None) -> ChannelRecord:
    """Return the channel of that name, of `revision` if given; EditRefused where there is none that is changed here."""
    if registry.owner_of(name) == "cloud.toml":
        told = LocalizedMessage("stands in cloud.toml; change it there and send SIGHUP")
        raise EditRefused("owned", _about(name, told))
    record = next((each for each in registry.records if each.name == name), None)
    if record is None:
        raise EditRefused("unknown", _about(name[:80], LocalizedMessage("there is none of that name; add it first")))
    if revision is not None and revision != revision_of(record):
        told = LocalizedMessage("was changed since revision {revision}; read it again, then change that",
                                revision=revision)  # fmt: skip
        raise EditRefused("conflict", _about(name, told))
    return record


def must_reach_people(registry: ChannelRegistry, after: ChannelRecord) -> None:
    """Raise EditRefused where a step would reach nobody once `after` holds."""
    others = [record for record in registry.records if record.name != after.name]
    mistakes = mistakes_in_force(in_force(registry.file, [*others, after], registry.sealer))
    if mistakes:
        raise EditRefused("conflict", *(located("[[notify.steps]]", mistake) for mistake in mistakes))


def _written(registry: ChannelRegistry, before: ChannelRecord, given: Mapping[str, Any]) -> ChannelRecord:
    row = EDITABLE[before.kind]
    secrets = {key: value for key, value in given.items() if key in row.secrets}
    problems = list(_problems(before.name, row, given))
    if problems:
        raise EditRefused("refused", *problems)
    keys = {key: value for key, value in ({**before.keys, **given}).items() if value is not None and key in row.keys}
    written = {key: value for key, value in secrets.items() if value}
    sealed = {key: text for key, text in before.sealed.items() if key not in secrets}
    missing = [
        _about(before.name, LocalizedMessage("{key}: is missing; add it", key=key))
        for key in (*row.secrets, *row.keys)
        if row.is_required(key) and not (key in sealed or key in written or keys.get(key))
    ]
    if missing:
        raise EditRefused("refused", *missing)
    settings = _working(registry, msgspec.structs.replace(before, keys=keys, sealed=sealed), written)
    keys = {key: _as_json(getattr(settings, key)) for key in keys}  # "5" and true as the numbers that they are
    try:
        sealed |= {key: registry.sealer.seal(text, of=f"{before.name}.{key}") for key, text in written.items()}
    except KeyUnusable as error:
        raise EditRefused("refused", _about(before.name, error.sentence)) from None
    address = shown_address(written) or before.address
    return msgspec.structs.replace(before, keys=keys, sealed=sealed, address=address)


def _working(registry: ChannelRegistry, kept: ChannelRecord, written: Mapping[str, str]) -> ChannelSettings:
    """Return it at work; EditRefused for what the kind's own settings refuse, and for destinations that are none."""
    held = opened(kept, registry.sealer) | {key: HeldSecret(text) for key, text in written.items()}
    try:
        settings = settings_for(kept.kind, kept.name, kept.keys, held)
    except SettingsError as error:
        raise EditRefused("refused", *error.problems) from None
    fields = {EDITABLE[kept.kind].secrets[key]: key for key in written}
    missing = [_about(kept.name, located(fields[field], said)) for field, said in settings.missing() if field in fields]
    problem = destination_problem(settings, registry.file)
    if missing or problem:
        raise EditRefused("refused", *missing, *([_about(kept.name, problem)] if problem else []))
    return settings


def _problems(name: str, row: EditableKind, given: Mapping[str, Any]) -> Iterator[str]:
    for key, value in given.items():
        if key not in row.keys and key not in row.secrets:
            known = ", ".join((*row.secrets, *row.keys))
            yield _about(name, LocalizedMessage("{key}: unknown key; known here: {known}", key=key[:80], known=known))
        elif key in row.secrets and value is not None and not isinstance(value, str):
            yield _about(name, LocalizedMessage("{key}: write text", key=key))
        elif not _is_bounded(value):
            told = LocalizedMessage("{key}: write it on one line, and shorter", key=key)
            yield _about(name, told)


def _as_json(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def _is_bounded(value: object) -> bool:
    if isinstance(value, list):
        return len(value) <= MOST_ENTRIES and all(isinstance(each, str) and _is_bounded(each) for each in value)
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT and is_printable(value)
    return not isinstance(value, dict)


def _about(name: str, sentence: str) -> LocalizedMessage:
    return located(f"channel {name}", sentence)
