import asyncio

import pytest

from runtime.tasks import Errands, run_together, run_until


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


async def test_errands_are_done_beside_each_other_also_those_that_came_before_the_part_ran():
    log: list[str] = []
    errands = Errands()
    stop = asyncio.Event()

    async def errand(name: str) -> None:
        log.append(name)
        if len(log) == 3:
            stop.set()
        else:
            await asyncio.Event().wait()

    errands.start(errand("early"))
    for name in ("b", "c"):
        asyncio.get_running_loop().call_soon(errands.start, errand(name))
    await run_until(stop, [errands.run()], _nothing)
    assert log == ["early", "b", "c"]


async def test_an_errand_that_fails_ends_all_parts():
    log: list[str] = []
    errands = Errands()

    async def fails() -> None:
        raise ConnectionError("lost")

    errands.start(fails())
    with pytest.raises(ExceptionGroup) as raised:
        await run_until(asyncio.Event(), [errands.run(), _for_ever(log, "a")], _nothing)
    assert raised.group_contains(ConnectionError, match="lost")
    assert log == ["a cancelled"]


async def test_what_waits_when_the_errands_end_is_not_begun(recwarn: pytest.WarningsRecorder):
    errands = Errands()
    task = asyncio.create_task(errands.run())
    await asyncio.sleep(0)
    task.cancel()
    errands.start(_for_ever([], "late"))
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not [warning for warning in recwarn if "never awaited" in str(warning.message)]


async def _nothing() -> None: ...
