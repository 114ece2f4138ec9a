"""Lines of text of a sensor that nobody has written a family for: the configuration says what stands where.

pattern = "^T=(?P<temperature>[-0-9.]+);L=(?P<water_level>[0-9]+)"      a regular expression; groups are quantities
columns = { time = 1, water_level = 3, temperature = 4 }                 or columns between separators, from 1 on

    T=23.4;L=182⏎  ──►  temperature 23.4, water_level 182          scale, offset, units, no_reading, bounds: shaping.py

A group or column `channel` names the sensor behind the line, or a field does: temperature__inside. `time`, or `date`
and `time` with a blank between, is the device's own. A line is at most `longest` bytes; `checksum` holds it together
(text_lines.py). A pattern that could take long is refused (safe_pattern.py). One that fits twice into a line gives no
reading: the line is two, of which the first is torn, or the pattern says too little.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from firmware_bridge import safe_pattern
from firmware_bridge.device_time import TIME_FORMAT, ZONE
from firmware_bridge.family import Guide, Option, OptionError, Poll, SerialDecoder, SerialFamily, settle
from firmware_bridge.poller import PolledQuestion, Poller, every_s
from firmware_bridge.sample import Frame, Noise
from firmware_bridge.shaping import CHANNELS, SHAPING
from firmware_bridge.text_columns import Columns, columns_of
from firmware_bridge.text_fields import DECIMAL, SEPARATOR, Fields, FieldsPlan, fields_plan
from firmware_bridge.text_lines import CHECKSUMS, LONGEST, LineSplitter, checked, with_checksum
from i18n.message import LocalizedMessage
from wire import MEASURED

_OF_A_PATTERN = 128
"""The longest line for a pattern where nothing is said: what it can cost grows with it."""
_LONGEST_START = 32
Find = Callable[[str], Fields | str]
"""The fields of a line, by key; or why it is not one of those that were configured."""

OPTIONS = (
    Option(
        "pattern",
        str,
        LocalizedMessage(
            "a regular expression whose named groups are quantities: ^T=(?P<temperature>[-0-9.]+) L=(?P<water_level>.+)"
        ),
        default="",
    ),
    Option(
        "columns",
        dict,
        LocalizedMessage("or the column of each quantity, counted from 1: {{ time = 1, water_level = 3 }}"),
        default={},
    ),
    SEPARATOR,
    Option(
        "start",
        str,
        LocalizedMessage(
            "the text that each line begins with; what stands before it is noise, and columns are counted after it"
        ),
        default="",
    ),
    Option(
        "end",
        str,
        LocalizedMessage('the characters of which each ends a line: ";", or "\\u0003" for ETX'),
        default="\r\n",
    ),
    DECIMAL,
    Option(
        "checksum",
        str,
        LocalizedMessage("what the hexadecimal digits behind the last * of a line are"),
        default="",
        choices=("", *CHECKSUMS),
    ),
    Option(
        "encoding",
        str,
        LocalizedMessage("how characters are written"),
        default="utf-8",
        choices=("utf-8", "latin-1", "cp1252"),
    ),
    Option(
        "longest",
        int,
        LocalizedMessage("bytes of the longest line; left out: 128 with a pattern, else 256"),
        default=None,
        low=8,
        high=2_048,
    ),
    *SHAPING,
    TIME_FORMAT,
    ZONE,
    CHANNELS,
    Option(
        "ask",
        str,
        LocalizedMessage('what is sent to a sensor that answers when asked: "R\\r\\n"; left out, it is listened to'),
        default="",
    ),
    every_s(low=0.1),
)


def build(body: bytes, *, checksum: str = "", end: bytes = b"\r\n") -> bytes:
    """The line with its checksum and end."""
    return (with_checksum(body, checksum) if checksum else body) + end


class LinePlan(msgspec.Struct, frozen=True):
    """The options, ready for use on each line."""

    find: Find
    fields: FieldsPlan
    checksum: str
    encoding: str


def parse(line: bytes, plan: LinePlan) -> Frame | Noise:
    """Read a line without its end."""
    size = len(line) + 1
    body = checked(line, plan.checksum) if plan.checksum else line
    if isinstance(body, str):
        return Noise(size, body)
    fields = plan.find(body.decode(plan.encoding, "replace").strip("\0 \t"))
    return Noise(size, fields) if isinstance(fields, str) else plan.fields.read(fields)


class GenericDecoder:
    """Reads the lines of one sensor, and asks for them where it is to be asked."""

    def __init__(self, plan: LinePlan, lines: LineSplitter, poller: Poller) -> None:
        self._plan = plan
        self._lines = lines
        self._poller = poller

    @property
    def held(self) -> int:
        """Bytes of a line that has not ended."""
        return self._lines.held

    def feed(self, data: bytes) -> list[Frame | Noise]:
        """Take the next bytes."""
        found = [line if isinstance(line, Noise) else parse(line, self._plan) for line in self._lines.feed(data)]
        if any(isinstance(outcome, Frame) for outcome in found):
            self._poller.answered()
        return found

    def poll(self, now_s: float) -> Poll:
        """What to send at `now_s`; see `family.Asking`."""
        return self._poller.poll(now_s)

    def memory(self) -> dict[str, int]:
        """Nothing: each line stands alone."""
        return {}


def _by_pattern(pattern: re.Pattern[str]) -> Find:
    def find(line: str) -> Fields | str:
        found = pattern.search(line)
        if found is None:
            return "line does not fit the pattern"
        if found.end() > found.start() and pattern.search(line, found.end()):
            return "line fits the pattern twice: it is two, or the pattern says too little; begin it with ^"
        return {key: text for key, text in found.groupdict().items() if text is not None}

    return find


def _by_columns(columns: Columns, start: str) -> Find:
    def find(line: str) -> Fields | str:
        cells = columns.split(line.removeprefix(start))
        if len(cells) <= columns.last:
            return f"line has {len(cells)} columns, and column {columns.last + 1} was configured"
        return {key: cells[at] for key, at in columns.at.items()}

    return find


def _find(chosen: Mapping[str, Any], longest: int) -> tuple[Find, list[str], str]:
    """How fields are found, their keys, and the option that names them."""
    if bool(chosen["pattern"]) is bool(chosen["columns"]):
        raise OptionError(
            LocalizedMessage(
                "pattern: write either pattern, a regular expression whose named groups are quantities, or columns, "
                "the column of each quantity: {{ water_level = 2 }}"
            )
        )
    if chosen["columns"]:
        columns = columns_of(chosen["columns"], chosen["separator"], decimal=chosen["decimal"])
        return _by_columns(columns, chosen["start"]), list(columns.at), "columns"
    try:
        pattern = safe_pattern.compiled(chosen["pattern"], longest=longest)
    except safe_pattern.UnsafePattern as unsafe:
        raise OptionError(
            LocalizedMessage(
                "pattern: {pattern} {problem}", pattern=repr(chosen["pattern"][:60]), problem=unsafe.problem
            )
        ) from None
    return _by_pattern(pattern), list(pattern.groupindex), "pattern"


def _decoder(options: Mapping[str, Any], _memory: Mapping[str, int]) -> SerialDecoder:
    chosen = settle(OPTIONS, options)
    longest = chosen["longest"] or (_OF_A_PATTERN if chosen["pattern"] else LONGEST)
    find, keys, option = _find(chosen, longest)
    plan = LinePlan(find, fields_plan(option, keys, chosen, options), chosen["checksum"], chosen["encoding"])
    ends: str = chosen["end"]
    if not 1 <= len(ends) <= 4 or not ends.isascii() or set(ends) & set(f"0123456789.-+{chosen['separator']}"):
        raise OptionError(
            LocalizedMessage(
                "end: {end}: write 1 to 4 characters of ASCII that stand in no value and between no columns",
                end=repr(ends[:40]),
            )
        )
    start = chosen["start"].encode(chosen["encoding"], "replace")[:_LONGEST_START]
    lines = LineSplitter(longest, start, ends.encode())
    return GenericDecoder(plan, lines, _poller(chosen))


def _poller(chosen: Mapping[str, Any]) -> Poller:
    if not chosen["ask"]:
        return Poller("the sensor")
    question = PolledQuestion(chosen["ask"].encode(chosen["encoding"], "replace")[:500], "a line", answer_s=2.0)
    return Poller("the sensor", cycle=[question], every_s=chosen["every_s"])


FAMILY = SerialFamily(
    name="generic",
    title=LocalizedMessage("lines of text of any sensor, by a pattern or by columns"),
    baud=9_600,
    quantities=tuple(MEASURED),
    options=OPTIONS,
    decoder=_decoder,
    channels=True,
    models={name: {} for name in ("lines", "text")},
    guide=Guide(
        wiring="as the sensor's sheet says; baud and character are keys of the source",
        quirks="a line must end with CR or LF; give it a start or a checksum where it has one, for without them a line "
        "torn in the middle of a number cannot be told from a whole one; scale = { water_level = -1 } and offset = "
        "{ water_level = 450 } make a level of a distance in cm; a pattern that could take long is refused",
        example="columns = { water_level = 2, temperature = 3 }",
    ),
)
