"""What is tried on a line whose device nobody knows: families with options, rates, and questions that change nothing.

Candidate("maxbotix", {"unit": "cm"}, trust=0.9)     PoliteQuestion("mhz19b", 9600, FF 01 86 00 00 00 00 00 79)

`trust` says how hard it is for other bytes to pass for a frame: 1 has a checksum, 0.9 a form of its own,
0.3 hardly any.
A question only reads: what would set a mode, start a fan or count from zero is not among them. An SPS30 is woken, and
asked what it is.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from firmware_bridge.catalog import SERIAL_FAMILIES
from firmware_bridge.family import Asking, SerialFamily, settle

BAUDS = (9_600, 115_200, 4_800, 38_400, 19_200)
"""The rates that devices of the catalog leave the factory with, the commonest first."""
MORE_BAUDS = (57_600, 2_400, 1_200)
"""Tried where something speaks and no other rate makes sense of it."""


class Candidate(msgspec.Struct, frozen=True):
    """A family with options by which its frames are told from others; `labels`: the label says which model it is."""

    family: str
    options: Mapping[str, Any] = {}
    trust: float = 1.0
    labels: bool = False

    @property
    def entry(self) -> SerialFamily:
        """The family in the catalog."""
        return SERIAL_FAMILIES[self.family]

    def settled(self) -> dict[str, Any]:
        """All options of a decoder, which shows each frame by itself."""
        names = {option.name for option in self.entry.options}
        alone = {"median_of": 1} if "median_of" in names else {}
        return settle(self.entry.options, {**alone, **self.options})


_PLANTOWERS = ("5003", "3003", "5003st", "5003t", "5003s")
"""One for each form of frame."""
HEARD = (
    Candidate("sds011"),
    *(Candidate("plantower", {"model": f"pms{model}"}, labels=True) for model in _PLANTOWERS),
    Candidate("hpma115"),
    Candidate("maxbotix", trust=0.9, labels=True),
    Candidate("maxbotix", {"unit": "cm"}, trust=0.9, labels=True),
    Candidate("maxbotix", {"unit": "inch"}, trust=0.9, labels=True),
    Candidate("a02yyuw", labels=True),
    Candidate("nmea"),
    Candidate("board"),
    Candidate("terabee"),
    Candidate("sr50a"),
    Candidate("ops243", trust=0.9),
    Candidate("toa5", trust=0.9),
    Candidate("mhz19b"),
    Candidate("hpc168"),
    Candidate("urm", {"model": "urm06"}, labels=True),
    Candidate("sps30"),
    Candidate("modbus", {"mode": "listen"}),
    Candidate("tipping_bucket", trust=0.3),
)
"""In the order in which the first of equals is taken."""


class PoliteQuestion(msgspec.Struct, frozen=True):
    """Bytes that ask a device for a reading or for its name, at the rate that it leaves the factory with."""

    candidate: Candidate
    baud: int
    send: bytes
    answer_s: float = 0.4


def questions() -> tuple[PoliteQuestion, ...]:
    """The questions, those of one rate together."""
    from firmware_bridge.families import hpma115, plantower, sds011, sr50a

    return (
        *(PoliteQuestion(Candidate("sdi12", trust=0.9), 9_600, f"{address}I!".encode(), 0.6) for address in "0123"),
        _first_of(Candidate("mhz19b")),
        PoliteQuestion(Candidate("sds011"), 9_600, sds011.encode(sds011.QUERY)),
        PoliteQuestion(Candidate("plantower", {"model": "pms5003"}, labels=True), 9_600, plantower.encode(0xE2)),
        PoliteQuestion(Candidate("hpma115"), 9_600, hpma115.encode(hpma115.READ)),
        PoliteQuestion(Candidate("a02yyuw", labels=True), 9_600, b"\x55"),
        PoliteQuestion(Candidate("a02yyuw", labels=True), 9_600, b"\x01"),
        PoliteQuestion(Candidate("sr50a"), 9_600, sr50a.encode("33"), 1.5),
        _first_of(Candidate("sps30")),
        _first_of(Candidate("hpc168")),
        _first_of(Candidate("urm", {"model": "urm06"}, labels=True)),
        _first_of(Candidate("ops243", trust=0.9)),
        _first_of(Candidate("board")),
    )


def _first_of(candidate: Candidate) -> PoliteQuestion:
    """The first question of a family's own master, where that only reads."""
    decoder = candidate.entry.decoder(candidate.settled(), {})
    if not isinstance(decoder, Asking):
        raise TypeError(f"{candidate.family} asks nothing")
    return PoliteQuestion(candidate, candidate.entry.baud, decoder.poll(0.0).send)
