"""The queue that is bounded in bytes."""

import asyncio

from cloud.ingest.ingest_queue import MESSAGE_BYTES, IngestQueue, QueuedMessage
from tests.unit.cloud.examples import GATEWAY, message


def arrival(size: int, *, packet: int = 1, gateway: str = GATEWAY) -> QueuedMessage:
    return QueuedMessage(message(b"x" * size, packet=packet), gateway, 0)


def test_messages_come_out_in_the_order_in_which_they_came_in():
    async def scenario() -> list[int]:
        intake = IngestQueue(max_bytes=10_000)
        waiting = asyncio.create_task(intake.take())
        await asyncio.sleep(0)
        for packet in (1, 2, 3):
            intake.offer(arrival(10, packet=packet))
        first, second, third = await waiting, intake.take_now(), intake.take_now()
        assert intake.take_now() is None
        return [each.message.packet for each in (first, second, third) if each is not None]

    assert asyncio.run(scenario()) == [1, 2, 3]


def test_beyond_the_bound_messages_are_shed_and_their_puback_waits_for_room():
    intake = IngestQueue(max_bytes=2 * MESSAGE_BYTES + 100)
    first, second = arrival(50), arrival(50)
    assert intake.offer(first)
    assert intake.offer(second)
    assert not intake.offer(arrival(50, packet=7))
    assert intake.is_full
    assert len(intake) == 2
    assert [released.packet for released in intake.release(first)] == [7]
    assert not intake.is_full
    assert intake.release(second) == []
    assert intake.bytes_held == 0


def test_what_is_under_way_counts_towards_the_bound_until_it_is_released():
    intake = IngestQueue(max_bytes=MESSAGE_BYTES + 100)
    taken = arrival(50)
    intake.offer(taken)
    intake.take_now()
    assert not intake.offer(arrival(60))
    intake.release(taken)
    assert intake.offer(arrival(60))


def test_shed_messages_keep_no_payload():
    intake = IngestQueue(max_bytes=MESSAGE_BYTES + 50)
    held = arrival(50)
    intake.offer(held)
    intake.offer(arrival(50))
    (released,) = intake.release(held)
    assert released.payload == b""


def test_one_message_larger_than_the_bound_is_taken_when_nothing_else_is_held():
    intake = IngestQueue(max_bytes=100)
    assert intake.offer(arrival(5_000))
    assert not intake.offer(arrival(1))


def test_one_gateway_takes_a_quarter_of_the_room_and_others_find_theirs():
    intake = IngestQueue(max_bytes=8 * 2**20)
    large = 2**18 - MESSAGE_BYTES
    greedy = [arrival(large, packet=number) for number in range(12)]
    assert [intake.offer(each) for each in greedy] == [True] * 8 + [False] * 4
    assert intake.offer(arrival(large, gateway="gw-pier"))
    assert [released.packet for released in intake.release(greedy[0])] == [8, 9, 10, 11]
    assert intake.offer(arrival(large))
