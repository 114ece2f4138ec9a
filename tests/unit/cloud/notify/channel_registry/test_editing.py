"""Channels that people add, change, retire, bring back and undo: what is refused, kept, and never seen."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from cloud.database.audit_log import read_entries
from cloud.notify.channel_registry.drafts import MOST_CHANNELS
from cloud.notify.channel_registry.in_force import ChannelRegistry
from cloud.notify.channel_registry.records import revision_of, settings_of, shown_keys
from cloud.notify.channels.secret_source import secret
from cloud.notify.channels.telegram.settings import TelegramChannel
from cloud.registry.editing_drafts import EditRefused
from tests.registries import on_each_registry
from tests.unit.cloud.notify.channel_registry.registered import ANI, SECRET, TELEGRAM, TOKEN, WEBHOOK, registered
from tests.unit.cloud.notify.scene import hook

pytestmark = on_each_registry()


async def test_a_channel_begins_on_trial_and_is_used_once_somebody_says_so(tmp_path: Path):
    async with registered(tmp_path) as city:
        await city.add("phone", use="on trial")
        assert (city.known.in_force().channel("phone") is not None, city.known.in_force().may_alarm("phone")) == (
            True, False,
        )  # fmt: skip
        await city.editing.amend("phone", {}, use="in use", actor=ANI)
        settings = city.known.in_force()
        assert settings.may_alarm("phone")
        channel = settings.channel("phone")
        assert isinstance(channel, TelegramChannel)
        assert (secret(channel.token_file), channel.chat) == (TOKEN, "-1001234567890")


async def test_no_secret_is_in_the_database_the_journal_or_what_is_shown(tmp_path: Path):
    async with registered(tmp_path) as city:
        phone = await city.add("phone")
        center = await city.add("center", WEBHOOK)
        await city.editing.amend("phone", {"token": f"{TOKEN}2"}, actor=ANI)

        def everything(connection: Any) -> str:
            tables = ("channels", "channel_changes", "journal")
            return str([connection.execute(text(f"SELECT * FROM {name}")).all() for name in tables])

        kept = await city.scene.database.run(everything)
        assert not [word for word in (TOKEN, SECRET, "x8QzSECRET", "T024") if word in kept]
        assert shown_keys(phone.record) == {"chat": "-1001234567890", "token": "kept"}
        assert shown_keys(center.record) == {"url": "https://hooks.example.org/…", "secret": "kept"}
        assert TOKEN not in repr(settings_of(phone.record, city.known.sealer))


async def test_a_secret_that_is_not_written_again_is_kept(tmp_path: Path):
    async with registered(tmp_path) as city:
        await city.add("phone")
        changed = await city.editing.amend("phone", {"chat": "-100777"}, actor=ANI)
        channel = settings_of(changed.record, city.known.sealer)
        assert isinstance(channel, TelegramChannel)
        assert (secret(channel.token_file), channel.chat) == (TOKEN, "-100777")


@pytest.mark.parametrize(
    ("kind", "given", "sentence"),
    [
        ("pager", {}, "kind: 'pager' is none that is added here; write one of: telegram, email, webhook, mqtt"),
        ("cap_file", {"folder": "/etc"}, "kind: 'cap_file' is none that is added here"),
        ("telegram", {"chat": "-100"}, "channel new: token: is missing; add it"),
        ("telegram", {"token": TOKEN, "url": "https://evil.test"}, "channel new: url: unknown key; known here: token"),
        ("telegram", {"token": TOKEN, "chat": "the boss"}, "channel new: chat: 'the boss': write a chat id"),
        ("telegram", {"token": "a\r\nb"}, "channel new: token: write it on one line, and shorter"),
        ("telegram", {"token": TOKEN, "per_minute": 0}, "channel new: per_minute: 0: write 1 or more"),
        ("webhook", {"url": "http://hooks.example.org/x", "secret": SECRET}, "url: goes in the clear"),
        ("webhook", {"url": "https://169.254.169.254/x", "secret": SECRET}, "within our own networks"),
        ("webhook", {"url": "https://[::ffff:10.0.0.1]/", "secret": SECRET}, "within our own networks"),
        ("webhook", {"url": "https://hooks.example.org/x", "secret": "short"}, "secret: 'the secret' holds fewer"),
        ("email", {"host": "mail.test", "sender": "a@b.test", "ca": "/etc/shadow"}, "ca: unknown key"),
        ("email", {"host": "10.0.0.5", "sender": "a@b.test"}, "host: 10.0.0.5 is at 10.0.0.5"),
        ("email", {"host": "mail.test", "sender": "a@b.test", "to": ["a@b.test"] * 51}, "to: write it on one line"),
        ("mqtt", {"topic": "siaga/v1/2f/gw/config"}, "topic: devices that people add listen below siaga/notify/"),
        ("mqtt", {"topic": "siaga/notify/a/b"}, "topic: devices that people add"),
    ],
)  # fmt: skip
async def test_what_no_channel_can_be_is_refused_in_a_sentence(tmp_path: Path, kind: str, given: Any, sentence: str):
    async with registered(tmp_path) as city:
        with pytest.raises(EditRefused) as refused:
            await city.editing.add("new", kind, given, actor=ANI)
        assert sentence in str(refused.value)
        assert (refused.value.kind, city.known.records) == ("refused", ())


@pytest.mark.parametrize("name", ["changes", "test-alarm", "Phone", "../x", "", "x" * 65])
async def test_a_name_that_no_address_can_carry_is_refused(tmp_path: Path, name: str):
    async with registered(tmp_path) as city:
        with pytest.raises(EditRefused, match="name: "):
            await city.editing.add(name, *TELEGRAM, actor=ANI)


async def test_values_are_kept_as_what_they_are_however_they_were_written(tmp_path: Path):
    async with registered(tmp_path) as city:
        written = {"host": " mail.test ", "sender": "a@b.test", "to": ["c@b.test"], "port": "465", "timeout_s": 5}
        added = await city.editing.add("mail", "email", written, actor=ANI)
        kept = {"host": "mail.test", "sender": "a@b.test", "to": ["c@b.test"], "port": 465, "timeout_s": 5.0}
        assert added.record.keys == kept
        same = await city.editing.amend("mail", {"port": 465}, actor=ANI)
        assert same.change is None


async def test_what_stands_in_the_file_is_changed_in_the_file(tmp_path: Path):
    async with registered(tmp_path, channels=[hook(tmp_path)]) as city:
        with pytest.raises(EditRefused, match="'hook' is a channel already"):
            await city.editing.add("hook", *TELEGRAM, actor=ANI)
        for act in (city.editing.amend("hook", {"per_minute": 1}, actor=ANI), city.editing.retire("hook", actor=ANI)):
            with pytest.raises(EditRefused, match=r"channel hook: stands in cloud\.toml") as refused:
                await act
            assert refused.value.kind == "owned"


async def test_a_stale_revision_is_refused(tmp_path: Path):
    async with registered(tmp_path) as city:
        old = revision_of((await city.add("phone", use="on trial")).record)
        await city.editing.amend("phone", {"per_minute": 5}, revision=old, actor=ANI)
        with pytest.raises(EditRefused, match="was changed since revision") as refused:
            await city.editing.amend("phone", {"per_minute": 6}, revision=old, actor=ANI)
        assert refused.value.kind == "conflict"


async def test_a_channel_of_a_step_is_not_retired_without_a_word_and_never_the_last_of_one(tmp_path: Path):
    steps = [{"channels": ["phone", "hook"]}, {"channels": ["hook"]}]
    async with registered(tmp_path, channels=[hook(tmp_path)], steps=steps) as city:
        await city.add("phone")
        with pytest.raises(EditRefused, match=r"in these steps of \[\[notify.steps\]\]: 1; take it out"):
            await city.editing.retire("phone", actor=ANI)
        assert (await city.editing.retire("phone", along=True, actor=ANI)).record.retired
    alone = tmp_path / "alone"
    alone.mkdir()
    async with registered(alone, steps=[{"channels": ["phone"]}]) as city:
        await city.add("phone")
        for act in (
            city.editing.retire("phone", along=True, actor=ANI),
            city.editing.amend("phone", {}, use="on trial", actor=ANI),
            city.editing.amend("phone", {"chat": None}, actor=ANI),
        ):
            with pytest.raises(EditRefused, match=r"notify\.steps"):
                await act


async def test_an_act_is_undone_once_and_only_while_nothing_came_after_it(tmp_path: Path):
    async with registered(tmp_path) as city:
        await city.add("phone")
        changed = await city.editing.amend("phone", {"chat": "-100777", "token": "9:new"}, actor=ANI)
        assert changed.change is not None
        undone = await city.editing.undo(changed.change.id, actor=ANI)
        channel = settings_of(undone.record, city.known.sealer)
        assert isinstance(channel, TelegramChannel)
        assert (secret(channel.token_file), channel.chat) == (TOKEN, "-1001234567890")
        with pytest.raises(EditRefused, match="is undone already"):
            await city.editing.undo(changed.change.id, actor=ANI)
        first = (await city.editing.changes(channel="phone"))[-1]
        with pytest.raises(EditRefused, match="was changed since"):
            await city.editing.undo(first.id, actor=ANI)
        with pytest.raises(LookupError):
            await city.editing.undo(99, actor=ANI)


async def test_a_retired_channel_comes_back_on_trial_and_an_addition_undone_is_retired(tmp_path: Path):
    async with registered(tmp_path) as city:
        added = await city.add("phone", use="on trial")
        assert added.change is not None
        assert (await city.editing.undo(added.change.id, actor=ANI)).record.use == "retired"
        with pytest.raises(EditRefused, match="is retired; bring it back"):
            await city.editing.amend("phone", {"per_minute": 5}, actor=ANI)
        assert (await city.editing.restore("phone", actor=ANI)).record.use == "on trial"
        assert (await city.editing.restore("phone", actor=ANI)).change is None


async def test_every_act_is_in_the_journal_with_its_reason(tmp_path: Path):
    async with registered(tmp_path) as city:
        await city.editing.add("phone", *TELEGRAM, actor=ANI, reason="the old one broke")
        (entry,) = await city.scene.database.run(lambda c: read_entries(c, subject="channel:phone"))
        assert (entry.actor, entry.action, entry.reason) == ("ani", "channel-add", "the old one broke")
        assert entry.after == '{"kind":"telegram","use":"on trial","chat":"-1001234567890","token":"kept"}'


async def test_another_process_sees_the_new_edition_and_nothing_where_none_is(tmp_path: Path):
    async with registered(tmp_path) as city:
        other = ChannelRegistry(city.scene.settings)
        assert await city.scene.database.run(other.newer) is None
        await city.add("phone")
        newer = await city.scene.database.run(other.newer)
        assert newer is not None
        other.use_stored(newer)
        assert (other.records, other.in_force().may_alarm("phone")) == (city.known.records, True)


async def test_there_are_only_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    assert MOST_CHANNELS == 100
    monkeypatch.setattr("cloud.notify.channel_registry.drafts.MOST_CHANNELS", 1)
    async with registered(tmp_path) as city:
        await city.add("phone")
        with pytest.raises(EditRefused, match="there are 1 channels, the most that are kept"):
            await city.editing.add("another", *TELEGRAM, actor=ANI)
