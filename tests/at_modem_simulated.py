"""A simulated modem, for a real ModemManager: answers AT commands on a Unix socket, and keeps the SMS it is to send.

real ModemManager ─AT+CMGS=39─► "> " ─PDU, 0x1A─► "+CMGS: 7"          modem.sent == [("+628123456789", "SIAGA …")]

ModemManager takes virtual ports by its test interface (org.freedesktop.ModemManager1.Test.SetProfile), as its own tests
do; what a modem says is after src/plugins/tests/gsm-port.conf there. SMS-SUBMIT: 3GPP TS 23.040, 9.2.2.2; letters of 7
bits: TS 23.038.
"""

import asyncio
import contextlib
import os
import re
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from jeepney import DBusAddress, Message, MessageType, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

from edge.modem.bus import ModemManagerBus
from edge.modem.view import MODEM, SERVICE, ModemView
from tests.modem_manager_simulated import ROOT, private_bus
from tests.servers import require, wait_until

_ANSWERS = {
    "AT+GCAP": "+GCAP: +CGSM,+DS,+ES", "AT+WS46=?": "+WS46: (12,22)", "AT+CGMI": "SIMULATED", "AT+CGMM": "AT modem",
    "AT+CGMR": "1", "AT+CGSN": "123456789012345", "AT+CIMI": "510100123456789", "AT+CFUN?": "+CFUN: 1",
    "AT+CLCK=?": '+CLCK: ("SC","PS","FD")', 'AT+CLCK="SC",2': "+CLCK: 0", 'AT+CLCK="FD",2': "+CLCK: 0",
    'AT+CLCK="PS",2': "+CLCK: 0", "AT+CSCS=?": '+CSCS: ("IRA","UCS2","GSM")', "AT+CSCS?": '+CSCS: "UCS2"',
    "AT+CREG?": '+CREG: 2,1,"1234","001122BB"', "AT+CGREG?": '+CGREG: 2,1,"31C5","0083F7CD"',
    "AT+COPS=3,2;+COPS?": '+COPS: 0,2,"51010",2', "AT+COPS=3,0;+COPS?": '+COPS: 0,0,"TELKOMSEL",2',
    "AT+CMGF=?": "+CMGF: (0,1)", "AT+CSQ": "+CSQ: 17,99", "AT+CPIN?": "+CPIN: READY",
    "AT+CNMI=?": "+CNMI: (0-2),(0-3),(0,2,3),(0-2),(0,1)",
    "AT+CPMS=?": '+CPMS: ("ME","SM"),("ME","SM"),("ME","SM")', "AT+CSCA?": '+CSCA: "+62811000000",145',
    "ATI": "AT modem",
}  # fmt: skip
_SET = re.compile(r"AT(|[EVXZ&].*|\+(CMEE|IFC|CREG|CGREG|CMGF|CNMI|CPMS|CSCS|CFUN|CMER|CLIP|CCWA|CRC)=[^?]*)")


class AtModem:
    """Listens at `port` until closed; `refuses` an SMS while that is true."""

    def __init__(self, port: Path) -> None:
        self.sent: list[tuple[str, str]] = []
        self.refuses = False
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(port))
        self._socket.listen(4)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                threading.Thread(target=self._serve, args=(self._socket.accept()[0],), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        waiting, is_pdu = b"", False
        with caller, contextlib.suppress(OSError):
            while got := caller.recv(4_096):
                waiting += got
                while (end := b"\x1a" if is_pdu else b"\r") in waiting:
                    line, waiting = waiting.split(end, 1)
                    caller.sendall(self._take_pdu(line) if is_pdu else self._answer(line.decode().strip()))
                    is_pdu = not is_pdu and line.strip().startswith(b"AT+CMGS=")

    def _answer(self, command: str) -> bytes:
        if command.startswith("AT+CMGS="):
            return b"\r\n> "
        told = _ANSWERS.get(command)
        if told is not None:
            return f"\r\n{told}\r\n\r\nOK\r\n".encode()
        return b"\r\nOK\r\n" if _SET.fullmatch(command) else b"\r\nERROR\r\n"

    def _take_pdu(self, line: bytes) -> bytes:
        if self.refuses:
            return b"\r\n+CMS ERROR: 332\r\n"  # network timeout
        self.sent.append(submitted(bytes.fromhex(line.decode().strip())))
        return b"\r\n+CMGS: 7\r\n\r\nOK\r\n"

    def close(self) -> None:
        """Go away, as a modem that is unplugged."""
        self._socket.close()


def submitted(pdu: bytes) -> tuple[str, str]:
    """Number and text of an SMS-SUBMIT in letters of 7 bits, after the number of its centre."""
    pdu = pdu[1 + pdu[0] :]
    assert pdu[0] & 0x5B == 0x01, "SMS-SUBMIT, without a validity and without a header"
    digits, of_number = pdu[2], pdu[4 : 4 + (pdu[2] + 1) // 2]
    number = "".join(f"{each & 15:x}{each >> 4:x}" for each in of_number)[:digits]
    protocol, coding, letters = pdu[4 + len(of_number) : 7 + len(of_number)]
    assert (protocol, coding) == (0, 0)
    return f"+{number}", unpacked(pdu[7 + len(of_number) :], letters)


def unpacked(packed: bytes, letters: int) -> str:
    """So many letters of 7 bits; those of ASCII alone, which this project sends."""
    bits = int.from_bytes(packed, "little")
    codes = [bits >> 7 * at & 0x7F for at in range(letters)]
    assert all(32 <= code <= 122 and code not in (36, 64, 91, 92, 93, 94, 95, 96) for code in codes)
    return "".join(map(chr, codes))


class RealModemManager:
    """A real ModemManager with a simulated modem, on a private bus, where the modem is in its network."""

    def __init__(self, folder: Path, address: str, modem: AtModem, port: Path) -> None:
        self.modem = modem
        self._bus: DBusConnection = open_dbus_connection(address)
        profile = ("SetProfile", "ssas", "siaga", "generic", [str(port)])
        wait_until(lambda: self._is_done(ROOT, f"{SERVICE}.Test", *profile), "ModemManager takes the modem")
        wait_until(lambda: self.view is not None, "the modem is there")
        view = self.view
        assert view is not None
        wait_until(lambda: self._is_done(view.path, MODEM, "Enable", "b", True), "the modem is on")
        wait_until(lambda: (seen := self.view) is not None and seen.is_registered, "it is in its network")

    @property
    def view(self) -> ModemView | None:
        """As the agent sees it."""
        return asyncio.run(_view())

    def introspected(self, path: str) -> str:
        """What an object says of its interfaces, as XML."""
        return str(self._ask(path, "org.freedesktop.DBus.Introspectable", "Introspect").body[0])

    def made_sms(self, modem: str, number: str, text: str) -> str:
        """The path of an SMS that is not sent."""
        what = {"number": ("s", number), "text": ("s", text)}
        return str(self._ask(modem, f"{MODEM}.Messaging", "Create", "a{sv}", what).body[0])

    def _is_done(self, path: str, interface: str, *call: object) -> bool:
        return self._ask(path, interface, *call).header.message_type is MessageType.method_return

    def _ask(self, path: str, interface: str, member: object, signature: object = None, *body: object) -> Message:
        asked = new_method_call(DBusAddress(path, SERVICE, interface), member, signature, body)
        answer: Message = self._bus.send_and_get_reply(asked, timeout=60)
        return answer

    def close(self) -> None:
        """Leave the bus."""
        self._bus.close()


async def _view() -> ModemView | None:
    bus = ModemManagerBus()
    try:
        return await bus.poll()
    finally:
        await bus.close()


@contextlib.contextmanager
def real_modem_manager(folder: Path) -> Iterator[RealModemManager]:
    """One that runs; its log is in `folder`. Skipped in plain words where ModemManager is not installed."""
    program = require("ModemManager")
    with private_bus() as address, contextlib.ExitStack() as stack:
        port = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="modem-"))) / "port"
        modem = AtModem(port)
        stack.callback(modem.close)
        log = stack.enter_context((folder / "modem-manager.log").open("wb"))
        command = [str(program), "--test-session", "--no-auto-scan", "--test-enable", "--test-no-udev", "--debug"]
        environment = {**os.environ, "DBUS_SESSION_BUS_ADDRESS": address}
        manager = stack.enter_context(subprocess.Popen(command, env=environment, stdout=log, stderr=log))
        stack.callback(manager.terminate)
        real = RealModemManager(folder, address, modem, port)
        stack.callback(real.close)
        yield real
