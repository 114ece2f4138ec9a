"""Real Modbus slaves of pymodbus, on a pseudo-terminal (RTU) or on the loopback (TCP).

siaga-edge ─ tty ═ two pseudo-terminals and two threads ═ tty ─ pymodbus          siaga-edge ─ socket:// ─ pymodbus

Slave 1 is a QDY30A, 2 a SEN0676 whose height is not set, and 3 a device of no map that is shipped: a float in two input
registers, the low one first. What is not defined they refuse. Nobody is at 9, and nobody answers for it.
"""

import asyncio
import contextlib
import os
import pty
import struct
import threading
import tty
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from tests.heard_line import HeardLine
from tests.servers import free_port, wait_until

DEPTH, DISTANCE_MM, TEMPERATURE = (17, 1, 1_500), 1_350, 27.5
HEIGHT_REGISTER = 5
NOBODY = 9


def _devices() -> tuple[list[Any], dict[str, int]]:
    """The slaves, and what was written last to the register of the radar's height."""
    simulator = pytest.importorskip("pymodbus.simulator", reason="pymodbus is not installed: pip install -e '.[dev]'")
    constants = pytest.importorskip("pymodbus.constants")
    data, device, registers = simulator.SimData, simulator.SimDevice, simulator.DataType.REGISTERS
    written: dict[str, int] = {}

    async def radar(function: int, _start: int, address: int, _count: int, _now: list[int], values: Any) -> Any:
        if values and address == HEIGHT_REGISTER:
            written["height"] = values[0]
        if function not in (3, 6):
            return constants.ExcCodes.ILLEGAL_FUNCTION
        return None

    def one(address: int, *words: int) -> Any:
        return data(address=address, values=list(words), datatype=registers)

    high, low = struct.unpack(">HH", struct.pack(">f", TEMPERATURE))
    none = data(address=0, values=[False] * 16, datatype=simulator.DataType.BITS)
    return [
        device(id=1, simdata=[one(2, *DEPTH)]),
        device(id=2, simdata=[one(1, DISTANCE_MM), one(3, 0), one(HEIGHT_REGISTER, 0)], action=radar),
        device(id=3, simdata=([none], [none], [one(0, 0)], [one(100, low, high)])),
    ], written


def _but(at: int) -> Callable[[bool, bytes], bytes]:
    """What goes over the line, but the refusals with which pymodbus speaks for slaves that are not there."""
    return lambda is_sent, packet: b"" if is_sent and packet[at : at + 1] == bytes((NOBODY,)) else packet


@contextlib.contextmanager
def _served(make: Any) -> Iterator[None]:
    """A server of pymodbus in a thread with a loop of its own."""
    loop = asyncio.new_event_loop()
    servers: list[Any] = []

    async def serve() -> None:
        servers.append(make())
        with contextlib.suppress(asyncio.CancelledError):
            await servers[0].serve_forever()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    wait_until(lambda: bool(servers), "pymodbus serves")
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(servers[0].shutdown(), loop).result(10)
        thread.join(10)


@contextlib.contextmanager
def over_tcp() -> Iterator[tuple[str, dict[str, int]]]:
    """The port of the slaves behind Modbus TCP."""
    server = pytest.importorskip("pymodbus.server")
    devices, written = _devices()
    port = free_port()
    with _served(lambda: server.ModbusTcpServer(devices, address=("127.0.0.1", port), trace_packet=_but(6))):
        yield f"socket://127.0.0.1:{port}", written


@contextlib.contextmanager
def on_a_line() -> Iterator[tuple[str, dict[str, int]]]:
    """The tty of a line with the slaves on it."""
    server = pytest.importorskip("pymodbus.server")
    devices, written = _devices()
    with (
        _line() as (ours, theirs),
        _served(lambda: server.ModbusSerialServer(devices, port=theirs, baudrate=9_600, trace_packet=_but(0))),
    ):
        yield ours, written


@contextlib.contextmanager
def _line() -> Iterator[tuple[str, str]]:
    """Two ttys of which one hears what the other says."""
    masters, slaves = zip(*(pty.openpty() for _ in range(2)), strict=True)
    for slave in slaves:
        tty.setraw(slave)
    ends = [
        HeardLine(ours, partial(os.write, theirs), most=512) for ours, theirs in (masters, tuple(reversed(masters)))
    ]
    try:
        yield os.ttyname(slaves[0]), os.ttyname(slaves[1])
    finally:
        for end in ends:
            end.end()
        for descriptor in (*slaves, *masters):
            os.close(descriptor)
