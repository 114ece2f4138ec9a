"""Telegram's own word for how long to wait."""

from pathlib import Path

import httpx
import pytest

from cloud.notify.channels.telegram.send import Telegram
from cloud.notify.channels.telegram.settings import TelegramChannel
from cloud.notify.contract import Later, Outcome
from tests.unit.cloud.notify.examples import channel_context, line, notification

LONG = "Too Many Requests: " + "retry later; " * 40


async def sent(folder: Path, status: int, body: str, **headers: str) -> Outcome:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(status, text=body, headers=headers)

    (folder / "token").write_text("1:abc")
    settings = TelegramChannel(name="chat", kind="telegram", token_file=folder / "token")
    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        return await Telegram(settings, channel_context(client)).send(notification(line(), address="1001"))


@pytest.mark.parametrize(
    ("status", "body", "wait_s"),
    [
        (429, '{"ok":false,"description":"Too Many Requests","parameters":{"retry_after":8}}', 8.0),
        (429, f'{{"ok":false,"description":"{LONG}","parameters":{{"retry_after":8}}}}', 8.0),
        (429, '{"ok":false}', None),
        (429, '{"parameters":{"retry_after":"soon"}}', None),
        (429, '{"parameters":7}', None),
        (429, "<html>429 : 8</html>", None),
        (502, '{"parameters":{"retry_after":8}}', None),
    ],
)
async def test_the_wait_is_read_in_the_answers_body(tmp_path: Path, status: int, body: str, wait_s: float | None):
    outcome = await sent(tmp_path, status, body)
    assert isinstance(outcome, Later)
    assert outcome.retry_after_s == wait_s


async def test_the_header_goes_first(tmp_path: Path):
    body = '{"parameters":{"retry_after":8}}'
    outcome = await sent(tmp_path, 429, body, **{"Retry-After": "3"})
    assert isinstance(outcome, Later)
    assert outcome.retry_after_s == 3.0
