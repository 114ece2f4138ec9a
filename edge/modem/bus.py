"""ModemManager over the system's D-Bus: asked, never listened to, so that a modem under a new path is found like any.

poll() ─► GetManagedObjects ─► view.py          create(number, text) ─► path of an SMS ─► send ─► state_of ─► forget
An answer is waited for so long and no longer. What fails is a `ModemProblem`: one sentence.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from typing import Any

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_method_call
from jeepney.auth import AuthenticationError
from jeepney.io.asyncio import DBusRouter, open_dbus_connection
from jeepney.io.common import RouterClosed

from edge.modem.view import MESSAGING, SERVICE, SIGNAL, ModemView, view_in
from i18n.message import LocalizedMessage
from wire.printable import printable

ROOT = "/org/freedesktop/ModemManager1"
BEARER, SMS = f"{SERVICE}.Bearer", f"{SERVICE}.Sms"
ANSWER_S = 10.0
SEND_S = 90.0
"""A modem may take half a minute for a part of a message (AT+CMGS), and a long text has two."""
SIGNAL_EVERY_S = 30
SENDING, SENT = 4, 5
"""MMSmsState."""
_NOBODY = ("ServiceUnknown", "NameHasNoOwner", "Spawn.", "NoSuchUnit")
_FORBIDDEN = ("Unauthorized", "AccessDenied")
_NOTHING_THERE = ("UnknownMethod", "UnknownObject", "UnknownInterface")
_BUS = "org.freedesktop.DBus"


class ModemProblem(Exception):
    """Why ModemManager did not do what was asked, or did not answer."""

    def __init__(self, problem: LocalizedMessage) -> None:
        super().__init__(problem)
        self.problem = problem


class NoSuchObject(ModemProblem):
    """ModemManager answers, and has nothing at this path."""


class ModemManagerBus:
    """A connection that is made when something is asked; it belongs to the loop that asks."""

    def __init__(self) -> None:
        self._router: DBusRouter | None = None
        self._close = contextlib.AsyncExitStack()
        self._connecting = asyncio.Lock()
        self._asked_for_signal = ""

    async def poll(self) -> ModemView | None:
        """The modem as it is now; None: ModemManager has none. Its signal is asked for, where that was not done yet."""
        (objects,) = await self._call(ROOT, f"{_BUS}.ObjectManager", "GetManagedObjects")
        view = view_in(
            {
                path: {interface: _plain(properties) for interface, properties in interfaces.items()}
                for path, interfaces in objects.items()
            }
        )
        if view is not None and not view.signal_asked and view.path != self._asked_for_signal:
            self._asked_for_signal = view.path  # once: a modem may not be able to, or a rule forbid it
            with contextlib.suppress(ModemProblem):
                await self._call(view.path, SIGNAL, "Setup", "u", SIGNAL_EVERY_S)
        return view

    async def bearers(self, view: ModemView) -> dict[str, dict[str, Any]]:
        """The properties of the modem's connections, by path."""
        return {path: await self._properties(path, BEARER) for path in view.bearers}

    async def owner(self) -> str:
        """The connection of the ModemManager that runs: another one after each of its starts."""
        bus = DBusAddress("/org/freedesktop/DBus", _BUS, _BUS)
        (owner,) = await self._ask(new_method_call(bus, "GetNameOwner", "s", (SERVICE,)), ANSWER_S)
        return str(owner)

    async def create(self, view: ModemView, number: str, text: str) -> str:
        """Make an SMS; its path."""
        what = {"number": ("s", number), "text": ("s", text)}
        (path,) = await self._call(view.path, MESSAGING, "Create", "a{sv}", what)
        return str(path)

    async def send(self, path: str) -> None:
        """Send an SMS that was made; it is sent when this returns."""
        await self._call(path, SMS, "Send", within_s=SEND_S)

    async def state_of(self, path: str, number: str, text: str) -> int | None:
        """What became of an SMS (MMSmsState); None where ModemManager has it no more, or another one there."""
        try:
            found = await self._properties(path, SMS)
        except NoSuchObject:
            return None
        is_it = found.get("Number") == number and found.get("Text") == text
        return int(found.get("State", 0)) if is_it else None

    async def forget(self, view: ModemView, path: str) -> None:
        """Delete an SMS, of which modem and SIM have room for few."""
        await self._call(view.path, MESSAGING, "Delete", "o", path)

    async def _properties(self, path: str, interface: str) -> dict[str, Any]:
        (found,) = await self._call(path, f"{_BUS}.Properties", "GetAll", "s", interface)
        return _plain(found)

    async def _call(
        self, path: str, interface: str, member: str, signature: str = "", *body: object, within_s: float = 0.0
    ) -> tuple[Any, ...]:
        where = DBusAddress(path, bus_name=SERVICE, interface=interface)
        return await self._ask(new_method_call(where, member, signature or None, body), within_s or ANSWER_S)

    async def _ask(self, message: Message, within_s: float) -> tuple[Any, ...]:
        asked = str(message.header.fields[HeaderFields.member])
        try:
            async with asyncio.timeout(within_s):
                router = await self._connected()
                answer = await router.send_and_get_reply(message)
        except TimeoutError:
            await self.close()
            raise ModemProblem(
                LocalizedMessage("ModemManager does not answer to {asked} in {s:.0f} s", asked=asked, s=within_s)
            ) from None
        except (OSError, EOFError, RouterClosed, AuthenticationError, RuntimeError) as error:
            await self.close()
            raise ModemProblem(_no_bus(error)) from None
        if answer.header.message_type is MessageType.error:
            name = str(answer.header.fields.get(HeaderFields.error_name, ""))
            kind = NoSuchObject if any(word in name for word in _NOTHING_THERE) else ModemProblem
            raise kind(_refused(asked, name, answer))
        return tuple(answer.body)

    async def _connected(self) -> DBusRouter:
        async with self._connecting:
            if self._router is None:
                connection = await self._close.enter_async_context(await open_dbus_connection("SYSTEM"))
                self._router = await self._close.enter_async_context(DBusRouter(connection))
            return self._router

    async def close(self) -> None:
        """Leave the bus; what is asked next connects again."""
        self._router, self._asked_for_signal = None, ""
        with contextlib.suppress(Exception):  # whatever ended the connection was said to who waited for its answer
            await self._close.aclose()


def _plain(properties: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    """Properties without the types of their variants."""
    return {name: _plain(value) if kind == "a{sv}" else value for name, (kind, value) in properties.items()}


def _no_bus(error: Exception) -> LocalizedMessage:
    reason = printable(str(error))[:200] or type(error).__name__
    return LocalizedMessage("the system's D-Bus cannot be reached: {reason}; see systemctl status dbus", reason=reason)


def _refused(asked: str, name: str, answer: Message) -> LocalizedMessage:
    if any(word in name for word in _NOBODY):
        return LocalizedMessage("ModemManager does not run; see systemctl status ModemManager")
    if any(word in name for word in _FORBIDDEN):
        return LocalizedMessage(
            "ModemManager lets this user do no {asked}: `sudo siaga-edge install` writes the rule for the user siaga",
            asked=asked,
        )
    said = printable(str(answer.body[0]))[:200] if answer.body else name
    return LocalizedMessage("ModemManager refuses {asked}: {said}", asked=asked, said=said)
