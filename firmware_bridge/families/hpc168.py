"""HPC168 passenger counter (stereo camera over a door), RS-232 or RS-485.  115200 8N1, answers when asked

STX | id 4 | command 2 | length 2 | data | check 2 | ETX          hexadecimal digits; check = sum of these bytes
     0001    13          00               14                      how many have passed?
     0001    93          10         00000005 00000003 0 … 0  ..   in u32, out u32, and eight bytes of zeros
     0001    12 ─► 92 … 06      totals to 0         0001    66 ─► E6 …      is the door open?

The totals are at 0 after a loss of power. github.com/ErnestoLomar/HPC168, hpc168_data_receiver.py; no reply of a device
is published. Several share an RS-485 bus, each with an id of its own (the front and the back door of a bus).
"""

import re
from collections.abc import Mapping
from typing import Any

from firmware_bridge.family import Guide, Option, Poll, SerialDecoder, SerialFamily, check_channels, settle
from firmware_bridge.framing import JUNK, Framing, Verdict
from firmware_bridge.poller import PATIENCE, PolledDecoder, PolledQuestion, Poller, every_s
from firmware_bridge.ram_totals import TotalsInRam
from firmware_bridge.sample import Frame, Sample
from i18n.message import LocalizedMessage

STX, ETX = 0x02, 0x03
RESET, READ, DOOR = 0x12, 0x13, 0x66
_ANSWER = 0x80
_MOST_DATA = 32
_LONGEST = 1 + 8 + 2 * _MOST_DATA + 2 + 1
_MOST_ID = 0xFFFF
_NAMES = ("people_in", "people_out")
_DIGITS = re.compile(rb"[0-9A-Fa-f]*")

OPTIONS = (
    Option(
        "address",
        int,
        LocalizedMessage("the id of the counter that is asked; left out: 1, or the one that is heard"),
        default=None,
        low=0,
        high=_MOST_ID,
    ),
    every_s(),
    Option(
        "channels",
        dict,
        LocalizedMessage('the sensor of each id on the line: {{ "1" = "door-front", "2" = "door-back" }}'),
        default={},
    ),
)


def build(address: int, command: int, data: bytes = b"") -> bytes:
    """A question, or an answer."""
    body = address.to_bytes(2, "big") + bytes((command, len(data))) + data
    return b"%c%b%02X%c" % (STX, body.hex().upper().encode(), sum(body) & 0xFF, ETX)


def build_totals(address: int, *, total_in: int, total_out: int) -> bytes:
    """The answer with the totals."""
    return build(address, READ | _ANSWER, total_in.to_bytes(4, "big") + total_out.to_bytes(4, "big") + bytes(8))


def _judge(window: bytes) -> Verdict:
    found = _DIGITS.match(window, 1)
    end = found.end() if found else 1
    if end == len(window):
        return 0  # the framing knows how long a frame can be
    if window[end] != ETX:
        return JUNK
    if end % 2 == 0 or end < 11:
        return "frame is cut"
    *body, check = bytes.fromhex(window[1:end].decode())
    if body[3] != len(body) - 4:
        return "length is wrong"
    return end + 1 if sum(body) & 0xFF == check else "checksum is wrong"


FRAMING = Framing(bytes((STX,)), _LONGEST, _judge)


class Hpc168Decoder(PolledDecoder):
    """Asks the counters of one line in turn, and remembers their totals."""

    def __init__(self, chosen: Mapping[str, Any], memory: Mapping[str, int]) -> None:
        self._channels = _channels(chosen["channels"])
        self._address: int | None = chosen["address"]
        self._totals: dict[int, TotalsInRam] = {}
        self._kept = memory
        self._unanswered = dict.fromkeys(self._channels or (self._address or 1,), 0)
        cycle = [PolledQuestion(build(address, READ), "how many have passed") for address in self._unanswered]
        super().__init__(FRAMING, Poller("the counter", cycle=cycle, every_s=chosen["every_s"]))

    def poll(self, now_s: float) -> Poll:
        """Ask the next counter; one that is silent is named, though the others answer."""
        poll = super().poll(now_s)
        if poll.send:
            self._unanswered[int(poll.send[1:5], 16)] += 1
        silent = [address for address, count in self._unanswered.items() if count > PATIENCE]
        if not silent:
            return poll
        named = ", ".join(map(str, silent))
        sentence = f"no answer from counter {named}: look at its power, at A and B, and at the id that it has"
        return Poll(poll.send, poll.again_s, sentence)

    def memory(self) -> dict[str, int]:
        """The totals of each counter as "<id>/<quantity>"."""
        heard = {
            f"{address}/{name}": total
            for address, totals in self._totals.items()
            for name, total in totals.memory().items()
        }
        return {**self._kept, **heard}

    def _accept(self, frame: bytes) -> Frame:
        body = bytes.fromhex(frame[1:-3].decode())
        address, command, data = int.from_bytes(body[:2], "big"), body[2], body[4:]
        if not command & _ANSWER:
            return Frame((), f"question {command:02X} to counter {address}: an echo of ours, or another master asks")
        if command != READ | _ANSWER:
            return Frame((), f"answer to command {command & ~_ANSWER:02X}, not totals")
        if len(data) < 8:
            return Frame((), f"answer of {len(data)} bytes has no totals: is it an HPC168?")
        if not self._is_ours(address):
            return Frame((), f"counter {address} is on this line too: name both in channels")
        self._answered(address)
        return self._count(address, data)

    def _is_ours(self, address: int) -> bool:
        if self._channels:
            return address in self._channels
        if self._address is None:
            self._address = address  # the first that is heard; another one beside it would be counted with it
        return address == self._address

    def _answered(self, address: int) -> None:
        question = self._poller.in_hand
        if question is not None and int(question.send[1:5], 16) == address:
            self._poller.answered()
            self._unanswered[address] = 0

    def _count(self, address: int, data: bytes) -> Frame:
        if address not in self._totals:
            kept = {name: self._kept[key] for name in _NAMES if (key := f"{address}/{name}") in self._kept}
            self._totals[address] = TotalsInRam(_NAMES, kept, bits=32, sure=False)
        totals = (int.from_bytes(data[:4], "big"), int.from_bytes(data[4:8], "big"))
        added, note = self._totals[address].add(dict(zip(_NAMES, totals, strict=True)))
        channel = str(address) if self._channels else ""
        return Frame(
            tuple(Sample(name, float(count), channel) for name, count in added.items()),
            f"counter {address}: {note}" if note else "",
        )


def _channels(named: Mapping[Any, Any]) -> tuple[int, ...]:
    known = check_channels(
        named,
        lambda channel: channel.isascii() and channel.isdecimal() and int(channel) <= _MOST_ID,
        LocalizedMessage("write a number from 0 to 65535 in quotes"),
    )
    return tuple(dict.fromkeys(map(int, known)))


def _decoder(options: Mapping[str, Any], memory: Mapping[str, int]) -> SerialDecoder:
    return Hpc168Decoder(settle(OPTIONS, options), memory)


FAMILY = SerialFamily(
    name="hpc168",
    title=LocalizedMessage("HPC168 passenger counter"),
    baud=115_200,
    quantities=_NAMES,
    options=OPTIONS,
    decoder=_decoder,
    channels=True,
    models={"hpc168_passenger_counter": {}},
    guide=Guide(
        wiring="RS-232, or A and B of RS-485 through an adapter; several counters on one bus with different ids",
        quirks="answers only when asked; the totals are at 0 after a loss of power: what was counted since then is "
        "added once a second answer confirms the fall; the sum of 8 bits lets a garbled digit through now and then, "
        "so a leap of more than 1000 people waits for the next answer too",
        example='channels = { "1" = "door-front", "2" = "door-back" }',
    ),
)
