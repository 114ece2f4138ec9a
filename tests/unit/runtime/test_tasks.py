import asyncio

import pytest

from runtime.tasks import run_together, run_until


async def _for_ever(log: list[str], name: str) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        log.append(f"{name} cancelled")


async def test_a_signal_winds_down_first_and_cancels_then():
    log: list[str] = []
    stop = asyncio.Event()

    async def wind_down() -> None:
        await asyncio.sleep(0)
        log.append("wound down")

    asyncio.get_running_loop().call_soon(stop.set)
    await run_until(stop, [_for_ever(log, "a"), _for_ever(log, "b")], wind_down)
    assert log == ["wound down", "a cancelled", "b cancelled"]


async def test_the_error_of_a_part_is_raised_when_the_others_have_wound_down():
    log: list[str] = []

    async def fails() -> None:
        raise ConnectionError("lost")

    async def wind_down() -> None:
        log.append("wound down")

    with pytest.raises(ConnectionError, match="lost"):
        await run_until(asyncio.Event(), [_for_ever(log, "a"), fails()], wind_down)
    assert log == ["wound down", "a cancelled"]


async def test_a_part_that_ends_by_itself_ends_all():
    log: list[str] = []

    async def ends() -> None:
        log.append("done")

    async def wind_down() -> None: ...

    await run_until(asyncio.Event(), [_for_ever(log, "a"), ends()], wind_down)
    assert log == ["done", "a cancelled"]


async def test_an_outer_cancel_reaches_the_parts():
    log: list[str] = []

    async def wind_down() -> None: ...

    whole = asyncio.create_task(run_until(asyncio.Event(), [_for_ever(log, "a")], wind_down))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    whole.cancel()
    with pytest.raises(asyncio.CancelledError):
        await whole
    assert log == ["a cancelled"]


async def test_together_the_first_error_ends_the_others_and_comes_bare():
    log: list[str] = []

    async def fails() -> None:
        raise KeyError("shards")

    with pytest.raises(KeyError, match="shards"):
        await run_together(_for_ever(log, "a"), fails())
    assert log == ["a cancelled"]
