"""Looking on at a source: what comes and what is made of it, bounded, and gone when nobody looks any more."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from edge.control.lines import BadLine
from edge.control.read import respond
from edge.control.tap import MOST_BYTES, MOST_EVENTS, MOST_READINGS, SourceTap, TapEvent
from edge.sources.tally import SourceTally
from tests.virtual_time import run
from wire import Clock, Reading

READING = Reading("air", "pm2_5", 7, 12.5, Clock.SYNCED)


def tally() -> SourceTally:
    return SourceTally("river", silent_s=60.0, now_s=0.0, on_change=lambda: None)


def agent(*tallies: SourceTally) -> Any:
    return SimpleNamespace(sources=SimpleNamespace(tallies=list(tallies)))


def test_bytes_noise_and_readings_are_seen_in_the_order_in_which_they_pass():
    async def scenario() -> list[Any]:
        river = tally()
        events = respond(agent(river), {"request": "read", "source": "river"})
        first = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        river.show(b"\xaa\xc0", "a/b")
        river.noise(1, "checksum is wrong")
        river.keep_values([READING], now_s=0.0)
        seen: list[Any] = [await first, await anext(events), await anext(events)]
        await events.aclose()
        assert river.taps == ()
        return seen

    bytes_, noise, readings = run(scenario())
    assert (bytes_.data, bytes_.size, bytes_.topic) == ("aac0", 2, "a/b")
    assert (noise.noise, noise.size) == ("checksum is wrong", 1)
    (row,) = readings.readings
    assert (row.sensor, row.quantity, row.value, row.clock) == ("air", "pm2_5", 12.5, "synced")


def test_a_source_at_which_nobody_looks_keeps_nothing():
    river = tally()
    river.show(b"x" * 1_000)
    river.noise(1, "none")
    river.keep_values([READING], now_s=0.0)
    assert river.taps == ()


def test_a_flood_is_bounded_and_what_was_missed_is_counted():
    async def scenario() -> TapEvent:
        tap = SourceTap()
        for _ in range(MOST_EVENTS + 7):
            tap.on_bytes(b"x" * 5_000)
        tap.on_readings([READING] * 500)
        return await tap.next_event(1.0)

    event = run(scenario())
    assert event.missed == 8
    assert (len(event.data), event.size) == (2 * MOST_BYTES, 5_000)


def test_of_a_message_with_many_readings_the_first_are_shown():
    async def scenario() -> TapEvent:
        tap = SourceTap()
        tap.on_readings([READING] * 500)
        return await tap.next_event(1.0)

    assert len(run(scenario()).readings) == MOST_READINGS


def test_a_line_comes_each_second_though_the_source_is_silent():
    async def scenario() -> float:
        events = respond(agent(tally()), {"source": "river"})
        for _ in range(3):
            event = await anext(events)
            assert (event.size, event.readings, event.noise) == (0, (), "")  # type: ignore[attr-defined]
        await events.aclose()
        return asyncio.get_running_loop().time()

    assert run(scenario()) == pytest.approx(3.0)


def test_it_ends_when_the_source_is_started_anew():
    async def scenario() -> int:
        running = agent(tally())
        events, count = respond(running, {"source": "river"}), 0
        async for _ in events:
            count += 1
            running.sources.tallies = [tally()]
        return count

    assert run(scenario()) == 1


@pytest.mark.parametrize("name", ["rivr", None, 7, ["river"]])
def test_a_source_that_is_none_is_named_with_those_that_are(name: object):
    async def scenario() -> None:
        await anext(respond(agent(tally()), {"source": name}))

    with pytest.raises(BadLine, match="there are: river"):
        run(scenario())
