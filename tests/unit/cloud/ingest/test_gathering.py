"""How many writes and wake-ups a trickle takes, in made-up time: a ceiling for all gateways, no wait for the lone."""

import asyncio
import random
from collections.abc import Callable, Iterable

import pytest

from cloud.ingest.gathering import BURST, GATHER_S, LULL_S, MANY_MESSAGES, MUCH_BYTES, MUCH_MESSAGES, Gathering
from cloud.ingest.ingest_queue import IngestQueue, QueuedMessage
from tests.unit.cloud.examples import message
from tests.virtual_time import run

WINDOW = 1_000
"""Messages that a broker hands over without a PUBACK, as deploy/mosquitto sets it."""
BESIDES = BURST + 4
"""Writes beyond the pace of a trickle: those of a burst at its beginning, and at its end."""


class Writer:
    """Takes groups from a queue as the runner does; each write takes `write_s`, and frees the broker's window.

    While the gathering pauses the socket, what comes waits in it. `wake_ups` counts how often anything was read.
    """

    def __init__(self, *, write_s: float = 0.005, window: int = WINDOW) -> None:
        self.queue = IngestQueue(max_bytes=2**26)
        self.began_s: list[float] = []
        self.sizes: list[int] = []
        self.delays_s: list[float] = []
        self.wake_ups = 0
        self._in_socket: list[QueuedMessage] = []
        self._is_paused = False
        self._write_s = write_s
        self._window = asyncio.Semaphore(window)
        self._came_s: dict[int, float] = {}

    async def send(self, packet: int, content: bytes = b"x" * 100) -> None:
        """Hand a message over, once the window has room."""
        self._came_s[packet] = asyncio.get_running_loop().time()
        await self._window.acquire()
        self._in_socket.append(QueuedMessage(message(content, packet=packet), f"gw-{packet % 1_000}", 0))
        if not self._is_paused:
            self._read()

    def pause(self) -> None:
        self._is_paused = True

    def resume(self) -> None:
        self._is_paused = False
        self._read()

    def _read(self) -> None:
        self.wake_ups += bool(self._in_socket)
        while self._in_socket:
            self.queue.offer(self._in_socket.pop(0))

    async def run(self) -> None:
        gathering = Gathering(self.queue, pause=self.pause, resume=self.resume)
        async with asyncio.TaskGroup() as tasks:
            while True:
                group = [await self.queue.get()]
                while (more := self.queue.get_nowait()) is not None:
                    group.append(more)
                tasks.create_task(self._write(group))
                await gathering.wait()

    async def _write(self, group: list[QueuedMessage]) -> None:
        loop = asyncio.get_running_loop()
        self.began_s.append(loop.time())
        self.sizes.append(len(group))
        await asyncio.sleep(self._write_s)
        for each in group:
            self.delays_s.append(loop.time() - self._came_s[each.message.packet])
            self.queue.release(each)
            self._window.release()


def _written(times_s: Iterable[float], make: Callable[[], Writer] = Writer, *, bytes_each: int = 100) -> Writer:
    """Send a message at each of `times_s`, and wait until all are written."""

    async def scenario() -> Writer:
        loop, writer = asyncio.get_running_loop(), make()
        running = asyncio.create_task(writer.run())
        times = list(times_s)
        async with asyncio.TaskGroup() as senders:
            for packet, at_s in enumerate(times):
                await asyncio.sleep(max(0.0, at_s - loop.time()))
                senders.create_task(writer.send(packet, b"x" * bytes_each))
        while len(writer.delays_s) < len(times):
            await asyncio.sleep(0.001)
        running.cancel()
        return writer

    return run(scenario())


def _each(per_s: float, count: int = 1_000) -> list[float]:
    return [number / per_s for number in range(count)]


@pytest.mark.parametrize("per_s", [1, 10, 24])
def test_messages_that_come_one_by_one_are_written_one_by_one_and_at_once(per_s: int):
    writer = _written(_each(per_s, 40))
    assert len(writer.began_s) == 40
    assert max(writer.delays_s) == pytest.approx(0.005)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_ten_messages_a_second_that_come_as_they_like_seldom_wait(seed: int):
    dice, moments = random.Random(seed), [0.0]
    while len(moments) < 300:
        moments.append(moments[-1] + dice.expovariate(10))
    writer = _written(moments)
    assert sorted(writer.delays_s)[len(moments) * 9 // 10] == pytest.approx(0.005)


@pytest.mark.parametrize("per_s", [35, 100, 400, 1_000, 2_000])
def test_a_trickle_from_any_number_of_gateways_takes_no_more_than_9_writes_a_second_or_one_for_64_messages(per_s: int):
    writer = _written(_each(per_s))
    assert len(writer.began_s) <= max(1_000 / per_s / GATHER_S, 1_000 / MUCH_MESSAGES) + BESIDES
    assert max(writer.delays_s) <= GATHER_S + 0.005 + 1e-6


def test_while_a_thousand_a_second_come_none_waits_longer_than_a_group_takes_to_come():
    writer = _written(_each(1_000))
    assert max(writer.delays_s[:900]) <= MUCH_MESSAGES / 1_000 + LULL_S + 0.005 + 1e-6


@pytest.mark.parametrize("per_s", [35, 50, 100, 125])
def test_what_comes_in_a_trickle_wakes_nobody_until_it_is_read_together(per_s: int):
    writer = _written(_each(per_s))
    assert writer.wake_ups <= 5 * (1_000 / per_s / GATHER_S + BESIDES)


@pytest.mark.parametrize("write_s", [0.005, 0.02, 0.15])
@pytest.mark.parametrize("per_s", [125, 150, 200])
def test_messages_some_milliseconds_apart_are_no_full_window_however_long_a_write_takes(per_s: int, write_s: float):
    writer = _written(_each(per_s), lambda: Writer(write_s=write_s))
    assert len(writer.began_s) <= 1_000 / per_s / GATHER_S + BESIDES


@pytest.mark.parametrize("write_s", [0.005, 0.02, 0.06])
@pytest.mark.parametrize("together", [10, 20])
def test_messages_that_come_by_the_handful_are_no_full_window_once_more_were_out(together: int, write_s: float):
    moments = [number // together * 0.01 + number % together * 0.0001 for number in range(2_000)]
    writer = _written(moments, lambda: Writer(write_s=write_s))
    assert len(writer.began_s) <= max(moments[-1] / GATHER_S, 2_000 / MUCH_MESSAGES) * 1.2 + BESIDES


def test_the_sensors_of_a_gateway_that_speak_in_the_same_moment_do_not_wait_for_each_other():
    moments = [second + sensor * 0.002 for second in range(10) for sensor in range(BURST)]
    writer = _written(moments)
    assert max(writer.delays_s) == pytest.approx(0.005)


def test_much_that_waits_is_written_without_waiting_for_more():
    writer = _written([0.0] * 400, bytes_each=MUCH_BYTES // 4)
    at_once = sum(size for size, began_s in zip(writer.sizes, writer.began_s, strict=True) if began_s < GATHER_S)
    assert at_once > 400 - MANY_MESSAGES


@pytest.mark.parametrize("write_s", [0.005, 0.04])
@pytest.mark.parametrize("window", [10, 20])
def test_a_broker_that_hands_over_few_messages_at_a_time_is_not_kept_waiting(window: int, write_s: float):
    writer = _written(_each(100_000), lambda: Writer(window=window, write_s=write_s))
    per_window_s = 1.6 * write_s + 0.012
    assert writer.began_s[-1] <= 1_000 / window * per_window_s + GATHER_S


@pytest.mark.parametrize("window", [10, 20])
def test_while_a_whole_window_is_being_written_nobody_takes_the_first_that_comes_after_it_alone(window: int):
    writer = _written(_each(100_000), lambda: Writer(window=window, write_s=0.03))
    assert len(writer.began_s) <= 1_000 / window * 1.2


def test_a_flood_through_a_small_window_is_not_kept_waiting_for_what_was_seen_of_handfuls_before_it():
    handfuls = [number // 5 * 0.03 + number % 5 * 0.0001 for number in range(500)]
    writer = _written([*handfuls, *(3.0 + each for each in _each(100_000))], lambda: Writer(window=10))
    assert writer.began_s[-1] <= 3.0 + 1_000 / 10 * 0.02 + 1.0


def test_a_message_after_a_pause_goes_at_once_though_a_trickle_went_before():
    writer = _written([*_each(1_000, 100), 10.0])
    assert writer.began_s[-1] == pytest.approx(10.0, abs=1e-6)


def test_a_message_after_a_flood_goes_at_once():
    writer = _written([*[number / 10_000 for number in range(2_000)], 1.0, 1.001], bytes_each=MUCH_BYTES // 4)
    assert len(writer.began_s) > 25, "a flood waits for nothing"
    assert writer.began_s[-2:] == pytest.approx([1.0, 1.001], abs=1e-6)
