"""A long answer is whole, or has no end: what cuts it is logged, and whoever waits for the turn gets it in any case."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from cloud.http import whole_or_cut
from cloud.http.whole_or_cut import WholeOrCutResponse
from cloud.readings.contract import StoreUnavailable

HEADERS = {"content-disposition": "attachment"}


async def pieces(*, fails: Exception | None = None) -> AsyncIterator[bytes]:
    yield b"a"
    yield b"b"
    if fails is not None:
        raise fails


async def answered(given: AsyncIterator[bytes], *, method: str = "GET", version: str = "1.1"):
    """What is sent, and how often the end was told."""
    sent: list[dict[str, Any]] = []
    ends: list[bool] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    response = WholeOrCutResponse(
        given, media_type="text/csv", headers=HEADERS, expected=(StoreUnavailable,), on_end=lambda: ends.append(True)
    )
    scope = {
        "type": "http", "method": method, "http_version": version, "path": "/x", "headers": [], "query_string": b"",
        "asgi": {"spec_version": "2.4"}, "server": ("siaga.test", 80), "scheme": "http",
    }  # fmt: skip
    try:
        await response(scope, receive, send)
    finally:
        assert ends == [True]
    return sent, b"".join(message.get("body", b"") for message in sent), not sent[-1].get("more_body", False)


async def test_what_does_not_fail_has_its_end():
    sent, body, is_whole = await answered(pieces())
    assert (sent[0]["status"], body, is_whole) == (200, b"ab", True)


async def test_what_fails_midway_has_no_end_and_the_log_says_why(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.WARNING):
        _, body, is_whole = await answered(pieces(fails=StoreUnavailable("the store is away")))
    assert (body, is_whole) == (b"ab", False)
    assert "the store is away" in caplog.text


async def test_a_mistake_of_ours_is_raised():
    with pytest.raises(KeyError):
        await answered(pieces(fails=KeyError("x")))


async def test_what_takes_too_long_is_cut(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(whole_or_cut, "LONGEST_S", -1.0)

    async def slow() -> AsyncIterator[bytes]:
        yield b"a"
        await asyncio.Event().wait()

    _, body, is_whole = await answered(slow())
    assert (body, is_whole) == (b"a", False)


async def test_over_http_1_0_nobody_could_tell_so_it_is_refused():
    sent, body, _ = await answered(pieces(), version="1.0")
    assert sent[0]["status"] == 505
    assert b"proxy_http_version 1.1" in body


async def test_who_asks_for_the_head_gets_no_file():
    sent, body, is_whole = await answered(pieces(), method="HEAD")
    assert (sent[0]["status"], body, is_whole) == (200, b"", True)
