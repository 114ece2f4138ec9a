"""What another process changed is taken up at once, and a fault in that ends nothing."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from cloud.database.engine import Database, DatabaseUnavailable
from cloud.process.changes import Changes
from cloud.rulebook.rule_store import RuleStore
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
