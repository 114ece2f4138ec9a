"""A simulated ModemManager on a private bus: one modem whose words a test changes, and SMS that go nowhere.

with private_bus() as address: …          DBUS_SYSTEM_BUS_ADDRESS is that bus for whoever starts meanwhile
async with SimulatedModemManager(address) as manager: manager.sent == [("+62…", "SIAGA …")]

Its members and their types are held to those of a real ModemManager: tests/golden/modem_manager_interfaces.json.
"""

import asyncio
import contextlib
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jeepney import (
    HeaderFields,
    Message,
    MessageType,
    message_bus,
    new_error,
    new_method_return,
)
from jeepney.io.asyncio import DBusConnection, DBusRouter, open_dbus_connection

from tests.servers import require

ROOT = "/org/freedesktop/ModemManager1"
SERVICE = "org.freedesktop.ModemManager1"
MODEM = f"{SERVICE}.Modem"
_ERROR = f"{SERVICE}.Error"
Properties = dict[str, tuple[str, Any]]

_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow own="*"/><allow receive_sender="*"/></policy></busconfig>
"""


@contextlib.contextmanager
def private_bus() -> Iterator[str]:
    """A D-Bus of this test alone; its address."""
    program = require("dbus-daemon")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bus-")))  # a socket's path is short
        (folder / "bus.conf").write_text(_CONFIG.format(socket=folder / "bus"))
        command = [str(program), f"--config-file={folder / 'bus.conf'}", "--nofork", "--print-address"]
        daemon = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True))
        stack.callback(daemon.terminate)
        address = daemon.stdout.readline().strip()
        stack.enter_context(pytest.MonkeyPatch.context()).setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        yield address


def lte_modem() -> dict[str, Properties]:
    """A modem on LTE at home, as a SIM7600 is after a minute."""
    return {
        MODEM: {
            "Model": ("s", "SIM7600G-H"), "State": ("i", 11), "StateFailedReason": ("u", 0), "UnlockRequired": ("u", 1),
            "AccessTechnologies": ("u", 1 << 14), "SignalQuality": ("(ub)", (64, True)),
            "Bearers": ("ao", [f"{ROOT}/Bearer/0"]),
        },
        f"{MODEM}.Modem3gpp": {"RegistrationState": ("u", 1), "OperatorName": ("s", "TELKOMSEL")},
        f"{MODEM}.Signal": {"Rate": ("u", 0), "Lte": ("a{sv}", {}), "Gsm": ("a{sv}", {}), "Umts": ("a{sv}", {})},
        f"{MODEM}.Messaging": {"Messages": ("ao", [])},
    }  # fmt: skip


class SimulatedModemManager:
    """Serves until left; `modem` are the modem's interfaces, None: it has none. `refuses`: what Send says instead."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.modem: dict[str, Properties] | None = lte_modem()
        self.path = f"{ROOT}/Modem/0"
        self.stats: dict[str, tuple[str, Any]] = {"total-rx-bytes": ("t", 1_000_000), "total-tx-bytes": ("t", 500_000)}
        self.texts: dict[str, tuple[str, str, int]] = {}
        self.sent: list[tuple[str, str]] = []
        self.deleted: list[str] = []
        self.refuses = self.forbids = ""
        self.never_answers = self.hangs_after_sending = False
        self._made = 0
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> "SimulatedModemManager":
        self._connection = await open_dbus_connection(self.address)
        async with DBusRouter(self._connection) as router:
            await router.send_and_get_reply(message_bus.RequestName(SERVICE))
        self._tasks.append(asyncio.create_task(self._serve(self._connection)))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._connection.close()

    async def _serve(self, connection: DBusConnection) -> None:
        while True:
            message = await connection.receive()
            if message.header.message_type is MessageType.method_call and not self.never_answers:
                answer = self._answer(message)
                is_sent = message.header.fields[HeaderFields.member] == "Send"
                if not (is_sent and self.hangs_after_sending):
                    await connection.send(answer)

    def _answer(self, message: Message) -> Message:
        fields = message.header.fields
        path, interface = fields[HeaderFields.path], fields.get(HeaderFields.interface, "")
        asked = f"{interface}.{fields[HeaderFields.member]}"
        if self.forbids and asked.endswith(self.forbids):
            return new_error(message, f"{_ERROR}.Core.Unauthorized", "s", ("PolicyKit authorization failed",))
        if asked not in self.answers:
            return new_error(message, "org.freedesktop.DBus.Error.UnknownMethod", "s", (f"no {asked}",))
        return self.answers[asked](message, path)

    @property
    def answers(self) -> dict[str, Callable[[Message, str], Message]]:
        """What it answers to, and how."""
        return {
            "org.freedesktop.DBus.ObjectManager.GetManagedObjects": self._objects,
            "org.freedesktop.DBus.Properties.GetAll": self._properties,
            f"{MODEM}.Signal.Setup": self._setup,
            f"{MODEM}.Messaging.Create": self._create,
            f"{MODEM}.Messaging.Delete": self._delete,
            f"{SERVICE}.Sms.Send": self._send,
        }

    def _objects(self, message: Message, _path: str) -> Message:
        objects = {} if self.modem is None else {self.path: self.modem}
        return new_method_return(message, "a{oa{sa{sv}}}", (objects,))

    def _properties(self, message: Message, path: str) -> Message:
        if path in self.texts:
            number, text, state = self.texts[path]
            told: Properties = {"Number": ("s", number), "Text": ("s", text), "State": ("u", state)}
        elif path.startswith(f"{ROOT}/Bearer/"):
            told = {"Interface": ("s", "ttyUSB2"), "Connected": ("b", True), "Stats": ("a{sv}", self.stats)}
        else:
            return new_error(message, "org.freedesktop.DBus.Error.UnknownMethod", "s", (f"no object at {path}",))
        return new_method_return(message, "a{sv}", (told,))

    def _setup(self, message: Message, _path: str) -> Message:
        if self.modem is not None:
            lte = {"rsrp": ("d", -98.0), "rsrq": ("d", -11.0), "snr": ("d", 7.4), "rssi": ("d", -71.0)}
            self.modem[f"{MODEM}.Signal"] |= {"Rate": ("u", message.body[0]), "Lte": ("a{sv}", lte)}
        return new_method_return(message)

    def _create(self, message: Message, _path: str) -> Message:
        (what,) = message.body
        path = f"{ROOT}/SMS/{self._made}"
        self._made += 1
        self.texts[path] = (what["number"][1], what["text"][1], 0)
        return new_method_return(message, "o", (path,))

    def _send(self, message: Message, path: str) -> Message:
        if self.refuses:
            return new_error(message, f"{_ERROR}.Message.NetworkTimeout", "s", (self.refuses,))
        number, text, _state = self.texts[path]
        self.texts[path] = (number, text, 5)
        self.sent.append((number, text))
        return new_method_return(message)

    def _delete(self, message: Message, _path: str) -> Message:
        self.texts.pop(message.body[0])
        self.deleted.append(message.body[0])
        return new_method_return(message)


@contextlib.contextmanager
def serving(address: str) -> Iterator[SimulatedModemManager]:
    """One that serves in a thread of its own."""
    manager, loop, over = SimulatedModemManager(address), asyncio.new_event_loop(), asyncio.Event()
    ready = threading.Event()

    async def serve() -> None:
        async with manager:
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(20)
        yield manager
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
