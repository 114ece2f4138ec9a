"""OmniPreSense OPS243 and OPS241, OPS242 (radar), counting what passes.  19200 8N1 or USB, answers when asked

N?                                  how many objects have been counted?
{"DetectedObjectCount":3}⏎          the answer; the total is at 0 after a loss of power, and after N!
{"speed":0.58,"direction":"inbound","time":105,"tick":135}⏎      by itself: what it sees, in JSON (OJ), no count
-0.58⏎   "mps",0.58⏎   137.429,3.6⏎                              or as text (Oj), with a unit (OU), a time (OT)

It counts objects that pass its filters of speed, magnitude and direction (R+ in, R- out), a person or a car alike. User
manual UM-003 of the OPS243-A, p. 14; of the OPS242, p. 8. There is no checksum, so a fall or a leap is confirmed first.
"""

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from firmware_bridge.family import Guide, Option, Poll, SerialDecoder, SerialFamily, settle
from firmware_bridge.poller import PolledQuestion, Poller, every_s
from firmware_bridge.ram_totals import TotalsInRam
from firmware_bridge.sample import Frame, Noise, Sample
from firmware_bridge.text_lines import LineSplitter
from i18n.message import LocalizedMessage

READ, RESET = b"N?", b"N!"
_WAYS = ("people_in", "people_out")
_COUNT = "DetectedObjectCount"
_COUNT_AS_TEXT = re.compile(rb'"?DetectedObjectCount"?[ ,:=]+"?([0-9]{1,9})"?')
_REPORT = re.compile(rb'(?:"[a-zA-Z/]{1,12}", ?)?[-+]?[0-9]+\.?[0-9]*(?:, ?[-+]?[0-9]+\.?[0-9]*){0,8}')
_MOST = 10**9

OPTIONS = (
    Option(
        "counts",
        str,
        LocalizedMessage("what its objects are, as its filter of direction has them"),
        default="people_in",
        choices=_WAYS,
    ),
    every_s(),
)


def build(total: int) -> bytes:
    """The answer with the total."""
    return b'{"DetectedObjectCount":%d}\r\n' % total


def build_speed(speed_m_s: float, *, json: bool = True) -> bytes:
    """A report of what it sees, which has no count; outbound is below 0."""
    if not json:
        return b"%.2f\r\n" % speed_m_s
    way = b"inbound" if speed_m_s >= 0 else b"outbound"
    return b'{"speed":%.2f,"direction":"%b"}\r\n' % (abs(speed_m_s), way)


def parse(line: bytes) -> int | str | None:
    """The total in a line without its end; what else the line is; None for no line of a radar."""
    found = _COUNT_AS_TEXT.fullmatch(line)
    if found:
        return int(found[1])
    if line.endswith(b"}"):
        return _parse_json(line[line.rfind(b"{") :])
    return "speed or range, no count" if _REPORT.fullmatch(line) else None


def _parse_json(text: bytes) -> int | str | None:
    """The last object of a line: one before it was torn."""
    try:
        document = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    total = document.get(_COUNT)
    if isinstance(total, str) and total.isascii() and total.isdecimal():
        total = int(total[:10])
    if isinstance(total, int) and not isinstance(total, bool):
        return total if 0 <= total < _MOST else f"count {total} cannot be"
    if _COUNT in document:
        return f"count is {str(total)[:40]!r}, no number"
    return "speed or range, no count" if "speed" in document or "range" in document else "setting, no count"


class Ops243Decoder:
    """Asks one radar for its count, and remembers the last."""

    def __init__(self, chosen: Mapping[str, Any], memory: Mapping[str, int]) -> None:
        self._name: str = chosen["counts"]
        self._lines = LineSplitter()
        self._totals = TotalsInRam((self._name,), memory, bits=32, sure=False)
        self._poller = Poller(
            "the radar",
            cycle=[PolledQuestion(READ, "how many it has counted", answer_s=2.0)],
            every_s=chosen["every_s"],
        )

    @property
    def held(self) -> int:
        """Bytes of a line that has not ended."""
        return self._lines.held

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """Take the next bytes."""
        return [line if isinstance(line, Noise) else self._accept(line) for line in self._lines.feed(data)]

    def poll(self, now_s: float) -> Poll:
        """What to send at `now_s`; see `family.Asking`."""
        return self._poller.poll(now_s)

    def memory(self) -> dict[str, int]:
        """The last total."""
        return self._totals.memory()

    def _accept(self, line: bytes) -> Frame | Noise:
        found = parse(line.strip())
        if found is None:
            return Noise(len(line) + 1, "line is none of a radar")
        if isinstance(found, str):
            return Frame((), found)
        self._poller.answered()
        added, note = self._totals.add({self._name: found})
        return Frame(tuple(Sample(name, float(count)) for name, count in added.items()), note)


def _decoder(options: Mapping[str, Any], memory: Mapping[str, int]) -> SerialDecoder:
    return Ops243Decoder(settle(OPTIONS, options), memory)


FAMILY = SerialFamily(
    name="ops243",
    title=LocalizedMessage("OmniPreSense OPS243 radar, counting"),
    baud=19_200,
    quantities=_WAYS,
    options=OPTIONS,
    decoder=_decoder,
    models={name: {} for name in ("omnipresense", "ops241", "ops242", "ops243_a", "ops243_c")},
    guide=Guide(
        wiring="USB, or 3.3 V UART (J3); set its filters of speed and direction first, and save them with A!",
        quirks="it counts objects, whoever they are, and without a direction unless R+ or R- is set; the total is at 0 "
        "after a loss of power; speeds and ranges are passed over: the family generic reads them",
        example="",
    ),
)
