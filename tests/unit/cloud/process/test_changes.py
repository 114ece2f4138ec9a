"""What another process changed is taken up at once, and a fault in that ends nothing."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cloud.database.audit_log import Actor
from cloud.database.engine import Database, DatabaseUnavailable
from cloud.notify.channel_registry.editing import ChannelEditing
from cloud.notify.channel_registry.in_force import ChannelRegistry, StoredChannels
from cloud.process.changes import Changes
from cloud.process.settings import CloudSettings
from cloud.process.takeover import Takeover
from cloud.rulebook.rule_store import RuleStore
from runtime.settings import SettingsError
from tests.unit.cloud.process.test_services import services


@pytest.mark.parametrize("failure", [None, DatabaseUnavailable("it is away"), ZeroDivisionError()])
async def test_rules_that_were_changed_elsewhere_are_read_again_whatever_became_of_it_before(
    failure: Exception | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    failures, read = [failure], asyncio.Event()

    async def refresh(_store: RuleStore) -> bool:
        if failures and (error := failures.pop()) is not None:
            changes.add(frozenset({"rule"}))
            raise error
        read.set()
        return True

    monkeypatch.setattr(RuleStore, "refresh", refresh)
    changes = Changes(services(tmp_path))
    work = asyncio.create_task(changes.run())
    changes.add(frozenset({"rule", "user"}))
    async with asyncio.timeout(10):
        await read.wait()
    work.cancel()


async def test_of_what_concerns_nobody_here_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def asked(*_: Any) -> None:
        raise AssertionError("the registry was read")

    changes = Changes(services(tmp_path))
    monkeypatch.setattr(Database, "run", asked)
    await changes.take_up({"user", "token", "alarm"})


async def test_a_channel_that_somebody_changed_elsewhere_is_followed_and_health_asks_it(tmp_path: Path):
    built = services(tmp_path, notify={"key_file": str(tmp_path / "notify.key")})
    base, notifier = built.foundation, built.alarms.notifier
    await base.database.open()
    elsewhere = ChannelRegistry(notifier.channels.file)

    async def nothing() -> None:
        pass

    editing = ChannelEditing(base.database, lambda: elsewhere, changed=nothing)
    await editing.add("tower", "mqtt", {}, actor=Actor("ani"))
    assert "channel_tower" not in built.components
    await Changes(built).take_up({"channel"})
    assert notifier.settings.channel("tower") is not None
    assert "on trial" in built.components["channel_tower"]().detail
    elsewhere.use_stored(StoredChannels(notifier.channels.records, notifier.channels.edition))
    await editing.retire("tower", actor=Actor("ani"))
    await Changes(built).take_up({"channel"})
    assert "channel_tower" not in built.components
    await base.database.close()


async def test_a_file_whose_steps_name_a_channel_of_nowhere_is_not_taken_over(tmp_path: Path):
    built = services(tmp_path, notify={"key_file": str(tmp_path / "notify.key")})
    await built.foundation.database.open()
    settings = CloudSettings.model_validate({"notify": {"steps": [{"channels": ["tower"]}]}})
    with pytest.raises(SettingsError, match="there is no channel 'tower'"):
        await Takeover(built, CloudSettings()).apply(settings, None)
    assert built.alarms.notifier.settings.steps == ()
    await built.foundation.database.close()


async def test_a_file_may_name_a_channel_that_another_process_has_just_brought_into_use(tmp_path: Path):
    built = services(tmp_path, notify={"key_file": str(tmp_path / "notify.key")})
    await built.foundation.database.open()
    elsewhere = ChannelRegistry(built.alarms.notifier.channels.file)

    async def nothing() -> None:
        pass

    editing = ChannelEditing(built.foundation.database, lambda: elsewhere, changed=nothing)
    await editing.add("tower", "mqtt", {}, actor=Actor("ani"))
    await editing.amend("tower", {}, use="in use", actor=Actor("ani"))
    settings = CloudSettings.model_validate({"notify": {"steps": [{"channels": ["tower"]}]}})
    await Takeover(built, CloudSettings()).apply(settings, None)
    assert built.alarms.notifier.settings.may_alarm("tower")
    await built.foundation.database.close()
