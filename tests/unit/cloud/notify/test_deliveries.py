"""Rows of the outbox: written and read back, also those of an older cloud."""

import json
from pathlib import Path

import msgspec
import pytest

from cloud.notify.deliveries import NOBODY, enqueue, notification_of
from cloud.notify.notifications import Notification
from cloud.notify.recipients import Recipient
from tests.unit.cloud.notify.examples import line, notification
from tests.unit.cloud.notify.scene import Scene, settings

ANI, BUDI = Recipient("ani", "1001", "en"), Recipient("budi", "1002", "id")
NOTIFICATION = notification(line(), single_attempt=True)


async def put(folder: Path, *to: Recipient, times: int = 1) -> list[tuple[str, Notification | None]]:
    """The outcome and the notification of each row."""
    async with Scene(folder, settings(channels=[], steps=[])) as scene:
        for _ in range(times):
            await scene.database.run(lambda connection: enqueue(connection, NOTIFICATION, to, scene.now))
        return [(row.outcome, notification_of(row)) for row in await scene.deliveries()]


async def test_a_notification_is_read_back_as_it_was_put_in_for_each_recipient(tmp_path: Path):
    (_, first), (_, second) = await put(tmp_path, ANI, BUDI)
    assert first is not None
    assert second is not None
    assert (first.person, first.address, first.language) == ("ani", "1001", "en")
    assert (second.person, second.address, second.language) == ("budi", "1002", "id")
    assert first.key != second.key
    same = {"key": "k", "person": "", "address": "", "language": "en"}
    assert msgspec.structs.replace(first, **same) == NOTIFICATION


async def test_to_put_it_in_again_changes_nothing(tmp_path: Path):
    assert len(await put(tmp_path, ANI, times=2)) == 1


async def test_for_nobody_it_is_a_failure_that_stands_in_the_outbox(tmp_path: Path):
    assert [outcome for outcome, _ in await put(tmp_path)] == [NOBODY]


def test_the_form_of_a_body_is_that_of_older_clouds():
    body = json.loads(msgspec.json.encode(NOTIFICATION))
    assert body["once"] is True
    assert set(body) == {
        "key", "message", "step", "channel", "person", "address", "language", "made_ms", "lines", "test", "once",
        "again",
    }  # fmt: skip


@pytest.mark.parametrize("body", ["", "{", "[]", '{"key": 7}'])
def test_a_damaged_row_is_no_notification(body: str):
    assert notification_of(Damaged(body)) is None


class Damaged:
    """A row whose body nobody can read."""

    id = 7

    def __init__(self, body: str) -> None:
        self.body = body
