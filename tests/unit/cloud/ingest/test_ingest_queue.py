"""The queue that is bounded in bytes."""

import asyncio

from cloud.ingest.ingest_queue import MESSAGE_BYTES, IngestQueue, QueuedMessage
from tests.unit.cloud.examples import GATEWAY, message


def queued(size: int, *, packet: int = 1, gateway: str = GATEWAY) -> QueuedMessage:
    return QueuedMessage(message(b"x" * size, packet=packet), gateway, 0)


async def test_messages_come_out_in_the_order_in_which_they_came_in():
    queue = IngestQueue(max_bytes=10_000)
    waiting = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    for packet in (1, 2, 3):
        queue.offer(queued(10, packet=packet))
    first, second, third = await waiting, queue.get_nowait(), queue.get_nowait()
    assert queue.get_nowait() is None
    assert [each.message.packet for each in (first, second, third) if each is not None] == [1, 2, 3]


def test_beyond_the_bound_messages_are_shed_and_their_puback_waits_for_room():
    queue = IngestQueue(max_bytes=2 * MESSAGE_BYTES + 100)
    first, second = queued(50), queued(50)
    assert queue.offer(first)
    assert queue.offer(second)
    assert not queue.offer(queued(50, packet=7))
    assert queue.is_full
    assert len(queue) == 2
    assert [released.packet for released in queue.release(first)] == [7]
    assert not queue.is_full
    assert queue.release(second) == []
    assert queue.bytes_held == 0


def test_what_is_under_way_counts_towards_the_bound_until_it_is_released():
    queue = IngestQueue(max_bytes=MESSAGE_BYTES + 100)
    taken = queued(50)
    queue.offer(taken)
    queue.get_nowait()
    assert not queue.offer(queued(60))
    queue.release(taken)
    assert queue.offer(queued(60))


def test_shed_messages_keep_no_payload():
    queue = IngestQueue(max_bytes=MESSAGE_BYTES + 50)
    held = queued(50)
    queue.offer(held)
    queue.offer(queued(50))
    (released,) = queue.release(held)
    assert released.payload == b""


def test_one_message_larger_than_the_bound_is_taken_when_nothing_else_is_held():
    queue = IngestQueue(max_bytes=100)
    assert queue.offer(queued(5_000))
    assert not queue.offer(queued(1))


def test_one_gateway_takes_a_quarter_of_the_room_and_others_find_theirs():
    queue = IngestQueue(max_bytes=8 * 2**20)
    large = 2**18 - MESSAGE_BYTES
    greedy = [queued(large, packet=number) for number in range(12)]
    assert [queue.offer(each) for each in greedy] == [True] * 8 + [False] * 4
    assert queue.offer(queued(large, gateway="gw-pier"))
    assert [released.packet for released in queue.release(greedy[0])] == [8, 9, 10, 11]
    assert queue.offer(queued(large))
