"""One connection against a broker that does what no real one does on request: sockets of this process."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager

import pytest

from runtime.address import Address
from runtime.broker_settings import BrokerSettings
from runtime.mqtt_connection import (
    MORE_THAN_A_PUBACK,
    READS_AT_ONCE,
    WRITTEN_TOGETHER,
    Message,
    MqttConnection,
    MqttError,
)

CONNACK = b"\x20\x02\x00\x00"
NOT_AUTHORIZED = b"\x20\x02\x00\x05"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[None, None, None]]


def a_publish(number: int) -> bytes:
    """A message on "t" at QoS 1, with `number` as its packet id and its payload."""
    return b"\x32\x07\x00\x01t" + number.to_bytes(2, "big") * 2


@asynccontextmanager
async def broker(handle: Handler) -> AsyncIterator[Address]:
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    async with server:
        yield Address("127.0.0.1", server.sockets[0].getsockname()[1])


def connection(node: Address, heard: list[Message], *, answer_s: float = 5.0) -> MqttConnection:
    return MqttConnection(
        BrokerSettings(), node, identifier="x", on_message=heard.append, answer_s=answer_s, number=7
    )  # fmt: skip


async def test_a_broker_that_breaks_off_before_its_answer_is_left_at_once():
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.close()

    async with broker(handle) as node:
        with pytest.raises(MqttError, match="the connection broke"):
            async with connection(node, [], answer_s=60.0):
                pytest.fail("it is no connection")


async def test_it_goes_over_the_interface_that_is_named():
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(CONNACK)
        await reader.read()
        writer.close()

    async with broker(handle) as node:
        over = MqttConnection(BrokerSettings(), node, identifier="x", on_message=lambda _: None, via="lo")
        async with over:
            assert over._wire is not None
            assert over._wire.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).rstrip(b"\0") == b"lo"
        with pytest.raises(OSError, match="over none7: No such device"):
            await MqttConnection(
                BrokerSettings(), node, identifier="x", on_message=lambda _: None, via="none7"
            ).__aenter__()


async def test_a_refused_log_in_is_a_sentence_with_its_code():
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(NOT_AUTHORIZED)
        await reader.read()
        writer.close()

    async with broker(handle) as node:
        with pytest.raises(MqttError, match=r"\[code:135\] Not authorized"):
            async with connection(node, []):
                pytest.fail("it is no connection")


async def test_a_broker_that_never_answers_is_left_after_the_time_that_it_has():
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with broker(handle) as node:
        with pytest.raises(MqttError, match="Operation timed out"):
            async with connection(node, [], answer_s=0.05):
                pytest.fail("it is no connection")


async def test_more_messages_than_are_read_at_once_come_in_order_and_nothing_is_acknowledged_unasked():
    said: list[bytes] = []
    many = 3 * READS_AT_ONCE

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(CONNACK + b"".join(map(a_publish, range(1, many + 1))))
        said.append(await reader.read())
        writer.close()

    heard: list[Message] = []
    async with broker(handle) as node:
        async with connection(node, heard) as open_one:
            while len(heard) < many:
                await asyncio.sleep(0)
            open_one.acknowledge(heard[4])
        while not said:
            await asyncio.sleep(0)
    assert [message.packet for message in heard] == list(range(1, many + 1))
    assert said == [b"\x40\x02\x00\x05" + b"\xe0\x00"]  # the one PUBACK that was asked for, then DISCONNECT


async def test_while_paused_nothing_is_handed_over_and_after_it_everything():
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(CONNACK)
        await reader.read(100)  # what the test publishes once it has paused
        writer.write(a_publish(1) + a_publish(2))
        await writer.drain()
        paused_long_enough.set()
        await reader.read()
        writer.close()

    paused_long_enough = asyncio.Event()
    heard: list[Message] = []
    async with broker(handle) as node, connection(node, heard) as open_one:
        open_one.pause()
        open_one.publish("t", b"go", qos=0)
        await paused_long_enough.wait()
        for _ in range(10):
            await asyncio.sleep(0)
        assert heard == []
        open_one.resume()
        while len(heard) < 2:
            await asyncio.sleep(0)
    assert [message.connection for message in heard] == [7, 7]


async def test_who_leaves_without_a_word_sends_no_disconnect():
    said: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(CONNACK)
        said.append(await reader.read())
        writer.close()

    async with broker(handle) as node:
        async with connection(node, []) as open_one:
            open_one.leave("for other credentials")
        while not said:
            await asyncio.sleep(0)
    assert said == [b""]


async def test_a_connection_that_comes_after_all_is_closed_and_says_nothing():
    said: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        said.append(await reader.read())
        writer.close()

    async with broker(handle) as node:
        entering = asyncio.create_task(connection(node, []).__aenter__())
        await asyncio.sleep(0)  # the thread is on its way
        entering.cancel()
        with pytest.raises(asyncio.CancelledError):
            await entering
        while not said:
            await asyncio.sleep(0.001)
    assert said == [b""]


async def test_fewer_bytes_than_were_asked_for_wake_nobody_and_wait_to_be_read():
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(CONNACK)
        for answer in (a_publish(1), b"".join(map(a_publish, range(2, 6)))):
            await reader.read(100)
            writer.write(answer)
            await writer.drain()
            written.set()
        await reader.read()
        writer.close()

    written = asyncio.Event()
    heard: list[Message] = []
    async with broker(handle) as node, connection(node, heard) as open_one:
        open_one.wake_for(MORE_THAN_A_PUBACK)
        open_one.publish("t", b"one", qos=0)
        await written.wait()
        for _ in range(10):
            await asyncio.sleep(0)
        assert heard == []
        while not heard:
            open_one.read_waiting()
            await asyncio.sleep(0)
        open_one.publish("t", b"four", qos=0)
        while len(heard) < 5:
            await asyncio.sleep(0)
    assert [message.packet for message in heard] == [1, 2, 3, 4, 5]


async def test_many_pubacks_leave_in_their_order():
    said: list[bytes] = []
    many = 3 * WRITTEN_TOGETHER

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(CONNACK + b"".join(map(a_publish, range(1, many + 1))))
        said.append(await reader.read(4 * many))  # as it comes: all of them at once
        said.append(await reader.read())
        writer.close()

    heard: list[Message] = []
    async with broker(handle) as node:
        async with connection(node, heard) as open_one:
            while len(heard) < many:
                await asyncio.sleep(0)
            for message in heard:
                open_one.acknowledge(message)
            while not said:
                await asyncio.sleep(0)
        while len(said) < 2:
            await asyncio.sleep(0)
    assert said == [b"".join(b"\x40\x02" + number.to_bytes(2, "big") for number in range(1, many + 1)), b"\xe0\x00"]


async def test_what_waits_is_read_before_the_end_since_a_socket_closed_with_bytes_in_it_is_reset():
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(CONNACK)
        await reader.read(100)
        writer.write(a_publish(1))
        await writer.drain()
        written.set()
        await reader.read()
        writer.close()

    written = asyncio.Event()
    heard: list[Message] = []
    async with broker(handle) as node:
        async with connection(node, heard) as open_one:
            open_one.wake_for(MORE_THAN_A_PUBACK)
            open_one.publish("t", b"go", qos=0)
            await written.wait()
            assert heard == []
        assert [message.packet for message in heard] == [1]
